#include "sabre/memory/wait.h"

#include <cstdio>
#include <cstdlib>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/data_block.h"
#include "lib/memory/deadline.h"
#include "sabre/memory/agent.h"

namespace sabre::internal {
namespace {

bool StillEqual(std::byte* cell, std::size_t size, std::int64_t expected) noexcept {
  return size == sizeof(std::int32_t)
             ? CellAccess<std::int32_t>::Load(cell) == static_cast<std::int32_t>(expected)
             : CellAccess<std::int64_t>::Load(cell) == expected;
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

WaitResult WaitOnCell(DataBlock& block, std::size_t byte_index, std::size_t size,
                      std::int64_t expected, absl::Duration timeout) {
  using List = WaiterList<StdSync>;
  List& list = block.waiters();
  std::byte* const cell = block.data() + byte_index;
  List::BlockingWaiter waiter;
  // Before the critical section: the time that the comparison takes counts.
  const TimePoint deadline = DeadlineAfter(timeout);
  if (!list.Enqueue(waiter, byte_index, [&] { return StillEqual(cell, size, expected); })) {
    return WaitResult::kNotEqual;
  }
  const std::stop_token& stop = Agent::Current().stop_token();
  if (!stop.stop_possible()) return ToResult(list.Await(waiter, deadline));
  // Registered after the entry into the list, so that a stop request finds the waiter there. Its
  // destructor waits for a callback that is running: none touches the waiter after this scope.
  std::stop_callback cancel(stop, [&] { list.Cancel(waiter, WaitOutcome::kCancelled); });
  return ToResult(list.Await(waiter, deadline));
}

std::size_t NotifyCell(DataBlock& block, std::size_t byte_index, std::size_t count) {
  return block.waiters().Notify(byte_index, count);
}

absl::Status CheckMayWait(ViewKind kind, bool shared) {
  if (!shared) {
    return absl::InvalidArgumentError(
        absl::StrCat("Atomics.wait: ", ViewName(kind), " is not over a SharedArrayBuffer"));
  }
  if (!Agent::Current().can_block()) {
    return absl::FailedPreconditionError("Atomics.wait: this thread may not block (can_block)");
  }
  return absl::OkStatus();
}

void BadWait(const absl::Status& status) noexcept {
  CallerBug(std::string(status.message()).c_str());
}

}  // namespace sabre::internal
