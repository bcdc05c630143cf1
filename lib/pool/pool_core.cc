#include "lib/pool/pool_core.h"

#include <algorithm>
#include <mutex>
#include <stop_token>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/memory/deadline.h"

namespace sabre::internal {

absl::Status PoolCore::Start(std::size_t count, const std::string& name) {
  for (std::size_t i = 0; i < count; ++i) running_.push_back(std::make_unique<Running>());
  for (std::size_t i = 0; i < count; ++i) {
    absl::StatusOr<Worker> worker = Worker::Start(
        [this, i](WorkerScope& self) {
          // A pool that a worker has made ends with that worker, wherever its handle is.
          const std::stop_callback stop(self.stop_token(), [this, i] {
            Stop();
            CancelRunning(i);
          });
          Work(i);
          return absl::OkStatus();
        },
        {.name = absl::StrCat(name, "-", i)});
    if (!worker.ok()) {
      Destroy();
      return std::move(worker).status();
    }
    workers_.push_back(*std::move(worker));
  }
  return absl::OkStatus();
}

void PoolCore::Work(std::size_t index) {
  while (TaskBase* task = source_->Next()) {
    Execute(*task, index);
    task->DropReference();
  }
}

void PoolCore::Execute(TaskBase& task, std::size_t index) {
  if (!task.stoppable()) {
    if (destroying_.load(StdSync::kRelaxed)) task.Cancel();
    task.Execute(index);
    return;
  }
  Running& running = *running_[index];
  {
    std::lock_guard<StdSync::Mutex> lock(running.mutex);
    running.task = &task;
  }
  // After the entry: Destroy sets the flag and then looks at the entries, under the same lock.
  if (destroying_.load(StdSync::kRelaxed)) task.Cancel();
  task.Execute(index);
  std::lock_guard<StdSync::Mutex> lock(running.mutex);
  running.task = nullptr;
}

void PoolCore::Submit(TaskBase& task) {
  switch (source_->Push(task)) {
    case TaskSource::Result::kQueued:
      return;
    case TaskSource::Result::kFull:
      task.Refuse(absl::StatusCode::kResourceExhausted, "WorkerPool: the queue is full");
      break;
    case TaskSource::Result::kClosed:
      task.Refuse(absl::StatusCode::kFailedPrecondition, "WorkerPool: the pool is closed");
      break;
  }
  task.DropReference();
}

absl::Status PoolCore::Close(absl::Duration timeout) {
  source_->Close();
  const TimePoint deadline = DeadlineAfter(timeout);
  for (Worker& worker : workers_) {
    const absl::Duration left =
        deadline == kNever ? absl::InfiniteDuration()
                           : absl::FromChrono(std::max(deadline, StdSync::Now()) - StdSync::Now());
    const absl::Status ended = worker.Join(left);
    if (absl::IsDeadlineExceeded(ended)) {
      return absl::DeadlineExceededError(
          absl::StrCat("WorkerPool: ", source_->size(), " tasks wait and others run"));
    }
    // The wait was cancelled, or this thread may not wait.
    if (!worker.exited()) return ended;
  }
  return absl::OkStatus();
}

void PoolCore::Stop() {
  source_->Close();
  destroying_.store(true, StdSync::kRelaxed);
}

void PoolCore::CancelRunning(std::size_t index) {
  Running& running = *running_[index];
  TaskBase* task = nullptr;
  {
    std::lock_guard<StdSync::Mutex> lock(running.mutex);
    task = running.task;
    if (task != nullptr) task->AddReference();
  }
  if (task == nullptr) return;
  // Without the lock: this calls the stop callbacks of the user's function.
  task->Cancel();
  task->DropReference();
}

void PoolCore::Destroy() {
  Stop();
  for (std::size_t i = 0; i < running_.size(); ++i) CancelRunning(i);
  while (TaskBase* task = source_->TryNext()) {
    task->Cancel();
    task->DropReference();
  }
  // Wakes tasks that cannot be stopped from the library's blocking calls.
  for (Worker& worker : workers_) worker.Terminate();
  for (Worker& worker : workers_) worker.Join().IgnoreError();
  workers_.clear();
}

}  // namespace sabre::internal
