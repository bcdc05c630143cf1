// lib/kernel/port_side_data.h: what a link keeps of one of its sides.
#ifndef SABRE_LIB_KERNEL_PORT_SIDE_DATA_H_
#define SABRE_LIB_KERNEL_PORT_SIDE_DATA_H_

#include <cstddef>
#include <cstdint>

#include "lib/kernel/port_count.h"
#include "lib/kernel/port_inbox.h"
#include "lib/kernel/port_limits.h"
#include "lib/kernel/port_listener.h"
#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// PortSideData
//
// What the receiver writes for each message, what both look at and is seldom written, and what the posters
// write for each message lie in cache lines of their own.
//
// Thread-safety: by the locks of the link: [reading] is the side's, [link] the link's own.
template <class Queue, BlockingPolicy S = StdSync>
struct PortSideData {
  explicit PortSideData(const PortLimits& limits) : inbox(limits) {}

  PortInbox<Queue, S> inbox;  // what the side will receive

  alignas(kCacheLine) typename S::Mutex reading;
  PortCount<S> received;  // [reading]

  // [both to write, either to read]
  alignas(kCacheLine) typename S::template Var<std::uint64_t> moves{0};
  typename S::template Var<bool> closed{false};
  typename S::template Var<std::size_t> reserved{0};  // [link] places of `inbox` that Reserve took
  typename S::template Var<std::uint64_t> drains{0};  // [link] of the queue it posts into

  alignas(kCacheLine) PortCount<S> posted;  // [link] to this side
  PortWaits<S> waits;                       // [link] of this side
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_SIDE_DATA_H_
