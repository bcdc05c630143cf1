// sabre/sync/std_sync.h, in the place of the real one: the policy whose every operation is a point of the
// seeded scheduler. The library is compiled with it unchanged, as it is with the real one.
#ifndef SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_STD_SYNC_H_
#define SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_STD_SYNC_H_

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "sabre/sync/park.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/seeded_atomic.h"
#include "sabre/sync/time.h"
#include "tests/seeded/scheduler.h"

namespace sabre {

struct StdSync {
  using Order = std::memory_order;
  static constexpr Order kRelaxed = std::memory_order_relaxed;
  static constexpr Order kAcquire = std::memory_order_acquire;
  static constexpr Order kRelease = std::memory_order_release;
  static constexpr Order kAcqRel = std::memory_order_acq_rel;
  static constexpr Order kSeqCst = std::memory_order_seq_cst;

  template <class T>
  using Atomic = seeded::SeededAtomic<std::atomic<T>, T>;

  template <class T>
  class Var {
   public:
    Var() = default;
    explicit Var(T value) : value_(std::move(value)) {}
    Var(const Var&) = delete;
    Var& operator=(const Var&) = delete;

    const T& Get() const noexcept { return value_; }
    void Set(T value) { value_ = std::move(value); }
    T Take() { return std::exchange(value_, T()); }

   private:
    T value_{};
  };

  static void Fence() noexcept { seeded::Point(); }
  static void ThreadYield() noexcept { seeded::Point(/*yields=*/true); }
  static void SpinHint() noexcept { seeded::Point(/*yields=*/true); }
  [[noreturn]] static void Unreachable(const char* what) noexcept {
    std::fprintf(stderr, "sabre: unreachable state: %s\n", what);
    std::abort();
  }

  class Mutex {
   public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock(seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) {
      seeded::Point();
      while (held_) seeded::Sleep("lock: waits", this, place, kNever);
      held_ = true;
      seeded::Note("lock", this, place);
    }
    bool try_lock(seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) {
      seeded::Point();
      seeded::Note(held_ ? "try_lock fails" : "try_lock", this, place);
      return !std::exchange(held_, true);
    }
    void unlock(seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) {
      seeded::Expect(held_, "a mutex is unlocked that is locked", place);
      held_ = false;
      seeded::Note("unlock", this, place);
      seeded::WakeAll(this);
      // A thread that locked may destroy the mutex now, as it may a real one.
      seeded::Point();
    }

   private:
    friend struct StdSync;
    bool held_ = false;
  };

  class CondVar {
   public:
    void Wait(Mutex& mutex, seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) {
      WaitUntil(mutex, kNever, place);
    }
    bool WaitUntil(Mutex& mutex, TimePoint deadline,
                   seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) {
      // Some wake-ups have no reason. The mutex is free while the thread sleeps, as one step.
      bool in_time = true;
      if (seeded::Chance(16)) {
        mutex.unlock(place);
      } else {
        mutex.held_ = false;
        seeded::WakeAll(&mutex);
        in_time = seeded::Sleep("wait", this, place, deadline);
      }
      mutex.lock(place);
      return in_time;
    }
    void NotifyOne(seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
      seeded::Point();
      seeded::Note("notify one", this, place);
      seeded::WakeOne(this);
    }
    void NotifyAll(seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
      seeded::Point();
      seeded::Note("notify all", this, place);
      seeded::WakeAll(this);
    }
  };

  using Parker = sabre::Parker;

  static TimePoint Now() noexcept { return seeded::Now(); }
};

static_assert(BlockingPolicy<StdSync>);

}  // namespace sabre

#endif  // SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_STD_SYNC_H_
