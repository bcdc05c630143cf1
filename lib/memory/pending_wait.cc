#include "lib/memory/pending_wait.h"

#include <utility>

#include "lib/memory/wait_cell.h"
#include "sabre/memory/agent.h"

namespace sabre::internal {

// Holds the reference of the timer.
class PendingWait::Timer {
 public:
  explicit Timer(PendingWait& wait) noexcept : wait_(&wait) { wait.AddReference(); }
  Timer(Timer&& other) noexcept : wait_(std::exchange(other.wait_, nullptr)) {}
  Timer& operator=(Timer&&) = delete;
  ~Timer() {
    if (wait_ == nullptr) return;
    if (!wait_->settled()) wait_->Abandon();
    wait_->Release();
  }
  void operator()() && {
    PendingWait& wait = *wait_;
    wait.OnTimeout(std::move(*this));
  }

 private:
  PendingWait* wait_;
};

// A reference for the time of a function.
class PendingWait::Hold {
 public:
  explicit Hold(PendingWait& wait) noexcept : wait_(wait) { wait_.AddReference(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { wait_.Release(); }

 private:
  PendingWait& wait_;
};

PendingWait::PendingWait(DataBlock& block, Executor& executor,
                         std::shared_ptr<Executor::Remote> remote, bool keep_alive) noexcept
    : AsyncWaiter(block, remote->completions()),
      executor_(executor),
      remote_(std::move(remote)),
      keep_alive_(keep_alive) {}

absl::StatusOr<PendingWait*> PendingWait::Start(const WaitCell& cell, absl::Duration timeout,
                                                const WaitAsyncOptions& options,
                                                Executor& executor) {
  auto* const wait = new PendingWait(*cell.block, executor, executor.remote(), options.keep_alive);
  const Agent& agent = Agent::Current();
  wait->Describe(agent.id(), StdSync::Now());
  // Until it has begun there is nothing to abandon.
  wait->settled_ = true;
  wait->timer_ = executor.PostAfter(timeout, Timer(*wait));
  if (wait->timer_ == 0) {
    wait->Release();
    return absl::FailedPreconditionError(
        "Atomics.waitAsync: the executor of this thread is ending");
  }
  if (!wait->Begin(cell.byte_index, [&] { return StillEqual(cell); })) {
    executor.CancelTimer(wait->timer_);
    wait->Release();
    return nullptr;
  }
  wait->settled_ = false;
  if (!wait->keep_alive_) executor.Unref();
  // After the entry into the list, so that a stop request finds the wait there. If one was made before,
  // these end the wait at once.
  if (agent.stop_token().stop_possible()) {
    wait->by_agent_.emplace(agent.stop_token(), CancelOnStop{wait, Reason::kAgentStop});
  }
  if (options.stop_token.stop_possible()) {
    wait->by_caller_.emplace(options.stop_token, CancelOnStop{wait, Reason::kStopToken});
  }
  return wait;
}

AsyncWait::Result PendingWait::result() const {
  switch (given_up_ ? WaitOutcome::kCancelled : outcome()) {
    case WaitOutcome::kNotified:
      return WaitResult::kOk;
    case WaitOutcome::kTimedOut:
      return WaitResult::kTimedOut;
    case WaitOutcome::kCancelled:
      break;
    case WaitOutcome::kNotEqual:
      StdSync::Unreachable("an asynchronous wait that did not begin");
  }
  switch (reason_) {
    case Reason::kBlockEnd:
      return absl::CancelledError("Atomics.waitAsync: the SharedArrayBuffer has ended");
    case Reason::kHandle:
      return absl::CancelledError("Atomics.waitAsync: Cancel was called");
    case Reason::kStopToken:
      return absl::CancelledError("Atomics.waitAsync: a stop was requested of its stop_token");
    case Reason::kAgentStop:
      return absl::CancelledError("Atomics.waitAsync: a stop was requested of the waiting agent");
    case Reason::kExecutorEnd:
      return absl::CancelledError("Atomics.waitAsync: the executor has ended");
  }
  StdSync::Unreachable("PendingWait::Reason");
}

void PendingWait::OnEnded() {
  // Refused: the executor ends or has ended, and the end of the timer settles the wait.
  remote_->Post([remote = remote_] { SettleOne(*remote); });
}

void PendingWait::SettleOne(Executor::Remote& remote) {
  // None: its executor was ended inside one of the callbacks, or it was abandoned.
  auto* const oldest = static_cast<PendingWait*>(remote.completions().Pop());
  if (oldest != nullptr) oldest->Settle();
}

void PendingWait::Settle() {
  // The callback may drop the handle, and throw.
  const Hold hold(*this);
  Finish();
  LeaveExecutor();
  if (AsyncWait::Callback callback = std::exchange(callback_, nullptr)) {
    std::move(callback)(result());
  }
}

void PendingWait::LeaveExecutor() {
  if (!keep_alive_) executor_.Ref();
  if (timer_ != 0) executor_.CancelTimer(std::exchange(timer_, 0));
}

void PendingWait::Forsake() {
  callback_ = nullptr;
  if (settled_ || CancelByHandle()) return;
  // It is over, and only the executor has not heard of it: the message will find the next, or none.
  const Hold hold(*this);
  remote_->completions().Remove(*this);
  Finish();
  LeaveExecutor();
  GiveUp(Reason::kHandle);
}

void PendingWait::GiveUp(Reason reason) {
  given_up_ = PassOn();
  if (given_up_) reason_ = reason;
}

bool PendingWait::CancelBecause(Reason reason) {
  if (!Cancel(WaitOutcome::kCancelled)) return false;
  reason_ = reason;
  return true;
}

void PendingWait::OnTimeout(Timer timer) {
  const Hold hold(*this);
  timer_ = 0;
  // Whoever ended it, its message comes or is there. Until then the executor must stay watched.
  Cancel(WaitOutcome::kTimedOut);
  timer_ = executor_.PostAfter(absl::InfiniteDuration(), std::move(timer));
}

void PendingWait::Abandon() {
  timer_ = 0;
  CancelBecause(Reason::kExecutorEnd);
  remote_->completions().Remove(*this);
  Finish();
  AsyncWait::Callback callback = std::exchange(callback_, nullptr);
  if (callback && also_at_end_) {
    std::move(callback)(result());
  } else {
    GiveUp(Reason::kExecutorEnd);
  }
}

void PendingWait::Finish() {
  // These wait for callbacks that are running in other threads.
  by_agent_.reset();
  by_caller_.reset();
  settled_ = true;
}

}  // namespace sabre::internal
