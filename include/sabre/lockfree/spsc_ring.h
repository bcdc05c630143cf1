// sabre/lockfree/spsc_ring.h: a bounded queue from one thread to another.
#ifndef SABRE_LOCKFREE_SPSC_RING_H_
#define SABRE_LOCKFREE_SPSC_RING_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/lockfree/placement.h"
#include "sabre/lockfree/storage.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// SpscRing
//
// Lamport's ring (L. Lamport, "Specifying Concurrent Program Modules", 1983) with two changes: each
// index on its own cache line, and each side remembers the other's index and reads it again only
// when the ring looks full or empty (J. Giacomoni et al., FastForward, 2008; E. Rigtorp's
// SPSCQueue), so that in steady state the two cores share nothing but the slots.
//
// Indices count up without end; slot i is i & mask_. The ring is empty when head == tail and full
// when tail - head == capacity.
//
// Bounds: holds capacity() values, a power of two.
// Memory: 192 bytes and capacity() * sizeof(T), in memory of its own or in an area (placement.h):
//   then BytesFor(capacity) bytes, T is trivially copyable, and the ring object is a handle, of
//   which each thread attaches its own.
// Thread-safety: TryPush from one thread, TryPop from one (other) thread, at the same time. size
//   and empty from any thread; they are exact only in a thread that is the only one to change the
//   ring.
// Progress: wait-free: a bounded number of steps, whatever others do. Never blocks; allocates only
//   in the constructor.
// Memory ordering: everything before a TryPush happens before the return of the TryPop that takes
//   its value; everything before a TryPop happens before the return of a TryPush that reuses its
//   slot.
// Destruction: when no other thread is in a member. A ring destroys what it still holds; the values
//   in an area stay there. A ring that was moved from may only be destroyed or assigned to.
// Requires: T is default-constructible and movable, and neither throws. A popped slot holds T() until it is used again,
//   or, if T is trivially copyable, the old value.
template <class T, AtomicPolicy S = StdSync>
class alignas(kCacheLine) SpscRing {
  static_assert(std::is_nothrow_default_constructible_v<T> &&
                std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);

 public:
  using value_type = T;

  // capacity: how many values the ring holds, at least 1; rounded up to a power of two.
  explicit SpscRing(std::size_t capacity)
      : SpscRing(Storage(internal::RingSlots(capacity, kLeast))) {}
  SpscRing(SpscRing&&) noexcept = default;
  SpscRing& operator=(SpscRing&&) noexcept = default;

  // How many bytes an area for `capacity` values has. SIZE_MAX if there are not so many.
  static constexpr std::size_t BytesFor(std::size_t capacity) noexcept {
    return Storage::BytesFor(internal::RingSlots(capacity, kLeast));
  }
  // Makes an empty ring in `bytes`, which begin at a multiple of kCacheLine and which nobody else
  // uses during the call; they must stay until the last handle is gone.
  // Errors: kMisaligned, kTooSmall.
  static Placed<std::optional<SpscRing>> Create(std::span<std::byte> bytes,
                                                std::size_t capacity) noexcept {
    return Handle(Storage::Create(bytes, ShapeFor(internal::RingSlots(capacity, kLeast)),
                                  [](const Storage&) {}));
  }
  // Another handle to the ring that Create has made in `bytes`. The header may hold anything: what
  // does not fit is an error. Other users of the ring are trusted to change it only through
  // handles.
  // Errors: all but kNone.
  static Placed<std::optional<SpscRing>> Attach(std::span<std::byte> bytes) noexcept {
    return Handle(Storage::Attach(bytes, ShapeFor(0), [](std::uint64_t slots) {
      return internal::IsRingSlots(slots, kLeast);
    }));
  }

  // Appends `value`. Returns false, and leaves `value` as it is, if the ring is full.
  [[nodiscard]] bool TryPush(T&& value) {
    Producer& producer = storage_.state().producer;
    // Relaxed: this thread is the only writer of tail.
    const std::uint64_t tail = producer.tail.load(S::kRelaxed);
    if (tail - producer.head_seen == storage_.count()) {
      // [R2] Acquire: pairs with the release in TryPop. Carries: the slot has been read. Without:
      // push overwrites a slot that is still being read.
      producer.head_seen = storage_.state().consumer.head.load(S::kAcquire);
      if (tail - producer.head_seen == storage_.count()) return false;
    }
    storage_[tail & mask_].Set(std::move(value));
    // [R1] Release: pairs with the acquire in TryPop. Carries: the slot is written. Without: pop
    // reads an unwritten slot.
    producer.tail.store(tail + 1, S::kRelease);
    return true;
  }
  // The same with a copy, which is made even if the ring is full.
  [[nodiscard]] bool TryPush(const T& value) { return TryPush(T(value)); }

  // Takes the oldest value. Empty if there is none.
  [[nodiscard]] std::optional<T> TryPop() {
    Consumer& consumer = storage_.state().consumer;
    // Relaxed: this thread is the only writer of head.
    const std::uint64_t head = consumer.head.load(S::kRelaxed);
    if (head == consumer.tail_seen) {
      // [R1] Acquire: pairs with the release in TryPush.
      consumer.tail_seen = storage_.state().producer.tail.load(S::kAcquire);
      if (head == consumer.tail_seen) return std::nullopt;
    }
    std::optional<T> value(internal::TakeFrom<T>(storage_[head & mask_]));
    // [R2] Release: pairs with the acquire in TryPush.
    consumer.head.store(head + 1, S::kRelease);
    return value;
  }

  std::size_t capacity() const noexcept { return static_cast<std::size_t>(storage_.count()); }

  // A moment's count. See Thread-safety.
  std::size_t size() const noexcept {
    // Relaxed: a hint. head first: a stale tail may still be less, and then the ring counts as
    // full.
    const std::uint64_t head = storage_.state().consumer.head.load(S::kRelaxed);
    const std::uint64_t tail = storage_.state().producer.tail.load(S::kRelaxed);
    return static_cast<std::size_t>(std::min(tail - head, storage_.count()));
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  static constexpr std::uint64_t kLeast = 1;  // slots

  using Position = typename S::template Atomic<std::uint64_t>;
  using Slot = typename S::template Var<T>;

  struct alignas(kCacheLine) Producer {
    Position tail{0};
    std::uint64_t head_seen = 0;  // ≤ head: how far the producer knows the consumer to be
  };
  struct alignas(kCacheLine) Consumer {
    Position head{0};
    std::uint64_t tail_seen = 0;  // ≤ tail
  };
  struct State {
    Producer producer;  // at 0
    Consumer consumer;  // at kCacheLine
  };
  using Storage = internal::Storage<State, Slot>;

  explicit SpscRing(Storage storage) : storage_(std::move(storage)), mask_(storage_.count() - 1) {}

  static constexpr internal::PlacedShape ShapeFor(std::uint64_t slots) noexcept {
    static_assert(offsetof(State, producer) == 0 && offsetof(State, consumer) == kCacheLine &&
                  sizeof(State) == 2 * kCacheLine && sizeof(Slot) == sizeof(T));
    return internal::ShapeOf<T>(internal::PlacedKind::kSpscRing, slots);
  }
  static Placed<std::optional<SpscRing>> Handle(Placed<std::optional<Storage>> storage) noexcept {
    if (!storage) return storage.error();
    return std::optional<SpscRing>(SpscRing(std::move(*storage)));
  }

  Storage storage_;
  std::uint64_t mask_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_SPSC_RING_H_
