#include "sabre/memory/wait_async.h"

#include <utility>

#include "absl/status/status.h"
#include "lib/memory/pending_wait.h"
#include "lib/memory/wait_cell.h"
#include "sabre/memory/agent.h"

namespace sabre {

AsyncWait::~AsyncWait() {
  if (pending_ != nullptr) pending_->Release();
}

std::optional<AsyncWait::Result> AsyncWait::result() const {
  if (pending_ == nullptr) return immediate_;
  if (!pending_->settled()) return std::nullopt;
  return pending_->result();
}

void AsyncWait::OnComplete(Callback callback) {
  std::optional<Result> known = result();
  if (!known.has_value()) return pending_->set_callback(std::move(callback), /*also_at_end=*/false);
  if (!callback) return;
  Executor::Work work = [callback = std::move(callback), result = *std::move(known)]() mutable {
    std::move(callback)(std::move(result));
  };
  if (pending_ != nullptr) {
    pending_->remote().Post(std::move(work));
  } else if (Executor* const executor = Agent::Current().executor(); executor != nullptr) {
    executor->Post(std::move(work));
  }
}

void AsyncWait::ResumeWith(Callback callback) {
  pending_->set_callback(std::move(callback), /*also_at_end=*/true);
}

void AsyncWait::Forsake() { pending_->Forsake(); }

bool AsyncWait::Cancel() { return pending_ != nullptr && pending_->CancelByHandle(); }

namespace internal {

absl::StatusOr<AsyncWait> WaitOnCellAsync(const WaitCell& cell, absl::Duration timeout,
                                          const WaitAsyncOptions& options) {
  Executor* const executor = Agent::Current().executor();
  if (executor == nullptr) {
    return absl::FailedPreconditionError(
        "Atomics.waitAsync: this thread has no executor (make its EventLoop, or set one)");
  }
  if (!StillEqual(cell)) return AsyncWait(WaitResult::kNotEqual);
  if (timeout <= absl::ZeroDuration()) return AsyncWait(WaitResult::kTimedOut);
  absl::StatusOr<PendingWait*> pending = PendingWait::Start(cell, timeout, options, *executor);
  if (!pending.ok()) return std::move(pending).status();
  if (*pending == nullptr) return AsyncWait(WaitResult::kNotEqual);
  return AsyncWait(**pending);
}

}  // namespace internal
}  // namespace sabre
