// sabre/sync/policy.h: the seam. What an algorithm through which threads talk may use of its platform.
//
// Every such algorithm is a template on a policy `S`:
//
//   template <class T, AtomicPolicy S = StdSync> class SpscRing { … S::Atomic<std::size_t> tail_; … };
//
// and one source is compiled twice: with `StdSync` (std_sync.h) for production, with
// `verify::RelacySync` under the race detector. There is no macro, no `#ifdef`, and both builds may
// live in one program. The concepts below are the whole contract; a third policy (an emulated
// platform, a tracing one) is a struct with these members.
//
// Rules for code written on a policy:
// - All data that two threads touch is `S::Atomic<T>` or `S::Var<T>`, else the checker cannot see it.
// - Every order is written out. A compare-exchange whose failure order is stronger than the load half
//   of its success order (release/acquire) is forbidden: the checker cannot express it.
// - One atomic operation a source line: the checker names an operation by file and line.
// - A loop that waits for another thread calls `S::ThreadYield()` or `S::SpinHint()` in each turn.
#ifndef SABRE_SYNC_POLICY_H_
#define SABRE_SYNC_POLICY_H_

#include <concepts>
#include <cstdint>

#include "sabre/sync/time.h"

namespace sabre {

// The members of an atomic integer. Names and meanings are those of `std::atomic`.
template <class A, class T, class Order>
concept AtomicInteger = requires(A a, const A c, T v, T& expected, Order order) {
  { c.load(order) } -> std::same_as<T>;
  { a.store(v, order) } -> std::same_as<void>;
  { a.exchange(v, order) } -> std::same_as<T>;
  { a.compare_exchange_weak(expected, v, order, order) } -> std::same_as<bool>;
  { a.compare_exchange_strong(expected, v, order, order) } -> std::same_as<bool>;
  { a.fetch_add(v, order) } -> std::same_as<T>;
  { a.fetch_sub(v, order) } -> std::same_as<T>;
  { a.fetch_and(v, order) } -> std::same_as<T>;
  { a.fetch_or(v, order) } -> std::same_as<T>;
  { a.fetch_xor(v, order) } -> std::same_as<T>;
};

// Plain data shared between threads, whose races the checker reports.
//   Get:  reads, and returns a reference that is good until the next Set or Take.
//   Set:  writes.
//   Take: writes too: moves the value out and leaves a default-constructed one.
template <class V, class T>
concept PlainVariable = requires(V v, const V c, T t) {
  { c.Get() } -> std::convertible_to<const T&>;
  { v.Set(static_cast<T&&>(t)) } -> std::same_as<void>;
  { v.Take() } -> std::same_as<T>;
};

// What lock-free algorithms use.
//   Atomic<T>, Var<T>:  as above; Atomic<T> also of pointers and enums.
//   kRelaxed … kSeqCst: the orders, of type `Order`.
//   Fence():            a sequentially consistent fence. Used by Announcement alone.
//   ThreadYield():      lets another thread run.
//   SpinHint():         tells the processor that this is a spin loop; never a system call.
//   Unreachable(text):  the state machine is broken; does not return.
// clang-format 14 takes concepts for comparisons.
// clang-format off
template <class S>
concept AtomicPolicy =
    AtomicInteger<typename S::template Atomic<std::uint32_t>, std::uint32_t, typename S::Order> &&
    AtomicInteger<typename S::template Atomic<std::uint64_t>, std::uint64_t, typename S::Order> &&
    PlainVariable<typename S::template Var<int>, int> && requires(const char* text) {
      { S::kRelaxed } -> std::convertible_to<typename S::Order>;
      { S::kAcquire } -> std::convertible_to<typename S::Order>;
      { S::kRelease } -> std::convertible_to<typename S::Order>;
      { S::kAcqRel } -> std::convertible_to<typename S::Order>;
      { S::kSeqCst } -> std::convertible_to<typename S::Order>;
      S::Fence();
      S::ThreadYield();
      S::SpinHint();
      S::Unreachable(text);
    };

// What blocking algorithms use beside that.
//   Mutex:   lock, try_lock, unlock: not recursive. Use it through std::lock_guard.
//   CondVar: Wait(mutex) and WaitUntil(mutex, deadline), which returns false if it gave up at the
//            deadline; spurious wake-ups are possible. NotifyOne, NotifyAll.
//   Parker:  sleeps one thread at a time. Park(deadline) returns true once Unpark was called (since
//            the last Park that returned true), false at the deadline; never spuriously. Everything
//            before Unpark happens before the return of the Park that it ends. A Parker may be
//            destroyed as soon as Park has returned true, even while that Unpark is still running.
//   Now():   the monotonic clock.
template <class S>
concept BlockingPolicy =
    AtomicPolicy<S> && requires(typename S::Mutex mutex, typename S::CondVar condition,
                                typename S::Parker parker, TimePoint deadline) {
      mutex.lock();
      { mutex.try_lock() } -> std::same_as<bool>;
      mutex.unlock();
      condition.Wait(mutex);
      { condition.WaitUntil(mutex, deadline) } -> std::same_as<bool>;
      condition.NotifyOne();
      condition.NotifyAll();
      { parker.Park(deadline) } -> std::same_as<bool>;
      parker.Unpark();
      { S::Now() } -> std::same_as<TimePoint>;
    };
// clang-format on

}  // namespace sabre

#endif  // SABRE_SYNC_POLICY_H_
