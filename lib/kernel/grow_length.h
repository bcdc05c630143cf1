// lib/kernel/grow_length.h: a length that only grows, while others read up to it.
#ifndef SABRE_LIB_KERNEL_GROW_LENGTH_H_
#define SABRE_LIB_KERNEL_GROW_LENGTH_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/policy.h"

namespace sabre::kernel {

// How GrowLength ended.
enum class GrowOutcome : std::uint8_t {
  kGrown,    // the length is what was wanted (it may have been so before)
  kShrinks,  // it was more already, and nothing has changed
  kRefused,  // `commit` said no, and nothing has changed
};

// GrowLength
//
// Raises `length` to `wanted`. The bytes come first: commit(from, wanted) makes all from `from` on usable,
// then the length says so. Any number of threads may do it at once; `commit` must be able to bear
// another one over the same range, during which others use bytes below either length.
//
//   length              | usable bytes          | left by
//   n                   | [0, n) at least       | commit(n, wanted) → the same length, more usable bytes
//   n, wanted committed | [0, wanted) at least  | compare-exchange → wanted, or another's length: again
//
// What is committed for a grower that lost stays committed: nobody sees it before the length says so.
//
// Thread-safety: any thread. Blocking: no; a lost race means that another has grown.
// Memory ordering: everything before the GrowLength that set a length happens before what follows a
//   read of it.
// Spec: ECMA-262 SharedArrayBuffer.prototype.grow, HostGrowSharedArrayBuffer.
template <AtomicPolicy S, class Commit>
GrowOutcome GrowLength(typename S::template Atomic<std::size_t>& length, std::size_t wanted,
                       Commit commit) {
  // [GL1] SeqCst: pairs with the exchange below. [kept: ECMA-262 makes this read a SeqCst event; a stale
  // one could call a growth done, or an error, by a length that all others know to be history.]
  std::size_t current = length.load(S::kSeqCst);
  for (;;) {
    if (wanted == current) return GrowOutcome::kGrown;
    if (wanted < current) return GrowOutcome::kShrinks;
    if (!commit(current, wanted)) return GrowOutcome::kRefused;
    // [GL1] SeqCst: pairs with every read of the length. Carries: the commit. Without: a reader sees the
    // length before the bytes are there. [kept: a failure is that read once more.]
    if (length.compare_exchange_strong(current, wanted, S::kSeqCst, S::kSeqCst)) {
      return GrowOutcome::kGrown;
    }
  }
}

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_GROW_LENGTH_H_
