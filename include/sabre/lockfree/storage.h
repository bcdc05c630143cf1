// sabre/lockfree/storage.h: where the state and the slots of a container lie.
#ifndef SABRE_LOCKFREE_STORAGE_H_
#define SABRE_LOCKFREE_STORAGE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/lockfree/placement.h"

namespace sabre::internal {

// Storage
//
// One State and a number of Slots: in memory of its own, or in an area (placement.h): the header,
// the State, the Slots. Whoever uses them cannot tell the difference. A Storage that was moved from
// may only be destroyed or assigned to.
template <class State, class Slot>
class Storage {
 public:
  explicit Storage(std::uint64_t slots)
      : owned_state_(new State),
        owned_slots_(new Slot[slots]),
        state_(owned_state_.get()),
        slots_(owned_slots_.get()),
        count_(slots) {}

  // How many bytes an area with so many slots has; SIZE_MAX, which nobody has, if they cannot be
  // counted.
  static constexpr std::size_t BytesFor(std::uint64_t slots) noexcept {
    return slots > (kMaxBytes - kSlotsAt) / sizeof(Slot)
               ? kMaxBytes
               : kSlotsAt + static_cast<std::size_t>(slots) * sizeof(Slot);
  }

  // Makes State and Slots, which `link` completes, in `bytes`. Nobody else may use them meanwhile,
  // but for Attach, which finds nothing until they are complete.
  template <class Link>
  static Placed<std::optional<Storage>> Create(std::span<std::byte> bytes, const PlacedShape& shape,
                                               Link link) noexcept {
    const PlaceError error = CheckArea(bytes, BytesFor(shape.capacity));
    if (error != PlaceError::kNone) return error;
    std::optional<Storage> storage;
    PlacedAt<PlacedHeader<StdSync>>(bytes, 0)->Format(shape, [&] {
      new (bytes.data() + kStateAt) State;
      for (std::uint64_t i = 0; i < shape.capacity; ++i) {
        new (bytes.data() + kSlotsAt + i * sizeof(Slot)) Slot;
      }
      storage = Storage(bytes, shape.capacity);
      link(*storage);
    });
    return storage;
  }

  // Finds them. `accepts` says whether a container can have this capacity.
  template <class Accepts>
  static Placed<std::optional<Storage>> Attach(std::span<std::byte> bytes, PlacedShape shape,
                                               Accepts accepts) noexcept {
    PlaceError error = CheckArea(bytes, kSlotsAt);
    if (error != PlaceError::kNone) return error;
    error = PlacedAt<const PlacedHeader<StdSync>>(bytes, 0)->Read(shape);
    if (error != PlaceError::kNone) return error;
    if (!accepts(shape.capacity)) return PlaceError::kBadCapacity;
    if (bytes.size() < BytesFor(shape.capacity)) return PlaceError::kTooSmall;
    return std::optional<Storage>(Storage(bytes, shape.capacity));
  }

  State& state() const noexcept { return *state_; }
  Slot& operator[](std::uint64_t i) const noexcept { return slots_[i]; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  static constexpr std::size_t kMaxBytes = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t kStateAt = kCacheLine;
  static constexpr std::size_t kSlotsAt = kStateAt + sizeof(State);

  Storage(std::span<std::byte> bytes, std::uint64_t slots) noexcept
      : state_(PlacedAt<State>(bytes, kStateAt)),
        slots_(PlacedAt<Slot>(bytes, kSlotsAt)),
        count_(slots) {
    static_assert(std::is_standard_layout_v<State> && std::is_trivially_destructible_v<State>);
    static_assert(std::is_trivially_destructible_v<Slot>, "elements are trivially copyable");
    static_assert(alignof(State) <= kCacheLine && alignof(Slot) <= kCacheLine &&
                  sizeof(State) % kCacheLine == 0);
  }

  std::unique_ptr<State> owned_state_;
  std::unique_ptr<Slot[]> owned_slots_;
  State* state_;
  Slot* slots_;
  std::uint64_t count_;
};

// The value of a slot leaves it. One that is trivially copyable is copied and the slot stays as it
// is: a store would take the line from the producer once more.
template <class T, class Var>
T TakeFrom(Var& slot) {
  if constexpr (std::is_trivially_copyable_v<T>) {
    return slot.Get();
  } else {
    return slot.Take();
  }
}

// How many slots a ring of at least `capacity` values has: a power of two, and at least `least`.
constexpr std::uint64_t RingSlots(std::uint64_t capacity, std::uint64_t least) noexcept {
  // More than that is no memory, here or anywhere.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return std::bit_ceil(std::clamp(capacity, least, kMost));
}
constexpr bool IsRingSlots(std::uint64_t slots, std::uint64_t least) noexcept {
  return std::has_single_bit(slots) && slots >= least;
}

// What PlacedShape says of elements of type T.
template <class T>
constexpr PlacedShape ShapeOf(PlacedKind kind, std::uint64_t capacity) noexcept {
  static_assert(std::is_trivially_copyable_v<T>, "placed elements are bytes");
  return {kind, sizeof(T), alignof(T), capacity};
}

}  // namespace sabre::internal

#endif  // SABRE_LOCKFREE_STORAGE_H_
