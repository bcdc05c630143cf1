// Wrong ways to wait, as they are found in the wild: each must fail, and in the way that is predicted.
// They show that the checker and the claims can see these mistakes. The waiter list here is a small one
// with its mistakes built in by a parameter; without a mistake it holds.
#include <mutex>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;

constexpr TimePoint kSoon{};

enum class Mistake {
  kNone,
  kValueCheckedOutsideTheLock,
  kTimedOutStaysLinked,
  kWakeBeforeOutcome,
  kMissingUnlock,
  kWakesWithoutTaking,  // the waiter stays linked
  kNoNotify,
  kTimeoutSwallowsNotify,
};

// One cell, a stack of waiters.
template <Mistake kMistake>
class SmallWaiterList {
 public:
  enum class Outcome { kNotified, kNotEqual, kTimedOut };

  Outcome Wait(TimePoint deadline) {
    Node node;
    if (kMistake == Mistake::kValueCheckedOutsideTheLock) {
      if (cell_.load(S::kSeqCst) != 0) return Outcome::kNotEqual;
      mutex_.lock();
    } else {
      mutex_.lock();
      if (cell_.load(S::kSeqCst) != 0) {
        if (kMistake != Mistake::kMissingUnlock) mutex_.unlock();
        return Outcome::kNotEqual;
      }
    }
    node.next.Set(first_.Get());
    first_.Set(&node);
    mutex_.unlock();
    if (node.parker.Park(deadline)) return node.outcome.Get();
    if (kMistake == Mistake::kTimedOutStaysLinked) return Outcome::kTimedOut;
    if (Unlink(node) || kMistake == Mistake::kTimeoutSwallowsNotify) {
      if (kMistake == Mistake::kTimeoutSwallowsNotify) node.parker.Park(kSoon);
      return Outcome::kTimedOut;
    }
    node.parker.Park(sabre::kNever);
    return node.outcome.Get();
  }

  int StoreAndNotify() {
    cell_.store(1, S::kSeqCst);
    if (kMistake == Mistake::kNoNotify) return 0;
    mutex_.lock();
    Node* const node = first_.Get();
    if (node != nullptr && kMistake != Mistake::kWakesWithoutTaking) first_.Set(node->next.Get());
    mutex_.unlock();
    if (node == nullptr) return 0;
    if (kMistake == Mistake::kWakeBeforeOutcome) {
      node->parker.Unpark();
      node->outcome.Set(Outcome::kNotified);
    } else {
      node->outcome.Set(Outcome::kNotified);
      node->parker.Unpark();
    }
    return 1;
  }

 private:
  struct Node {
    S::Var<Node*> next{nullptr};
    S::Var<Outcome> outcome{Outcome::kTimedOut};
    S::Parker parker;
  };

  bool Unlink(Node& node) {
    std::lock_guard<S::Mutex> lock(mutex_);
    if (first_.Get() != &node) return false;
    first_.Set(node.next.Get());
    return true;
  }

  S::Atomic<int> cell_{0};
  S::Mutex mutex_;
  S::Var<Node*> first_{nullptr};
};

template <class Derived, Mistake kMistake, bool kTimed, int kNotifies = 1>
struct Waits : Model<Derived, 2> {
  using List = SmallWaiterList<kMistake>;
  List list;
  typename List::Outcome outcome = List::Outcome::kNotEqual;
  int told = 0;
  void Thread(int id) {
    if (id == 0) {
      outcome = list.Wait(kTimed ? kSoon : sabre::kNever);
    } else {
      for (int i = 0; i < kNotifies; ++i) told += list.StoreAndNotify();
    }
  }
  void After() { SABRE_VERIFY(told == (outcome == List::Outcome::kNotified ? 1 : 0)); }
};
struct RightForEver : Waits<RightForEver, Mistake::kNone, false> {};
struct RightTimed : Waits<RightTimed, Mistake::kNone, true, 2> {};
struct ValueCheckedOutsideTheLock
    : Waits<ValueCheckedOutsideTheLock, Mistake::kValueCheckedOutsideTheLock, false> {};
struct TimedOutStaysLinked : Waits<TimedOutStaysLinked, Mistake::kTimedOutStaysLinked, true> {};
struct WakeBeforeOutcome : Waits<WakeBeforeOutcome, Mistake::kWakeBeforeOutcome, false> {};
struct MissingUnlock : Waits<MissingUnlock, Mistake::kMissingUnlock, false, 2> {};
struct WakesWithoutTaking : Waits<WakesWithoutTaking, Mistake::kWakesWithoutTaking, false, 2> {};
struct StoreWithoutNotify : Waits<StoreWithoutNotify, Mistake::kNoNotify, false> {};
struct TimeoutSwallowsNotify : Waits<TimeoutSwallowsNotify, Mistake::kTimeoutSwallowsNotify, true> {
};

// An event count whose waiter does not look again after it has announced itself.
struct EventCountWithoutSecondLook : Model<EventCountWithoutSecondLook, 2> {
  S::Atomic<int> condition{0};
  S::Atomic<int> waiting{0};
  S::Parker parker;
  void Thread(int id) {
    if (id == 0) {
      if (condition.load(S::kSeqCst) != 0) return;
      waiting.store(1, S::kSeqCst);
      parker.Park(sabre::kNever);
    } else {
      condition.store(1, S::kSeqCst);
      if (waiting.load(S::kSeqCst) != 0) parker.Unpark();
    }
  }
};

