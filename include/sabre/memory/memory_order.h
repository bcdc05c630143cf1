// sabre/memory/memory_order.h: the orders of atomic operations, and which operation may have which.
#ifndef SABRE_MEMORY_MEMORY_ORDER_H_
#define SABRE_MEMORY_MEMORY_ORDER_H_

#include <concepts>
#include <type_traits>

#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"

namespace sabre::atomics {

// What std::memory_order's constants of these names mean.
enum class Order : int {
  kRelaxed = __ATOMIC_RELAXED,
  kAcquire = __ATOMIC_ACQUIRE,
  kRelease = __ATOMIC_RELEASE,
  kAcqRel = __ATOMIC_ACQ_REL,
  kSeqCst = __ATOMIC_SEQ_CST,
};
using enum Order;

// Those of a load, and of a store.
constexpr bool IsLoadOrder(Order order) noexcept {
  return order == kRelaxed || order == kAcquire || order == kSeqCst;
}
constexpr bool IsStoreOrder(Order order) noexcept {
  return order == kRelaxed || order == kRelease || order == kSeqCst;
}

// As the built-ins of the compilers take it.
constexpr int BuiltIn(Order order) noexcept { return static_cast<int>(order); }

// The second argument of an operation on elements of type T: any number that may be mixed with them.
// (Not deduced, so that the cells alone say what T is.)
template <class T>
using Operand = std::type_identity_t<ElementArgument<T>>;

// The numbers that may be stored in elements of type T.
template <class N, class T>
concept StorableIn = (std::integral<N> ||
                      std::floating_point<N>)&&std::constructible_from<ElementArgument<T>, N>;

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_MEMORY_ORDER_H_
