// lib/pool/task_source.h: where a pool's workers get their tasks.
#ifndef SABRE_LIB_POOL_TASK_SOURCE_H_
#define SABRE_LIB_POOL_TASK_SOURCE_H_

#include <cstddef>
#include <cstdint>

#include "sabre/pool/task_base.h"

namespace sabre::internal {

// TaskSource
//
// A queue that counts, bounds and closes itself. Holds one reference to each task in it.
//
// Thread-safety: all members from any thread.
class TaskSource {
 public:
  enum class Result : std::uint8_t { kQueued, kFull, kClosed };

  virtual ~TaskSource() = default;

  // Takes over the caller's reference if it says kQueued.
  virtual Result Push(TaskBase& task) = 0;
  // The next task, with its reference; null once the source is closed and empty. Blocks.
  virtual TaskBase* Next() = 0;
  // The next task, or null if there is none now.
  virtual TaskBase* TryNext() = 0;
  // Nothing is queued any more; Next returns null to everybody when the queue is empty.
  virtual void Close() = 0;
  // A moment's count.
  virtual std::size_t size() const = 0;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_POOL_TASK_SOURCE_H_
