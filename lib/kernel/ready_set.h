// lib/kernel/ready_set.h: which of many sources have something, and a thread that waits for any of them.
#ifndef SABRE_LIB_KERNEL_READY_SET_H_
#define SABRE_LIB_KERNEL_READY_SET_H_

#include <cstdint>
#include <mutex>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// ReadySet
//
// A list of the members that are ready, in the order in which they became so. Nobody looks at a member
// that is not: a wait costs the same with one and with a thousand.
//
//   member     | meaning                                        | left by
//   kIdle      | the owner's                                    | Expect → kExpected,
//              |                                                | Append → kReady
//   kExpected  | its source will Mark it, once, unless it is    | Mark → kReady, Withdraw → kIdle,
//              | taken back from the source                     | Remove → kAbandoned
//   kReady     | in the list                                    | Take → kIdle, Remove → kIdle
//   kAbandoned | removed, with a Mark on its way                | that Mark, which says so
//
//   waiter | meaning                                            | left by
//   none   | the owner is elsewhere                             | Wait of an empty list → asleep
//   asleep | the owner waits, or is about to                    | Mark, Interrupt, the deadline → none
//
// Thread-safety: Mark and Interrupt from any thread; the others from the owner's. Lock: one, never held
//   while a thread is woken. The set outlives every Mark and Interrupt.
// Memory ordering: everything before a Mark happens before the return of the Take of its member, and of
//   the Mark that says kAbandoned everything before the Remove.
template <BlockingPolicy S = StdSync>
class ReadySet {
 public:
  class Member {
   public:
    Member() = default;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

   private:
    friend class ReadySet;
    enum State : std::uint8_t { kIdle, kExpected, kReady, kAbandoned };

    typename S::template Var<State> state_{kIdle};  // [mutex_ of the set], as the two below
    typename S::template Var<Member*> earlier_{nullptr};
    typename S::template Var<Member*> later_{nullptr};
  };

  enum class MarkResult : std::uint8_t {
    kMarked,
    kAbandoned,  // the owner has let go of the member: it is the caller's, to destroy
  };
  enum class RemoveResult : std::uint8_t {
    kRemoved,    // nobody else knows the member any more
    kAbandoned,  // the Mark that is on its way gets it
  };
  enum class WaitResult : std::uint8_t { kReady, kTimedOut, kInterrupted };

  // Before the source is asked: from now on it may Mark the idle `member`.
  void Expect(Member& member) { member.state_.Set(Member::kExpected); }
  // The source has been asked in vain, or taken back its promise: it will not Mark `member`.
  void Withdraw(Member& member) { member.state_.Set(Member::kIdle); }

  // The idle `member` is ready, as the owner knows himself.
  void Append(Member& member) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    PushBack(member);
  }

  // The expected `member` is ready.
  [[nodiscard]] MarkResult Mark(Member& member) {
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (member.state_.Get() == Member::kAbandoned) return MarkResult::kAbandoned;
      PushBack(member);
      if (!TakeWaiter()) return MarkResult::kMarked;
    }
    bell_.Unpark();
    return MarkResult::kMarked;
  }

  // Takes the member out that became ready first. Null: there is none.
  Member* Take() {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    Member* const first = first_.Get();
    if (first != nullptr) Erase(*first);
    return first;
  }

  // The owner forgets `member`, which is in any state but kAbandoned.
  [[nodiscard]] RemoveResult Remove(Member& member) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (member.state_.Get() == Member::kExpected) {
      member.state_.Set(Member::kAbandoned);
      return RemoveResult::kAbandoned;
    }
    if (member.state_.Get() == Member::kReady) Erase(member);
    return RemoveResult::kRemoved;
  }

  // Sleeps until a member is ready, until `deadline`, or until an Interrupt. One that came while nobody
  // slept ends the next Wait of an empty list.
  WaitResult Wait(TimePoint deadline) {
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (first_.Get() != nullptr) return WaitResult::kReady;
      if (interrupted_.Take()) return WaitResult::kInterrupted;
      asleep_.Set(true);
    }
    // Who takes the waiter gives its token, and must have done so before this call returns: a later Wait
    // would end by it for nothing.
    if (!bell_.Park(deadline) && !GiveUp()) bell_.Park(kNever);
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (first_.Get() != nullptr) return WaitResult::kReady;
    return interrupted_.Take() ? WaitResult::kInterrupted : WaitResult::kTimedOut;
  }

  // Ends a Wait: the one that sleeps, or the next.
  void Interrupt() {
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      interrupted_.Set(true);
      if (!TakeWaiter()) return;
    }
    bell_.Unpark();
  }

 private:
  template <class T>
  using Var = typename S::template Var<T>;

  bool TakeWaiter() { return asleep_.Take(); }
  bool GiveUp() {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return TakeWaiter();
  }

  void PushBack(Member& member) {
    Member* const last = last_.Get();
    member.state_.Set(Member::kReady);
    member.earlier_.Set(last);
    (last != nullptr ? last->later_ : first_).Set(&member);
    last_.Set(&member);
  }

  void Erase(Member& member) {
    Member* const earlier = member.earlier_.Take();
    Member* const later = member.later_.Take();
    member.state_.Set(Member::kIdle);
    (earlier != nullptr ? earlier->later_ : first_).Set(later);
    (later != nullptr ? later->earlier_ : last_).Set(earlier);
  }

  typename S::Mutex mutex_;
  Var<Member*> first_{nullptr};   // [mutex_]
  Var<Member*> last_{nullptr};    // [mutex_]
  Var<bool> asleep_{false};       // [mutex_]
  Var<bool> interrupted_{false};  // [mutex_]
  typename S::Parker bell_;       // the waiter's
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_READY_SET_H_
