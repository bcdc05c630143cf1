// tests/support/yielding_sync.h: StdSync with interruptions. Calls that take nanoseconds seldom overlap, and
// never where all threads share one processor; under this policy they are interrupted in their middle.
#ifndef SABRE_TESTS_SUPPORT_YIELDING_SYNC_H_
#define SABRE_TESTS_SUPPORT_YIELDING_SYNC_H_

#include <random>
#include <thread>

#include "sabre/sync/std_sync.h"

namespace sabre::test {

// Now and then gives the processor away.
inline void MaybeYield() {
  thread_local std::minstd_rand random(
      static_cast<unsigned>(std::hash<std::thread::id>()(std::this_thread::get_id())));
  if (random() % 4 == 0) std::this_thread::yield();
}

struct YieldingSync : StdSync {
  template <class T>
  class Atomic {
   public:
    Atomic() noexcept = default;
    explicit Atomic(T value) noexcept : value_(value) {}

    T load(Order order) const noexcept { return Interrupted().load(order); }
    void store(T value, Order order) noexcept { Interrupted().store(value, order); }
    T exchange(T value, Order order) noexcept { return Interrupted().exchange(value, order); }
    bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
      return Interrupted().compare_exchange_weak(expected, desired, success, failure);
    }
    bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
      return Interrupted().compare_exchange_strong(expected, desired, success, failure);
    }
    T fetch_add(T operand, Order order) noexcept { return Interrupted().fetch_add(operand, order); }
    T fetch_sub(T operand, Order order) noexcept { return Interrupted().fetch_sub(operand, order); }
    T fetch_and(T operand, Order order) noexcept { return Interrupted().fetch_and(operand, order); }
    T fetch_or(T operand, Order order) noexcept { return Interrupted().fetch_or(operand, order); }
    T fetch_xor(T operand, Order order) noexcept { return Interrupted().fetch_xor(operand, order); }

   private:
    StdSync::Atomic<T>& Interrupted() const noexcept {
      MaybeYield();
      return value_;
    }

    mutable StdSync::Atomic<T> value_;
  };
};

static_assert(BlockingPolicy<YieldingSync>);

}  // namespace sabre::test

#endif  // SABRE_TESTS_SUPPORT_YIELDING_SYNC_H_
