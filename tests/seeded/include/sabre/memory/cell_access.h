// sabre/memory/cell_access.h, in front of the real one: each access to the user's bytes is a point of the
// seeded scheduler.
#ifndef SABRE_TESTS_SEEDED_INCLUDE_SABRE_MEMORY_CELL_ACCESS_H_
#define SABRE_TESTS_SEEDED_INCLUDE_SABRE_MEMORY_CELL_ACCESS_H_

#pragma GCC system_header  // #include_next

#define CellAccess UnseededCellAccess
#include_next "sabre/memory/cell_access.h"
#undef CellAccess

#include "sabre/sync/seeded_atomic.h"

namespace sabre::internal {

template <class T>
struct CellAccess : UnseededCellAccess<T> {
  using Real = UnseededCellAccess<T>;

  static T Get(void* at) noexcept {
    return Done("get", at, [&] { return Real::Get(at); });
  }
  static void Set(void* at, T value) noexcept {
    Done("set", at, [&] { return Real::Set(at, value), value; });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Load(void* at) noexcept {
    return Done("Load", at, [&] { return Real::template Load<kOrder>(at); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static void Store(void* at, T value) noexcept {
    Done("Store", at, [&] { return Real::template Store<kOrder>(at, value), value; });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Exchange(void* at, T value) noexcept {
    return Done("Exchange, was", at, [&] { return Real::template Exchange<kOrder>(at, value); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T CompareExchange(void* at, T expected, T value) noexcept {
    return Done("CompareExchange, was", at,
                [&] { return Real::template CompareExchange<kOrder>(at, expected, value); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Add(void* at, T operand) noexcept {
    return Done("Add, was", at, [&] { return Real::template Add<kOrder>(at, operand); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Sub(void* at, T operand) noexcept {
    return Done("Sub, was", at, [&] { return Real::template Sub<kOrder>(at, operand); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T And(void* at, T operand) noexcept {
    return Done("And, was", at, [&] { return Real::template And<kOrder>(at, operand); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Or(void* at, T operand) noexcept {
    return Done("Or, was", at, [&] { return Real::template Or<kOrder>(at, operand); });
  }
  template <int kOrder = __ATOMIC_SEQ_CST>
  static T Xor(void* at, T operand) noexcept {
    return Done("Xor, was", at, [&] { return Real::template Xor<kOrder>(at, operand); });
  }

 private:
  template <class Operation>
  static T Done(const char* what, void* at, Operation operation) {
    seeded::Point();
    const T value = operation();
    seeded::Note(what, at, {__FILE__, __LINE__}, seeded::Shown(value));
    return value;
  }
};

}  // namespace sabre::internal

#endif  // SABRE_TESTS_SEEDED_INCLUDE_SABRE_MEMORY_CELL_ACCESS_H_
