// sabre/lockfree/mpmc_ring.h: a bounded queue from many threads to many.
#ifndef SABRE_LOCKFREE_MPMC_RING_H_
#define SABRE_LOCKFREE_MPMC_RING_H_

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

// MpmcRing
//
// D. Vyukov's bounded MPMC queue
// (https://www.1024cores.net/home/lock-free-algorithms/queues/bounded-mpmc-queue). Positions count
// up without end; position p uses slot p & mask_ in lap p / capacity. The slot's turn says whose it
// is:
//
//   turn              | the slot                           | left by
//   p                 | free for the push of position p    | that push → p + 1
//   p + 1             | holds the value of position p      | its pop → p + capacity
//   anything else     | of another lap: the ring is full (push) or empty (pop), or the position
//                     | that the caller read is old
//
// Bounds: holds capacity() values, a power of two and at least 2 (with one slot, "full in this lap"
//   and "free in the next" would be the same turn).
// Memory: 192 bytes and, for each slot, 8 bytes and a T, padded to its alignment; in memory of its
//   own or in an area (placement.h): then BytesFor(capacity) bytes, T is trivially copyable, and
//   the ring object is a handle, of which each thread may attach its own.
// Thread-safety: all members from any thread. size is a moment's count.
// Progress: a push or pop completes in a bounded number of its own steps unless others succeed; but
//   a thread that stops between claiming a slot and publishing it makes that slot's successors look
//   full or empty. Never blocks, allocates only in the constructor. FIFO over all threads: but for
//   such refusals linearizable, in the order in which positions are claimed.
// Memory ordering: everything before a TryPush happens before the return of the TryPop that takes
//   its value.
// Destruction: when no other thread is in a member. A ring destroys what it still holds; the values
//   in an area stay there. A ring that was moved from may only be destroyed or assigned to.
// Requires: T is default-constructible and movable, and neither throws: a claimed slot must be
//   published. A popped slot holds T() until it is used again, or, if T is trivially copyable, the
//   old value.
template <class T, AtomicPolicy S = StdSync>
class alignas(kCacheLine) MpmcRing {
  static_assert(std::is_nothrow_default_constructible_v<T> &&
                std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);

 public:
  using value_type = T;

  // capacity: how many values the ring holds; rounded up to a power of two, and to at least 2.
  explicit MpmcRing(std::size_t capacity)
      : MpmcRing(Storage(internal::RingSlots(capacity, kLeast))) {
    Link(storage_);
  }
  MpmcRing(MpmcRing&&) noexcept = default;
  MpmcRing& operator=(MpmcRing&&) noexcept = default;

  // How many bytes an area for `capacity` values has. SIZE_MAX if there are not so many.
  static constexpr std::size_t BytesFor(std::size_t capacity) noexcept {
    return Storage::BytesFor(internal::RingSlots(capacity, kLeast));
  }
  // Makes an empty ring in `bytes`, which begin at a multiple of kCacheLine and which nobody else
  // uses during the call; they must stay until the last handle is gone.
  // Errors: kMisaligned, kTooSmall.
  static Placed<std::optional<MpmcRing>> Create(std::span<std::byte> bytes,
                                                std::size_t capacity) noexcept {
    return Handle(Storage::Create(bytes, ShapeFor(internal::RingSlots(capacity, kLeast)), Link));
  }
  // Another handle to the ring that Create has made in `bytes`. The header may hold anything: what
  // does not fit is an error. Other users of the ring are trusted to change it only through
  // handles.
  // Errors: all but kNone.
  static Placed<std::optional<MpmcRing>> Attach(std::span<std::byte> bytes) noexcept {
    return Handle(Storage::Attach(bytes, ShapeFor(0), [](std::uint64_t slots) {
      return internal::IsRingSlots(slots, kLeast);
    }));
  }

