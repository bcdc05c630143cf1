// sabre/sync/std_names.h: the names of std that concurrent code uses, as one type to choose by.
//
// For code that is written on `std::atomic` and shall be model-checked as it is: it takes its types
// from a bundle of names instead of from `std`, and nothing else changes:
//
//   template <class T, class names = sabre::StdNames>
//   class queue {
//     using index_t = typename names::template atomic<std::size_t>;  // was: std::atomic<…>
//     using data_t = typename names::template plain<T>;              // was: T
//     …  tail_.store(at + 1, std::memory_order_release);             // as it was
//   };
//
// `verify::StdNames` (sabre/verify/std_names.h) has the same members for the checker. Code that is
// no template says `using names = sabre::StdNames;` in one place. examples/verify_published_queue
// shows both ends. New code is better written on a policy (policy.h), which has no default orders
// and no operators.
#ifndef SABRE_SYNC_STD_NAMES_H_
#define SABRE_SYNC_STD_NAMES_H_

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace sabre {

// StdNames
//
// The names of production builds: aliases, so that the code compiles to what it compiled to.
// `plain<T>` is T: data that two threads touch and that no atomic type protects, whose races the
// checker reports. Orders keep their own names: `std::memory_order_acquire`.
struct StdNames {
  template <class T>
  using atomic = std::atomic<T>;
  using atomic_flag = std::atomic_flag;
  using memory_order = std::memory_order;
  template <class T>
  using plain = T;

  using mutex = std::mutex;
  using condition_variable = std::condition_variable;
  template <class M>
  using lock_guard = std::lock_guard<M>;
  template <class M>
  using unique_lock = std::unique_lock<M>;

  struct this_thread {
    static void yield() noexcept { std::this_thread::yield(); }
  };
  static void atomic_thread_fence(std::memory_order order) noexcept {
    std::atomic_thread_fence(order);
  }
};

}  // namespace sabre

#endif  // SABRE_SYNC_STD_NAMES_H_
