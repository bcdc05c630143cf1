// lib/kernel/port_end.h: how the ends of a channel are named, and what its calls answer.
#ifndef SABRE_LIB_KERNEL_PORT_END_H_
#define SABRE_LIB_KERNEL_PORT_END_H_

#include <cstdint>

#include "lib/kernel/port_limits.h"

namespace sabre::kernel {

// Which end of a link.
enum class PortSide : std::uint8_t { kFirst = 0, kSecond = 1 };

constexpr PortSide Other(PortSide side) noexcept {
  return side == PortSide::kFirst ? PortSide::kSecond : PortSide::kFirst;
}

// An end, as one owner knows it: after so many moves.
struct PortEnd {
  PortSide side = PortSide::kFirst;
  std::uint64_t moves = 0;
};

enum class PostResult : std::uint8_t {
  kPosted,
  kFull,        // no room for this message now
  kClosed,      // this side is closed, or the end has moved
  kPeerClosed,  // the other side is closed
};

enum class PopResult : std::uint8_t {
  kMessage,
  kEmpty,
  kClosed,  // this side is closed, or the other is and its messages have been taken
  kMoved,   // the end has moved
};

// Of one side, since the channel was made.
struct PortCounts {
  PortLoad queued;             // posted to this side and not received yet
  std::uint64_t posted = 0;    // by this side
  std::uint64_t received = 0;  // at this side
};

// Of the queue that a side posts into.
struct PortDrains {
  bool needed = false;      // it has reached high water and not come back to low water yet
  std::uint64_t count = 0;  // how often it has come back
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_END_H_
