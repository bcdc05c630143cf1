// sabre/verify/relacy_sync.h: the policy under which an algorithm is model-checked.
//
// It runs inside a model only (sabre/verify/model.h). Compile with
//   -std=c++20 -O1 -fno-lifetime-dse (g++) -U_FORTIFY_SOURCE
// and without sanitizers: Relacy switches stacks and does not compose with them. The pkg-config package
// sabre_verify carries the flags.
#ifndef SABRE_VERIFY_RELACY_SYNC_H_
#define SABRE_VERIFY_RELACY_SYNC_H_

#include <chrono>

#include "sabre/sync/policy.h"
#include "sabre/sync/time.h"
#include "sabre/verify/atomic.h"
#include "sabre/verify/blocking.h"
#include "sabre/verify/execution.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/parker.h"
#include "sabre/verify/trace.h"
#include "sabre/verify/var.h"

namespace sabre::verify {

// RelacySync
//
// An AtomicPolicy and a BlockingPolicy over the Relacy Race Detector. What it can show and what it
// cannot: verify/README.md.
struct RelacySync {
  using Order = verify::Order;
  static constexpr Order kRelaxed = Order::kRelaxed;
  static constexpr Order kAcquire = Order::kAcquire;
  static constexpr Order kRelease = Order::kRelease;
  static constexpr Order kAcqRel = Order::kAcqRel;
  static constexpr Order kSeqCst = Order::kSeqCst;

  template <class T>
  using Atomic = verify::Atomic<T>;
  template <class T>
  using Var = verify::Var<T>;
  using Mutex = verify::Mutex;
  using CondVar = verify::CondVar;
  using Parker = verify::Parker;

  static void Fence(Site site = Site()) {
    internal::CurrentSites().Register(site, SiteKind::kFence, Order::kSeqCst, Order::kRelaxed);
    const Mutation* mutation = internal::CurrentSites().active;
    if (mutation != nullptr && internal::Hits(*mutation, site)) return;
    rl::ctx().atomic_thread_fence_seq_cst();
    internal::Log(
        {.op = Op::kFence, .order = Order::kSeqCst, .asked = Order::kSeqCst, .site = site});
  }

  static void ThreadYield(Site site = Site()) {
    internal::Log({.op = Op::kYield, .site = site});
    rl::ctx().yield(1, internal::Info(site));
  }
  static void SpinHint(Site site = Site()) { ThreadYield(site); }

  [[noreturn]] static void Unreachable(const char* what, Site site = Site()) {
    internal::Fail(FailureKind::kAssertion, what, site);
  }

  // Time does not pass in a model: the scheduler ends waits with a deadline at will.
  static TimePoint Now() { return TimePoint(); }
};

static_assert(BlockingPolicy<RelacySync>);

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_RELACY_SYNC_H_
