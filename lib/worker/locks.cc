#include "sabre/worker/locks.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/worker/named_lock.h"
#include "sabre/memory/agent.h"

namespace sabre {
namespace internal {
namespace {

using LockState = LockQueues::State;

// A thread that sleeps for its lock.
class SleepersLock final : public NamedLock {
 public:
  using NamedLock::NamedLock;

  // Until the request is over, whichever way.
  void Sleep(TimePoint deadline, const std::stop_token& caller, const std::stop_token& agent) {
    const TracedSpan traced(kTraceWaitLock);
    // Registered once the request is in the queue, so that a stop request finds it there.
    const auto cancel = [this] { NamedLocks().Cancel(*this, LockState::kCancelled); };
    const std::stop_callback cancel_by_caller(caller, cancel);
    const std::stop_callback cancel_by_agent(agent, cancel);
    if (settled_.Park(deadline)) return;
    NamedLocks().Cancel(*this, LockState::kTimedOut);
    settled_.Park(kNever);
  }

 private:
  void OnSettled() override { settled_.Unpark(); }

  Parker settled_;
};

void EndLocksOfAgent(std::uint64_t agent_id) { NamedLocks().EndOwner(agent_id); }

// Gives a reference back at the end of a scope.
class Reference {
 public:
  explicit Reference(NamedLock& lock) noexcept : lock_(lock) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() { lock_.DropReference(); }
  NamedLock& lock() const noexcept { return lock_; }

 private:
  NamedLock& lock_;
};

}  // namespace

LockQueues& NamedLocks() {
  // Never destroyed: threads may hold locks while the statics of the program end.
  static LockQueues* const queues = new LockQueues;
  return *queues;
}

NamedLock::NamedLock(std::string_view name, LockMode mode)
    : LockRequest(std::string(name), mode == LockMode::kShared, Agent::Current().id()) {}

absl::Status NamedLock::Check(std::string_view name, const LockOptions& options) {
  if (!name.empty() && name.front() == '-') {
    return absl::UnimplementedError(absl::StrCat("RequestLock: the name ",
                                                 absl::string_view(name.data(), name.size()),
                                                 " begins with '-', which is reserved"));
  }
  if (options.steal && (options.if_available || options.mode == LockMode::kShared)) {
    return absl::UnimplementedError(
        absl::StrCat("RequestLock: steal does not go with ",
                     options.if_available ? "if_available" : "a shared mode"));
  }
  if (!Agent::Current().CallAtEnd(&EndLocksOfAgent)) {
    return absl::FailedPreconditionError("RequestLock: the calling thread is at its end");
  }
  if (Agent::Current().stop_token().stop_requested()) {
    return absl::CancelledError("RequestLock: a stop was requested of this thread");
  }
  if (options.stop_token.stop_requested()) {
    return absl::CancelledError("RequestLock: a stop was requested of its stop_token");
  }
  return absl::OkStatus();
}

LockState NamedLock::Request(const LockOptions& options, bool may_not_wait) {
  const bool waits =
      !options.if_available && options.timeout > absl::ZeroDuration() && !may_not_wait;
  return NamedLocks().Add(*this, options.steal ? LockQueues::IfTaken::kSteal
                                 : waits       ? LockQueues::IfTaken::kWait
                                               : LockQueues::IfTaken::kGiveUp);
}

absl::StatusOr<Lock> NamedLock::Result(const LockOptions& options) {
  switch (NamedLocks().StateOf(*this)) {
    case LockState::kHeld:
      AddReference();
      return Lock(this);
    case LockState::kIdle:
      if (options.if_available) return Lock();
      [[fallthrough]];
    case LockState::kTimedOut:
      return absl::DeadlineExceededError("RequestLock: the lock was not free in time");
    case LockState::kCancelled:
      return absl::CancelledError(options.stop_token.stop_requested()
                                      ? "RequestLock: a stop was requested of its stop_token"
                                      : "RequestLock: a stop was requested of this thread");
    case LockState::kStolen:
    case LockState::kOrphaned:
      return absl::CancelledError("RequestLock: the lock was taken away as soon as it was granted");
    case LockState::kPending:
    case LockState::kReleased:
      break;
  }
  StdSync::Unreachable("the result of a lock request that is not over");
}

}  // namespace internal

using internal::NamedLocks;

Lock& Lock::operator=(Lock&& other) noexcept {
  Lock moved(std::move(other));
  std::swap(state_, moved.state_);
  return *this;
}

Lock::~Lock() {
  if (state_ != nullptr) Release().IgnoreError();
}

bool Lock::held() const {
  return state_ != nullptr && NamedLocks().StateOf(*state_) == internal::LockQueues::State::kHeld;
}

std::string_view Lock::name() const noexcept {
  return state_ != nullptr ? std::string_view(state_->name()) : std::string_view();
}

LockMode Lock::mode() const noexcept {
  return state_ != nullptr && state_->shared() ? LockMode::kShared : LockMode::kExclusive;
}

std::stop_token Lock::lost_token() const noexcept {
  return state_ != nullptr ? state_->lost_token() : std::stop_token();
}

absl::Status Lock::Release() {
  if (state_ == nullptr) return absl::FailedPreconditionError("Lock::Release: an empty Lock");
  const internal::Reference reference(*std::exchange(state_, nullptr));
  if (NamedLocks().Release(reference.lock())) return absl::OkStatus();
  return absl::CancelledError("Lock::Release: the lock was taken away before");
}

absl::StatusOr<Lock> RequestLock(std::string_view name, LockOptions options) {
  if (absl::Status checked = internal::NamedLock::Check(name, options); !checked.ok()) {
    return checked;
  }
  const Agent& agent = Agent::Current();
  auto* const lock = new internal::SleepersLock(name, options.mode);
  const internal::Reference reference(*lock);
  switch (lock->Request(options, /*may_not_wait=*/!agent.can_block())) {
    case internal::LockState::kPending:
      lock->Sleep(internal::DeadlineAfter(options.timeout), options.stop_token, agent.stop_token());
      break;
    case internal::LockState::kIdle:
      if (!options.if_available && options.timeout > absl::ZeroDuration()) {
        return absl::FailedPreconditionError(
            "RequestLock would have to wait, and this thread may not block (can_block)");
      }
      break;
    default:
      break;
  }
  return lock->Result(options);
}

LockSnapshot QueryLocks() {
  LockSnapshot snapshot;
  NamedLocks().ForEach([&](const internal::LockQueues::Request& request, bool held) {
    (held ? snapshot.held : snapshot.pending)
        .push_back({request.name(), request.shared() ? LockMode::kShared : LockMode::kExclusive,
                    request.owner()});
  });
  return snapshot;
}

}  // namespace sabre
