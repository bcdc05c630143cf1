// sabre/memory/unaligned_access.h: an element at any address, in either byte order.
#ifndef SABRE_MEMORY_UNALIGNED_ACCESS_H_
#define SABRE_MEMORY_UNALIGNED_ACCESS_H_

#include <bit>
#include <cstddef>
#include <cstdint>

#include "sabre/memory/cell_access.h"

namespace sabre::internal {

// Access to one element of type T that need not be aligned. Unordered. An element that happens to
// be aligned is accessed whole; otherwise each byte is for itself.
template <class T>
struct UnalignedAccess {
  using Bits = typename CellAccess<T>::Bits;
  using Byte = CellAccess<std::uint8_t>;

  static T Get(std::byte* address, bool little_endian) noexcept {
    if (IsAligned(address)) {
      const Bits bits = CellAccess<Bits>::Get(address);
      return CellAccess<T>::FromBits(little_endian == kNativeLittle ? bits : Reversed(bits));
    }
    Bits bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bits = static_cast<Bits>(
          bits | static_cast<Bits>(Bits{Byte::Get(address + i)} << Shift(i, little_endian)));
    }
    return CellAccess<T>::FromBits(bits);
  }

  static void Set(std::byte* address, T value, bool little_endian) noexcept {
    const Bits bits = CellAccess<T>::ToBits(value);
    if (IsAligned(address)) {
      return CellAccess<Bits>::Set(address, little_endian == kNativeLittle ? bits : Reversed(bits));
    }
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      Byte::Set(address + i, static_cast<std::uint8_t>(bits >> Shift(i, little_endian)));
    }
  }

 private:
  static constexpr bool kNativeLittle = std::endian::native == std::endian::little;

  static bool IsAligned(const std::byte* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address) % sizeof(T) == 0;
  }
  // How far up in the value byte `i` belongs.
  static constexpr std::size_t Shift(std::size_t i, bool little_endian) noexcept {
    return 8 * (little_endian ? i : sizeof(T) - 1 - i);
  }
  // The compilers make one instruction of it.
  static constexpr Bits Reversed(Bits bits) noexcept {
    Bits reversed = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      reversed = static_cast<Bits>(reversed | static_cast<Bits>((bits >> 8 * i) & 0xff)
                                                  << 8 * (sizeof(T) - 1 - i));
    }
    return reversed;
  }
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_UNALIGNED_ACCESS_H_
