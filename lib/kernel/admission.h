// lib/kernel/admission.h: how many may be inside, and whether the door is open.
#ifndef SABRE_LIB_KERNEL_ADMISSION_H_
#define SABRE_LIB_KERNEL_ADMISSION_H_

#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// Admission
//
// Bounds a queue exactly, and closes it without losing anybody: who has entered is counted until he
// leaves, nobody enters after Close, and drained() says when the last has left.
//
//   word_             | meaning                   | left by
//   count             | so many are inside        | TryEnter → count + 1, Leave → count - 1, Close
//   kClosedBit | count | nobody enters any more   | Leave → count - 1
//
// Thread-safety: all members from any thread. Progress: lock-free.
// Memory ordering: everything before a Leave happens before the return of the drained() or the
//   TryEnter that counts it out.
template <AtomicPolicy S = StdSync>
class Admission {
 public:
  enum class Result : std::uint8_t { kEntered, kFull, kClosed };

  // Enters if fewer than `limit` are inside.
  Result TryEnter(std::uint64_t limit) noexcept {
    // Relaxed: a first guess.
    std::uint64_t word = word_.load(S::kRelaxed);
    for (;;) {
      if ((word & kClosedBit) != 0) return Result::kClosed;
      if (word >= limit) return Result::kFull;
      // [D1] Acquire: pairs with Leave. Carries: what the one that left did with its place. Relaxed on
      // failure: another guess.
      if (word_.compare_exchange_weak(word, word + 1, S::kAcquire, S::kRelaxed)) {
        return Result::kEntered;
      }
      S::SpinHint();
    }
  }

  // Returns: true if the door is closed and this was the last one.
  bool Leave() noexcept {
    // [D1] AcqRel: the release half pairs with drained() and TryEnter. Carries: what was done inside.
    // Without: who waits for the end frees what is still in use. The acquire half gives the same to
    // the last one that leaves.
    return word_.fetch_sub(1, S::kAcqRel) == (kClosedBit | 1);
  }

  // Returns: false if it was closed already.
  bool Close() noexcept {
    // Relaxed: the bit carries nothing.
    return (word_.fetch_or(kClosedBit, S::kRelaxed) & kClosedBit) == 0;
  }

  bool closed() const noexcept {
    // Relaxed: as above.
    return (word_.load(S::kRelaxed) & kClosedBit) != 0;
  }

  // Whether it is closed and everybody has left. Once true, always true.
  bool drained() const noexcept {
    // [D1] Acquire: pairs with Leave.
    return word_.load(S::kAcquire) == kClosedBit;
  }

  // A moment's count.
  std::uint64_t inside() const noexcept {
    // Relaxed: a hint.
    return word_.load(S::kRelaxed) & ~kClosedBit;
  }

 private:
  static constexpr std::uint64_t kClosedBit = std::uint64_t{1} << 63;

  typename S::template Atomic<std::uint64_t> word_{0};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_ADMISSION_H_