  // Appends `value`. Returns false, and leaves `value` as it is, if the ring is full.
  [[nodiscard]] bool TryPush(T&& value) {
    Position& tail = storage_.state().tail;
    // Relaxed: a hint; the slot's turn decides.
    std::uint64_t position = tail.load(S::kRelaxed);
    for (;;) {
      Slot& slot = storage_[position & mask_];
      // [Q2] Acquire: pairs with the release in TryPop. Carries: the slot's last value has been
      // taken out. Without: push overwrites a value that is still being read.
      const std::uint64_t turn = slot.turn.load(S::kAcquire);
      if (turn == position) {
        // Relaxed: claims the position and carries nothing; the value goes by [Q1].
        if (tail.compare_exchange_strong(position, position + 1, S::kRelaxed, S::kRelaxed)) {
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
        position = tail.load(S::kRelaxed);
      }
      S::SpinHint();
    }
  }
  // The same with a copy, which is made even if the ring is full.
  [[nodiscard]] bool TryPush(const T& value) { return TryPush(T(value)); }

  // Takes the oldest value. Empty if there is none.
  [[nodiscard]] std::optional<T> TryPop() {
    Position& head = storage_.state().head;
    // Relaxed: a hint; the slot's turn decides.
    std::uint64_t position = head.load(S::kRelaxed);
    for (;;) {
      Slot& slot = storage_[position & mask_];
      // [Q1] Acquire: pairs with the release in TryPush.
      const std::uint64_t turn = slot.turn.load(S::kAcquire);
      if (turn == position + 1) {
        // Relaxed: claims the position and carries nothing.
        if (head.compare_exchange_strong(position, position + 1, S::kRelaxed, S::kRelaxed)) {
          std::optional<T> value(internal::TakeFrom<T>(slot.value));
          // [Q2] Release: pairs with the acquire in TryPush.
          slot.turn.store(position + mask_ + 1, S::kRelease);
          return value;
        }
      } else if (static_cast<std::int64_t>(turn - (position + 1)) < 0) {
        return std::nullopt;
      } else {
        // Relaxed: as above.
        position = head.load(S::kRelaxed);
      }
      S::SpinHint();
    }
  }

  std::size_t capacity() const noexcept { return static_cast<std::size_t>(storage_.count()); }

  // A moment's count of claimed positions, in [0, capacity()].
  std::size_t size() const noexcept {
    // Relaxed: a hint. head first: a stale tail may still be less, and then the ring counts as
    // full.
    const std::uint64_t head = storage_.state().head.load(S::kRelaxed);
    const std::uint64_t tail = storage_.state().tail.load(S::kRelaxed);
    return static_cast<std::size_t>(std::min(tail - head, storage_.count()));
  }
  bool empty() const noexcept { return size() == 0; }

 private:
  static constexpr std::uint64_t kLeast = 2;  // slots

  using Position = typename S::template Atomic<std::uint64_t>;

  struct State {
    alignas(kCacheLine) Position tail{0};  // next position to push
    alignas(kCacheLine) Position head{0};  // next position to pop
  };
  struct Slot {
    Position turn{0};
    typename S::template Var<T> value;
  };
  using Storage = internal::Storage<State, Slot>;

  explicit MpmcRing(Storage storage) : storage_(std::move(storage)), mask_(storage_.count() - 1) {}

  // Each slot is free for the first lap.
  static void Link(const Storage& storage) noexcept {
    for (std::uint64_t i = 0; i < storage.count(); ++i) {
      // Relaxed: whoever hands the ring to other threads orders this.
      storage[i].turn.store(i, S::kRelaxed);
    }
  }
  static constexpr internal::PlacedShape ShapeFor(std::uint64_t slots) noexcept {
    static_assert(offsetof(State, tail) == 0 && offsetof(State, head) == kCacheLine &&
                  sizeof(State) == 2 * kCacheLine && std::is_standard_layout_v<Slot>);
    return internal::ShapeOf<T>(internal::PlacedKind::kMpmcRing, slots);
  }
  static Placed<std::optional<MpmcRing>> Handle(Placed<std::optional<Storage>> storage) noexcept {
    if (!storage) return storage.error();
    return std::optional<MpmcRing>(MpmcRing(std::move(*storage)));
  }

  Storage storage_;
  std::uint64_t mask_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_MPMC_RING_H_
