// sabre/verify/std_names.h: the names of std under the checker. See sabre/sync/std_names.h.
//
//   struct NothingIsLost : sabre::verify::Model<NothingIsLost, 2> {
//     queue<int, sabre::verify::StdNames> ported;  // in production: queue<int>
//     …
//
// Fences are Relacy's. Acquire and release fences are judged as C++11 has them. Where seq_cst
// fences and seq_cst accesses to the same data are mixed, Relacy is too weak: it shows executions
// that the standard forbids, and right code may fail. Use one kind: fences and relaxed accesses, or
// seq_cst accesses alone.
#ifndef SABRE_VERIFY_STD_NAMES_H_
#define SABRE_VERIFY_STD_NAMES_H_

#include <atomic>
#include <concepts>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "sabre/verify/blocking.h"
#include "sabre/verify/execution.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/relacy_sync.h"
#include "sabre/verify/std_atomic.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

template <class M>
class StdLockGuard {
 public:
  explicit StdLockGuard(M& mutex, Site site = Site()) : mutex_(mutex), site_(site) {
    mutex_.lock(site);
  }
  ~StdLockGuard() { mutex_.unlock(site_); }
  StdLockGuard(const StdLockGuard&) = delete;
  StdLockGuard& operator=(const StdLockGuard&) = delete;

 private:
  M& mutex_;
  const Site site_;
};

// Not movable.
template <class M>
class StdUniqueLock {
 public:
  explicit StdUniqueLock(M& mutex, Site site = Site()) : mutex_(mutex), site_(site) { lock(site); }
  StdUniqueLock(M& mutex, std::defer_lock_t, Site site = Site()) : mutex_(mutex), site_(site) {}
  ~StdUniqueLock() {
    if (owns_) unlock(site_);
  }
  StdUniqueLock(const StdUniqueLock&) = delete;
  StdUniqueLock& operator=(const StdUniqueLock&) = delete;

  void lock(Site site = Site()) {
    mutex_.lock(site);
    owns_ = true;
  }
  bool try_lock(Site site = Site()) {
    owns_ = mutex_.try_lock(site);
    return owns_;
  }
  void unlock(Site site = Site()) {
    owns_ = false;
    mutex_.unlock(site);
  }
  bool owns_lock() const { return owns_; }
  M* mutex() const { return &mutex_; }

 private:
  M& mutex_;
  const Site site_;
  bool owns_ = false;
};

// A wait with a time limit is ended by the scheduler at will.
class StdConditionVariable {
 public:
  using Lock = StdUniqueLock<Mutex>;

  void wait(Lock& lock, Site site = Site()) { condition_.Wait(*lock.mutex(), site); }
  template <class Predicate>
  void wait(Lock& lock, Predicate done, Site site = Site()) {
    while (!done()) wait(lock, site);
  }
  template <class Duration>
  std::cv_status wait_for(Lock& lock, const Duration&, Site site = Site()) {
    const bool in_time = condition_.WaitUntil(*lock.mutex(), TimePoint(), site);
    return in_time ? std::cv_status::no_timeout : std::cv_status::timeout;
  }
  template <class Duration, class Predicate>
  requires std::predicate<Predicate&>
  bool wait_for(Lock& lock, const Duration& limit, Predicate done, Site site = Site()) {
    while (!done()) {
      if (wait_for(lock, limit, site) == std::cv_status::timeout) return done();
    }
    return true;
  }
  template <class Deadline>
  std::cv_status wait_until(Lock& lock, const Deadline& deadline, Site site = Site()) {
    return wait_for(lock, deadline, site);
  }
  template <class Deadline, class Predicate>
  requires std::predicate<Predicate&>
  bool wait_until(Lock& lock, const Deadline& deadline, Predicate done, Site site = Site()) {
    return wait_for(lock, deadline, std::move(done), site);
  }
  void notify_one(Site site = Site()) { condition_.NotifyOne(site); }
  void notify_all(Site site = Site()) { condition_.NotifyAll(site); }

 private:
  CondVar condition_;
};

// StdNames
//
// The members of sabre::StdNames, as the checker sees them.
struct StdNames {
  template <class T>
  using atomic = StdAtomic<T>;
  using atomic_flag = StdAtomicFlag;
  using memory_order = std::memory_order;
  template <class T>
  using plain = Plain<T>;

  using mutex = Mutex;
  using condition_variable = StdConditionVariable;
  template <class M>
  using lock_guard = StdLockGuard<M>;
  template <class M>
  using unique_lock = StdUniqueLock<M>;

  struct this_thread {
    static void yield(Site site = Site()) { RelacySync::ThreadYield(site); }
  };

  static void atomic_thread_fence(std::memory_order order, Site site = Site()) {
    if (order == std::memory_order_relaxed) return;
    const Order asked = internal::FromStd(order, internal::Halves::kBoth, site);
    internal::CurrentSites().Register(site, SiteKind::kFence, asked, Order::kRelaxed);
    const Mutation* mutation = internal::CurrentSites().active;
    if (mutation != nullptr && internal::Hits(*mutation, site)) return;
    switch (asked) {
      case Order::kAcquire:
        rl::ctx().atomic_thread_fence_acquire();
        break;
      case Order::kRelease:
        rl::ctx().atomic_thread_fence_release();
        break;
      case Order::kAcqRel:
        rl::ctx().atomic_thread_fence_acq_rel();
        break;
      default:
        rl::ctx().atomic_thread_fence_seq_cst();
    }
    internal::Log({.op = Op::kFence, .order = asked, .asked = asked, .site = site});
  }
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_STD_NAMES_H_
