// sabre/verify/atomic.h: std::atomic as the checker sees it.
#ifndef SABRE_VERIFY_ATOMIC_H_
#define SABRE_VERIFY_ATOMIC_H_

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "sabre/verify/execution.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/relacy.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

namespace internal {

inline rl::memory_order ToRelacy(Order order) {
  static constexpr rl::memory_order kOrders[] = {rl::mo_relaxed, rl::mo_acquire, rl::mo_release,
                                                 rl::mo_acq_rel, rl::mo_seq_cst};
  return kOrders[static_cast<int>(order)];
}

// Relacy's atomics hold an unsigned integer of the size of T, whatever T is: few instantiations, and
// arithmetic wraps as it does in T.
template <std::size_t kBytes>
struct CarrierOf;
template <>
struct CarrierOf<1> {
  using type = std::uint8_t;
};
template <>
struct CarrierOf<2> {
  using type = std::uint16_t;
};
template <>
struct CarrierOf<4> {
  using type = std::uint32_t;
};
template <>
struct CarrierOf<8> {
  using type = std::uint64_t;
};

template <class To, class From>
To Convert(From value) {
  if constexpr (std::is_pointer_v<To> || std::is_pointer_v<From>) {
    return reinterpret_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

// While it lives, the current thread is not preempted.
class NoPreemption {
 public:
  NoPreemption() { rl::ctx().disable_preemption(); }
  ~NoPreemption() { rl::ctx().enable_preemption(); }
  NoPreemption(const NoPreemption&) = delete;
  NoPreemption& operator=(const NoPreemption&) = delete;
};

}  // namespace internal

// Atomic<T> of integers, bool, enums and pointers. Every operation is a scheduling point, carries the
// caller's place, and may be weakened by a Mutation.
template <class T>
class Atomic {
 public:
  using Operand = std::conditional_t<std::is_pointer_v<T>, std::ptrdiff_t, T>;

  Atomic() : Atomic(T()) {}
  explicit Atomic(T value, Site site = Site())
      : object_(internal::CurrentTrace().NewObject()), lifetime_(rl::ctx().var_ctor()) {
    lifetime_->init(*rl::ctx().threadx_);
    // Not a scheduling point, and a plain write: whoever reads it unordered reads "uninitialized".
    internal::NoPreemption guard;
    cell_.store(Out(value), rl::mo_relaxed, internal::Info(site));
    internal::Log({.op = Op::kInit,
                   .kind = KindOf<T>(),
                   .object = object_,
                   .after = Bits(value),
                   .site = site});
  }
  ~Atomic() {
    const bool ordered = lifetime_->store(*rl::ctx().threadx_);
    internal::Log({.op = Op::kEnd, .object = object_, .site = Site("", 0)});
    if (!ordered) {
      internal::FailRace("an atomic ends, and its last use is not ordered before", Site("", 0));
    }
    rl::ctx().var_dtor(lifetime_);
  }
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(Order order, Site site = Site()) const {
    Enter(site);
    const Order effective = internal::Effective(SiteKind::kLoad, order, site);
    const T value = In(cell_.load(internal::ToRelacy(effective), internal::Info(site)));
    Leave(Op::kLoad, effective, order, value, value, site);
    return value;
  }

  void store(T value, Order order, Site site = Site()) {
    Enter(site);
    const Order effective = internal::Effective(SiteKind::kStore, order, site);
    cell_.store(Out(value), internal::ToRelacy(effective), internal::Info(site));
    Leave(Op::kStore, effective, order, T(), value, site);
  }

  T exchange(T value, Order order, Site site = Site()) {
    return Modify<rl::rmw_type_swap>(Op::kExchange, Out(value), order, site);
  }

  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                             Site site = Site()) {
    return Compare<true>(expected, desired, success, failure, site);
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                               Site site = Site()) {
    return Compare<false>(expected, desired, success, failure, site);
  }

  T fetch_add(Operand operand, Order order, Site site = Site()) {
    return Modify<rl::rmw_type_add>(Op::kFetchAdd, Scale(operand), order, site);
  }
  T fetch_sub(Operand operand, Order order, Site site = Site()) {
    return Modify<rl::rmw_type_sub>(Op::kFetchSub, Scale(operand), order, site);
  }
  T fetch_and(T operand, Order order, Site site = Site()) {
    return Modify<rl::rmw_type_and>(Op::kFetchAnd, Out(operand), order, site);
  }
  T fetch_or(T operand, Order order, Site site = Site()) {
    return Modify<rl::rmw_type_or>(Op::kFetchOr, Out(operand), order, site);
  }
  T fetch_xor(T operand, Order order, Site site = Site()) {
    return Modify<rl::rmw_type_xor>(Op::kFetchXor, Out(operand), order, site);
  }

 private:
  using Carrier = typename internal::CarrierOf<sizeof(T)>::type;

  static Carrier Out(T value) { return internal::Convert<Carrier>(value); }
  static T In(Carrier bits) { return internal::Convert<T>(bits); }

  static Carrier Scale(Operand operand) {
    if constexpr (std::is_pointer_v<T>) {
      return static_cast<Carrier>(operand) * sizeof(std::remove_pointer_t<T>);
    } else {
      return Out(operand);
    }
  }

  // The scheduling point comes first and alone, so that what follows is one step of this thread.
  void Enter(Site site) const {
    rl::context& context = rl::ctx();
    context.sched();
    alive_.Check(site, object_);
    if (!context.invariant_executing && !lifetime_->load(*context.threadx_)) {
      internal::Log({.op = Op::kUse, .object = object_, .site = site});
      internal::FailRace("an atomic is used, and its construction is not ordered before", site);
    }
    internal::CurrentFailure().site = site;
    context.disable_preemption();
  }
  void Leave(Op op, Order order, Order asked, T before, T after, Site site) const {
    rl::ctx().enable_preemption();
    internal::Log({.op = op,
                   .order = order,
                   .asked = asked,
                   .kind = KindOf<T>(),
                   .object = object_,
                   .before = Bits(before),
                   .after = Bits(after),
                   .site = site});
  }

  template <rl::rmw_type_e kType>
  T Modify(Op op, Carrier operand, Order order, Site site) {
    Enter(site);
    const Order effective = internal::Effective(SiteKind::kReadModifyWrite, order, site);
    const Carrier before = cell_.rmw(rl::rmw_type_t<kType>(), operand,
                                     internal::ToRelacy(effective), internal::Info(site));
    Leave(op, effective, order, In(before), In(cell_.debug_value()), site);
    return In(before);
  }

  template <bool kWeak>
  bool Compare(T& expected, T desired, Order success, Order failure, Site site) {
    Enter(site);
    const internal::CasOrders orders = internal::Clamp(internal::Effective(success, failure, site));
    Carrier found = Out(expected);
    const bool exchanged = cell_.compare_exchange(
        rl::bool_t<kWeak>(), found, Out(desired), internal::ToRelacy(orders.success),
        internal::ToRelacy(orders.failure), internal::Info(site));
    Leave(exchanged ? Op::kCas : Op::kCasFailed, exchanged ? orders.success : orders.failure,
          exchanged ? success : failure, In(found), exchanged ? desired : expected, site);
    if (!exchanged) expected = In(found);
    return exchanged;
  }

  rl::atomic<Carrier> cell_;
  const std::uint32_t object_;
  // Beside the value, the life of the object: to use it unordered with its construction or its end is
  // a data race in C++, which Relacy does not see.
  rl::var_data* const lifetime_;
  internal::Alive alive_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_ATOMIC_H_
