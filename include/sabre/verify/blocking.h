// sabre/verify/blocking.h: mutex and condition variable, built from Relacy's scheduler alone.
//
// Each operation is one scheduling point followed by one step, which keeps the number of executions
// small. None adds an order that the real one does not have: a lock acquires what the last unlock
// released, a Park what the Unpark did, a wake-up of a condition variable nothing. A wait with a
// deadline is ended by the scheduler at will, so time is never modelled; which of several waiting
// threads is woken is open. A wake-up for no reason happens in random searches.
#ifndef SABRE_VERIFY_BLOCKING_H_
#define SABRE_VERIFY_BLOCKING_H_

#include <cstdint>

#include "sabre/sync/time.h"
#include "sabre/verify/execution.h"
#include "sabre/verify/relacy.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

namespace internal {

// What one thread hands to another through a lock or a token.
class Clock {
 public:
  void Acquire() {
    rl::thread_info_base& thread = *rl::ctx().threadx_;
    thread.own_acq_rel_order_ += 1;
    for (int i = 0; i < rl::ctx().get_thread_count(); ++i) {
      if (thread.acq_rel_order_[i] < known_[i]) thread.acq_rel_order_[i] = known_[i];
    }
  }
  void Release() {
    rl::thread_info_base& thread = *rl::ctx().threadx_;
    thread.own_acq_rel_order_ += 1;
    for (int i = 0; i < rl::ctx().get_thread_count(); ++i) {
      if (known_[i] < thread.acq_rel_order_[i]) known_[i] = thread.acq_rel_order_[i];
    }
  }
  // Whether all that was released happens before what this thread does next.
  bool IsKnown() const {
    const rl::thread_info_base& thread = *rl::ctx().threadx_;
    for (int i = 0; i < rl::ctx().get_thread_count(); ++i) {
      if (thread.acq_rel_order_[i] < known_[i]) return false;
    }
    return true;
  }

 private:
  rl::timestamp_t known_[kMaxThreads] = {};
};

// The threads that sleep in one place.
class Sleepers {
 public:
  // Sleeps until woken. Fails the execution if nobody is left who could wake anybody.
  rl::unpark_reason Sleep(bool timed, bool may_wake_spuriously, Site site) {
    rl::context& context = rl::ctx();
    const rl::thread_id_t self = context.threadx_->index_;
    threads_[size_++] = self;
    const rl::unpark_reason reason =
        context.park_current_thread(timed, may_wake_spuriously, false, Info(site));
    if (reason != rl::unpark_reason_normal) Remove(self);
    return reason;
  }
  void WakeOne(Site site) {
    if (size_ == 0) return;
    const unsigned pick =
        size_ == 1 ? 0 : rl::ctx().rand(static_cast<unsigned>(size_), rl::sched_type_user);
    const rl::thread_id_t thread = threads_[pick];
    Remove(thread);
    rl::ctx().unpark_thread(thread, false, Info(site));
  }
  void WakeAll(Site site) {
    while (size_ != 0) {
      const rl::thread_id_t thread = threads_[0];
      Remove(thread);
      rl::ctx().unpark_thread(thread, false, Info(site));
    }
  }
  bool empty() const { return size_ == 0; }

 private:
  void Remove(rl::thread_id_t thread) {
    int kept = 0;
    for (int i = 0; i < size_; ++i) {
      if (threads_[i] != thread) threads_[kept++] = threads_[i];
    }
    size_ = kept;
  }

  rl::thread_id_t threads_[kMaxThreads] = {};
  int size_ = 0;
};

inline std::uint32_t LogBlocking(Op op, std::uint32_t object, Site site,
                                 std::uint32_t reads_from = kNoEvent) {
  return Log({.op = op, .object = object, .reads_from = reads_from, .site = site});
}

}  // namespace internal

