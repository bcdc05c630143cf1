// lib/kernel/waited_life.h: the life of something that threads wait for.
#ifndef SABRE_LIB_KERNEL_WAITED_LIFE_H_
#define SABRE_LIB_KERNEL_WAITED_LIFE_H_

#include "lib/kernel/ref_count.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/waiter_list.h"

namespace sabre::kernel {

// WaitedLife
//
// The base of an object with waiters, made by `new`. Strong references keep what is waited for, and
// the last one ends all waits with kCancelled; weak ones keep only what it takes to learn that: the list
// of the waiters. Whoever wants to take a waiter off the list (its deadline, a stop request) holds a
// weak one, and does not care whether the end was faster.
//
//   strong | weak | meaning                             | left by
//   > 0    | > 0  | alive; together the strong hold one | the last DropReference → 0, > 0
//   0      | > 0  | nothing is waited for any more      | the last DropWeakReference → 0, 0
//   0      | 0    | destroyed                           |
//
// `Derived` defines `void End() noexcept`, which gives back what only strong references keep. It is called
// once, after all waits were ended.
//
// Thread-safety: any thread; a reference is made only by one who holds one, a strong one only by one who
//   holds a strong one. Who calls Enqueue of the list holds a strong one, who calls Notify any.
template <class Derived, BlockingPolicy S = StdSync>
class WaitedLife {
 public:
  WaitedLife(const WaitedLife&) = delete;
  WaitedLife& operator=(const WaitedLife&) = delete;

  void AddReference() noexcept { references_.Increment(); }
  void DropReference() noexcept {
    if (!references_.Decrement()) return;
    // Before End: a completion of these waits may look at what is left, never at what has gone.
    waiters_.CancelAll();
    static_cast<Derived*>(this)->End();
    DropWeakReference();
  }

  void AddWeakReference() noexcept { weak_references_.Increment(); }
  void DropWeakReference() noexcept {
    if (weak_references_.Decrement()) delete static_cast<Derived*>(this);
  }

  WaiterList<S>& waiters() noexcept { return waiters_; }

 protected:
  WaitedLife() = default;
  ~WaitedLife() = default;

 private:
  RefCount<S> references_;
  RefCount<S> weak_references_;
  WaiterList<S> waiters_;
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_WAITED_LIFE_H_
