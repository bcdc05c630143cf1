// sabre/memory/cell_access.h: how the user's bytes are read and written.
//
// The one place outside sync that names atomic operations. ISO C++ has no atomic access to memory that
// is not a std::atomic of one fixed size; the ECMAScript memory model needs just that: elements of
// several sizes over the same bytes. The __atomic built-ins on may_alias types are what both compilers
// define for it. docs/memory_model.md says what is promised beyond the standard.
#ifndef SABRE_MEMORY_CELL_ACCESS_H_
#define SABRE_MEMORY_CELL_ACCESS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sabre::internal {

// The unsigned integer of `size` bytes that may alias anything.
template <std::size_t size>
struct CellOfSize;
template <>
struct CellOfSize<1> {
  using Type [[gnu::may_alias]] = std::uint8_t;
};
template <>
struct CellOfSize<2> {
  using Type [[gnu::may_alias]] = std::uint16_t;
};
template <>
struct CellOfSize<4> {
  using Type [[gnu::may_alias]] = std::uint32_t;
};
template <>
struct CellOfSize<8> {
  using Type [[gnu::may_alias]] = std::uint64_t;
};

// Access to one naturally aligned element of type T.
template <class T>
requires(std::is_trivially_copyable_v<T> && (sizeof(T) & (sizeof(T) - 1)) == 0 &&
         sizeof(T) <= 8) struct CellAccess {
  using Cell = typename CellOfSize<sizeof(T)>::Type;
  using Bits = std::remove_cv_t<std::conditional_t<
      sizeof(T) == 1, std::uint8_t,
      std::conditional_t<sizeof(T) == 2, std::uint16_t,
                         std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>>;

  static Cell* At(void* address) noexcept { return static_cast<Cell*>(address); }
  static Bits ToBits(T value) noexcept { return std::bit_cast<Bits>(value); }
  static T FromBits(Bits bits) noexcept { return std::bit_cast<T>(bits); }

  // Unordered access: a plain MOV, whole (no tearing), no data race in the sense of C++.
  static T Get(void* address) noexcept {
    return FromBits(__atomic_load_n(At(address), __ATOMIC_RELAXED));
  }
  static void Set(void* address, T value) noexcept {
    __atomic_store_n(At(address), ToBits(value), __ATOMIC_RELAXED);
  }

  // Ordered access: sequentially consistent, or as `kOrder` says (a constant of the built-ins).
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Load(void* address) noexcept {
    return FromBits(__atomic_load_n(At(address), kOrder));
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static void Store(void* address, T value) noexcept {
    __atomic_store_n(At(address), ToBits(value), kOrder);
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Exchange(void* address, T value) noexcept {
    return FromBits(__atomic_exchange_n(At(address), ToBits(value), kOrder));
  }
  // Returns the old value, whether or not it was replaced. A failure is a load: without a release half.
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T CompareExchange(void* address, T expected, T replacement) noexcept {
    constexpr int kFailure = kOrder == __ATOMIC_ACQ_REL   ? __ATOMIC_ACQUIRE
                             : kOrder == __ATOMIC_RELEASE ? __ATOMIC_RELAXED
                                                          : kOrder;
    Bits old = ToBits(expected);
    __atomic_compare_exchange_n(At(address), &old, ToBits(replacement), /*weak=*/false, kOrder,
                                kFailure);
    return FromBits(old);
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Add(void* address, T operand) noexcept {
    return FromBits(__atomic_fetch_add(At(address), ToBits(operand), kOrder));
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Sub(void* address, T operand) noexcept {
    return FromBits(__atomic_fetch_sub(At(address), ToBits(operand), kOrder));
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T And(void* address, T operand) noexcept {
    return FromBits(__atomic_fetch_and(At(address), ToBits(operand), kOrder));
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Or(void* address, T operand) noexcept {
    return FromBits(__atomic_fetch_or(At(address), ToBits(operand), kOrder));
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Xor(void* address, T operand) noexcept {
    return FromBits(__atomic_fetch_xor(At(address), ToBits(operand), kOrder));
  }
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_CELL_ACCESS_H_
