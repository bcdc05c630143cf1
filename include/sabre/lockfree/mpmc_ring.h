// sabre/lockfree/mpmc_ring.h: a bounded queue from many threads to many.
#ifndef SABRE_LOCKFREE_MPMC_RING_H_
#define SABRE_LOCKFREE_MPMC_RING_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// MpmcRing
//
// D. Vyukov's bounded MPMC queue
// (https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue). Positions count up
// without end; position p uses slot p & mask_ in lap p / capacity. The slot's turn says whose it is:
//
//   turn              | the slot                           | left by
//   p                 | free for the push of position p    | that push → p + 1
//   p + 1             | holds the value of position p      | its pop → p + capacity
//   anything else     | of another lap: the ring is full (push) or empty (pop), or the position
//                     | that the caller read is old
//
// Thread-safety: all members from any thread. size is a moment's count.
// Progress: a push or pop completes in a bounded number of its own steps unless others succeed; but a
//   thread that stops between claiming a slot and publishing it makes that slot's successors look full
//   or empty. Never blocks, allocates only in the constructor. FIFO over all threads: linearizable in
//   the order in which positions are claimed.
// Memory ordering: everything before a TryPush happens before the return of the TryPop that takes its
//   value.
// Requires: T is default-constructible and movable, and neither throws: a claimed slot must be
//   published. A popped slot holds T() until it is used again.
template <class T, AtomicPolicy S = StdSync>
class MpmcRing {
  static_assert(std::is_nothrow_default_constructible_v<T> &&
                std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);

 public:
  // capacity: how many values the ring holds; rounded up to a power of two, and to at least 2 (with
  // one slot, "full in this lap" and "free in the next" would be the same turn).
  explicit MpmcRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity < 2 ? 2 : capacity) - 1), slots_(new Slot[mask_ + 1]) {
    for (std::size_t i = 0; i <= mask_; ++i) {
      // Relaxed: whoever hands the ring to other threads orders this.
      slots_[i].turn.store(i, S::kRelaxed);
    }
  }
  MpmcRing(const MpmcRing&) = delete;
  MpmcRing& operator=(const MpmcRing&) = delete;

  // Appends `value`. Returns false, and leaves `value` as it is, if the ring is full.
  [[nodiscard]] bool TryPush(T&& value) {
    // Relaxed: a hint; the slot's turn decides.
    std::uint64_t position = tail_.load(S::kRelaxed);
    for (;;) {
      Slot& slot = slots_[position & mask_];
      // [Q2] Acquire: pairs with the release in TryPop. Carries: the slot's last value has been taken
      // out. Without: push overwrites a value that is still being read.
      const std::uint64_t turn = slot.turn.load(S::kAcquire);
      if (turn == position) {
        // Relaxed: claims the position and carries nothing; the value goes by [Q1].
        if (tail_.compare_exchange_weak(position, position + 1, S::kRelaxed, S::kRelaxed)) {
          slot.value.Set(std::move(value));
          // [Q1] Release: pairs with the acquire in TryPop. Carries: the value is in the slot.
          // Without: pop reads an unwritten slot.
          slot.turn.store(position + 1, S::kRelease);
          return true;
        }
      } else if (static_cast<std::int64_t>(turn - position) < 0) {
        return false;
      } else {
        // Relaxed: as above.
        position = tail_.load(S::kRelaxed);
      }
      S::SpinHint();
    }
  }
  [[nodiscard]] bool TryPush(const T& value) { return TryPush(T(value)); }

  // Takes the oldest value. Empty if there is none.
  [[nodiscard]] std::optional<T> TryPop() {
    // Relaxed: a hint; the slot's turn decides.
    std::uint64_t position = head_.load(S::kRelaxed);
    for (;;) {
      Slot& slot = slots_[position & mask_];
      // [Q1] Acquire: pairs with the release in TryPush.
      const std::uint64_t turn = slot.turn.load(S::kAcquire);
      if (turn == position + 1) {
        // Relaxed: claims the position and carries nothing.
        if (head_.compare_exchange_weak(position, position + 1, S::kRelaxed, S::kRelaxed)) {
          std::optional<T> value(slot.value.Take());
          // [Q2] Release: pairs with the acquire in TryPush.
          slot.turn.store(position + mask_ + 1, S::kRelease);
          return value;
        }
      } else if (static_cast<std::int64_t>(turn - (position + 1)) < 0) {
        return std::nullopt;
      } else {
        // Relaxed: as above.
        position = head_.load(S::kRelaxed);
      }
      S::SpinHint();
    }
  }

  std::size_t capacity() const noexcept { return static_cast<std::size_t>(mask_ + 1); }

  // A moment's count of claimed positions, in [0, capacity()].
  std::size_t size() const noexcept {
    // Relaxed: a hint. head first, so that the difference is not negative.
    const std::uint64_t head = head_.load(S::kRelaxed);
    const std::uint64_t tail = tail_.load(S::kRelaxed);
    return tail - head <= mask_ + 1 ? static_cast<std::size_t>(tail - head) : capacity();
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  template <class U>
  using Atomic = typename S::template Atomic<U>;

  struct Slot {
    Atomic<std::uint64_t> turn{0};
    typename S::template Var<T> value;
  };

  alignas(kCacheLine) Atomic<std::uint64_t> tail_{0};  // next position to push
  alignas(kCacheLine) Atomic<std::uint64_t> head_{0};  // next position to pop
  alignas(kCacheLine) const std::uint64_t mask_;
  const std::unique_ptr<Slot[]> slots_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_MPMC_RING_H_
