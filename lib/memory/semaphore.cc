#include "sabre/memory/semaphore.h"

#include <utility>

#include "lib/memory/deadline.h"
#include "lib/memory/lock_support.h"
#include "sabre/sync/semaphore.h"

namespace sabre::atomics {
namespace {

using CellSemaphore = sabre::Semaphore<StdSync, internal::CellAtomic>;
static_assert(Semaphore::kMax == CellSemaphore::kMax);

// The semaphore in a cell, for the time of one call.
class SemaphoreAccess {
 public:
  explicit SemaphoreAccess(const internal::LockCell& cell) noexcept
      : word_(cell.address()),
        semaphore_(word_, internal::WaitersOf(cell),
                   internal::KeyOf(cell, internal::WaiterKind::kOther)) {}
  CellSemaphore* operator->() noexcept { return &semaphore_; }

 private:
  internal::CellAtomic word_;
  CellSemaphore semaphore_;
};

absl::StatusOr<bool> AcquireIn(const char* what, const internal::LockCell& cell,
                               absl::Duration timeout) {
  SemaphoreAccess semaphore(cell);
  if (semaphore->TryAcquire()) return true;
  if (timeout <= absl::ZeroDuration()) return false;
  const Agent& agent = Agent::Current();
  if (absl::Status may = internal::CheckMayBlock(what, agent); !may.ok()) return may;
  switch (semaphore->Acquire(agent.id(), internal::DeadlineAfter(timeout),
                             internal::AgentAwait{agent, cell, internal::kTraceSemaphoreAcquire})) {
    case WaitOutcome::kNotified:
      return true;
    case WaitOutcome::kTimedOut:
      return false;
    default:
      return internal::Stopped(what);
  }
}

}  // namespace

absl::StatusOr<Semaphore> Semaphore::Over(const Int32Array& cells, std::size_t index) {
  absl::StatusOr<internal::LockCell> cell = internal::LockCell::Over("Semaphore", cells, index, 1);
  if (!cell.ok()) return std::move(cell).status();
  return Semaphore(*std::move(cell));
}

absl::Status Semaphore::Acquire() const {
  return AcquireIn("Semaphore::Acquire", cell_, absl::InfiniteDuration()).status();
}

absl::StatusOr<bool> Semaphore::AcquireFor(absl::Duration timeout) const {
  return AcquireIn("Semaphore::AcquireFor", cell_, timeout);
}

bool Semaphore::TryAcquire() const { return SemaphoreAccess(cell_)->TryAcquire(); }

absl::Status Semaphore::Release(std::uint32_t count) const {
  if (SemaphoreAccess(cell_)->Release(count)) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("Semaphore::Release: with count ", count,
                                            " there would be more than ", kMax, " permits"));
}

std::uint32_t Semaphore::Available() const noexcept { return SemaphoreAccess(cell_)->Available(); }

}  // namespace sabre::atomics
