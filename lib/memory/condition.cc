#include "sabre/memory/condition.h"

#include <utility>

#include "lib/memory/deadline.h"
#include "lib/memory/lock_support.h"
#include "sabre/memory/check.h"
#include "sabre/sync/condition.h"

namespace sabre::atomics {
namespace {

sabre::Condition<StdSync> ConditionAt(const internal::LockCell& cell) noexcept {
  return sabre::Condition<StdSync>(internal::WaitersOf(cell),
                                   internal::KeyOf(cell, internal::WaiterKind::kCondition));
}

// Aborts if the calling thread does not hold the mutex of a token: the predicate of a wait would look
// without the lock.
void CheckHeld(internal::MutexAccess& mutex) {
  if (mutex->Holds(internal::OwnerOf(Agent::Current()))) return;
  internal::CallerBug("Condition: unlockToken belongs to another thread");
}

// Whether a Notify came before `deadline`.
absl::StatusOr<bool> WaitUntil(const char* what, const internal::LockCell& cell,
                               const internal::LockCell& mutex_cell, TimePoint deadline) {
  if (mutex_cell.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(what, ": unlockToken is empty"));
  }
  const Agent& agent = Agent::Current();
  if (absl::Status may = internal::CheckMayBlock(what, agent); !may.ok()) return may;
  internal::MutexAccess mutex(mutex_cell);
  CheckHeld(mutex);
  switch (
      ConditionAt(cell).Wait(*mutex, internal::OwnerOf(agent), deadline,
                             internal::AgentAwait{agent, cell, internal::kTraceConditionWait})) {
    case WaitOutcome::kNotified:
      return true;
    case WaitOutcome::kTimedOut:
      return false;
    default:
      return internal::Stopped(what);
  }
}

}  // namespace

absl::StatusOr<Condition> Condition::Over(const Int32Array& cells, std::size_t index) {
  absl::StatusOr<internal::LockCell> cell =
      internal::LockCell::Over("Atomics.Condition", cells, index, 1);
  if (!cell.ok()) return std::move(cell).status();
  return Condition(*std::move(cell));
}

absl::Status Condition::Wait(UnlockToken& token) const {
  return WaitUntil("Atomics.Condition.wait", cell_, token.cell_, kNever).status();
}

absl::StatusOr<bool> Condition::WaitFor(UnlockToken& token, absl::Duration timeout) const {
  return WaitUntil("Atomics.Condition.waitFor", cell_, token.cell_,
                   internal::DeadlineAfter(timeout));
}

absl::StatusOr<bool> Condition::WaitFor(UnlockToken& token, absl::Duration timeout,
                                        const std::function<bool()>& predicate) const {
  constexpr const char* kWhat = "Atomics.Condition.waitFor";
  const TimePoint deadline = internal::DeadlineAfter(timeout);
  if (token.cell_.empty()) return WaitUntil(kWhat, cell_, token.cell_, deadline);
  internal::MutexAccess mutex(token.cell_);
  CheckHeld(mutex);
  while (!predicate()) {
    absl::StatusOr<bool> notified = WaitUntil(kWhat, cell_, token.cell_, deadline);
    if (!notified.ok()) return notified;
    if (!*notified) return predicate();
  }
  return true;
}

std::size_t Condition::Notify(std::size_t count) const { return ConditionAt(cell_).Notify(count); }

}  // namespace sabre::atomics
