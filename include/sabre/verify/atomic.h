// sabre/verify/atomic.h: std::atomic as the checker sees it.
#ifndef SABRE_VERIFY_ATOMIC_H_
#define SABRE_VERIFY_ATOMIC_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "sabre/verify/cell.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

// Atomic<T> of integers, bool, enums and pointers. Every operation is a scheduling point, carries the
// caller's place, and may be weakened by a Mutation.
template <class T>
class Atomic {
 public:
  static_assert(KindOf<T>() != ValueKind::kNone, "integers, bool, enums and pointers");
  using Operand = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

  Atomic() : Atomic(T()) {}
  // Not a scheduling point, and a plain write.
  explicit Atomic(T value, Site site = Site()) : cell_(Bits(value), KindOf<T>(), site) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(Order order, Site site = Site()) const { return FromBits<T>(cell_.Load(order, site)); }

  void store(T value, Order order, Site site = Site()) {
    cell_.StoreBits(Bits(value), order, site);
  }

  T exchange(T value, Order order, Site site = Site()) {
    constexpr auto kApply = [](std::uint64_t, std::uint64_t operand) { return operand; };
    return FromBits<T>(cell_.Modify(Op::kExchange, kApply, Bits(value), order, site));
  }

  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             Site site = Site()) {
    return Compare(true, expected, desired, success, failure, site);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               Site site = Site()) {
    return Compare(false, expected, desired, success, failure, site);
  }

  T fetch_add(Operand operand, Order order, Site site = Site()) {
    constexpr auto kApply = [](std::uint64_t a, std::uint64_t b) { return Wrapped(a + b); };
    return FromBits<T>(cell_.Modify(Op::kFetchAdd, kApply, Scale(operand), order, site));
  }
  T fetch_sub(Operand operand, Order order, Site site = Site()) {
    constexpr auto kApply = [](std::uint64_t a, std::uint64_t b) { return Wrapped(a - b); };
    return FromBits<T>(cell_.Modify(Op::kFetchSub, kApply, Scale(operand), order, site));
  }
  T fetch_and(T operand, Order order, Site site = Site()) {
    constexpr auto kApply = [](std::uint64_t a, std::uint64_t b) { return Wrapped(a & b); };
    return FromBits<T>(cell_.Modify(Op::kFetchAnd, kApply, Bits(operand), order, site));
  }
  T fetch_or(T operand, Order order, Site site = Site()) {
    constexpr auto kApply = [](std::uint64_t a, std::uint64_t b) { return Wrapped(a | b); };
    return FromBits<T>(cell_.Modify(Op::kFetchOr, kApply, Bits(operand), order, site));
  }
  T fetch_xor(T operand, Order order, Site site = Site()) {
    constexpr auto kApply = [](std::uint64_t a, std::uint64_t b) { return Wrapped(a ^ b); };
    return FromBits<T>(cell_.Modify(Op::kFetchXor, kApply, Bits(operand), order, site));
  }

 private:
  // Arithmetic wraps as it does in T.
  static std::uint64_t Wrapped(std::uint64_t bits) { return Bits(FromBits<T>(bits)); }

  static std::uint64_t Scale(Operand operand) {
    if constexpr (std::is_pointer_v<T>) {
      return static_cast<std::uint64_t>(operand) * sizeof(std::remove_pointer_t<T>);
    } else {
      return Bits(operand);
    }
  }

  bool Compare(bool weak, T& expected, T desired, Order success, Order failure, Site site) {
    std::uint64_t bits = Bits(expected);
    const bool exchanged = cell_.Compare(weak, bits, Bits(desired), success, failure, site);
    if (!exchanged) expected = FromBits<T>(bits);
    return exchanged;
  }

  internal::Cell cell_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_ATOMIC_H_
