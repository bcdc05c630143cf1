#include "sabre/memory/wait.h"

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/memory/data_block.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/memory/wait_cell.h"
#include "sabre/memory/agent.h"

namespace sabre {
namespace internal {
namespace {

// Some 2 µs on a processor whose pause is long, 0.2 µs on others.
constexpr int kLooksBeforeWaiting = 50;

// Looks for a moment whether the element changes. In a quick exchange of two threads it does, and neither
// of them has to enter the list.
bool ChangesSoon(const WaitCell& cell) noexcept {
  for (int i = 0; i < kLooksBeforeWaiting; ++i) {
    if (!StillEqual(cell)) return true;
    StdSync::SpinHint();
  }
  return false;
}

WaitResult ToResult(WaitOutcome outcome) noexcept {
  switch (outcome) {
    case WaitOutcome::kNotified:
      return WaitResult::kOk;
    case WaitOutcome::kNotEqual:
      return WaitResult::kNotEqual;
    case WaitOutcome::kTimedOut:
      return WaitResult::kTimedOut;
    case WaitOutcome::kCancelled:
      return WaitResult::kTerminated;
  }
  StdSync::Unreachable("WaitOutcome");
}

}  // namespace

WaitResult WaitOnCell(const WaitCell& cell, TimePoint deadline, const std::stop_token& stop) {
  using List = WaiterList<StdSync>;
  // A comparison that fails is a step of its own and needs no lock.
  if (!StillEqual(cell)) return WaitResult::kNotEqual;
  // Of several comparisons that fail or hold, the last one counts.
  if (deadline != TimePoint::min() && Parker::WouldSpin() && ChangesSoon(cell)) {
    return WaitResult::kNotEqual;
  }
  List& list = cell.block->waiters();
  const Agent& agent = Agent::Current();
  const TracedSpan span(kTraceWaitOnCell, cell.byte_index);
  List::BlockingWaiter waiter;
  waiter.Describe(agent.id(), StdSync::Now());
  if (!list.Enqueue(waiter, cell.byte_index, [&] { return StillEqual(cell); })) {
    return WaitResult::kNotEqual;
  }
  const std::stop_token& agent_stop = agent.stop_token();
  if (!agent_stop.stop_possible() && !stop.stop_possible()) {
    return ToResult(list.Await(waiter, deadline));
  }
  // Registered after the entry into the list, so that a stop request finds the waiter there. Their
  // destructors wait for a callback that is running: none touches the waiter after this scope.
  const auto cancel = [&] { list.Cancel(waiter, WaitOutcome::kCancelled); };
  const std::stop_callback cancel_by_agent(agent_stop, cancel);
  const std::stop_callback cancel_by_caller(stop, cancel);
  return ToResult(list.Await(waiter, deadline));
}

std::size_t NotifyCell(DataBlock& block, const std::byte* at, std::size_t count) {
  return block.waiters().Notify(static_cast<std::size_t>(at - block.data()), count);
}

std::size_t CountWaiters(DataBlock& block, std::size_t byte_index) {
  return block.waiters().Count(byte_index);
}

TimePoint DeadlineOf(absl::Duration timeout) noexcept { return DeadlineAfter(timeout); }

TimePoint DeadlineOf(absl::Time time) noexcept {
  // The subtraction keeps the infinities.
  return time == absl::InfiniteFuture() ? kNever : DeadlineAfter(time - absl::Now());
}

absl::Status NotShared(ViewKind kind) {
  return absl::InvalidArgumentError(
      absl::StrCat("Atomics.wait: ", ViewName(kind), " is not over a SharedArrayBuffer"));
}

absl::Status CheckMayBlock() {
  if (Agent::Current().can_block()) return absl::OkStatus();
  return absl::FailedPreconditionError("Atomics.wait: this thread may not block (can_block)");
}

void BadWait(const absl::Status& status) noexcept {
  CallerBug(std::string(status.message()).c_str());
}

}  // namespace internal

namespace atomics {

absl::Duration TimeoutFromMilliseconds(double milliseconds) noexcept {
  if (std::isnan(milliseconds)) return absl::InfiniteDuration();
  if (!(milliseconds > 0)) return absl::ZeroDuration();
  // However short, it is not zero: an asynchronous wait of no time would not begin.
  return std::max(absl::Milliseconds(milliseconds), absl::Nanoseconds(1));
}

std::size_t NotifyCountFromNumber(double count) noexcept {
  if (!(count >= 1)) return 0;  // NaN too
  constexpr double kTooLarge = 0x1p64;
  return count < kTooLarge ? static_cast<std::size_t>(count) : kAll;
}

}  // namespace atomics
}  // namespace sabre
