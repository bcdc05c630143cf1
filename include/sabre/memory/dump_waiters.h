// sabre/memory/dump_waiters.h: who waits for what in this process, for people who look for the reason.
#ifndef SABRE_MEMORY_DUMP_WAITERS_H_
#define SABRE_MEMORY_DUMP_WAITERS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace sabre {

// What kind of waiting it is.
enum class WaiterKind : std::uint8_t {
  kBlocking,      // a thread in atomics::Wait
  kAsynchronous,  // a pending atomics::WaitAsync
  kLock,          // a thread in an atomics::Mutex, Condition, Semaphore or Barrier
};

// One that waits.
struct WaiterInfo {
  std::uint64_t block_id = 0;  // SharedArrayBuffer::id
  std::size_t byte_index = 0;  // from the start of the block
  std::uint64_t agent_id = 0;  // Agent::id
  WaiterKind kind = WaiterKind::kBlocking;
  std::chrono::steady_clock::time_point since;  // when it began
  absl::Duration waited;                        // from then until DumpWaiters looked
};

// All that wait on any SharedArrayBuffer of this process, sorted by block and byte index, those of one
// location in order of arrival. Each block is looked at at a moment of its own. Any thread; blocks
// begin and end only after it, so call it for people, not in a loop.
std::vector<WaiterInfo> DumpWaiters();

// A line for each: "block 3 byte 40: agent 7 in Wait for 1.5s". Without any: "nobody waits".
std::string WaitersToString(const std::vector<WaiterInfo>& waiters = DumpWaiters());

}  // namespace sabre

#endif  // SABRE_MEMORY_DUMP_WAITERS_H_
