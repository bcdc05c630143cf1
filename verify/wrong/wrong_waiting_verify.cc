// Wrong ways to wait, as books, papers and bug trackers tell of them: each must fail as predicted,
// and its twin without the mistake must hold. Sources: README.md. The waiter list of the first part
// is a small one; that of the last part is the real one, with a waiter as lib/kernel/async_waiter.h
// has it.
#include <memory>
#include <mutex>

#include "lib/kernel/ref_count.h"
#include "lib/kernel/waited_life.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;
using sabre::WaitOutcome;

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
struct RightTimed : Waits<RightTimed, Mistake::kNone, true> {};
struct RightTwice : Waits<RightTwice, Mistake::kNone, false, 2> {};
struct ValueCheckedOutsideTheLock
    : Waits<ValueCheckedOutsideTheLock, Mistake::kValueCheckedOutsideTheLock, false> {};
struct TimedOutStaysLinked : Waits<TimedOutStaysLinked, Mistake::kTimedOutStaysLinked, true> {};
struct WakeBeforeOutcome : Waits<WakeBeforeOutcome, Mistake::kWakeBeforeOutcome, false> {};
struct MissingUnlock : Waits<MissingUnlock, Mistake::kMissingUnlock, false, 2> {};
struct WakesWithoutTaking : Waits<WakesWithoutTaking, Mistake::kWakesWithoutTaking, false, 2> {};
struct StoreWithoutNotify : Waits<StoreWithoutNotify, Mistake::kNoNotify, false> {};
struct TimeoutSwallowsNotify : Waits<TimeoutSwallowsNotify, Mistake::kTimeoutSwallowsNotify, true> {
};

// An event count: announce, look again, sleep. Who changes the condition looks for an announcement.
template <class Derived, bool kLooksAgain, Order kStore, Order kLoad>
struct SmallEventCount : Model<Derived, 2> {
  S::Atomic<bool> condition{false};
  S::Atomic<bool> announced{false};
  S::Parker parker;
  void Thread(int id) {
    if (id == 1) {
      condition.store(true, kStore);
      if (announced.load(kLoad)) parker.Unpark();
      return;
    }
    if (condition.load(kLoad)) return;
    announced.store(true, kStore);
    if (kLooksAgain && condition.load(kLoad)) return;
    parker.Park(sabre::kNever);
  }
};
struct EventCountRight : SmallEventCount<EventCountRight, true, S::kSeqCst, S::kSeqCst> {};
struct NoSecondLook : SmallEventCount<NoSecondLook, false, S::kSeqCst, S::kSeqCst> {};
struct EventCountAcquireRelease
    : SmallEventCount<EventCountAcquireRelease, true, S::kRelease, S::kAcquire> {};

// The same around a value that its owner may store relaxed: only fences on both sides order it.
template <class Derived, bool kNotifierFences>
struct SmallFutex : Model<Derived, 2> {
  S::Atomic<int> value{0};
  S::Atomic<int> waiting{0};
  S::Parker parker;
  void Thread(int id) {
    if (id == 1) {
      value.store(1, S::kRelaxed);
      if (kNotifierFences) S::Fence();
      if (waiting.load(S::kRelaxed) != 0) parker.Unpark();
      return;
    }
    waiting.fetch_add(1, S::kRelaxed);
    S::Fence();
    if (value.load(S::kRelaxed) != 0) return;
    parker.Park(sabre::kNever);
  }
};
struct FutexFences : SmallFutex<FutexFences, true> {};
struct NotifierDoesNotFence : SmallFutex<NotifierDoesNotFence, false> {};

// Around a condition variable.
enum class Loop { kWhile, kIf, kLooksOutsideTheLock };

