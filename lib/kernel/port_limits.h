// lib/kernel/port_limits.h: how much may wait in the queue of one end of a channel.
#ifndef SABRE_LIB_KERNEL_PORT_LIMITS_H_
#define SABRE_LIB_KERNEL_PORT_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace sabre::kernel {

// Messages, and their bytes.
struct PortLoad {
  std::size_t messages = SIZE_MAX;
  std::size_t bytes = SIZE_MAX;

  bool operator==(const PortLoad&) const = default;
  // Whether one more message of `more` bytes keeps it. An empty queue takes one of any size.
  bool Admits(const PortLoad& queued, std::size_t more) const {
    if (queued.messages == 0) return true;
    return queued.messages < messages && queued.bytes < bytes && more <= bytes - queued.bytes;
  }
  bool ReachedBy(const PortLoad& queued) const {
    return queued.messages >= messages || queued.bytes >= bytes;
  }
  bool Covers(const PortLoad& queued) const {
    return queued.messages <= messages && queued.bytes <= bytes;
  }
};

// The queue needs a drain from when it reaches `high_water` until it is back at `low_water`.
struct PortLimits {
  PortLoad capacity = {};
  PortLoad high_water = {};
  PortLoad low_water = {};

  // Whether there is any.
  bool any() const { return capacity != PortLoad{} || high_water != PortLoad{}; }
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_LIMITS_H_
