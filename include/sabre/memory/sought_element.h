// sabre/memory/sought_element.h: what is looked for in a typed array.
#ifndef SABRE_MEMORY_SOUGHT_ELEMENT_H_
#define SABRE_MEMORY_SOUGHT_ELEMENT_H_

#include <concepts>
#include <type_traits>
#include <utility>

#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"

namespace sabre::internal {

// SoughtElement
//
// A parameter that takes any number of C++ to compare elements with. Nothing is converted as a
// store would: 257 is no element of a Uint8Array, so it is not found there. 64-bit elements are
// compared with integers only: a BigInt never equals a Number.
template <Element T>
class SoughtElement {
 public:
  template <std::integral N>
  requires BigIntElement<T>
  constexpr SoughtElement(N number) noexcept
      : element_(static_cast<T>(number)), exists_(std::in_range<T>(+number)) {}
  template <class N>
  requires(!BigIntElement<T> && std::is_arithmetic_v<N>)  //
      constexpr SoughtElement(N number) noexcept
      : SoughtElement(static_cast<double>(number), ToElement<T>(static_cast<double>(number))) {}
  constexpr SoughtElement(T element) noexcept requires(!std::is_arithmetic_v<T>)
      : element_(element), exists_(true) {}

  // Spec: IsStrictlyEqual: NaN equals nothing, and the two zeroes are equal.
  constexpr bool Equals(T element) const noexcept { return exists_ && element == element_; }
  // Spec: SameValueZero: as above, but NaN equals NaN.
  constexpr bool SameValueZero(T element) const noexcept {
    return Equals(element) || (element_ != element_ && element != element);
  }

 private:
  constexpr SoughtElement(double number, T element) noexcept
      : element_(element), exists_(static_cast<double>(element) == number) {}

  T element_;
  bool exists_;  // whether any element can be equal to the number
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_SOUGHT_ELEMENT_H_