template <class Derived, Loop kLoop>
struct Consumers : Model<Derived, 3> {
  S::Mutex mutex;
  S::CondVar changed;
  S::Atomic<int> items{0};
  void Thread(int id) {
    if (id == 2) {
      for (int i = 0; i < 2; ++i) {
        mutex.lock();
        items.fetch_add(1, S::kRelaxed);
        mutex.unlock();
        changed.NotifyAll();
      }
      return;
    }
    // With an `if`, the other consumer may have taken the item first. Outside the lock, the wake-up
    // may come between the look and the sleep.
    if (kLoop == Loop::kLooksOutsideTheLock) {
      while (items.load(S::kRelaxed) == 0) {
        mutex.lock();
        changed.Wait(mutex);
        mutex.unlock();
      }
    }
    mutex.lock();
    if (kLoop == Loop::kWhile) {
      while (items.load(S::kRelaxed) == 0) changed.Wait(mutex);
    } else if (items.load(S::kRelaxed) == 0) {
      changed.Wait(mutex);
    }
    SABRE_VERIFY(items.load(S::kRelaxed) > 0);
    items.fetch_sub(1, S::kRelaxed);
    mutex.unlock();
  }
};
struct LooksInALoop : Consumers<LooksInALoop, Loop::kWhile> {};
struct LooksOnce : Consumers<LooksOnce, Loop::kIf> {};
struct LooksOutsideTheLock : Consumers<LooksOutsideTheLock, Loop::kLooksOutsideTheLock> {};

// A buffer of one slot; those who wait for a slot and those who wait for an item share a condition.
// To notify one may wake one of the wrong kind.
template <class Derived, bool kNotifiesAll>
struct OneCondition : Model<Derived, 4> {
  S::Mutex mutex;
  S::CondVar changed;
  S::Var<bool> full{false};
  void Thread(int id) {
    const bool producer = id >= 2;
    std::lock_guard<S::Mutex> lock(mutex);
    while (full.Get() == producer) changed.Wait(mutex);
    full.Set(producer);
    if (kNotifiesAll) {
      changed.NotifyAll();
    } else {
      changed.NotifyOne();
    }
  }
};
struct NotifiesAll : OneCondition<NotifiesAll, true> {};
struct NotifiesOne : OneCondition<NotifiesOne, false> {};

// A spin for a flag.
template <class Derived, bool kSets>
struct Spin : Model<Derived, 2> {
  S::Atomic<bool> flag{false};
  void Thread(int id) {
    if (id == 1) return flag.store(kSets, S::kRelease);
    while (!flag.load(S::kAcquire)) S::SpinHint();
  }
};
struct SpinThatEnds : Spin<SpinThatEnds, true> {};
struct SpinForEver : Spin<SpinForEver, false> {};

// What a wait that ended by itself does not order.
template <class Derived, bool kReadsAfterTimeout>
struct ParkedData : Model<Derived, 2> {
  S::Parker parker;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      parker.Unpark();
    } else if (parker.Park(kSoon) || kReadsAfterTimeout) {
      SABRE_VERIFY(data.Get() == 7);
    }
  }
};
struct TokenCarriesData : ParkedData<TokenCarriesData, false> {};
struct TimeoutCarriesNothing : ParkedData<TimeoutCarriesNothing, true> {};

// About the suite itself: an outcome that is declared and cannot come.
template <class Derived, bool kTimed>
struct Declared : Model<Derived, 2> {
  S::Parker parker;
  void Thread(int id) {
    if (id == 1) return parker.Unpark();
    if (!parker.Park(kTimed ? kSoon : sabre::kNever)) Reached("timed out");
  }
};
struct TimesOut : Declared<TimesOut, true> {};
struct NeverTimesOut : Declared<NeverTimesOut, false> {};

const std::vector<Search> kFull = {Full(300'000), Random(20'000)};

