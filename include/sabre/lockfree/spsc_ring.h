// sabre/lockfree/spsc_ring.h: a bounded queue from one thread to another.
#ifndef SABRE_LOCKFREE_SPSC_RING_H_
#define SABRE_LOCKFREE_SPSC_RING_H_

#include <bit>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// SpscRing
//
// Lamport's ring (L. Lamport, "Specifying Concurrent Program Modules", 1983) with two changes: each
// index on its own cache line, and each side remembers the other's index and reads it again only when
// the ring looks full or empty (J. Giacomoni et al., FastForward, 2008; E. Rigtorp's SPSCQueue), so
// that in steady state the two cores share nothing but the slots.
//
// Indices count up without end; slot i is i & mask_. The ring is empty when head == tail and full when
// tail - head == capacity.
//
// Thread-safety: TryPush from one thread, TryPop from one (other) thread, at the same time. size and
//   empty from any thread; they are exact only in a thread that is the only one to change the ring.
// Progress: wait-free, never blocks, allocates only in the constructor.
// Memory ordering: everything before a TryPush happens before the return of the TryPop that takes its
//   value; everything before a TryPop happens before the return of a TryPush that reuses its slot.
// Requires: T is default-constructible and movable. A popped slot holds T() until it is used again.
template <class T, AtomicPolicy S = StdSync>
class SpscRing {
 public:
  // capacity: how many values the ring holds, at least 1; rounded up to a power of two.
  explicit SpscRing(std::size_t capacity)
      : mask_(std::bit_ceil(capacity) - 1), slots_(new Slot[mask_ + 1]) {}
  SpscRing(const SpscRing&) = delete;
  SpscRing& operator=(const SpscRing&) = delete;

  // Appends `value`. Returns false, and leaves `value` as it is, if the ring is full.
  [[nodiscard]] bool TryPush(T&& value) {
    // Relaxed: this thread is the only writer of tail_.
    const std::size_t tail = producer_.tail.load(S::kRelaxed);
    if (tail - producer_.head_seen == capacity()) {
      // [R2] Acquire: pairs with the release in TryPop. Carries: the slot has been read. Without:
      // push overwrites a slot that is still being read.
      producer_.head_seen = consumer_.head.load(S::kAcquire);
      if (tail - producer_.head_seen == capacity()) return false;
    }
    slots_[tail & mask_].Set(std::move(value));
    // [R1] Release: pairs with the acquire in TryPop. Carries: the slot is written. Without: pop
    // reads an unwritten slot.
    producer_.tail.store(tail + 1, S::kRelease);
    return true;
  }
  [[nodiscard]] bool TryPush(const T& value) { return TryPush(T(value)); }

  // Takes the oldest value. Empty if there is none.
  [[nodiscard]] std::optional<T> TryPop() {
    // Relaxed: this thread is the only writer of head_.
    const std::size_t head = consumer_.head.load(S::kRelaxed);
    if (head == consumer_.tail_seen) {
      // [R1] Acquire: pairs with the release in TryPush.
      consumer_.tail_seen = producer_.tail.load(S::kAcquire);
      if (head == consumer_.tail_seen) return std::nullopt;
    }
    std::optional<T> value(slots_[head & mask_].Take());
    // [R2] Release: pairs with the acquire in TryPush.
    consumer_.head.store(head + 1, S::kRelease);
    return value;
  }

  std::size_t capacity() const noexcept { return mask_ + 1; }

  // A moment's count. See Thread-safety.
  std::size_t size() const noexcept {
    // Relaxed: a hint. head first, so that the difference is never negative for a third thread.
    const std::size_t head = consumer_.head.load(S::kRelaxed);
    const std::size_t tail = producer_.tail.load(S::kRelaxed);
    return tail - head <= capacity() ? tail - head : capacity();
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  template <class U>
  using Atomic = typename S::template Atomic<U>;
  using Slot = typename S::template Var<T>;

  struct alignas(kCacheLine) Producer {
    Atomic<std::size_t> tail{0};
    std::size_t head_seen = 0;  // ≤ head: how far the producer knows the consumer to be
  };
  struct alignas(kCacheLine) Consumer {
    Atomic<std::size_t> head{0};
    std::size_t tail_seen = 0;  // ≤ tail
  };

  Producer producer_;
  Consumer consumer_;
  alignas(kCacheLine) const std::size_t mask_;
  const std::unique_ptr<Slot[]> slots_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_SPSC_RING_H_
