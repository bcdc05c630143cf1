#include "sabre/memory/barrier.h"

#include <optional>
#include <utility>

#include "lib/memory/deadline.h"
#include "lib/memory/lock_support.h"
#include "sabre/sync/barrier.h"

namespace sabre::atomics {
namespace {

using CellBarrier = sabre::Barrier<StdSync, internal::CellAtomic>;
static_assert(Barrier::kMax == CellBarrier::kMax);

// The barrier in two cells, for the time of one call.
class BarrierAccess {
 public:
  BarrierAccess(const internal::LockCell& cell, std::uint32_t expected) noexcept
      : arrivals_(cell.address()),
        phase_(cell.address() + sizeof(std::int32_t)),
        barrier_(arrivals_, phase_, expected, internal::WaitersOf(cell),
                 internal::KeyOf(cell, internal::WaiterKind::kOther)) {}
  CellBarrier* operator->() noexcept { return &barrier_; }

 private:
  internal::CellAtomic arrivals_;
  internal::CellAtomic phase_;
  CellBarrier barrier_;
};

absl::Status TooMany(const char* what, std::uint32_t count, std::uint32_t expected) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": count ", count,
                                                    " exceeds what is still expected of ", expected,
                                                    " arrivals in this phase"));
}

}  // namespace

absl::StatusOr<Barrier> Barrier::Over(const Int32Array& cells, std::size_t index,
                                      std::uint32_t expected) {
  absl::StatusOr<internal::LockCell> cell =
      internal::LockCell::Over("Barrier", cells, index, kCells);
  if (!cell.ok()) return std::move(cell).status();
  if (expected == 0 || expected > kMax) {
    return absl::OutOfRangeError(
        absl::StrCat("Barrier: expected ", expected, " is not in [1, ", kMax, "]"));
  }
  return Barrier(*std::move(cell), expected);
}

absl::StatusOr<Barrier::Arrival> Barrier::Arrive(std::uint32_t count) const {
  const std::optional<CellBarrier::Phase> phase = BarrierAccess(cell_, expected_)->Arrive(count);
  if (!phase.has_value()) return TooMany("Barrier::Arrive", count, expected_);
  return Arrival(*phase);
}

absl::StatusOr<bool> Barrier::WaitFor(Arrival arrival, absl::Duration timeout) const {
  constexpr const char* kWhat = "Barrier::Wait";
  BarrierAccess barrier(cell_, expected_);
  if (barrier->HasEnded(arrival.phase_)) return true;
  if (timeout <= absl::ZeroDuration()) return false;
  const Agent& agent = Agent::Current();
  if (absl::Status may = internal::CheckMayBlock(kWhat, agent); !may.ok()) return may;
  switch (barrier->Wait(arrival.phase_, agent.id(), internal::DeadlineAfter(timeout),
                        internal::AgentAwait{agent, cell_, internal::kTraceBarrierWait})) {
    case WaitOutcome::kNotified:
      return true;
    case WaitOutcome::kTimedOut:
      return false;
    default:
      return internal::Stopped(kWhat);
  }
}

absl::Status Barrier::Wait(Arrival arrival) const {
  return WaitFor(arrival, absl::InfiniteDuration()).status();
}

absl::Status Barrier::ArriveAndWait() const {
  // Before the arrival, which could not be taken back.
  if (absl::Status may = internal::CheckMayBlock("Barrier::ArriveAndWait", Agent::Current());
      !may.ok()) {
    return may;
  }
  const absl::StatusOr<Arrival> arrival = Arrive();
  if (!arrival.ok()) return arrival.status();
  return Wait(*arrival);
}

absl::Status Barrier::ArriveAndDrop() const {
  if (BarrierAccess(cell_, expected_)->ArriveAndDrop().has_value()) return absl::OkStatus();
  return TooMany("Barrier::ArriveAndDrop", 1, expected_);
}

}  // namespace sabre::atomics