// `if` around a condition variable: a second consumer takes the item first.
template <class Derived, bool kLoop>
struct ConditionVariable : Model<Derived, 3> {
  S::Mutex mutex;
  S::CondVar changed;
  S::Var<int> items{0};
  void Thread(int id) {
    std::lock_guard<S::Mutex> lock(mutex);
    if (id == 2) {
      items.Set(2);
      changed.NotifyAll();
      return;
    }
    if (kLoop) {
      while (items.Get() == 0) changed.Wait(mutex);
    } else if (items.Get() == 0) {
      changed.Wait(mutex);
    }
    SABRE_VERIFY(items.Get() > 0);
    items.Set(items.Get() - 1);
  }
};
struct ConditionVariableWithIf : ConditionVariable<ConditionVariableWithIf, false> {};
struct ConditionVariableWithWhile : ConditionVariable<ConditionVariableWithWhile, true> {};

// Two locks in two orders.
struct TwoLocksTwoOrders : Model<TwoLocksTwoOrders, 2> {
  S::Mutex a;
  S::Mutex b;
  void Thread(int id) {
    std::lock_guard<S::Mutex> first(id == 0 ? a : b);
    std::lock_guard<S::Mutex> second(id == 0 ? b : a);
  }
};

// A lock that nobody holds is unlocked.
struct UnlockWithoutLock : Model<UnlockWithoutLock, 2> {
  S::Mutex mutex;
  void Thread(int id) {
    if (id == 0) mutex.lock();
    mutex.unlock();
  }
};

// Its flag is never set: the spin has no end.
struct SpinForEver : Model<SpinForEver, 2> {
  S::Atomic<int> flag{0};
  void Thread(int id) {
    if (id != 0) return;
    while (flag.load(S::kAcquire) == 0) S::SpinHint();
  }
};

// What a wait that ended by itself, or a lock that was refused, does not order.
template <class Derived, bool kTakesToken>
struct ParkedData : Model<Derived, 2> {
  S::Parker parker;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      parker.Unpark();
    } else if (parker.Park(kTakesToken ? sabre::kNever : kSoon) || !kTakesToken) {
      SABRE_VERIFY(data.Get() == 7);
    }
  }
};
struct TokenCarriesData : ParkedData<TokenCarriesData, true> {};
struct TimeoutCarriesNothing : ParkedData<TimeoutCarriesNothing, false> {};
struct FailedTryLockCarriesNothing : Model<FailedTryLockCarriesNothing, 2> {
  S::Mutex mutex;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      std::lock_guard<S::Mutex> lock(mutex);
    } else if (!mutex.try_lock()) {
      static_cast<void>(data.Get());
    } else {
      mutex.unlock();
    }
  }
};

// About the suite itself: an outcome that is declared and cannot come.
struct NeverTimesOut : Model<NeverTimesOut, 2> {
  S::Parker parker;
  void Thread(int id) {
    if (id == 0) {
      if (!parker.Park(sabre::kNever)) Reached("timed out");
    } else {
      parker.Unpark();
    }
  }
};

const Suite suite(
    "wrong: waiting", {},
    {
        Claim<RightForEver>("(right) a small waiter list", {.searches = {Full(), Random(20'000)}}),
        Claim<RightTimed>("(right) the same with a deadline",
                          {.searches = {Full(300'000), Random(20'000)}}),
        Canary<ValueCheckedOutsideTheLock>(FailureKind::kDeadlock,
                                           "the value is checked outside the lock"),
        Canary<TimedOutStaysLinked>(FailureKind::kUseAfterFree, "a timed-out waiter stays linked"),
        Canary<WakeBeforeOutcome>(FailureKind::kDataRace,
                                  "the waiter is woken before its outcome is set"),
        Canary<MissingUnlock>(FailureKind::kDeadlock, "an early return does not unlock"),
        Canary<WakesWithoutTaking>(FailureKind::kAssertion, "a notifier wakes and does not unlink"),
        Canary<StoreWithoutNotify>(FailureKind::kDeadlock, "the store is not followed by a notify"),
        Canary<TimeoutSwallowsNotify>(FailureKind::kAssertion,
                                      "a timeout ignores that it was notified"),
        Canary<EventCountWithoutSecondLook>(FailureKind::kDeadlock, "announce, no second look"),
        Claim<ConditionVariableWithWhile>("(right) a condition variable with while",
                                          {.searches = {Bound(3), Random(20'000)}}),
        Canary<ConditionVariableWithIf>(FailureKind::kAssertion, "a condition variable with if"),
        Canary<TwoLocksTwoOrders>(FailureKind::kDeadlock, "two locks in two orders"),
        Canary<UnlockWithoutLock>(FailureKind::kMutexMisuse, "an unlock without a lock"),
        Claim<TokenCarriesData>("(right) a token that was taken", {.searches = {Full()}}),
        Canary<TimeoutCarriesNothing>(FailureKind::kDataRace, "data read after a timeout"),
        Canary<FailedTryLockCarriesNothing>(FailureKind::kDataRace,
                                            "data read after a refused lock"),
        Canary<SpinForEver>(FailureKind::kLivelock, "a spin that nobody ends"),
        Canary<NeverTimesOut>(FailureKind::kMissedOutcome, "a declared outcome that cannot come",
                              {.reaches = {"timed out"}}),
    });

}  // namespace
