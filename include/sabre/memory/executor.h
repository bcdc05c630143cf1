// sabre/memory/executor.h: something that runs work on one thread.
#ifndef SABRE_MEMORY_EXECUTOR_H_
#define SABRE_MEMORY_EXECUTOR_H_

#include "absl/functional/any_invocable.h"

namespace sabre {

// Executor
//
// Where completions run: an event loop, or whatever a program has in its place. The answers to the
// questions one asks of such a thing:
//   Who runs the work?      One thread at a time, the executor's; never the caller of Post.
//   Who destroys it?        The executor, after it ran, or unrun when the executor ends.
//   In what order?          Work posted by one thread runs in the order in which it was posted.
//   What if it is gone?     Post returns false and has destroyed the work.
//
// Thread-safety: Post from any thread.
class Executor {
 public:
  using Work = absl::AnyInvocable<void() &&>;

  virtual ~Executor() = default;

  // Runs `work` soon. Everything before Post happens before the work.
  // Returns: false if the executor takes no work any more.
  // Blocking: no.
  virtual bool Post(Work work) = 0;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_EXECUTOR_H_
