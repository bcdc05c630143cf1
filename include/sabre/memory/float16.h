// sabre/memory/float16.h: the 16-bit floating-point number of IEEE 754.
#ifndef SABRE_MEMORY_FLOAT16_H_
#define SABRE_MEMORY_FLOAT16_H_

#include <bit>
#include <compare>
#include <concepts>
#include <cstdint>

namespace sabre {

// Float16
//
// The element of a Float16Array: IEEE 754 binary16, 11 bits of precision, up to 65504. A number to store
// and to convert; to calculate, convert to double.
//
// Thread-safety: thread-compatible. Spec: ECMA-262 Math.f16round, NumericToRawBytes.
class Float16 {
 public:
  constexpr Float16() noexcept = default;
  // The nearest value, ties to even, in one rounding: not by way of float, which would round twice.
  constexpr Float16(double number) noexcept : bits_(Round(number)) {}
  constexpr Float16(std::integral auto number) noexcept : Float16(static_cast<double>(number)) {}

  static constexpr Float16 FromBits(std::uint16_t bits) noexcept {
    Float16 result;
    result.bits_ = bits;
    return result;
  }
  constexpr std::uint16_t bits() const noexcept { return bits_; }

  // Exact.
  constexpr operator double() const noexcept {
    const std::uint64_t sign = static_cast<std::uint64_t>(bits_ & 0x8000) << 48;
    const std::uint64_t exponent = (bits_ >> 10) & 0x1f;
    std::uint64_t mantissa = bits_ & 0x3ff;
    if (exponent == 0) {
      // Zero, or a multiple of 2^-24.
      const double magnitude = static_cast<double>(mantissa) * 0x1p-24;
      return sign != 0 ? -magnitude : magnitude;
    }
    const std::uint64_t wide = exponent == 0x1f ? 0x7ff : exponent - 15 + 1023;
    return std::bit_cast<double>(sign | wide << 52 | mantissa << 42);
  }

 private:
  static constexpr std::uint16_t Round(double number) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    const auto sign = static_cast<std::uint16_t>((bits >> 48) & 0x8000);
    const int exponent = static_cast<int>((bits >> 52) & 0x7ff) - 1023;
    const std::uint64_t fraction = bits & 0xfffffffffffff;
    if (exponent == 1024) {
      // Infinity, or a NaN, which stays one and quiet.
      const auto payload = static_cast<std::uint16_t>(fraction >> 42);
      return sign | 0x7c00 | (fraction != 0 ? 0x200 | payload : 0);
    }
    if (exponent > 15) return sign | 0x7c00;
    if (exponent < -25) return sign;  // less than half of the smallest
    const std::uint64_t significand = fraction | 0x10000000000000;
    // The last bit kept is worth 2^-24 at least: below 2^-14 the precision shrinks.
    const int dropped = exponent >= -14 ? 42 : 42 - 14 - exponent;
    const std::uint64_t kept = significand >> dropped;
    const std::uint64_t rest = significand - (kept << dropped);
    const std::uint64_t half = std::uint64_t{1} << (dropped - 1);
    const std::uint64_t rounded = kept + (rest > half || (rest == half && kept % 2 == 1) ? 1 : 0);
    // The leading bit of `rounded` adds one to the exponent; so does a carry, up to infinity.
    const std::uint64_t base =
        exponent >= -14 ? static_cast<std::uint64_t>(exponent + 14) << 10 : 0;
    return static_cast<std::uint16_t>(sign | (base + rounded));
  }

  std::uint16_t bits_ = 0;
};

static_assert(sizeof(Float16) == 2);

}  // namespace sabre

#endif  // SABRE_MEMORY_FLOAT16_H_
