// sabre/lockfree/placement.h: containers in bytes that their user provides: a SharedArrayBuffer's,
// a mapping's.
//
// `Create` formats an area, `Attach` finds what Create has made there, in any thread and at any
// address: nothing in the area is a pointer.
//
//   auto buffer = SharedArrayBuffer::Create(SpscRing<int>::BytesFor(64));
//   auto ring = SpscRing<int>::Create(buffer->ExclusiveSpan(), 64);     // here
//   auto same = SpscRing<int>::Attach(buffer->ExclusiveSpan());         // there
//   if (!same) … same.error() …
//
// Any number of threads may have handles: the containers order their own accesses, and nobody else
// may touch the bytes. Two programs that share them are built with the same element type.
//
// Layout, in the byte order of the machine:
//
//   offset  0  u64  signature: which container, and the version of its layout; written last
//   offset  8  u32  size of an element
//   offset 12  u32  alignment of an element
//   offset 16  u64  capacity
//   offset 64       the container
#ifndef SABRE_LOCKFREE_PLACEMENT_H_
#define SABRE_LOCKFREE_PLACEMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/lock_free.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// Why there is no container in the bytes.
enum class PlaceError : std::uint8_t {
  kNone,          // there is one
  kMisaligned,    // the bytes do not begin at a multiple of kCacheLine
  kTooSmall,      // Create: fewer than BytesFor(capacity). Attach: too few for what the header says
  kNotFormatted,  // no Create has come to its end here
  kOtherContainer,  // another container, or another version of its layout
  kOtherElement,    // elements of another size or alignment
  kBadCapacity,     // a capacity that this container cannot have
};

// Placed
//
// What Create and Attach return: a container, or why there is none. Handle is `std::optional<C>` or
// `C*`.
template <class Handle>
class [[nodiscard]] Placed {
 public:
  Placed(PlaceError error) : error_(error) {}            // NOLINT: as StatusOr
  Placed(Handle handle) : handle_(std::move(handle)) {}  // NOLINT: as StatusOr

  explicit operator bool() const noexcept { return error_ == PlaceError::kNone; }
  PlaceError error() const noexcept { return error_; }
  // The container. Requires: there is one.
  auto& operator*() noexcept { return *handle_; }
  auto* operator->() noexcept { return std::addressof(*handle_); }

 private:
  Handle handle_{};
  PlaceError error_ = PlaceError::kNone;
};

namespace internal {

enum class PlacedKind : std::uint32_t {
  kSpscRing = 1,
  kMpmcRing,
  kMpscQueue,
  kSeqLock,
  kTreiberStack,
};

struct PlacedShape {
  PlacedKind kind;
  std::uint32_t element_size;
  std::uint32_t element_align;
  std::uint64_t capacity;
};

// PlacedHeader
//
// The first line of an area. It may hold anything when it is read, and change meanwhile: each field
// is read once, and what it says is compared, never trusted.
template <AtomicPolicy S>
class alignas(kCacheLine) PlacedHeader {
 public:
  // Calls `make`, which makes the container behind the header; nobody finds one here meanwhile. The
  // header is not constructed: others may look.
  template <class Make>
  void Format(const PlacedShape& shape, Make make) {
    Clear();
    make();
    Publish(shape);
  }

  // There is no container here until the next Publish.
  void Clear() noexcept {
    // Relaxed: who still sees an older signature uses bytes that are being formatted.
    signature_.store(0, S::kRelaxed);
  }

  // The container behind the header is complete.
  void Publish(const PlacedShape& shape) noexcept {
    // Relaxed, all three: they go with the signature.
    element_size_.store(shape.element_size, S::kRelaxed);
    element_align_.store(shape.element_align, S::kRelaxed);
    capacity_.store(shape.capacity, S::kRelaxed);
    // [P1] Release: pairs with the acquire in Read. Carries: the fields above and the container.
    // Without: another thread attaches to a container that is not made yet.
    signature_.store(SignatureOf(shape.kind), S::kRelease);
  }

