// sabre/memory/element_order.h: sorting elements.
#ifndef SABRE_MEMORY_ELEMENT_ORDER_H_
#define SABRE_MEMORY_ELEMENT_ORDER_H_

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "sabre/memory/element.h"

namespace sabre::internal {

// The order that Sort has by itself: by value, -0 before +0, NaN last.
// Spec: ECMA-262 CompareTypedArrayElements.
template <Element T>
bool ElementLess(T a, T b) noexcept {
  if constexpr (std::integral<T> || std::same_as<T, Uint8Clamped>) {
    return a < b;
  } else {
    const double x = a;
    const double y = b;
    if (y != y) return x == x;
    return x < y || (x == 0 && y == 0 && std::signbit(x) && !std::signbit(y));
  }
}

// What an order given by the caller says: bool as std::sort has it, or a number that is negative if
// a comes first, as JavaScript has it (or the result of <=>).
template <class T, class Order>
bool Precedes(Order& order, T a, T b) {
  if constexpr (std::same_as<std::invoke_result_t<Order&, T, T>, bool>) {
    return order(a, b);
  } else {
    return order(a, b) < 0;
  }
}

// Sorts `items` with the help of `spare`, both of `count` elements, and returns which of the two
// holds the result. Stable. Whatever `order` answers, if only to contradict itself, no access is
// out of bounds and no element is lost: hence not std::stable_sort.
template <class T, class Order>
T* MergeSort(T* items, T* spare, std::size_t count, Order& order) {
  for (std::size_t width = 1; width < count; width *= 2) {
    for (std::size_t begin = 0; begin < count; begin += 2 * width) {
      const std::size_t middle = std::min(begin + width, count);
      const std::size_t end = std::min(begin + 2 * width, count);
      std::size_t left = begin;
      std::size_t right = middle;
      for (std::size_t out = begin; out < end; ++out) {
        const bool from_left =
            left < middle && (right == end || !Precedes(order, items[right], items[left]));
        spare[out] = from_left ? items[left++] : items[right++];
      }
    }
    std::swap(items, spare);
  }
  return items;
}

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_ELEMENT_ORDER_H_
