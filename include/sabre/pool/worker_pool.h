// sabre/pool/worker_pool.h: many tasks on a few workers.
#ifndef SABRE_POOL_WORKER_POOL_H_
#define SABRE_POOL_WORKER_POOL_H_

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/has_buffers.h"
#include "sabre/pool/task.h"

namespace sabre {

namespace internal {
class PoolCore;
}  // namespace internal

// WorkerPoolOptions
struct WorkerPoolOptions {
  // The workers are called name-0, name-1, …
  std::string name = "pool";
  // 0: as many as can run at the same time (the process's CPU affinity counts).
  std::size_t max_threads = 0;
  // How many tasks may wait. What is submitted beyond that fails with kResourceExhausted.
  std::size_t max_queue = 4096;
};

// TaskOptions
struct TaskOptions {
  // Cancels the task when a stop is requested, as Task::Cancel does. Others are not affected.
  std::stop_token stop_token = {};
};

// WorkerPool
//
// Runs functions on workers, in the order in which they were submitted (strict FIFO: task n starts
// before task n + 1).
//
// A task's function and input are C++ values that move to the worker, and its result moves back;
// nothing is serialized. Types that hold thread-confined handles (ArrayBuffer, its views, MessagePort)
// are refused at compile time: transfer them in a message, or use a SharedArrayBuffer.
//
// Thread-safety: Run from any thread, also from tasks; the others from the thread that owns the pool.
//   The five questions: a worker runs the function and destroys it and its input there (those of a
//   task that never ran end with its last reference, in any thread); tasks start in order; Cancel waits for nothing, Close for all tasks, Destroy for those that run; after Close, Run
//   gives a task that has failed.
// Memory ordering: everything before Run happens before the task's function runs.
class WorkerPool {
 public:
  // Errors: kInvalidArgument if max_queue is not in [1, 2^24]; kResourceExhausted if the system refuses a thread (no
  //   thread is left then).
  static absl::StatusOr<WorkerPool> Create(WorkerPoolOptions options = {});

  WorkerPool(WorkerPool&&) noexcept;
  WorkerPool& operator=(WorkerPool&&) noexcept;
  // Destroys it. A pool that a worker has made is stopped when that worker ends, wherever this handle is then.
  ~WorkerPool();

  // Submits `function(input)`, or `function(input, context)` if it takes a TaskContext&. It may return
  // a T, an absl::StatusOr<T>, nothing, or an absl::Status (Task<std::monostate> then).
  // Blocking: no. If the queue is full or the pool closed, the task it returns has failed already.
  template <class F, class Input>
  auto Run(F function, Input input, const TaskOptions& options = {}) {
    using Function = std::decay_t<F>;
    using Returned = typename decltype(ReturnOf<Function, Input>())::type;
    using T = typename internal::TaskResult<Returned>::Type;
    static_assert(!kHasBuffers<Input> && !kHasBuffers<T>,
                  "an ArrayBuffer, view or MessagePort cannot move to another thread as it is: "
                  "transfer it in a message, or use a SharedArrayBuffer");
    auto* const task =
        new internal::FunctionTask<T, Function, Input>(std::move(function), std::move(input));
    task->AddReference();  // the queue's
    Submit(*task, options);
    return Task<T>(task);
  }

  // How many workers there are.
  std::size_t threads() const noexcept;
  // How many tasks wait at this moment.
  std::size_t queue_size() const noexcept;

  // Refuses new tasks, waits until all others are done, and ends the workers.
  // Errors: kDeadlineExceeded after `timeout`: then the pool is still closing; Destroy it, or wait
  //   again; the same for kCancelled, if a stop is requested of the calling agent, and kFailedPrecondition,
  //   if it may not block. Blocking: yes.
  absl::Status Close(absl::Duration timeout = absl::InfiniteDuration());

  // Refuses new tasks, cancels those that wait, asks those that run to stop, wakes them from blocking
  // calls of the library (atomics::Wait, Receive, Await), and waits for them.
  // Blocking: as long as the running functions take to return.
  void Destroy();

 private:
  explicit WorkerPool(std::unique_ptr<internal::PoolCore> core) noexcept;

  template <class F, class Input>
  static auto ReturnOf() {
    if constexpr (std::is_invocable_v<F&, Input, TaskContext&>) {
      return std::type_identity<std::invoke_result_t<F&, Input, TaskContext&>>();
    } else {
      return std::type_identity<std::invoke_result_t<F&, Input>>();
    }
  }

  // Takes over one reference to the task.
  void Submit(internal::TaskBase& task, const TaskOptions& options);

  std::unique_ptr<internal::PoolCore> core_;
};

}  // namespace sabre

#endif  // SABRE_POOL_WORKER_POOL_H_
