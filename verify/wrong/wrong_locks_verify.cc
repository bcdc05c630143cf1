// Wrong locks over a waiter list: each must fail as predicted. The locks here are small ones with
// their mistakes built in by a parameter; their twins without a mistake must hold. Sources:
// README.md.
#include <cstddef>
#include <cstdint>

#include "sabre/sync/waiter_list.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;
using sabre::WaitOutcome;
using List = sabre::WaiterList<S>;

constexpr TimePoint kSoon{};
constexpr List::Key kKey = 9;

// ---- mutex

enum class Mistake {
  kNone,
  kMarkedOutsideTheLock,    // and not looked at again inside
  kNotMarked,               // the short unlock sees no waiter
  kUnlockRelaxed,           //
  kHandOverLeavesItFree,    // two have it
  kHandOverIsNotTold,       // the waiter tries to take what is its own
  kTimeoutIgnoresHandOver,  // nobody gives it back
  kWakeUpSwallowed,         // a woken waiter whose time is up goes without a try
  kNoHandOver,              // it may be passed over for ever
};

// The words are those of sabre::Mutex: owner << 1 | somebody may wait.
template <Mistake kMistake>
struct SmallMutex {
  struct Node : sabre::BlockingWaiter<S> {
    bool passed_over = false;
    S::Var<bool> handed_over{false};
  };
  List list;
  S::Atomic<std::uint32_t> cell{0};
  S::Var<int> data{0};
  int most_waits = 0;

  bool TryLock(std::uint32_t me) {
    std::uint32_t word = 0;
    do {
      if (cell.compare_exchange_strong(word, word | me << 1, S::kAcquire, S::kRelaxed)) return true;
    } while (word <= 1);
    return false;
  }
  bool MarkUnlessFree() {
    std::uint32_t word = cell.load(S::kRelaxed);
    while (word > 1) {
      if (kMistake == Mistake::kNotMarked) return true;
      if (cell.compare_exchange_strong(word, word | 1, S::kRelaxed, S::kRelaxed)) return true;
    }
    return false;
  }
  bool Lock(std::uint32_t me, TimePoint deadline) {
    bool passed_over = false;
    for (int waits = 0; !TryLock(me);) {
      Node node;
      node.passed_over = passed_over;
      node.Describe(me, S::Now());
      bool queued = true;
      if (kMistake == Mistake::kMarkedOutsideTheLock) {
        queued = MarkUnlessFree() && list.Enqueue(node, kKey, [] { return true; });
      } else if (passed_over) {
        queued = list.EnqueueFront(node, kKey, [this] { return MarkUnlessFree(); });
      } else {
        queued = list.Enqueue(node, kKey, [this] { return MarkUnlessFree(); });
      }
      if (!queued) continue;
      waits += 1;
      if (waits > most_waits) most_waits = waits;
      const WaitOutcome outcome = list.Await(node, deadline);
      if (outcome != WaitOutcome::kNotified) return false;
      if (node.handed_over.Get() && kMistake != Mistake::kHandOverIsNotTold) {
        return kMistake != Mistake::kTimeoutIgnoresHandOver || deadline == sabre::kNever;
      }
      if (kMistake == Mistake::kWakeUpSwallowed && deadline != sabre::kNever) return false;
      passed_over = true;
    }
    return true;
  }
  void Unlock(std::uint32_t me) {
    std::uint32_t word = me << 1;
    constexpr S::Order kOrder = kMistake == Mistake::kUnlockRelaxed ? S::kRelaxed : S::kRelease;
    if (cell.compare_exchange_strong(word, 0, kOrder, S::kRelaxed)) return;
    list.NotifyAndSettle(kKey, 1, [this](sabre::Waiter<S>* first, std::size_t, bool more) {
      std::uint32_t next = more ? 1 : 0;
      if (first != nullptr && kMistake != Mistake::kNoHandOver) {
        Node& node = static_cast<Node&>(*first);
        if (node.passed_over) {
          const auto owner = static_cast<std::uint32_t>(node.owner());
          if (kMistake != Mistake::kHandOverLeavesItFree) next |= owner << 1;
          node.handed_over.Set(true);
        }
      }
      cell.store(next, S::kRelease);
    });
  }
  void LockAndAdd(int id, TimePoint deadline = sabre::kNever) {
    const std::uint32_t me = static_cast<std::uint32_t>(id) + 1;
    if (!Lock(me, deadline)) return;
    data.Set(data.Get() + 1);
    Unlock(me);
  }
};

