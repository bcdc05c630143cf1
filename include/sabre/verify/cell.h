// sabre/verify/cell.h: what every atomic object is to the checker, whatever its type.
#ifndef SABRE_VERIFY_CELL_H_
#define SABRE_VERIFY_CELL_H_

#include <cstdint>

#include "sabre/verify/execution.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/relacy.h"
#include "sabre/verify/trace.h"

namespace sabre::verify::internal {

// Cell
//
// An atomic object that holds 64 bits. Relacy decides which of the newest stores a load reads, and what
// that makes known to the thread; it knows stores by their place in its history. What each of them
// stored, and which event of the trace it was, is kept here: so a load knows what it has read from.
// Every operation is a scheduling point followed by one step.
class Cell {
 public:
  // How a read-modify-write makes the new value from the old one.
  using Apply = std::uint64_t (*)(std::uint64_t before, std::uint64_t operand);

  Cell(std::uint64_t bits, ValueKind kind, Site site)
      : data_(rl::ctx().atomic_ctor(this)),
        lifetime_(rl::ctx().var_ctor()),
        object_(CurrentTrace().NewObject()),
        kind_(kind) {
    rl::thread_info_base& thread = *rl::ctx().threadx_;
    lifetime_->init(thread);
    const unsigned slot = thread.atomic_store_relaxed(data_);
    Put(slot, bits,
        Log({.op = Op::kInit, .kind = kind_, .object = object_, .after = bits, .site = site}));
  }
  ~Cell() {
    alive_.Check(Site("", 0), object_);
    const bool ordered = lifetime_->store(*rl::ctx().threadx_);
    Log({.op = Op::kEnd, .object = object_, .site = Site("", 0)});
    if (!ordered) {
      FailRace("an atomic ends, and its last use is not ordered before", Site("", 0));
    }
    rl::ctx().var_dtor(lifetime_);
    rl::ctx().atomic_dtor(data_);
  }
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  std::uint64_t Load(Order asked, Site site) const {
    if (rl::ctx().invariant_executing) {
      alive_.Check(site, object_);
      return stores_[newest_].bits;
    }
    Enter(site);
    const Order order = Effective(SiteKind::kLoad, asked, site);
    rl::thread_info_base& thread = *rl::ctx().threadx_;
    const unsigned slot = order == Order::kRelaxed  ? thread.atomic_load_relaxed(data_)
                          : order == Order::kSeqCst ? thread.atomic_load_seq_cst(data_)
                                                    : thread.atomic_load_acquire(data_);
    if (slot == kNoSlot) {
      Log({.op = Op::kUse, .object = object_, .site = site});
      Fail(FailureKind::kUninitialized, "an atomic is read before its construction is known", site);
    }
    const Store& read = stores_[slot];
    LogStep(Op::kLoad, order, asked, read, read.bits, site);
    return read.bits;
  }

  void StoreBits(std::uint64_t bits, Order asked, Site site) {
    Enter(site);
    const Order order = Effective(SiteKind::kStore, asked, site);
    rl::thread_info_base& thread = *rl::ctx().threadx_;
    const unsigned slot = order == Order::kRelaxed  ? thread.atomic_store_relaxed(data_)
                          : order == Order::kSeqCst ? thread.atomic_store_seq_cst(data_)
                                                    : thread.atomic_store_release(data_);
    Put(slot, bits, LogStep(Op::kStore, order, asked, Store{}, bits, site));
  }

  // Returns the value before.
  std::uint64_t Modify(Op op, Apply apply, std::uint64_t operand, Order asked, Site site) {
    Enter(site);
    const Order order = Effective(SiteKind::kReadModifyWrite, asked, site);
    const Store before = stores_[newest_];
    const std::uint64_t after = apply(before.bits, operand);
    const unsigned slot = Replace(order);
    Put(slot, after, LogStep(op, order, asked, before, after, site));
    return before.bits;
  }

  // Returns whether the value was exchanged; puts the value before into `expected`.
  bool Compare(bool weak, std::uint64_t& expected, std::uint64_t desired, Order success,
               Order failure, Site site) {
    Enter(site);
    const CasOrders orders = Effective(success, failure, site);
    const Store before = stores_[newest_];
    const bool exchanged = before.bits == expected && !(weak && FailsForNoReason());
    if (exchanged) {
      const unsigned slot = Replace(orders.success);
      Put(slot, desired, LogStep(Op::kCas, orders.success, success, before, desired, site));
    } else {
      rl::thread_info_base& thread = *rl::ctx().threadx_;
      const Order order = orders.failure;
      if (order == Order::kRelaxed) {
        thread.atomic_load_relaxed_rmw(data_);
      } else if (order == Order::kSeqCst) {
        thread.atomic_load_seq_cst_rmw(data_);
      } else {
        thread.atomic_load_acquire_rmw(data_);
      }
      LogStep(Op::kCasFailed, order, failure, before, expected, site);
    }
    expected = before.bits;
    return exchanged;
  }

 private:
  struct Store {
    std::uint64_t bits = 0;
    std::uint32_t event = kNoEvent;
  };
  static constexpr unsigned kNoSlot = ~0u;

  // The scheduling point.
  void Enter(Site site) const {
    rl::context& context = rl::ctx();
    if (context.invariant_executing) {
      Fail(FailureKind::kAssertion, "Invariant may load, and nothing else", site);
    }
    context.sched();
    alive_.Check(site, object_);
    if (!lifetime_->load(*context.threadx_)) {
      Log({.op = Op::kUse, .object = object_, .site = site});
      FailRace("an atomic is used, and its construction is not ordered before", site);
    }
    CurrentFailure().site = site;
  }

  unsigned Replace(Order order) {
    rl::thread_info_base& thread = *rl::ctx().threadx_;
    bool unused = false;
    switch (order) {
      case Order::kRelaxed:
        return thread.atomic_rmw_relaxed(data_, unused);
      case Order::kAcquire:
        return thread.atomic_rmw_acquire(data_, unused);
      case Order::kRelease:
        return thread.atomic_rmw_release(data_, unused);
      case Order::kAcqRel:
        return thread.atomic_rmw_acq_rel(data_, unused);
      case Order::kSeqCst:
        break;
    }
    return thread.atomic_rmw_seq_cst(data_, unused);
  }

  // As the standard allows a weak compare-exchange. In a search of all executions once per object, or
  // a loop around it would have no end.
  bool FailsForNoReason() {
    rl::context& context = rl::ctx();
    if (context.is_random_sched()) return context.rand(4, rl::sched_type_cas_fail) == 0;
    if (has_failed_) return false;
    has_failed_ = context.rand(2, rl::sched_type_cas_fail) == 0;
    return has_failed_;
  }

  void Put(unsigned slot, std::uint64_t bits, std::uint32_t event) {
    stores_[slot] = {bits, event};
    newest_ = slot;
  }
  std::uint32_t LogStep(Op op, Order order, Order asked, const Store& read, std::uint64_t after,
                        Site site) const {
    return Log({.op = op,
                .order = order,
                .asked = asked,
                .kind = kind_,
                .object = object_,
                .reads_from = read.event,
                .before = read.bits,
                .after = after,
                .site = site});
  }

  rl::atomic_data* const data_;
  // Beside the value, the life of the object: to use it unordered with its construction or its end is
  // a data race in C++, which Relacy does not see.
  rl::var_data* const lifetime_;
  Store stores_[rl::atomic_history_size];
  unsigned newest_ = 0;
  bool has_failed_ = false;
  const std::uint32_t object_;
  const ValueKind kind_;
  Alive alive_;
};

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_CELL_H_
