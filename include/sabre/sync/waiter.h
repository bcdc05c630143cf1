// sabre/sync/waiter.h: one who waits, in a WaiterList.
#ifndef SABRE_SYNC_WAITER_H_
#define SABRE_SYNC_WAITER_H_

#include <cstdint>

#include "sabre/sync/policy.h"

namespace sabre {

// How a wait ended.
enum class WaitOutcome : std::uint8_t {
  kNotified,   // by Notify
  kNotEqual,   // it never began: the condition to wait for did not hold
  kTimedOut,   // by its deadline
  kCancelled,  // by Cancel: a stop request, or the end of what was waited on
};

template <BlockingPolicy S>
class WaiterIndex;
template <BlockingPolicy S>
class WaiterList;

// Waiter
//
// The node of a WaiterList: an asynchronous waiter. Whoever takes it off its list (a notifier, a
// canceller) calls `complete` once, outside the list's lock, in its own thread. From then on the
// list does not touch it, so `complete` may destroy it or enqueue it again.
//
// Thread-safety: all fields belong to the list's lock while the waiter is enqueued.
template <BlockingPolicy S>
class Waiter {
 public:
  // Must not be null. Called with the waiter itself.
  using Complete = void (*)(Waiter& waiter, WaitOutcome outcome);

  explicit Waiter(Complete complete) noexcept : complete_(complete) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

 private:
  friend class WaiterIndex<S>;
  friend class WaiterList<S>;
  template <class T>
  using Var = typename S::template Var<T>;

  const Complete complete_;
  Var<std::uint64_t> key_{0};
  Var<bool> enqueued_{false};
  Var<Waiter*> next_{nullptr};  // in the queue of the key; afterwards in the notifier's batch
  Var<Waiter*> prev_{nullptr};  // in the queue of the key
  // Meaningful in the first waiter of a queue only, which stands for the queue in the index.
  Var<Waiter*> tail_{nullptr};        // last waiter of the queue
  Var<Waiter*> next_queue_{nullptr};  // next queue in the same bucket
};

// BlockingWaiter
//
// A waiter whose completion wakes a sleeping thread. It lives on that thread's stack, from
// `WaiterList::Enqueue` until `WaiterList::Await` has returned.
template <BlockingPolicy S>
class BlockingWaiter : public Waiter<S> {
 public:
  BlockingWaiter() noexcept : Waiter<S>(&BlockingWaiter::Wake) {}

 private:
  friend class WaiterList<S>;

  static void Wake(Waiter<S>& waiter, WaitOutcome outcome) {
    auto& self = static_cast<BlockingWaiter&>(waiter);
    // Published by Unpark. Set first: the waiter's frame may be gone once Unpark has published.
    self.outcome_.Set(outcome);
    self.parker_.Unpark();
  }

  typename S::Parker parker_;
  typename S::template Var<WaitOutcome> outcome_{WaitOutcome::kNotEqual};
};

}  // namespace sabre

#endif  // SABRE_SYNC_WAITER_H_
