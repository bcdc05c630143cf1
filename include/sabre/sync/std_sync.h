// sabre/sync/std_sync.h: the policy of production builds. Every member compiles to the instructions
// of the std type it stands for; tests/sync/std_sync_cost_test.py compares them.
#ifndef SABRE_SYNC_STD_SYNC_H_
#define SABRE_SYNC_STD_SYNC_H_

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "sabre/sync/cpu.h"
#include "sabre/sync/park.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/time.h"

namespace sabre {

// StdSync
//
// An AtomicPolicy that needs headers only, and a BlockingPolicy for programs that link sabre (its
// Parker lives there).
struct StdSync {
  using Order = std::memory_order;
  static constexpr Order kRelaxed = std::memory_order_relaxed;
  static constexpr Order kAcquire = std::memory_order_acquire;
  static constexpr Order kRelease = std::memory_order_release;
  static constexpr Order kAcqRel = std::memory_order_acq_rel;
  static constexpr Order kSeqCst = std::memory_order_seq_cst;

  // std::atomic without its operators and default orders: what compiles here compiles under the
  // checker too. A default-constructed Atomic holds T().
  template <class T>
  class Atomic {
   public:
    constexpr Atomic() noexcept : value_(T()) {}
    constexpr explicit Atomic(T value) noexcept : value_(value) {}
    Atomic(const Atomic&) = delete;
    Atomic& operator=(const Atomic&) = delete;

    T load(Order order) const noexcept { return value_.load(order); }
    void store(T value, Order order) noexcept { value_.store(value, order); }
    T exchange(T value, Order order) noexcept { return value_.exchange(value, order); }
    bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
      return value_.compare_exchange_weak(expected, desired, success, failure);
    }
    bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
      return value_.compare_exchange_strong(expected, desired, success, failure);
    }
    T fetch_add(T operand, Order order) noexcept { return value_.fetch_add(operand, order); }
    T fetch_sub(T operand, Order order) noexcept { return value_.fetch_sub(operand, order); }
    T fetch_and(T operand, Order order) noexcept { return value_.fetch_and(operand, order); }
    T fetch_or(T operand, Order order) noexcept { return value_.fetch_or(operand, order); }
    T fetch_xor(T operand, Order order) noexcept { return value_.fetch_xor(operand, order); }

   private:
    std::atomic<T> value_;
  };

  // Plain data. See PlainVariable.
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

  static void Fence() noexcept { internal::SeqCstFence(); }
  static void ThreadYield() noexcept { std::this_thread::yield(); }
  static void SpinHint() noexcept { internal::CpuRelax(); }
  [[noreturn]] static void Unreachable(const char* what) noexcept {
    std::fprintf(stderr, "sabre: unreachable state: %s\n", what);
    std::abort();
  }

  using Mutex = std::mutex;

  class CondVar {
   public:
    void Wait(Mutex& mutex) {
      std::unique_lock<Mutex> lock(mutex, std::adopt_lock);
      condition_.wait(lock);
      lock.release();
    }
    bool WaitUntil(Mutex& mutex, TimePoint deadline) {
      if (deadline == kNever) {
        Wait(mutex);
        return true;
      }
      std::unique_lock<Mutex> lock(mutex, std::adopt_lock);
      const std::cv_status status = condition_.wait_until(lock, deadline);
      lock.release();
      return status == std::cv_status::no_timeout;
    }
    void NotifyOne() noexcept { condition_.notify_one(); }
    void NotifyAll() noexcept { condition_.notify_all(); }

   private:
    std::condition_variable condition_;
  };

  using Parker = sabre::Parker;

  static TimePoint Now() noexcept { return std::chrono::steady_clock::now(); }
};

static_assert(BlockingPolicy<StdSync>);

}  // namespace sabre

#endif  // SABRE_SYNC_STD_SYNC_H_
