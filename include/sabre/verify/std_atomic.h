// sabre/verify/std_atomic.h: std::atomic, std::atomic_flag and plain data under the checker, with
// the spelling of std: default orders, operators, `std::memory_order`.
//
// An event names the place of the call. An operator with an operand knows it too; one without (a
// load by conversion, `++`, the read of a plain<T>) cannot, and names the place where the object
// was made.
#ifndef SABRE_VERIFY_STD_ATOMIC_H_
#define SABRE_VERIFY_STD_ATOMIC_H_

#include <atomic>
#include <concepts>
#include <type_traits>
#include <utility>

#include "sabre/verify/atomic.h"
#include "sabre/verify/execution.h"
#include "sabre/verify/trace.h"
#include "sabre/verify/var.h"

namespace sabre::verify {

namespace internal {

// The halves of an order that an operation can have.
enum class Halves : std::uint8_t { kLoad, kStore, kBoth };

// Fails the execution if the standard forbids `order` for such an operation.
inline Order FromStd(std::memory_order order, Halves halves, Site site) {
  switch (order) {
    case std::memory_order_relaxed:
      return Order::kRelaxed;
    case std::memory_order_consume:  // compilers take it for acquire
    case std::memory_order_acquire:
      if (halves == Halves::kStore) break;
      return Order::kAcquire;
    case std::memory_order_release:
      if (halves == Halves::kLoad) break;
      return Order::kRelease;
    case std::memory_order_acq_rel:
      if (halves != Halves::kBoth) break;
      return Order::kAcqRel;
    case std::memory_order_seq_cst:
      return Order::kSeqCst;
  }
  Fail(FailureKind::kAssertion,
       halves == Halves::kLoad ? "a load that releases" : "a store that acquires", site);
}

// The failure order that a compare-exchange with one order has.
constexpr std::memory_order FailureOf(std::memory_order order) {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  if (order == std::memory_order_release) return std::memory_order_relaxed;
  return order;
}

// An operand of an operator, with the place of the operator.
template <class T>
struct Placed {
  template <class U>
  requires std::convertible_to<U, T> Placed(U&& v, Site s = Site())
      : value(static_cast<T>(std::forward<U>(v))), site(s) {}
  T value;
  Site site;
};

}  // namespace internal

// StdAtomic
//
// std::atomic<T> of integers, bool, enums and pointers, without wait and notify.
template <class T>
class StdAtomic {
 public:
  using value_type = T;
  using difference_type = typename Atomic<T>::Operand;

  StdAtomic(T value = T(), Site site = Site()) : site_(site), atomic_(value, site) {}
  StdAtomic(const StdAtomic&) = delete;
  // Of all copy assignments this one takes no temporary, so `x = 1` means the one below.
  StdAtomic& operator=(const volatile StdAtomic&) = delete;

  bool is_lock_free() const { return true; }