// The text of a canary begins with that of its twin.
const Suite suite(
    "wrong: waiting", {},
    {
        Claim<RightForEver>("a waiter list", {.searches = kFull}),
        Canary<ValueCheckedOutsideTheLock>(FailureKind::kDeadlock,
                                           "a waiter list: the value is checked outside the lock"),
        Canary<WakeBeforeOutcome>(FailureKind::kDataRace,
                                  "a waiter list: woken before the outcome is set"),
        Canary<StoreWithoutNotify>(FailureKind::kDeadlock, "a waiter list: store without notify"),
        Claim<RightTwice>("a waiter list, notified twice", {.searches = kFull}),
        Canary<MissingUnlock>(FailureKind::kDeadlock,
                              "a waiter list, notified twice: an early return does not unlock"),
        Canary<WakesWithoutTaking>(FailureKind::kAssertion,
                                   "a waiter list, notified twice: a notifier does not unlink"),
        Claim<RightTimed>("a waiter list with deadlines", {.searches = kFull}),
        Canary<TimedOutStaysLinked>(FailureKind::kUseAfterFree,
                                    "a waiter list with deadlines: the timed-out stays linked"),
        Canary<TimeoutSwallowsNotify>(FailureKind::kAssertion,
                                      "a waiter list with deadlines: a timeout swallows a notify"),
        Claim<EventCountRight>("an event count", {.searches = kFull}),
        Canary<NoSecondLook>(FailureKind::kDeadlock, "an event count: no second look"),
        Canary<EventCountAcquireRelease>(FailureKind::kDeadlock,
                                         "an event count: release, acquire"),
        Claim<FutexFences>("a futex", {.searches = kFull}),
        Canary<NotifierDoesNotFence>(FailureKind::kDeadlock, "a futex: the notifier has no fence"),
        Claim<LooksInALoop>("a condition variable", {.searches = {Bound(2), Random(20'000)}}),
        Canary<LooksOnce>(FailureKind::kAssertion, "a condition variable: if, not while"),
        Canary<LooksOutsideTheLock>(FailureKind::kDeadlock,
                                    "a condition variable: a look outside the lock"),
        Claim<NotifiesAll>("one condition for two kinds of waiters",
                           {.searches = {Bound(1, 100'000), Random(20'000)}}),
        Canary<NotifiesOne>(FailureKind::kDeadlock,
                            "one condition for two kinds of waiters: notify one"),
        Claim<TokenCarriesData>("a park with a deadline", {.searches = {Full()}}),
        Canary<TimeoutCarriesNothing>(FailureKind::kDataRace,
                                      "a park with a deadline: data read after a timeout"),
        Claim<SpinThatEnds>("a spin", {.searches = {Bound(2)}}),
        Canary<SpinForEver>(FailureKind::kLivelock, "a spin: nobody ends it"),
        Claim<TimesOut>("an outcome", {.searches = {Full()}, .reaches = {"timed out"}}),
        Canary<NeverTimesOut>(FailureKind::kMissedOutcome, "an outcome: it cannot come",
                              {.reaches = {"timed out"}}),
    });

// ---- asynchronous waits

enum class AsyncMistake {
  kNone,
  kFreedWhileQueued,      // the timer frees the wait and leaves it in the list
  kTimeoutCompletesToo,   // the timer does not ask whether it was the one that ended the wait
  kNoReferenceOfTheList,  // the owner frees the wait while its notifier still tells of it
  kNoWeakReference,       // the list ends with the last handle, and the timer looks at it
  kHeardOfOutsideTheLock,  // the completion is queued by whoever comes first, not in the list's order
  kLeftInCompletions,      // the executor ends, and the wait stays in the queue of completions
  kNeverReleased,          // the notifier keeps its reference
};

struct Block final : sabre::kernel::WaitedLife<Block, S> {
  void End() noexcept {}
};

struct Wait;

struct Completions {
  S::Mutex mutex;
  S::Var<Wait*> first{nullptr};
  S::Var<Wait*> last{nullptr};
  void Push(Wait& wait);
  Wait* Pop();
  S::Parker mail;
};

struct Wait : sabre::Waiter<S> {
  Wait(AsyncMistake made, Block& in, Completions& to)
      : sabre::Waiter<S>(&Wait::Complete, &Wait::Take), mistake(made), block(in), completions(to) {
    if (mistake != AsyncMistake::kNoWeakReference) block.AddWeakReference();
    if (mistake != AsyncMistake::kNoReferenceOfTheList) references.Increment();
    SABRE_VERIFY(block.waiters().Enqueue(*this, 8, [] { return true; }));
  }
  ~Wait() {
    if (mistake != AsyncMistake::kNoWeakReference) block.DropWeakReference();
  }
  static void Take(sabre::Waiter<S>& waiter, WaitOutcome how) {
    auto& self = static_cast<Wait&>(waiter);
    self.outcome.Set(how);
    if (self.mistake != AsyncMistake::kHeardOfOutsideTheLock) self.completions.Push(self);
  }
  static void Complete(sabre::Waiter<S>& waiter, WaitOutcome) {
    auto& self = static_cast<Wait&>(waiter);
    if (self.mistake == AsyncMistake::kHeardOfOutsideTheLock) self.completions.Push(self);
    self.completions.mail.Unpark();
    if (self.mistake == AsyncMistake::kNoReferenceOfTheList) {
      self.told.Set(true);
    } else if (self.mistake != AsyncMistake::kNeverReleased) {
      self.Release();
    }
  }
  bool Cancel(WaitOutcome how) { return block.waiters().Cancel(*this, how); }
  void Release() {
    if (references.Decrement()) delete this;
  }

  const AsyncMistake mistake;
  Block& block;
  Completions& completions;
  sabre::kernel::RefCount<S> references;
  S::Var<WaitOutcome> outcome{WaitOutcome::kNotEqual};
  S::Var<bool> told{false};
  S::Var<Wait*> next{nullptr};
};

void Completions::Push(Wait& wait) {
  std::lock_guard<S::Mutex> lock(mutex);
  (last.Get() != nullptr ? last.Get()->next : first).Set(&wait);
  last.Set(&wait);
}
Wait* Completions::Pop() {
  std::lock_guard<S::Mutex> lock(mutex);
  Wait* const wait = first.Get();
  if (wait == nullptr) return nullptr;
  first.Set(wait->next.Get());
  if (first.Get() == nullptr) last.Set(nullptr);
  return wait;
}

// The timer against Notify.
template <class Derived, AsyncMistake kMistake>
struct Timeout : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* wait = new Wait(kMistake, *block, completions);
  int heard = 0;
  void Thread(int id) {
    if (id == 1) {
      block->waiters().Notify(8, 1);
      return;
    }
    if (kMistake == AsyncMistake::kFreedWhileQueued) {
      delete wait;
      return;
    }
    const bool mine = wait->Cancel(WaitOutcome::kTimedOut);
    if (kMistake == AsyncMistake::kTimeoutCompletesToo && !mine) heard += 1;
    completions.mail.Park(sabre::kNever);
    while (Wait* const ended = completions.Pop()) {
      heard += 1;
      ended->Release();
    }
  }
  void After() {
    SABRE_VERIFY(heard == 1);
    block->DropReference();
  }
};
struct TimeoutRight : Timeout<TimeoutRight, AsyncMistake::kNone> {};
struct FreedWhileQueued : Timeout<FreedWhileQueued, AsyncMistake::kFreedWhileQueued> {};
struct TimeoutCompletesToo : Timeout<TimeoutCompletesToo, AsyncMistake::kTimeoutCompletesToo> {};
struct NoReferenceOfTheList : Timeout<NoReferenceOfTheList, AsyncMistake::kNoReferenceOfTheList> {};
struct NeverReleased : Timeout<NeverReleased, AsyncMistake::kNeverReleased> {};

// Two wait, one is notified and the first is dropped: if the notification was for the first, it
// must go on to the second.
template <class Derived, bool kPassesOn>
struct Dropped : Model<Derived, 2> {
  sabre::WaiterList<S> list;
  sabre::BlockingWaiter<S> dropped;
  sabre::BlockingWaiter<S> other;
  void Before() {
    list.Enqueue(dropped, 8, [] { return true; });
    list.Enqueue(other, 8, [] { return true; });
  }
  void Thread(int id) {
    if (id == 1) {
      list.Notify(8, 1);
      list.Await(other, sabre::kNever);
    } else if (list.Await(dropped, kSoon) == WaitOutcome::kNotified && kPassesOn) {
      list.Notify(8, 1);
    }
  }
};
struct SwallowRight : Dropped<SwallowRight, true> {};
struct DroppedSwallowsNotify : Dropped<DroppedSwallowsNotify, false> {};

// The timer against the end of the block.
template <class Derived, AsyncMistake kMistake>
struct End : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* wait = new Wait(kMistake, *block, completions);
  void Thread(int id) {
    if (id == 1) return block->DropReference();
    wait->Cancel(WaitOutcome::kTimedOut);
    completions.mail.Park(sabre::kNever);
    SABRE_VERIFY(completions.Pop() == wait);
    wait->Release();
  }
};
struct EndRight : End<EndRight, AsyncMistake::kNone> {};
struct NoWeakReference : End<NoWeakReference, AsyncMistake::kNoWeakReference> {};

// Two notifiers, two waits.
template <class Derived, AsyncMistake kMistake>
struct ListOrder : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* waits[2] = {new Wait(kMistake, *block, completions),
                    new Wait(kMistake, *block, completions)};
  void Thread(int) { block->waiters().Notify(8, 1); }
  void After() {
    for (Wait* const wait : waits) {
      SABRE_VERIFY(completions.Pop() == wait);
      wait->Release();
    }
    block->DropReference();
  }
};
struct OrderRight : ListOrder<OrderRight, AsyncMistake::kNone> {};
struct HeardOfOutsideTheLock
    : ListOrder<HeardOfOutsideTheLock, AsyncMistake::kHeardOfOutsideTheLock> {};

// The executor ends and takes its wait back; another of its thread looks for completions later.
template <class Derived, AsyncMistake kMistake>
struct ExecutorEnd : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* wait = new Wait(kMistake, *block, completions);
  void Thread(int id) {
    if (id == 1) {
      block->waiters().Notify(8, 1);
      return;
    }
    wait->Cancel(WaitOutcome::kCancelled);
    if (kMistake != AsyncMistake::kLeftInCompletions) SABRE_VERIFY(completions.Pop() == wait);
    wait->Release();
  }
  void After() {
    if (Wait* const left = completions.Pop())
      SABRE_VERIFY(left->outcome.Get() != WaitOutcome::kNotEqual);
    block->DropReference();
  }
};
struct ExecutorEndRight : ExecutorEnd<ExecutorEndRight, AsyncMistake::kNone> {};
struct LeftInCompletions : ExecutorEnd<LeftInCompletions, AsyncMistake::kLeftInCompletions> {};

