#include "sabre/memory/dump_waiters.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "lib/memory/block_registry.h"
#include "lib/memory/data_block.h"

namespace sabre {
namespace {

using internal::DataBlock;

// A lock in shared memory waits under the key of a byte within its word, where no element begins that
// Wait takes.
constexpr std::uint64_t kWordBytes = 4;

WaiterKind KindOf(std::uint64_t key, const Waiter<StdSync>& waiter) {
  if (key % kWordBytes != 0) return WaiterKind::kLock;
  return BlockingWaiter<StdSync>::Is(waiter) ? WaiterKind::kBlocking : WaiterKind::kAsynchronous;
}

const char* NameOf(WaiterKind kind) {
  switch (kind) {
    case WaiterKind::kBlocking:
      return "Wait";
    case WaiterKind::kAsynchronous:
      return "WaitAsync";
    case WaiterKind::kLock:
      return "a lock";
  }
  return "?";
}

void AddWaitersOf(void* to, DataBlock& block) {
  auto& waiters = *static_cast<std::vector<WaiterInfo>*>(to);
  block.waiters().ForEach([&](std::uint64_t key, const Waiter<StdSync>& waiter) {
    waiters.push_back({.block_id = block.id(),
                       .byte_index = static_cast<std::size_t>(key / kWordBytes * kWordBytes),
                       .agent_id = waiter.owner(),
                       .kind = KindOf(key, waiter),
                       .since = waiter.since(),
                       .waited = {}});
  });
}

}  // namespace

std::vector<WaiterInfo> DumpWaiters() {
  std::vector<WaiterInfo> waiters;
  internal::BlockRegistry::ForEach(&AddWaitersOf, &waiters);
  std::stable_sort(waiters.begin(), waiters.end(), [](const WaiterInfo& a, const WaiterInfo& b) {
    return std::tie(a.block_id, a.byte_index) < std::tie(b.block_id, b.byte_index);
  });
  const TimePoint now = StdSync::Now();
  for (WaiterInfo& waiter : waiters) waiter.waited = absl::FromChrono(now - waiter.since);
  return waiters;
}

std::string WaitersToString(const std::vector<WaiterInfo>& waiters) {
  if (waiters.empty()) return "nobody waits\n";
  std::string text;
  for (const WaiterInfo& waiter : waiters) {
    absl::StrAppend(&text, "block ", waiter.block_id, " byte ", waiter.byte_index, ": agent ",
                    waiter.agent_id, " in ", NameOf(waiter.kind), " for ",
                    absl::FormatDuration(waiter.waited), "\n");
  }
  return text;
}

}  // namespace sabre
