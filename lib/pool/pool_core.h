// lib/pool/pool_core.h: what a WorkerPool is behind its handle.
#ifndef SABRE_LIB_POOL_POOL_CORE_H_
#define SABRE_LIB_POOL_POOL_CORE_H_

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "lib/pool/task_source.h"
#include "sabre/pool/worker_pool.h"
#include "sabre/sync/std_sync.h"
#include "sabre/worker/worker.h"

namespace sabre::internal {

// PoolCore
//
// Thread-safety: Submit from any thread; the others from the pool's owner.
class PoolCore {
 public:
  explicit PoolCore(std::unique_ptr<TaskSource> source) : source_(std::move(source)) {}

  // Starts `count` workers. On failure none is left.
  absl::Status Start(std::size_t count, const std::string& name);

  // Takes over one reference.
  void Submit(TaskBase& task);

  absl::Status Close(absl::Duration timeout);
  void Destroy();

  std::size_t threads() const { return running_.size(); }
  std::size_t queue_size() const { return source_->size(); }

 private:
  // The stoppable task that a worker runs now, for Destroy.
  struct Running {
    StdSync::Mutex mutex;
    TaskBase* task =
        nullptr;  // [mutex] without a reference: the worker has one as long as it is here
  };

  void Work(std::size_t index);
  // No task begins any more.
  void Stop();
  void CancelRunning(std::size_t index);
  void Execute(TaskBase& task, std::size_t index);

  const std::unique_ptr<TaskSource> source_;
  // Relaxed at both ends: a task that begins beside it is found in running_.
  StdSync::Atomic<bool> destroying_{false};
  std::vector<std::unique_ptr<Running>> running_;
  std::vector<Worker> workers_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_POOL_POOL_CORE_H_