  // Compares all but the capacity, which it fills in.
  PlaceError Read(PlacedShape& shape) const noexcept {
    // [P1] Acquire: pairs with the release in Publish.
    const std::uint64_t signature = signature_.load(S::kAcquire);
    if (signature >> 32 != kMagic) return PlaceError::kNotFormatted;
    if (signature != SignatureOf(shape.kind)) return PlaceError::kOtherContainer;
    // Relaxed, all three: ordered by the signature.
    const std::uint32_t size = element_size_.load(S::kRelaxed);
    const std::uint32_t align = element_align_.load(S::kRelaxed);
    shape.capacity = capacity_.load(S::kRelaxed);
    const bool same = size == shape.element_size && align == shape.element_align;
    return same ? PlaceError::kNone : PlaceError::kOtherElement;
  }

 private:
  static constexpr std::uint64_t kMagic = 0x53414252;  // "SABR"
  static constexpr std::uint64_t kVersion = 1;         // of all layouts together

  static constexpr std::uint64_t SignatureOf(PlacedKind kind) noexcept {
    return kMagic << 32 | kVersion << 16 | static_cast<std::uint64_t>(kind);
  }

  typename S::template Atomic<std::uint64_t> signature_{0};
  typename S::template Atomic<std::uint32_t> element_size_{0};
  typename S::template Atomic<std::uint32_t> element_align_{0};
  typename S::template Atomic<std::uint64_t> capacity_{0};
};

static_assert(sizeof(PlacedHeader<StdSync>) == kCacheLine);
static_assert(std::is_standard_layout_v<PlacedHeader<StdSync>>);
static_assert(kIsAlwaysLockFree<std::uint64_t> && kIsAlwaysLockFree<std::uint32_t>);
static_assert(sizeof(StdSync::Atomic<std::uint64_t>) == 8 &&
              sizeof(StdSync::Atomic<std::uint32_t>) == 4);

// Whether an area of `needed` bytes can begin here.
inline PlaceError CheckArea(std::span<const std::byte> bytes, std::size_t needed) noexcept {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kCacheLine != 0) {
    return PlaceError::kMisaligned;
  }
  return bytes.size() < needed ? PlaceError::kTooSmall : PlaceError::kNone;
}

// The object of type U at `offset`.
template <class U>
U* PlacedAt(std::span<std::byte> bytes, std::size_t offset) noexcept {
  return std::launder(reinterpret_cast<U*>(bytes.data() + offset));
}

// A container of fixed size: the header, and the object behind it.
template <class Object>
inline constexpr std::size_t kPlacedBytes = kCacheLine + sizeof(Object);

template <class Object, class... Arguments>
Placed<Object*> CreateObject(std::span<std::byte> bytes, const PlacedShape& shape,
                             const Arguments&... arguments) noexcept {
  static_assert(std::is_standard_layout_v<Object> && std::is_trivially_destructible_v<Object> &&
                alignof(Object) <= kCacheLine);
  const PlaceError error = CheckArea(bytes, kPlacedBytes<Object>);
  if (error != PlaceError::kNone) return error;
  Object* object = nullptr;
  PlacedAt<PlacedHeader<StdSync>>(bytes, 0)->Format(
      shape, [&] { object = new (bytes.data() + kCacheLine) Object(arguments...); });
  return object;
}

template <class Object>
Placed<Object*> AttachObject(std::span<std::byte> bytes, PlacedShape shape) noexcept {
  const std::uint64_t capacity = shape.capacity;
  PlaceError error = CheckArea(bytes, kPlacedBytes<Object>);
  if (error == PlaceError::kNone) {
    error = PlacedAt<const PlacedHeader<StdSync>>(bytes, 0)->Read(shape);
  }
  if (error == PlaceError::kNone && shape.capacity != capacity) error = PlaceError::kBadCapacity;
  if (error != PlaceError::kNone) return error;
  return PlacedAt<Object>(bytes, kCacheLine);
}

}  // namespace internal
}  // namespace sabre

#endif  // SABRE_LOCKFREE_PLACEMENT_H_
