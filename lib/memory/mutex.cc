#include "sabre/memory/mutex.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/memory/lock_support.h"
#include "sabre/memory/check.h"

namespace sabre::atomics {
namespace {

using internal::MutexAccess;

// Takes the lock, or does not in the time that is given; an error if the call should not have been made.
absl::StatusOr<bool> LockFor(const char* what, const internal::LockCell& cell,
                             absl::Duration timeout) {
  MutexAccess mutex(cell);
  const Agent& agent = Agent::Current();
  const internal::CellMutex::Owner me = internal::OwnerOf(agent);
  if (mutex->TryLock(me)) return true;
  if (mutex->Holds(me)) {
    return absl::FailedPreconditionError(
        absl::StrCat(what, ": this thread already holds the mutex at byte ", cell.byte_index(),
                     " of its buffer"));
  }
  if (timeout <= absl::ZeroDuration()) return false;
  if (absl::Status may = internal::CheckMayBlock(what, agent); !may.ok()) return may;
  switch (mutex->Lock(me, internal::DeadlineAfter(timeout),
                      internal::AgentAwait{agent, cell, internal::kTraceMutexLock})) {
    case WaitOutcome::kNotified:
      return true;
    case WaitOutcome::kTimedOut:
      return false;
    default:
      return internal::Stopped(what);
  }
}

}  // namespace

absl::StatusOr<Mutex> Mutex::Over(const Int32Array& cells, std::size_t index) {
  absl::StatusOr<internal::LockCell> cell =
      internal::LockCell::Over("Atomics.Mutex", cells, index, 1);
  if (!cell.ok()) return std::move(cell).status();
  return Mutex(*std::move(cell));
}

absl::StatusOr<UnlockToken> Mutex::Lock() const {
  absl::StatusOr<bool> locked = LockFor("Atomics.Mutex.lock", cell_, absl::InfiniteDuration());
  if (!locked.ok()) return std::move(locked).status();
  return UnlockToken(cell_);
}

absl::StatusOr<UnlockToken> Mutex::LockIfAvailable(absl::Duration timeout) const {
  absl::StatusOr<bool> locked = LockFor("Atomics.Mutex.lockIfAvailable", cell_, timeout);
  if (!locked.ok()) return std::move(locked).status();
  return *locked ? UnlockToken(cell_) : UnlockToken();
}

bool Mutex::HeldByCaller() const noexcept {
  return MutexAccess(cell_)->Holds(internal::OwnerOf(Agent::Current()));
}

void Mutex::lock() const {
  MutexAccess mutex(cell_);
  const Agent& agent = Agent::Current();
  const internal::CellMutex::Owner me = internal::OwnerOf(agent);
  if (mutex->TryLock(me)) return;
  if (mutex->Holds(me)) internal::CallerBug("Mutex::lock: this thread already holds it");
  if (!agent.can_block()) internal::CallerBug("Mutex::lock: this thread may not block (can_block)");
  mutex->Lock(me, kNever, internal::TracedAwait{cell_, internal::kTraceMutexLock});
}

bool Mutex::try_lock() const {
  return MutexAccess(cell_)->TryLock(internal::OwnerOf(Agent::Current()));
}

bool Mutex::TryLockFor(absl::Duration timeout) const {
  absl::StatusOr<bool> locked = LockFor("Mutex::try_lock_for", cell_, timeout);
  if (locked.ok()) return *locked;
  if (absl::IsCancelled(locked.status())) return false;
  internal::CallerBug(std::string(locked.status().message()).c_str());
}

void Mutex::unlock() const {
  if (!MutexAccess(cell_)->Unlock(internal::OwnerOf(Agent::Current()))) {
    internal::CallerBug("Mutex::unlock: this thread does not hold it");
  }
}

bool UnlockToken::Unlock() noexcept {
  if (cell_.empty()) return false;
  const internal::LockCell cell = std::exchange(cell_, internal::LockCell());
  if (!MutexAccess(cell)->Unlock(internal::OwnerOf(Agent::Current()))) {
    internal::CallerBug("UnlockToken::Unlock: this thread does not hold the mutex");
  }
  return true;
}

}  // namespace sabre::atomics
