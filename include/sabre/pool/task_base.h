// sabre/pool/task_base.h: a task without its type.
#ifndef SABRE_POOL_TASK_BASE_H_
#define SABRE_POOL_TASK_BASE_H_

#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sabre {

class EventLoop;

// TaskContext
//
// What a task's function may know of its run: take it as the last parameter.
//
// Thread-safety: for the thread that runs the function.
class TaskContext {
 public:
  TaskContext(std::size_t worker_index, std::stop_token stop_token) noexcept
      : worker_index_(worker_index), stop_token_(std::move(stop_token)) {}

  // Which worker of the pool runs it, in [0, WorkerPool::threads()).
  std::size_t worker_index() const noexcept { return worker_index_; }
  // Requested by Task::Cancel, by the stop token of TaskOptions, and by WorkerPool::Destroy.
  const std::stop_token& stop_token() const noexcept { return stop_token_; }

 private:
  const std::size_t worker_index_;
  const std::stop_token stop_token_;
};

namespace internal {

class TaskCore;

// TaskBase
//
// What the pool knows of a task. Counted references: the queue's, the worker's, the Task handle's.
//
// Thread-safety: AddReference, DropReference and Cancel from any thread; Execute and Refuse from the
//   one thread that has the task from the queue, or before it was queued.
class TaskBase {
 public:
  TaskBase(const TaskBase&) = delete;
  TaskBase& operator=(const TaskBase&) = delete;

  void AddReference() noexcept;
  void DropReference() noexcept;

  // Runs the function and settles the task, unless it was cancelled before.
  void Execute(std::size_t worker_index);
  // Settles the task with an error, unless somebody has claimed it. Returns whether it did.
  bool Refuse(absl::StatusCode code, const char* message);
  // Settles a queued task with kCancelled; asks a running one to stop.
  void Cancel();
  // When a stop is requested of `token`, Cancel.
  void CancelWith(const std::stop_token& token);

  bool settled() const noexcept;
  // Whether a running one can be asked to stop.
  bool stoppable() const noexcept;
  // Blocks until the task is settled. OK, or why the wait ended before: kDeadlineExceeded, kAborted
  // (a stop request to the calling agent), kFailedPrecondition (it may not block).
  absl::Status AwaitSettled(absl::Duration timeout);
  // Calls `callback` on the loop of the calling thread once the task is settled.
  void OnSettled(EventLoop& loop, absl::AnyInvocable<void() &&> callback);

 protected:
  // `stoppable`: the function looks at its stop token.
  explicit TaskBase(bool stoppable);
  virtual ~TaskBase();

  // Calls the function and keeps its result.
  virtual void Run(TaskContext& context) = 0;
  // Keeps an error in place of a result.
  virtual void Fail(absl::Status error) = 0;

 private:
  TaskCore& core() noexcept { return *reinterpret_cast<TaskCore*>(core_); }
  const TaskCore& core() const noexcept { return *reinterpret_cast<const TaskCore*>(core_); }

  // A TaskCore: in place, because a task is one allocation, and private, because it is the library's.
  static constexpr std::size_t kCoreSize = 96;
  alignas(std::max_align_t) std::byte core_[kCoreSize];
};

// Calls `body`; an exception that leaves it becomes kUnknown with its text.
absl::Status RunUserCode(absl::FunctionRef<absl::Status()> body);

}  // namespace internal
}  // namespace sabre

#endif  // SABRE_POOL_TASK_BASE_H_
