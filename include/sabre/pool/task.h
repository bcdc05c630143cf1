// sabre/pool/task.h: a result that is on its way.
#ifndef SABRE_POOL_TASK_H_
#define SABRE_POOL_TASK_H_

#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/pool/task_base.h"

namespace sabre {

class EventLoop;
class WorkerPool;

namespace internal {

// The result type of a function that returns R: statuses are unwrapped, and a function with nothing
// but success to tell has the result std::monostate.
template <class R>
struct TaskResult {
  using Type = R;
};
template <class R>
struct TaskResult<absl::StatusOr<R>> {
  using Type = R;
};
template <>
struct TaskResult<absl::Status> {
  using Type = std::monostate;
};
template <>
struct TaskResult<void> {
  using Type = std::monostate;
};

// A task with its result.
template <class T>
class TypedTask : public TaskBase {
 public:
  // The result; moved out once, after the task was settled.
  absl::StatusOr<T> TakeResult() { return *std::move(result_); }

 protected:
  using TaskBase::TaskBase;
  void Fail(absl::Status error) override { result_.emplace(std::move(error)); }

  std::optional<absl::StatusOr<T>> result_;  // written before the task is settled
};

// A task with its function and input.
template <class T, class F, class Input>
class FunctionTask final : public TypedTask<T> {
 public:
  static constexpr bool kTakesContext = std::is_invocable_v<F&, Input, TaskContext&>;

  FunctionTask(F function, Input input)
      : TypedTask<T>(kTakesContext), function_(std::move(function)), input_(std::move(input)) {}

 private:
  void Run(TaskContext& context) override {
    absl::Status ran = RunUserCode([&]() -> absl::Status {
      using R = decltype(Call(context));
      if constexpr (std::is_void_v<R>) {
        Call(context);
        this->result_.emplace(std::monostate());
      } else if constexpr (std::is_same_v<R, absl::Status>) {
        if (absl::Status status = Call(context); !status.ok()) return status;
        this->result_.emplace(std::monostate());
      } else {
        this->result_.emplace(Call(context));
      }
      return absl::OkStatus();
    });
    if (!ran.ok()) this->Fail(std::move(ran));
    // Captures and input end in the worker, before the result is seen.
    function_.reset();
    input_.reset();
  }

  decltype(auto) Call(TaskContext& context) {
    if constexpr (kTakesContext) {
      return (*function_)(*std::move(input_), context);
    } else {
      return (*function_)(*std::move(input_));
    }
  }

  std::optional<F> function_;
  std::optional<Input> input_;
};

}  // namespace internal

// Task
//
// The result of a WorkerPool::Run: a value or a status, exactly one, whatever happens to the pool.
// Dropping a Task does not stop it: call Cancel for that.
//
// Thread-safety: thread-compatible. To cancel from another thread than the one that awaits, use the
//   stop token of TaskOptions.
// Memory ordering: everything the task did happens before the return of the Await, and before the
//   callback, that has its result.
template <class T>
class [[nodiscard]] Task {
 public:
  // A task of nothing.
  Task() = default;
  Task(Task&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    Task moved(std::move(other));
    std::swap(task_, moved.task_);
    return *this;
  }
  ~Task() {
    if (task_ != nullptr) task_->DropReference();
  }

  // Waits for the result and takes it: once. The task is one of nothing afterwards.
  // Errors of the task: what its function returned; kUnknown with the text of the exception if it
  //   threw; kCancelled if it was cancelled; kResourceExhausted if the queue was full;
  //   kFailedPrecondition if the pool was closed.
  // Errors of the wait, after which the task goes on and Await may be called again: kDeadlineExceeded
  //   after `timeout`; kAborted if a stop is requested of the calling agent; kFailedPrecondition if
  //   the thread may not block, or the task is one of nothing.
  // Blocking: yes, unless the result is there.
  absl::StatusOr<T> Await(absl::Duration timeout = absl::InfiniteDuration()) {
    if (task_ == nullptr) return absl::FailedPreconditionError("Task: it is one of nothing");
    if (absl::Status waited = task_->AwaitSettled(timeout); !waited.ok()) return waited;
    const Task keep(std::move(*this));
    return keep.task_->TakeResult();
  }

  // Calls `callback` with the result, once, on `loop`, which is the calling thread's and which this
  // keeps going until then. The task is one of nothing afterwards.
  template <class Callback>
  void Then(EventLoop& loop, Callback callback) {
    if (task_ == nullptr) return;
    internal::TypedTask<T>* const task = task_;
    task->OnSettled(loop,
                    [keep = std::move(*this), task, callback = std::move(callback)]() mutable {
                      std::move(callback)(task->TakeResult());
                    });
  }

  // Ends a queued task with kCancelled, at once. Asks a running one to stop through its TaskContext;
  // its function decides. Nothing if it is done.
  void Cancel() {
    if (task_ != nullptr) task_->Cancel();
  }

  // Whether Await would not block.
  bool done() const noexcept { return task_ == nullptr || task_->settled(); }

 private:
  friend class WorkerPool;
  // Takes over a reference.
  explicit Task(internal::TypedTask<T>* task) noexcept : task_(task) {}

  internal::TypedTask<T>* task_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_POOL_TASK_H_
