// sabre/sync/seeded_atomic.h: an atomic whose every operation is a point of the seeded scheduler.
#ifndef SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_SEEDED_ATOMIC_H_
#define SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_SEEDED_ATOMIC_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "tests/seeded/scheduler.h"

namespace sabre::seeded {

template <class T>
std::optional<std::int64_t> Shown(const T& value) {
  if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else {
    return std::nullopt;
  }
}

// `Base` has the operations, on a T, without points.
template <class Base, class T>
class SeededAtomic : private Base {
  using Order = std::memory_order;

 public:
  using Base::Base;

  T load(Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) const noexcept {
    return Done("load", place, [&] { return Base::load(order); });
  }
  void store(T value, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    Done("store", place, [&] { return Base::store(value, order), value; });
  }
  T exchange(T value, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    return Done("exchange, was", place, [&] { return Base::exchange(value, order); });
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    Point();
    if (Chance(8)) {
      expected = Base::load(failure);
      Note("compare_exchange fails for no reason, is", this, place, Shown(expected));
      return false;
    }
    return Compared(place, expected,
                    Base::compare_exchange_strong(expected, desired, success, failure));
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    Point();
    return Compared(place, expected,
                    Base::compare_exchange_strong(expected, desired, success, failure));
  }
  T fetch_add(T operand, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    return Done("fetch_add, was", place, [&] { return Base::fetch_add(operand, order); });
  }
  T fetch_sub(T operand, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    return Done("fetch_sub, was", place, [&] { return Base::fetch_sub(operand, order); });
  }
  T fetch_and(T operand, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    return Done("fetch_and, was", place, [&] { return Base::fetch_and(operand, order); });
  }
  T fetch_or(T operand, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    return Done("fetch_or, was", place, [&] { return Base::fetch_or(operand, order); });
  }
  T fetch_xor(T operand, Order order, Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    return Done("fetch_xor, was", place, [&] { return Base::fetch_xor(operand, order); });
  }

 private:
  template <class Operation>
  T Done(const char* what, Place place, Operation operation) const {
    Point();
    const T value = operation();
    Note(what, this, place, Shown(value));
    return value;
  }
  bool Compared(Place place, const T& expected, bool equal) const {
    Note(equal ? "compare_exchange, was" : "compare_exchange fails, is", this, place,
         Shown(expected));
    return equal;
  }
};

}  // namespace sabre::seeded

#endif  // SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_SEEDED_ATOMIC_H_
