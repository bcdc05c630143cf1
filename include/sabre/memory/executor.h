// sabre/memory/executor.h: something that runs work on one thread.
#ifndef SABRE_MEMORY_EXECUTOR_H_
#define SABRE_MEMORY_EXECUTOR_H_

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace sabre {

namespace internal {
class Completions;
}  // namespace internal

// Executor
//
// Where completions run: an event loop, or whatever a program has in its place. The answers to the
// questions one asks of such a thing:
//   Who runs the work?      One thread at a time, the executor's; never the caller of Post.
//   Who destroys it?        The executor, after it ran, or unrun when the executor ends.
//   In what order?          Work posted by one thread runs in the order in which it was posted; so does
//                           work posted through the Remote.
//   What if it is gone?     Post returns false and has destroyed the work.
//
// Thread-safety: Post from any thread while the executor exists, Remote::Post also afterwards; the others
//   from the executor's thread, on which it also ends.
class Executor {
 public:
  using Work = absl::AnyInvocable<void() &&>;
  // Names a timer. 0 names none.
  using TimerId = std::uint64_t;

  // Remote
  //
  // What others may keep of an executor that may end before them.
  class Remote {
   public:
    Remote();
    Remote(const Remote&) = delete;
    Remote& operator=(const Remote&) = delete;
    virtual ~Remote();

    // As Executor::Post. Thread-safety: any thread, at any time.
    virtual bool Post(Work work) = 0;

    // For WaitAsync: the waits of this executor that are over.
    internal::Completions& completions() noexcept { return *completions_; }

   private:
    const std::unique_ptr<internal::Completions> completions_;
  };

  virtual ~Executor() = default;

  // Runs `work` soon. Everything before Post happens before the work.
  // Returns: false if the executor takes no work any more.
  // Blocking: no.
  virtual bool Post(Work work) = 0;

  // The same one at each call.
  virtual std::shared_ptr<Remote> remote() = 0;

  // Runs `work` once, `delay` from now; after an infinite one: never. Like all work, it is destroyed when
  // the executor ends: that is how one hears of it. A timer keeps the executor going as a Ref does.
  // Returns: 0 if the executor takes no work any more; `work` is destroyed then.
  virtual TimerId PostAfter(absl::Duration delay, Work work) = 0;
  // Destroys the timer's work unrun. Returns false if it has run or was cancelled before.
  virtual bool CancelTimer(TimerId timer) = 0;

  // Keep the executor going although it has nothing to do. Calls may come in either order: an Unref takes
  // back what a timer counts for, until the Ref that balances it.
  virtual void Ref() noexcept = 0;
  virtual void Unref() noexcept = 0;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_EXECUTOR_H_