  T load(std::memory_order order = std::memory_order_seq_cst, Site site = Site()) const {
    return atomic_.load(internal::FromStd(order, internal::Halves::kLoad, site), site);
  }
  void store(T value, std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    atomic_.store(value, internal::FromStd(order, internal::Halves::kStore, site), site);
  }
  T exchange(T value, std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    return atomic_.exchange(value, Both(order, site), site);
  }

  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure, Site site = Site()) {
    return atomic_.compare_exchange_weak(expected, desired, Both(success, site),
                                         internal::FromStd(failure, internal::Halves::kLoad, site),
                                         site);
  }
  bool compare_exchange_weak(T& expected, T desired,
                             std::memory_order order = std::memory_order_seq_cst,
                             Site site = Site()) {
    return compare_exchange_weak(expected, desired, order, internal::FailureOf(order), site);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, Site site = Site()) {
    return atomic_.compare_exchange_strong(
        expected, desired, Both(success, site),
        internal::FromStd(failure, internal::Halves::kLoad, site), site);
  }
  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order order = std::memory_order_seq_cst,
                               Site site = Site()) {
    return compare_exchange_strong(expected, desired, order, internal::FailureOf(order), site);
  }

  T fetch_add(difference_type operand, std::memory_order order = std::memory_order_seq_cst,
              Site site = Site()) {
    return atomic_.fetch_add(operand, Both(order, site), site);
  }
  T fetch_sub(difference_type operand, std::memory_order order = std::memory_order_seq_cst,
              Site site = Site()) {
    return atomic_.fetch_sub(operand, Both(order, site), site);
  }
  T fetch_and(T operand, std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    return atomic_.fetch_and(operand, Both(order, site), site);
  }
  T fetch_or(T operand, std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    return atomic_.fetch_or(operand, Both(order, site), site);
  }
  T fetch_xor(T operand, std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    return atomic_.fetch_xor(operand, Both(order, site), site);
  }

  T operator=(internal::Placed<T> operand) {
    atomic_.store(operand.value, Order::kSeqCst, operand.site);
    return operand.value;
  }
  T operator+=(internal::Placed<difference_type> operand) {
    return atomic_.fetch_add(operand.value, Order::kSeqCst, operand.site) + operand.value;
  }
  T operator-=(internal::Placed<difference_type> operand) {
    return atomic_.fetch_sub(operand.value, Order::kSeqCst, operand.site) - operand.value;
  }
  T operator&=(internal::Placed<T> operand) {
    return atomic_.fetch_and(operand.value, Order::kSeqCst, operand.site) & operand.value;
  }
  T operator|=(internal::Placed<T> operand) {
    return atomic_.fetch_or(operand.value, Order::kSeqCst, operand.site) | operand.value;
  }
  T operator^=(internal::Placed<T> operand) {
    return atomic_.fetch_xor(operand.value, Order::kSeqCst, operand.site) ^ operand.value;
  }
  operator T() const { return atomic_.load(Order::kSeqCst, site_); }
  T operator++() { return atomic_.fetch_add(1, Order::kSeqCst, site_) + 1; }
  T operator--() { return atomic_.fetch_sub(1, Order::kSeqCst, site_) - 1; }
  T operator++(int) { return atomic_.fetch_add(1, Order::kSeqCst, site_); }
  T operator--(int) { return atomic_.fetch_sub(1, Order::kSeqCst, site_); }

 private:
  static Order Both(std::memory_order order, Site site) {
    return internal::FromStd(order, internal::Halves::kBoth, site);
  }

  const Site site_;
  Atomic<T> atomic_;
};

// std::atomic_flag; clear by default, or `= ATOMIC_FLAG_INIT`.
class StdAtomicFlag {
 public:
  StdAtomicFlag(int set = 0, Site site = Site()) : atomic_(set != 0, site) {}

  bool test(std::memory_order order = std::memory_order_seq_cst, Site site = Site()) const {
    return atomic_.load(order, site);
  }
  bool test_and_set(std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    return atomic_.exchange(true, order, site);
  }
  void clear(std::memory_order order = std::memory_order_seq_cst, Site site = Site()) {
    atomic_.store(false, order, site);
  }

 private:
  StdAtomic<bool> atomic_;
};

// Plain
//
// A T that threads share and no atomic type protects: assigned and read as a T, and a race is a
// failure. Members of a T are reached through a copy: `T(x).member`.
template <class T>
class Plain {
 public:
  Plain(T value = T(), Site site = Site()) : site_(site), var_(std::move(value), site) {}
  Plain(const Plain& other, Site site = Site()) : Plain(other.var_.Get(site), site) {}
  // Takes no temporary, so `x = 1` means the one below, which knows its place.
  Plain& operator=(const volatile Plain& other) {
    const Plain& from = const_cast<const Plain&>(other);
    var_.Set(from.var_.Get(from.site_), site_);
    return *this;
  }
  Plain& operator=(internal::Placed<T> operand) {
    var_.Set(std::move(operand.value), operand.site);
    return *this;
  }
  operator const T&() const { return var_.Get(site_); }
  T operator->() const requires std::is_pointer_v<T> { return var_.Get(site_); }

 private:
  const Site site_;
  Var<T> var_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_STD_ATOMIC_H_
