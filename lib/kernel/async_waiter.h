// lib/kernel/async_waiter.h: one wait that no thread sleeps for.
#ifndef SABRE_LIB_KERNEL_ASYNC_WAITER_H_
#define SABRE_LIB_KERNEL_ASYNC_WAITER_H_

#include <mutex>

#include "lib/kernel/ref_count.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/waiter_list.h"

namespace sabre::kernel {

template <class Life, BlockingPolicy S>
class AsyncWaiter;

// CompletionQueue
//
// The waits of one executor that are over and that it has not heard of, in the order in which they left
// their lists. So those of one list are heard of in its order, whoever ended them and however the
// messages of those who did overtake each other.
//
// Thread-safety: any thread. Lock order: that of a WaiterList, then this one's.
template <class Life, BlockingPolicy S = StdSync>
class CompletionQueue {
 public:
  using Waiter = AsyncWaiter<Life, S>;

  CompletionQueue() = default;
  CompletionQueue(const CompletionQueue&) = delete;
  CompletionQueue& operator=(const CompletionQueue&) = delete;

  // Takes the oldest out. Null if there is none.
  Waiter* Pop() noexcept {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    Waiter* const first = first_.Get();
    if (first != nullptr) Erase(*first);
    return first;
  }

  // Takes this one out. False if it is not here.
  bool Remove(Waiter& waiter) noexcept {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (!waiter.in_completions_.Get()) return false;
    Erase(waiter);
    return true;
  }

 private:
  friend Waiter;
  template <class T>
  using Var = typename S::template Var<T>;

  void Push(Waiter& waiter) noexcept {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    Waiter* const last = last_.Get();
    waiter.in_completions_.Set(true);
    waiter.earlier_.Set(last);
    (last != nullptr ? last->later_ : first_).Set(&waiter);
    last_.Set(&waiter);
  }

  void Erase(Waiter& waiter) noexcept {
    Waiter* const earlier = waiter.earlier_.Take();
    Waiter* const later = waiter.later_.Take();
    waiter.in_completions_.Set(false);
    (earlier != nullptr ? earlier->later_ : first_).Set(later);
    (later != nullptr ? later->earlier_ : last_).Set(earlier);
  }

  typename S::Mutex mutex_;
  Var<Waiter*> first_{nullptr};  // [mutex_]
  Var<Waiter*> last_{nullptr};   // [mutex_]
};

// AsyncWaiter
//
// A waiter made by `new`, shared by its owner (who runs on one thread, an executor's) and by whoever takes
// it off its list.
//
//   waiter   | meaning                                      | left by
//   idle     | has not begun, or needed not to wait         | Begin → queued
//   queued   | in the list of `Life`                        | Notify, Cancel, the end of the list,
//            |                                              | under its lock → ended
//   ended    | in the CompletionQueue; OnEnded is called or | Pop or Remove → settled
//            | will be, in the thread that ended the wait   |
//   settled  | the owner's; OnEnded may still be running    |
//
// References: the owner's, with which it is made (the owner may make more), and one of the list from Begin
// until OnEnded has returned. The last one destroys it, in any thread. It holds a weak reference to `Life`,
// a WaitedLife, so that Cancel finds a list.
//
// Memory ordering: everything before a Notify happens before the return of the Pop or Remove of the waiter
//   that it woke. Its outcome() is the owner's from then on.
template <class Life, BlockingPolicy S = StdSync>
class AsyncWaiter : public Waiter<S> {
 public:
  // `completions` outlives this waiter.
  AsyncWaiter(Life& life, CompletionQueue<Life, S>& completions) noexcept
      : Waiter<S>(&AsyncWaiter::Complete, &AsyncWaiter::Take),
        life_(life),
        completions_(completions) {
    life_.AddWeakReference();
  }

  // Waits for `key`, if still_equal() under the lock of the list. The caller holds a strong reference to
  // `life`. False: it does not wait, and nothing will be heard of it.
  template <class Condition>
  bool Begin(std::uint64_t key, Condition still_equal) {
    key_ = key;
    AddReference();
    if (life_.waiters().Enqueue(*this, key, still_equal)) return true;
    Release();
    return false;
  }

  // Ends the wait, from any thread that has made sure of a reference. True: with this outcome. False: it
  // had ended. It is or has been in the CompletionQueue in both cases, if it ever began.
  bool Cancel(WaitOutcome outcome) { return life_.waiters().Cancel(*this, outcome); }

  // For a wait that ended unheard: the notification that ended it goes to the next of its queue. False: no
  // notification did, or nobody is next. The owner's, once settled.
  bool PassOn() {
    return this->outcome() == WaitOutcome::kNotified && life_.waiters().Notify(key_, 1) == 1;
  }

  void AddReference() noexcept { references_.Increment(); }
  void Release() noexcept {
    if (references_.Decrement()) delete this;
  }

 protected:
  virtual ~AsyncWaiter() { life_.DropWeakReference(); }

  // One wait more is in the CompletionQueue: the owner's executor is to Pop one. In the thread that ended
  // the wait, which holds no lock. The waiter that is popped need not be this one.
  virtual void OnEnded() = 0;

 private:
  friend CompletionQueue<Life, S>;
  template <class T>
  using Var = typename S::template Var<T>;

  static void Take(Waiter<S>& waiter, WaitOutcome) {
    auto& self = static_cast<AsyncWaiter&>(waiter);
    // Within the lock of the list: this is what makes the order of the queue that of the list, and what
    // makes a Cancel that came too late find the waiter in the queue.
    self.completions_.Push(self);
  }
  static void Complete(Waiter<S>& waiter, WaitOutcome) {
    auto& self = static_cast<AsyncWaiter&>(waiter);
    self.OnEnded();
    self.Release();
  }

  Life& life_;
  CompletionQueue<Life, S>& completions_;
  RefCount<S> references_;
  std::uint64_t key_ = 0;            // the owner's
  Var<bool> in_completions_{false};  // [completions_.mutex_], as the two below
  Var<AsyncWaiter*> earlier_{nullptr};
  Var<AsyncWaiter*> later_{nullptr};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_ASYNC_WAITER_H_