// Not recursive. Misuse (locking twice, unlocking what another holds, destroying what is held) fails
// the execution.
class Mutex {
 public:
  Mutex() : object_(internal::CurrentTrace().NewObject()) {}
  ~Mutex() {
    alive_.Check(Site("", 0), object_);
    if (owner_ != kNobody || !sleepers_.empty()) {
      internal::Fail(FailureKind::kMutexMisuse, "a mutex ended while locked", Site("", 0));
    }
    if (clock_.IsKnown()) return;
    internal::LogBlocking(Op::kEnd, object_, Site("", 0));
    internal::FailRace("a mutex ends, and its last unlock is not ordered before", Site("", 0));
  }
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock(Site site = Site()) {
    Enter(site);
    while (owner_ != kNobody) {
      internal::LogBlocking(Op::kBlockedOnLock, object_, site);
      sleepers_.Sleep(false, false, site);
    }
    Own(site);
  }
  bool try_lock(Site site = Site()) {
    Enter(site);
    // It may fail for no reason, as the standard allows; once per mutex, to keep the search finite.
    const bool refuse =
        owner_ == kNobody && !has_refused_ && rl::ctx().rand(2, rl::sched_type_user) != 0;
    if (refuse) has_refused_ = true;
    if (owner_ != kNobody || refuse) {
      internal::LogBlocking(Op::kTryLockFailed, object_, site);
      return false;
    }
    Own(site);
    return true;
  }
  void unlock(Site site = Site()) {
    rl::ctx().sched();
    const std::uint32_t event = internal::LogBlocking(Op::kUnlock, object_, site);
    Release(event, site);
  }

 private:
  friend class CondVar;
  static constexpr rl::thread_id_t kNobody = -1;

  void Enter(Site site) {
    rl::ctx().sched();
    alive_.Check(site, object_);
    if (owner_ == rl::ctx().threadx_->index_) {
      internal::Fail(FailureKind::kMutexMisuse, "a thread locks a mutex that it holds", site);
    }
  }
  void Own(Site site) {
    owner_ = rl::ctx().threadx_->index_;
    clock_.Acquire();
    internal::LogBlocking(Op::kLock, object_, site, released_);
  }
  // `event`: of the release.
  void Release(std::uint32_t event, Site site) {
    alive_.Check(site, object_);
    if (owner_ != rl::ctx().threadx_->index_) {
      internal::Fail(FailureKind::kMutexMisuse, "a thread unlocks a mutex that it does not hold",
                     site);
    }
    clock_.Release();
    released_ = event;
    owner_ = kNobody;
    sleepers_.WakeOne(site);
  }

  rl::thread_id_t owner_ = kNobody;
  std::uint32_t released_ = kNoEvent;  // the last release
  bool has_refused_ = false;
  const std::uint32_t object_;
  internal::Clock clock_;
  internal::Sleepers sleepers_;
  internal::Alive alive_;
};

class CondVar {
 public:
  CondVar() : object_(internal::CurrentTrace().NewObject()) {}
  ~CondVar() {
    alive_.Check(Site("", 0), object_);
    if (!sleepers_.empty()) {
      internal::Fail(FailureKind::kMutexMisuse, "a condition ended while a thread slept on it",
                     Site("", 0));
    }
  }
  CondVar(const CondVar&) = delete;
  CondVar& operator=(const CondVar&) = delete;

  void Wait(Mutex& mutex, Site site = Site()) { SleepOn(mutex, false, site); }
  bool WaitUntil(Mutex& mutex, TimePoint deadline, Site site = Site()) {
    return SleepOn(mutex, deadline != kNever, site);
  }
  void NotifyOne(Site site = Site()) {
    Enter(Op::kNotifyOne, site);
    sleepers_.WakeOne(site);
  }
  void NotifyAll(Site site = Site()) {
    Enter(Op::kNotifyAll, site);
    sleepers_.WakeAll(site);
  }

 private:
  std::uint32_t Enter(Op op, Site site) {
    rl::ctx().sched();
    alive_.Check(site, object_);
    return internal::LogBlocking(op, object_, site);
  }
  bool SleepOn(Mutex& mutex, bool timed, Site site) {
    mutex.Release(Enter(Op::kWait, site), site);
    const bool spurious = rl::ctx().is_random_sched() && spurious_left_ > 0;
    const rl::unpark_reason reason = sleepers_.Sleep(timed, spurious, site);
    if (reason == rl::unpark_reason_spurious) spurious_left_ -= 1;
    const bool in_time = reason != rl::unpark_reason_timeout;
    internal::LogBlocking(!in_time                               ? Op::kTimedOut
                          : reason == rl::unpark_reason_spurious ? Op::kWokenSpuriously
                                                                 : Op::kWoken,
                          object_, site);
    mutex.lock(site);
    return in_time;
  }

  const std::uint32_t object_;
  int spurious_left_ = 1;
  internal::Sleepers sleepers_;
  internal::Alive alive_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_BLOCKING_H_
