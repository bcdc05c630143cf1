// lib/kernel/ref_count.h: how many handles name one shared object.
#ifndef SABRE_LIB_KERNEL_REF_COUNT_H_
#define SABRE_LIB_KERNEL_REF_COUNT_H_

#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// RefCount
//
// Starts at one, the creator's reference. Whoever holds a reference may make another; the one whose
// Decrement returns true destroys the object.
//
// Memory ordering: every access made under a reference happens before the Decrement that returns true.
template <AtomicPolicy S = StdSync>
class RefCount {
 public:
  // Thread-safety: any thread that holds a reference.
  void Increment() noexcept {
    // Relaxed: the caller holds a reference, so the object cannot go away, and the way by which the
    // new reference travels orders what it carries.
    count_.fetch_add(1, S::kRelaxed);
  }

  // Gives a reference back. True: it was the last one, and the object is the caller's to destroy.
  [[nodiscard]] bool Decrement() noexcept {
    // [RC1] AcqRel: the release half pairs with the acquire half of the last Decrement. Carries: this
    // thread's accesses to the object are done. Without: the object is destroyed while it is used.
    return count_.fetch_sub(1, S::kAcqRel) == 1;  // pairs with [RC1], itself
  }

 private:
  typename S::template Atomic<std::uint32_t> count_{1};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_REF_COUNT_H_
