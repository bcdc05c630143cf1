#include "sabre/worker/async_lock.h"

#include <utility>

#include "lib/worker/pending_lock.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"

namespace sabre {
namespace internal {
namespace {

Executor& ExecutorOfAgent() {
  Executor* const executor = Agent::Current().executor();
  return executor != nullptr ? *executor : EventLoop::Current();
}

// A reference for the time of a function.
class LockHold {
 public:
  explicit LockHold(NamedLock& lock) noexcept : lock_(lock) { lock_.AddReference(); }
  LockHold(const LockHold&) = delete;
  LockHold& operator=(const LockHold&) = delete;
  ~LockHold() { lock_.DropReference(); }

 private:
  NamedLock& lock_;
};

}  // namespace

class PendingLock::Timer {
 public:
  explicit Timer(PendingLock& lock) noexcept : lock_(&lock) { lock.AddReference(); }
  Timer(Timer&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  Timer& operator=(Timer&&) = delete;
  ~Timer() {
    if (lock_ == nullptr) return;
    // Not if it was cancelled.
    if (lock_->timer_ != 0) lock_->Abandon();
    lock_->DropReference();
  }
  void operator()() && {
    const LockHold hold(*lock_);
    PendingLock& lock = *std::exchange(lock_, nullptr);
    lock.DropReference();
    lock.timer_ = 0;
    lock.OnTimer();
  }

 private:
  PendingLock* lock_;
};

class PendingLock::Notice {
 public:
  explicit Notice(PendingLock& lock) noexcept : lock_(&lock) { lock.AddReference(); }
  Notice(Notice&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  Notice& operator=(Notice&&) = delete;
  ~Notice() {
    if (lock_ == nullptr) return;
    // In any thread: the executor is gone, and nobody will have the lock that was granted.
    if (!ran_) NamedLocks().Release(*lock_);
    lock_->DropReference();
  }
  void operator()() && {
    ran_ = true;
    lock_->Settle();
  }

 private:
  PendingLock* lock_;
  bool ran_ = false;
};

PendingLock::PendingLock(std::string_view name, LockOptions options, Executor& executor)
    : NamedLock(name, options.mode),
      executor_(executor),
      remote_(executor.remote()),
      options_(std::move(options)) {}

PendingLock& PendingLock::Start(std::string_view name, LockOptions options) {
  auto& lock = *new PendingLock(name, std::move(options), ExecutorOfAgent());
  lock.error_ = Check(name, lock.options_);
  if (!lock.error_.ok() || lock.Request(lock.options_, false) != State::kPending) {
    lock.over_ = true;
    return lock;
  }
  lock.timer_ = lock.executor_.PostAfter(lock.options_.timeout, Timer(lock));
  if (lock.timer_ == 0) {
    lock.Abandon();
    return lock;
  }
  const std::stop_token& agent_stop = Agent::Current().stop_token();
  if (agent_stop.stop_possible()) lock.by_agent_.emplace(agent_stop, CancelOnStop{&lock});
  if (lock.options_.stop_token.stop_possible()) {
    lock.by_caller_.emplace(lock.options_.stop_token, CancelOnStop{&lock});
  }
  return lock;
}

void PendingLock::WhenOver(Executor::Work deliver, bool also_at_end) {
  const LockHold hold(*this);
  deliver_ = std::move(deliver);
  also_at_end_ = also_at_end;
  if (!over_) return;
  timer_ = executor_.PostAfter(absl::ZeroDuration(), Timer(*this));
  if (timer_ == 0) Abandon();
}

absl::StatusOr<Lock> PendingLock::TakeResult() {
  taken_ = true;
  if (!error_.ok()) return error_;
  return Result(options_);
}

void PendingLock::Withdraw() {
  deliver_ = nullptr;
  CancelTimer();
  EndWait();
  if (std::exchange(taken_, true)) return;
  if (!NamedLocks().Cancel(*this, State::kCancelled)) NamedLocks().Release(*this);
}

void PendingLock::OnSettled() { remote_->Post(Notice(*this)); }

void PendingLock::OnTimer() {
  if (over_) return Deliver();
  // Whoever ended it, the message comes. Until then the executor must stay watched.
  NamedLocks().Cancel(*this, State::kTimedOut);
  timer_ = executor_.PostAfter(absl::InfiniteDuration(), Timer(*this));
  if (timer_ == 0) Abandon();
}

void PendingLock::Settle() {
  if (over_) return;
  CancelTimer();
  EndWait();
  Deliver();
}

void PendingLock::Deliver() {
  // It may drop the handle, and throw.
  const LockHold hold(*this);
  if (Executor::Work deliver = std::exchange(deliver_, nullptr)) std::move(deliver)();
}

void PendingLock::Abandon() {
  const LockHold hold(*this);
  timer_ = 0;
  EndWait();
  if (!NamedLocks().Cancel(*this, State::kCancelled)) NamedLocks().Release(*this);
  error_ = absl::CancelledError("RequestLock: the executor has ended");
  Executor::Work deliver = std::exchange(deliver_, nullptr);
  if (deliver && also_at_end_) std::move(deliver)();
}

void PendingLock::EndWait() {
  // These wait for callbacks that are running in other threads.
  by_agent_.reset();
  by_caller_.reset();
  over_ = true;
}

void PendingLock::CancelTimer() {
  if (timer_ != 0) executor_.CancelTimer(std::exchange(timer_, 0));
}

}  // namespace internal

AsyncLock::~AsyncLock() {
  if (pending_ == nullptr) return;
  pending_->Withdraw();
  pending_->DropReference();
}

void AsyncLock::OnComplete(Callback callback) && {
  internal::PendingLock& pending = *std::exchange(pending_, nullptr);
  pending.WhenOver(
      [&pending, callback = std::move(callback)]() mutable {
        std::move(callback)(pending.TakeResult());
      },
      /*also_at_end=*/false);
  pending.DropReference();
}

void AsyncLock::ResumeWith(absl::AnyInvocable<void() &&> resume) {
  pending_->WhenOver(std::move(resume), /*also_at_end=*/true);
}

absl::StatusOr<Lock> AsyncLock::TakeResult() { return pending_->TakeResult(); }

AsyncLock RequestLockAsync(std::string_view name, LockOptions options) {
  return AsyncLock(internal::PendingLock::Start(name, std::move(options)));
}

}  // namespace sabre