// Thread 0 takes the lock again and again; the others once, thread 1 with a deadline if it is
// timed.
template <class Derived, Mistake kMistake, int kThreads, bool kTimed = false>
struct Locks : Model<Derived, kThreads> {
  SmallMutex<kMistake> mutex;
  void Before() { SABRE_VERIFY(mutex.TryLock(1)); }
  void Thread(int id) {
    if (id != 0) return mutex.LockAndAdd(id, kTimed && id == 1 ? kSoon : sabre::kNever);
    mutex.Unlock(1);
    for (int i = 0; i < 3; ++i) mutex.LockAndAdd(0);
  }
  void After() { SABRE_VERIFY(mutex.most_waits <= 2); }
};
struct Right : Locks<Right, Mistake::kNone, 3> {};
struct RightTimed : Locks<RightTimed, Mistake::kNone, 3, true> {};
struct MarkedOutsideTheLock : Locks<MarkedOutsideTheLock, Mistake::kMarkedOutsideTheLock, 2> {};
struct NotMarked : Locks<NotMarked, Mistake::kNotMarked, 2> {};
struct UnlockRelaxed : Locks<UnlockRelaxed, Mistake::kUnlockRelaxed, 2> {};
struct HandOverLeavesItFree : Locks<HandOverLeavesItFree, Mistake::kHandOverLeavesItFree, 2> {};
struct HandOverIsNotTold : Locks<HandOverIsNotTold, Mistake::kHandOverIsNotTold, 2> {};
struct TimeoutIgnoresHandOver
    : Locks<TimeoutIgnoresHandOver, Mistake::kTimeoutIgnoresHandOver, 2, true> {};
struct WakeUpSwallowed : Locks<WakeUpSwallowed, Mistake::kWakeUpSwallowed, 3, true> {};
struct NoHandOver : Locks<NoHandOver, Mistake::kNoHandOver, 2> {};
// Who was passed over, and then queues at the back, is overtaken by one that came later.
template <class Derived, bool kFront>
struct PassedOver : Model<Derived, 2> {
  using Small = SmallMutex<Mistake::kNone>;
  Small mutex;
  Small::Node loser;
  Small::Node later;
  void Before() {
    SABRE_VERIFY(mutex.TryLock(1));
    loser.passed_over = true;
    loser.Describe(2, S::Now());
    later.Describe(3, S::Now());
  }
  void Thread(int id) {
    const auto mark = [this] { return mutex.MarkUnlessFree(); };
    if (id == 0) {
      mutex.list.Enqueue(later, kKey, mark);
    } else if (kFront) {
      mutex.list.EnqueueFront(loser, kKey, mark);
    } else {
      mutex.list.Enqueue(loser, kKey, mark);
    }
  }
  void After() {
    mutex.Unlock(1);
    SABRE_VERIFY(mutex.cell.load(S::kRelaxed) >> 1 == 2);
    mutex.list.CancelAll();
  }
};
struct BackToTheFront : PassedOver<BackToTheFront, true> {};
struct BackOfTheQueue : PassedOver<BackOfTheQueue, false> {};

// ---- condition

// It gives the lock up before it stands in the queue: a notification in between is lost. Or the
// notifier notifies before the change.
template <class Derived, bool kEnqueuesFirst, bool kNotifies>
struct Waits : Model<Derived, 2> {
  SmallMutex<Mistake::kNone> mutex;
  void Thread(int id) {
    if (id == 1) {
      mutex.LockAndAdd(1);
      if (kNotifies) mutex.list.Notify(kKey + 1, 1);
      return;
    }
    mutex.Lock(1, sabre::kNever);
    while (mutex.data.Get() == 0) {
      List::BlockingWaiter waiter;
      if (!kEnqueuesFirst) mutex.Unlock(1);
      mutex.list.Enqueue(waiter, kKey + 1, [] { return true; });
      if (kEnqueuesFirst) mutex.Unlock(1);
      mutex.list.Await(waiter, sabre::kNever);
      mutex.Lock(1, sabre::kNever);
    }
    mutex.Unlock(1);
  }
};
struct RightCondition : Waits<RightCondition, true, true> {};
struct UnlocksBeforeItQueues : Waits<UnlocksBeforeItQueues, false, true> {};
struct NotifyIsForgotten : Waits<NotifyIsForgotten, true, false> {};

// ---- semaphore

enum class Slip {
  kNone,
  kIntoTheCellOnly,       // who waits is not told
  kIntoBoth,              // the waiter has it and the cell too
  kTimeoutSwallows,       // a permit that came with the deadline is lost
  kCountedOutsideTheLock  // the cell was looked at before the queue
};

template <Slip kSlip>
struct SmallSemaphore {
  List list;
  S::Atomic<std::uint32_t> permits{0};

