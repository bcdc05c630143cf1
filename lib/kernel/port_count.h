// lib/kernel/port_count.h: how many messages went by.
#ifndef SABRE_LIB_KERNEL_PORT_COUNT_H_
#define SABRE_LIB_KERNEL_PORT_COUNT_H_

#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// PortCount
//
// Counted under a lock, which Get needs too. Anybody may Look, at any time: at what it was a moment ago.
template <BlockingPolicy S = StdSync>
class PortCount {
 public:
  void Increment() {
    count_.Set(count_.Get() + 1);
    // Relaxed: a hint, like the load.
    shown_.store(count_.Get(), S::kRelaxed);
  }
  std::uint64_t Get() const { return count_.Get(); }
  std::uint64_t Look() const { return shown_.load(S::kRelaxed); }

 private:
  typename S::template Var<std::uint64_t> count_{0};
  typename S::template Atomic<std::uint64_t> shown_{0};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_COUNT_H_
