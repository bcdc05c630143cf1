#include "sabre/pool/worker_pool.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/pool/pool_core.h"
#include "lib/pool/ring_task_source.h"
#include "sabre/worker/available_parallelism.h"

namespace sabre {

WorkerPool::WorkerPool(std::unique_ptr<internal::PoolCore> core) noexcept
    : core_(std::move(core)) {}
WorkerPool::WorkerPool(WorkerPool&&) noexcept = default;

WorkerPool& WorkerPool::operator=(WorkerPool&& other) noexcept {
  WorkerPool moved(std::move(other));
  core_.swap(moved.core_);
  return *this;
}

WorkerPool::~WorkerPool() {
  if (core_ != nullptr) core_->Destroy();
}

absl::StatusOr<WorkerPool> WorkerPool::Create(WorkerPoolOptions options) {
  // The ring is allocated at once: 16 bytes a place.
  constexpr std::size_t kMaxQueue = std::size_t{1} << 24;
  if (options.max_queue == 0 || options.max_queue > kMaxQueue) {
    return absl::InvalidArgumentError(
        absl::StrCat("WorkerPool: max_queue ", options.max_queue, " is not in [1, 2^24]"));
  }
  const std::size_t threads =
      options.max_threads != 0 ? options.max_threads : AvailableParallelism();
  auto core = std::make_unique<internal::PoolCore>(
      std::make_unique<internal::RingTaskSource>(options.max_queue));
  if (absl::Status started = core->Start(threads, options.name); !started.ok()) return started;
  return WorkerPool(std::move(core));
}

std::size_t WorkerPool::threads() const noexcept { return core_->threads(); }
std::size_t WorkerPool::queue_size() const noexcept { return core_->queue_size(); }
absl::Status WorkerPool::Close(absl::Duration timeout) { return core_->Close(timeout); }
void WorkerPool::Destroy() { core_->Destroy(); }

void WorkerPool::Submit(internal::TaskBase& task, const TaskOptions& options) {
  task.CancelWith(options.stop_token);
  core_->Submit(task);
}

}  // namespace sabre
