// sabre/memory/conversions.h: from numbers to elements, as JavaScript does it.
#ifndef SABRE_MEMORY_CONVERSIONS_H_
#define SABRE_MEMORY_CONVERSIONS_H_

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>

#include "sabre/memory/element.h"

namespace sabre {
namespace internal {

// The integer part of `number`, modulo 2^64. NaN and the infinities give 0.
constexpr std::uint64_t Modulo64(double number) noexcept {
  if (number > -0x1p63 && number < 0x1p63) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
  }
  const auto bits = std::bit_cast<std::uint64_t>(number);
  const auto exponent = static_cast<int>((bits >> 52) & 0x7ff) - 1023;
  if (exponent == 1024) return 0;
  // An integer here, of 53 bits and zeroes below them.
  const int shift = exponent - 52;
  if (shift >= 64) return 0;
  const std::uint64_t magnitude = ((bits & 0xfffffffffffff) | 0x10000000000000) << shift;
  return bits >> 63 != 0 ? 0 - magnitude : magnitude;
}

}  // namespace internal

// The element that a Number becomes when it is stored: integers of up to 32 bits are taken modulo
// 2^size (ToInt8 … ToUint32), Uint8Clamped clamps and rounds halves to even, the floating-point types
// round once to the nearest. 64-bit elements hold BigInts: see ToBigInt64.
// Spec: ECMA-262 NumericToRawBytes (https://tc39.es/ecma262/#sec-numerictorawbytes).
template <Element T>
requires(!BigIntElement<T>)  //
    constexpr T ToElement(double number) noexcept {
  if constexpr (std::integral<T>) {
    return static_cast<T>(internal::Modulo64(number));
  } else {
    // float: overflow gives an infinity, as IEEE 754 says.
    static_assert(std::numeric_limits<float>::is_iec559);
    return static_cast<T>(number);
  }
}

// The BigInt of this sign and magnitude (64-bit digits, the lowest first), modulo 2^64.
// Spec: ECMA-262 ToBigUint64, ToBigInt64.
constexpr std::uint64_t ToBigUint64(bool negative,
                                    std::span<const std::uint64_t> magnitude) noexcept {
  const std::uint64_t low = magnitude.empty() ? 0 : magnitude[0];
  return negative ? 0 - low : low;
}
constexpr std::int64_t ToBigInt64(bool negative,
                                  std::span<const std::uint64_t> magnitude) noexcept {
  return static_cast<std::int64_t>(ToBigUint64(negative, magnitude));
}

// The integer part of `number`; NaN and -0 give 0, the infinities stay.
// Spec: ECMA-262 ToIntegerOrInfinity.
constexpr double ToIntegerOrInfinity(double number) noexcept {
  if (number != number) return 0;
  // All larger ones are integers.
  if (number > -0x1p53 && number < 0x1p53) {
    return static_cast<double>(static_cast<std::int64_t>(number));
  }
  return number;
}

// ElementArgument
//
// A parameter that takes any number of C++ and turns it into an element as ToElement does: 257 becomes 1
// in a Uint8Array, instead of whatever a conversion of C++ gives. 64-bit elements take integers only,
// because mixing BigInt and Number is a TypeError.
template <Element T>
class ElementArgument {
 public:
  template <std::integral N>
  constexpr ElementArgument(N number) noexcept : value_(static_cast<T>(number)) {}
  template <std::floating_point N>
  requires(!BigIntElement<T>)  //
      constexpr ElementArgument(N number) noexcept
      : value_(FromFloating(number)) {}
  constexpr ElementArgument(T value) noexcept requires(!std::is_arithmetic_v<T>) : value_(value) {}

  constexpr T value() const noexcept { return value_; }

 private:
  template <class N>
  static constexpr T FromFloating(N number) noexcept {
    if constexpr (std::same_as<T, N>) {
      return number;  // a NaN keeps its bits
    } else {
      return ToElement<T>(static_cast<double>(number));
    }
  }

  T value_;
};

namespace internal {

// An element as one of another type, as if it were read from one array and stored in the other.
template <Element T, Element U>
requires SameContentAs<T, U>
constexpr T ConvertElement(U element) noexcept {
  if constexpr (std::same_as<T, U>) {
    return element;
  } else if constexpr (std::is_arithmetic_v<U>) {
    return ElementArgument<T>(element).value();
  } else {
    return ToElement<T>(static_cast<double>(element));
  }
}

}  // namespace internal

}  // namespace sabre

#endif  // SABRE_MEMORY_CONVERSIONS_H_