// Who ends a condition must know that nobody sleeps on it.
template <class Derived, bool kWaits>
struct ConditionEnd : Model<Derived, 2> {
  S::Mutex mutex;
  std::unique_ptr<S::CondVar> condition = std::make_unique<S::CondVar>();
  bool left = false;
  S::CondVar gone;
  void Thread(int id) {
    const std::lock_guard<S::Mutex> lock(mutex);
    if (id == 0) {
      if (condition != nullptr) condition->WaitUntil(mutex, TimePoint());
      left = true;
      gone.NotifyOne();
      return;
    }
    while (kWaits && !left) gone.Wait(mutex);
    condition = nullptr;
  }
};
struct ConditionEndRight : ConditionEnd<ConditionEndRight, true> {};
struct EndsUnderASleeper : ConditionEnd<EndsUnderASleeper, false> {};
const Suite end_suite("wrong: the end of a condition", {},
                      {Claim<ConditionEndRight>("the end of a condition", {.searches = kFull}),
                       Canary<EndsUnderASleeper>(FailureKind::kMutexMisuse,
                                                 "the end of a condition: somebody sleeps on it")});

const Suite async_suite(
    "wrong: asynchronous waits", {},
    {
        Claim<TimeoutRight>("a timeout against Notify", {.searches = kFull}),
        Canary<FreedWhileQueued>(FailureKind::kUseAfterFree,
                                 "a timeout against Notify: freed while it is queued"),
        Canary<TimeoutCompletesToo>(FailureKind::kAssertion,
                                    "a timeout against Notify: both complete the wait"),
        Canary<NoReferenceOfTheList>(
            FailureKind::kDataRace,
            "a timeout against Notify: freed while its notifier tells of it"),
        Canary<NeverReleased>(FailureKind::kLeak,
                              "a timeout against Notify: the notifier keeps its reference"),
        Claim<SwallowRight>("a wait that is dropped", {.searches = kFull}),
        Canary<DroppedSwallowsNotify>(FailureKind::kDeadlock,
                                      "a wait that is dropped: swallows its notification"),
        Claim<EndRight>("the block's end against a timeout", {.searches = kFull}),
        Canary<NoWeakReference>(FailureKind::kUseAfterFree,
                                "the block's end against a timeout: a list that has ended"),
        Claim<OrderRight>("completions of two notifiers", {.searches = {Bound(3), Random(20'000)}}),
        Canary<HeardOfOutsideTheLock>(
            FailureKind::kAssertion,
            "completions of two notifiers: queued outside the list's lock"),
        Claim<ExecutorEndRight>("an executor that ends", {.searches = kFull}),
        Canary<LeftInCompletions>(FailureKind::kUseAfterFree,
                                  "an executor that ends: its wait is left among the completions"),
    });

}  // namespace
