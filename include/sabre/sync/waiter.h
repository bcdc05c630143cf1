// sabre/sync/waiter.h: one who waits, in a WaiterList.
#ifndef SABRE_SYNC_WAITER_H_
#define SABRE_SYNC_WAITER_H_

#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/time.h"

namespace sabre {

// How a wait ended.
enum class WaitOutcome : std::uint8_t {
  kNotified,   // by Notify
  kNotEqual,   // it never began: the condition to wait for did not hold
  kTimedOut,   // by its deadline
  kCancelled,  // by Cancel: a stop request, or the end of what was waited on
};

template <BlockingPolicy S>
class BlockingWaiter;
template <BlockingPolicy S>
class WaiterIndex;
template <BlockingPolicy S>
class WaiterList;

// Waiter
//
// The node of a WaiterList: an asynchronous waiter. Whoever takes it off its list (a notifier, a
// canceller) calls `complete` once, outside the list's lock, in its own thread. From then on the
// list does not touch it, so `complete` may destroy it or enqueue it again. A waiter that must know the
// order in which its list was left has a `take` too: called once, before `complete`, under the lock.
//
// Thread-safety: all fields belong to the list's lock while the waiter is enqueued.
template <BlockingPolicy S>
class Waiter {
 public:
  // Called with the waiter itself. `take` must be short and must not enter the list.
  using Complete = void (*)(Waiter& waiter, WaitOutcome outcome);

  // `complete` must not be null; `take` may be.
  explicit Waiter(Complete complete, Complete take = nullptr) noexcept
      : complete_(complete), take_(take) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Who waits (a number that means something to the caller, 0: nobody in particular) and since when;
  // for WaiterList::ForEach and for a notifier that hands something over. Before Enqueue.
  void Describe(std::uint64_t owner, TimePoint since) {
    owner_.Set(owner);
    since_.Set(since);
  }
  std::uint64_t owner() const { return owner_.Get(); }
  TimePoint since() const { return since_.Get(); }

  // How the wait ended, once it has.
  WaitOutcome outcome() const { return outcome_.Get(); }

 private:
  friend class BlockingWaiter<S>;
  friend class WaiterIndex<S>;
  friend class WaiterList<S>;
  template <class T>
  using Var = typename S::template Var<T>;

  const Complete complete_;
  const Complete take_;
  Var<std::uint64_t> key_{0};
  Var<Waiter*> next_{nullptr};  // in the queue of the key; afterwards in the notifier's batch
  Var<Waiter*> prev_{nullptr};  // in the queue of the key
  // Meaningful in the first waiter of a queue only, which stands for the queue in the index.
  Var<Waiter*> tail_{nullptr};        // last waiter of the queue
  Var<Waiter*> next_queue_{nullptr};  // next queue in the same bucket
  Var<bool> enqueued_{false};
  Var<WaitOutcome> outcome_{WaitOutcome::kNotEqual};
  Var<std::uint64_t> owner_{0};
  Var<TimePoint> since_{TimePoint()};
};

// BlockingWaiter
//
// A waiter whose completion wakes a sleeping thread. It lives on that thread's stack, from
// `WaiterList::Enqueue` until `WaiterList::Await` has returned.
template <BlockingPolicy S>
class BlockingWaiter : public Waiter<S> {
 public:
  BlockingWaiter() noexcept : Waiter<S>(&BlockingWaiter::Wake) {}

  // Whether `waiter` is one of these.
  static bool Is(const Waiter<S>& waiter) { return waiter.complete_ == &BlockingWaiter::Wake; }

 private:
  friend class WaiterList<S>;

  static void Wake(Waiter<S>& waiter, WaitOutcome) {
    // It publishes the outcome. The waiter's frame may be gone as soon as it has.
    static_cast<BlockingWaiter&>(waiter).parker_.Unpark();
  }

  typename S::Parker parker_;
};

}  // namespace sabre

#endif  // SABRE_SYNC_WAITER_H_