  bool TryAcquire() {
    std::uint32_t count = permits.load(S::kRelaxed);
    while (count != 0) {
      if (permits.compare_exchange_strong(count, count - 1, S::kAcquire, S::kRelaxed)) return true;
    }
    return false;
  }
  bool Acquire(TimePoint deadline) {
    if (TryAcquire()) return true;
    List::BlockingWaiter waiter;
    bool got = false;
    const bool queued = list.Enqueue(waiter, kKey, [&] {
      got = kSlip != Slip::kCountedOutsideTheLock && TryAcquire();
      return !got;
    });
    if (!queued) return got;
    const bool in_time = list.Await(waiter, deadline) == WaitOutcome::kNotified;
    return in_time && (kSlip != Slip::kTimeoutSwallows || deadline == sabre::kNever);
  }
  void Release() {
    if (kSlip == Slip::kIntoTheCellOnly) {
      permits.fetch_add(1, S::kRelease);
      return;
    }
    list.NotifyAndSettle(kKey, 1, [this](sabre::Waiter<S>*, std::size_t taken, bool) {
      if (taken == 0 || kSlip == Slip::kIntoBoth) permits.fetch_add(1, S::kRelease);
    });
  }
};

template <class Derived, Slip kSlip, bool kTimed>
struct Permits : Model<Derived, 2> {
  SmallSemaphore<kSlip> semaphore;
  bool got = false;
  void Thread(int id) {
    if (id == 0) {
      got = semaphore.Acquire(kTimed ? kSoon : sabre::kNever);
    } else {
      semaphore.Release();
    }
  }
  void After() { SABRE_VERIFY(semaphore.permits.load(S::kRelaxed) == (got ? 0u : 1u)); }
};
struct RightSemaphore : Permits<RightSemaphore, Slip::kNone, false> {};
struct RightTimedSemaphore : Permits<RightTimedSemaphore, Slip::kNone, true> {};
struct IntoTheCellOnly : Permits<IntoTheCellOnly, Slip::kIntoTheCellOnly, false> {};
struct IntoBoth : Permits<IntoBoth, Slip::kIntoBoth, false> {};
struct TimeoutSwallows : Permits<TimeoutSwallows, Slip::kTimeoutSwallows, true> {};
struct CountedOutsideTheLock : Permits<CountedOutsideTheLock, Slip::kCountedOutsideTheLock, false> {
};

const std::vector<Search> kRight = {Bound(2, 100'000), Random(20'000)};

// The text of a canary begins with that of its twin.
const Suite suite(
    "wrong: locks", {},
    {
        Claim<Right>("a mutex", {.searches = kRight}),
        Canary<MarkedOutsideTheLock>(FailureKind::kDeadlock,
                                     "a mutex: marked outside the list's lock"),
        Canary<NotMarked>(FailureKind::kDeadlock, "a mutex: a waiter leaves no mark"),
        Canary<UnlockRelaxed>(FailureKind::kDataRace, "a mutex: the unlock is relaxed"),
        Canary<HandOverLeavesItFree>(FailureKind::kDataRace, "a mutex: handed over and left free"),
        Canary<HandOverIsNotTold>(FailureKind::kDeadlock, "a mutex: its new owner does not know"),
        Canary<NoHandOver>(FailureKind::kAssertion, "a mutex: never handed over"),
        Claim<RightTimed>("a mutex with deadlines", {.searches = kRight}),
        Canary<TimeoutIgnoresHandOver>(FailureKind::kDeadlock,
                                       "a mutex with deadlines: a timeout ignores the hand-over"),
        Canary<WakeUpSwallowed>(FailureKind::kDeadlock,
                                "a mutex with deadlines: a woken waiter goes without a try"),
        Claim<BackToTheFront>("who was passed over", {.searches = kRight}),
        Canary<BackOfTheQueue>(FailureKind::kAssertion, "who was passed over: loses its place"),
        Claim<RightCondition>("a condition", {.searches = kRight}),
        Canary<UnlocksBeforeItQueues>(FailureKind::kDeadlock,
                                      "a condition: unlocked before it is queued"),
        Canary<NotifyIsForgotten>(FailureKind::kDeadlock,
                                  "a condition: a change nobody is told of"),
        Claim<RightSemaphore>("a semaphore", {.searches = kRight}),
        Canary<IntoTheCellOnly>(FailureKind::kDeadlock,
                                "a semaphore: a permit goes past who waits"),
        Canary<IntoBoth>(FailureKind::kAssertion, "a semaphore: a permit is given twice"),
        Canary<CountedOutsideTheLock>(FailureKind::kDeadlock,
                                      "a semaphore: permits counted outside the lock"),
        Claim<RightTimedSemaphore>("a semaphore with deadlines", {.searches = kRight}),
        Canary<TimeoutSwallows>(FailureKind::kAssertion,
                                "a semaphore with deadlines: a timeout swallows a permit"),
    });

}  // namespace
