// sabre/memory/element.h: the element types of typed arrays.
#ifndef SABRE_MEMORY_ELEMENT_H_
#define SABRE_MEMORY_ELEMENT_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "sabre/memory/float16.h"

namespace sabre {

// Uint8Clamped
//
// The element of a Uint8ClampedArray: a byte that a number is clamped to, not wrapped.
// Spec: ECMA-262 ToUint8Clamp.
class Uint8Clamped {
 public:
  constexpr Uint8Clamped() noexcept = default;
  // Clamps to [0, 255]; halves round to even; NaN gives 0.
  constexpr Uint8Clamped(double number) noexcept : value_(Clamp(number)) {}
  // (`+` makes an integer of bool and of the character types, which std::cmp_less refuses.)
  constexpr Uint8Clamped(std::integral auto number) noexcept
      : value_(std::cmp_less(+number, 0)        ? std::uint8_t{0}
               : std::cmp_greater(+number, 255) ? std::uint8_t{255}
                                                : static_cast<std::uint8_t>(number)) {}

  constexpr std::uint8_t value() const noexcept { return value_; }
  constexpr operator std::uint8_t() const noexcept { return value_; }

 private:
  static constexpr std::uint8_t Clamp(double number) noexcept {
    if (!(number > 0)) return 0;  // NaN too
    if (number >= 255) return 255;
    const auto floor = static_cast<std::uint8_t>(number);
    const double rest = number - floor;
    if (rest > 0.5 || (rest == 0.5 && floor % 2 == 1)) return static_cast<std::uint8_t>(floor + 1);
    return floor;
  }

  std::uint8_t value_ = 0;
};

// The kinds of views over a buffer, in the order of V8's host-object indices where those exist.
enum class ViewKind : std::uint8_t {
  kInt8,
  kUint8,
  kUint8Clamped,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kFloat32,
  kFloat64,
  kDataView,
  kBigInt64,
  kBigUint64,
  kFloat16,
};

// Bytes of one element; 1 for a DataView.
constexpr std::size_t ElementSize(ViewKind kind) noexcept {
  switch (kind) {
    case ViewKind::kInt8:
    case ViewKind::kUint8:
    case ViewKind::kUint8Clamped:
    case ViewKind::kDataView:
      return 1;
    case ViewKind::kInt16:
    case ViewKind::kUint16:
    case ViewKind::kFloat16:
      return 2;
    case ViewKind::kInt32:
    case ViewKind::kUint32:
    case ViewKind::kFloat32:
      return 4;
    case ViewKind::kFloat64:
    case ViewKind::kBigInt64:
    case ViewKind::kBigUint64:
      return 8;
  }
  return 1;
}

// "Int8Array", …, "DataView".
constexpr const char* ViewName(ViewKind kind) noexcept {
  switch (kind) {
    case ViewKind::kInt8:
      return "Int8Array";
    case ViewKind::kUint8:
      return "Uint8Array";
    case ViewKind::kUint8Clamped:
      return "Uint8ClampedArray";
    case ViewKind::kInt16:
      return "Int16Array";
    case ViewKind::kUint16:
      return "Uint16Array";
    case ViewKind::kInt32:
      return "Int32Array";
    case ViewKind::kUint32:
      return "Uint32Array";
    case ViewKind::kFloat32:
      return "Float32Array";
    case ViewKind::kFloat64:
      return "Float64Array";
    case ViewKind::kDataView:
      return "DataView";
    case ViewKind::kBigInt64:
      return "BigInt64Array";
    case ViewKind::kBigUint64:
      return "BigUint64Array";
    case ViewKind::kFloat16:
      return "Float16Array";
  }
  return "?";
}

namespace internal {
template <class T>
struct ElementKind;
template <>
struct ElementKind<std::int8_t> {
  static constexpr ViewKind kKind = ViewKind::kInt8;
};
template <>
struct ElementKind<std::uint8_t> {
  static constexpr ViewKind kKind = ViewKind::kUint8;
};
template <>
struct ElementKind<Uint8Clamped> {
  static constexpr ViewKind kKind = ViewKind::kUint8Clamped;
};
template <>
struct ElementKind<std::int16_t> {
  static constexpr ViewKind kKind = ViewKind::kInt16;
};
template <>
struct ElementKind<std::uint16_t> {
  static constexpr ViewKind kKind = ViewKind::kUint16;
};
template <>
struct ElementKind<std::int32_t> {
  static constexpr ViewKind kKind = ViewKind::kInt32;
};
template <>
struct ElementKind<std::uint32_t> {
  static constexpr ViewKind kKind = ViewKind::kUint32;
};
template <>
struct ElementKind<Float16> {
  static constexpr ViewKind kKind = ViewKind::kFloat16;
};
template <>
struct ElementKind<float> {
  static constexpr ViewKind kKind = ViewKind::kFloat32;
};
template <>
struct ElementKind<double> {
  static constexpr ViewKind kKind = ViewKind::kFloat64;
};
template <>
struct ElementKind<std::int64_t> {
  static constexpr ViewKind kKind = ViewKind::kBigInt64;
};
template <>
struct ElementKind<std::uint64_t> {
  static constexpr ViewKind kKind = ViewKind::kBigUint64;
};
}  // namespace internal

// The element types of typed arrays. 64-bit integers are BigInt64Array and BigUint64Array.
template <class T>
concept Element = requires {
  internal::ElementKind<T>::kKind;
};

// Those that hold BigInts; all others hold Numbers, and the two are never mixed.
template <class T>
concept BigIntElement = std::same_as<T, std::int64_t> || std::same_as<T, std::uint64_t>;

// Whether elements of these types may be converted into each other.
template <class T, class U>
concept SameContentAs = Element<T> && Element<U> && BigIntElement<T>
== BigIntElement<U>;

// Those that atomics:: operates on: the integers, without Uint8Clamped.
template <class T>
concept AtomicElement = Element<T> && std::integral<T>;

// Those that atomics::Wait waits on.
template <class T>
concept WaitableElement = std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

}  // namespace sabre

#endif  // SABRE_MEMORY_ELEMENT_H_
