// Claims about sync/waiter_list.h (with waiter.h and waiter_index.h): who waits is told once, in order
// of arrival, and no notification is lost or swallowed.
#include "sabre/sync/waiter_list.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sabre/sync/waiter_index.h"
#include "sabre/verify/model.h"
#include "verify/costs.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;
using sabre::WaitOutcome;
using List = sabre::WaiterList<S>;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes

const char* NameOf(WaitOutcome outcome) {
  switch (outcome) {
    case WaitOutcome::kNotified:
      return "notified";
    case WaitOutcome::kNotEqual:
      return "not equal";
    case WaitOutcome::kTimedOut:
      return "timed out";
    case WaitOutcome::kCancelled:
      return "cancelled";
  }
  return "";
}

// An asynchronous waiter that records what came of it. Who completed it and who looks at the record
// are ordered by the model.
struct AsyncWaiter : sabre::Waiter<S> {
  AsyncWaiter() : sabre::Waiter<S>(&AsyncWaiter::Complete) {}
  static void Complete(sabre::Waiter<S>& waiter, WaitOutcome outcome) {
    auto& self = static_cast<AsyncWaiter&>(waiter);
    self.calls.Set(self.calls.Get() + 1);
    self.outcome.Set(outcome);
  }
  S::Var<int> calls{0};
  S::Var<WaitOutcome> outcome{WaitOutcome::kNotEqual};

  bool Ended(WaitOutcome how) const { return calls.Get() == 1 && outcome.Get() == how; }
  bool Pending() const { return calls.Get() == 0; }
};

bool Always() { return true; }

// ---- blocking waiters

// A store before Notify is never slept through, though it is relaxed.
struct StoreThenNotify : Model<StoreThenNotify, 2> {
  List list;
  S::Atomic<int> cell{0};
  void Thread(int id) {
    if (id == 0) {
      const WaitOutcome outcome = list.Wait(
          8, [this] { return cell.load(S::kRelaxed) == 0; }, sabre::kNever);
      SABRE_VERIFY(outcome == WaitOutcome::kNotified || outcome == WaitOutcome::kNotEqual);
      Reached(NameOf(outcome));
    } else {
      cell.store(1, S::kRelaxed);
      list.Notify(8, 1);
    }
  }
};

// Exactly one of the two ends the wait, and both agree which.
struct TimeoutAgainstNotify : Model<TimeoutAgainstNotify, 2> {
  List list;
  S::Atomic<int> cell{0};
  S::Var<int> data{0};
  WaitOutcome outcome = WaitOutcome::kCancelled;
  std::size_t notified = 0;
  void Thread(int id) {
    if (id == 0) {
      outcome = list.Wait(
          8, [this] { return cell.load(S::kRelaxed) == 0; }, kSoon);
      // Memory ordering: what preceded the Notify is visible after a wait that it ended.
      if (outcome == WaitOutcome::kNotified) SABRE_VERIFY(data.Get() == 7);
    } else {
      data.Set(7);
      cell.store(1, S::kRelaxed);
      notified = list.Notify(8, 1);
    }
  }
  void After() {
    SABRE_VERIFY(notified == (outcome == WaitOutcome::kNotified ? 1u : 0u));
    SABRE_VERIFY(list.Notify(8, 1) == 0);
    Reached(NameOf(outcome));
  }
};

// One notification, two waiters with deadlines: at most one is notified, and the count is exact.
struct TwoWaitersOneNotify : Model<TwoWaitersOneNotify, 3> {
  List list;
  WaitOutcome outcome[2] = {};
  std::size_t notified = 0;
  void Thread(int id) {
    if (id < 2) {
      outcome[id] = list.Wait(8, Always, kSoon);
    } else {
      notified = list.Notify(8, 1);
    }
  }
  void After() {
    std::size_t told = 0;
    for (const WaitOutcome one : outcome) told += one == WaitOutcome::kNotified ? 1 : 0;
    SABRE_VERIFY(told == notified && told <= 1);
    Reached(told == 1 ? "one notified" : "both timed out");
  }
};

// Two notifiers, one waiter: it is told once.
struct TwoNotifiers : Model<TwoNotifiers, 3> {
  List list;
  WaitOutcome outcome = WaitOutcome::kCancelled;
  std::size_t notified[2] = {};
  void Thread(int id) {
    if (id == 0) {
      outcome = list.Wait(8, Always, kSoon);
    } else {
      notified[id - 1] = list.Notify(8, 1);
    }
  }
  void After() {
    SABRE_VERIFY(notified[0] + notified[1] == (outcome == WaitOutcome::kNotified ? 1u : 0u));
    Reached(NameOf(outcome));
  }
};

// Cancel from another thread against Notify; the waiter has no deadline.
struct CancelAgainstNotify : Model<CancelAgainstNotify, 3> {
  List list;
  List::BlockingWaiter waiter;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  bool cancelled = false;
  std::size_t notified = 0;
  void Before() { SABRE_VERIFY(list.Enqueue(waiter, 8, Always)); }
  void Thread(int id) {
    if (id == 0) outcome = list.Await(waiter, sabre::kNever);
    if (id == 1) notified = list.Notify(8, 1);
    if (id == 2) cancelled = list.Cancel(waiter, WaitOutcome::kCancelled);
  }
  void After() {
    SABRE_VERIFY(notified + (cancelled ? 1u : 0u) == 1);
    SABRE_VERIFY(outcome == (cancelled ? WaitOutcome::kCancelled : WaitOutcome::kNotified));
    Reached(NameOf(outcome));
  }
};

// The end of the memory that is waited on: CancelAll against a wait with a deadline and a Notify.
struct CancelAllAgainstNotify : Model<CancelAllAgainstNotify, 3> {
  List list;
  S::Atomic<int> closed{0};
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  std::size_t notified = 0;
  std::size_t cancelled = 0;
  void Thread(int id) {
    if (id == 0)
      outcome = list.Wait(
          8, [this] { return closed.load(S::kRelaxed) == 0; }, kSoon);
    if (id == 1) notified = list.Notify(8, 1);
    if (id == 2) {
      closed.store(1, S::kRelaxed);
      cancelled = list.CancelAll();
    }
  }
  void After() {
    SABRE_VERIFY(notified == (outcome == WaitOutcome::kNotified ? 1u : 0u));
    SABRE_VERIFY(cancelled == (outcome == WaitOutcome::kCancelled ? 1u : 0u));
    Reached(NameOf(outcome));
  }
};

// ---- asynchronous waiters

// A cancelled waiter never swallows the notification: it goes to the next in the queue.
struct CancelledSwallowsNothing : Model<CancelledSwallowsNothing, 2> {
  List list;
  AsyncWaiter first;
  AsyncWaiter second;
  bool cancelled = false;
  void Before() { SABRE_VERIFY(list.Enqueue(first, 8, Always) && list.Enqueue(second, 8, Always)); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(list.Notify(8, 1) == 1);
    } else {
      cancelled = list.Cancel(first, WaitOutcome::kCancelled);
    }
  }
  void After() {
    SABRE_VERIFY(first.Ended(cancelled ? WaitOutcome::kCancelled : WaitOutcome::kNotified));
    SABRE_VERIFY(cancelled ? second.Ended(WaitOutcome::kNotified) : second.Pending());
    Reached(cancelled ? "first cancelled" : "first notified");
    list.CancelAll();
    SABRE_VERIFY(cancelled || second.Ended(WaitOutcome::kCancelled));
  }
};

// Order of arrival holds over blocking and asynchronous waiters together.
struct FifoOverBothKinds : Model<FifoOverBothKinds, 2> {
  List list;
  AsyncWaiter first;
  List::BlockingWaiter second;
  AsyncWaiter third;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  std::size_t told = 0;
  void Before() {
    SABRE_VERIFY(list.Enqueue(first, 8, Always) && list.Enqueue(second, 8, Always) &&
                 list.Enqueue(third, 8, Always));
  }
  void Thread(int id) {
    if (id == 0) {
      outcome = list.Await(second, kSoon);
    } else {
      told += list.Notify(8, 1);
      SABRE_VERIFY(first.Ended(WaitOutcome::kNotified));
      told += list.Notify(8, 1);
    }
  }
  void After() {
    SABRE_VERIFY(told == 2);
    SABRE_VERIFY(outcome == WaitOutcome::kNotified ? third.Pending()
                                                   : third.Ended(WaitOutcome::kNotified));
    Reached(NameOf(outcome));
    list.CancelAll();
  }
};

// Each waiter is completed once, whoever comes first, and the counts add up.
struct CountsAddUp : Model<CountsAddUp, 3> {
  List list;
  AsyncWaiter waiters[2];
  std::size_t notified = 0;
  std::size_t all_cancelled = 0;
  bool cancelled = false;
  void Before() {
    for (AsyncWaiter& waiter : waiters) SABRE_VERIFY(list.Enqueue(waiter, 8, Always));
  }
  void Thread(int id) {
    if (id == 0) notified = list.Notify(8, 2);
    if (id == 1) all_cancelled = list.CancelAll();
    if (id == 2) cancelled = list.Cancel(waiters[1], WaitOutcome::kTimedOut);
  }
  void After() {
    std::size_t by[4] = {};
    for (AsyncWaiter& waiter : waiters) {
      SABRE_VERIFY(waiter.calls.Get() == 1);
      by[static_cast<int>(waiter.outcome.Get())] += 1;
    }
    SABRE_VERIFY(by[static_cast<int>(WaitOutcome::kNotified)] == notified);
    SABRE_VERIFY(by[static_cast<int>(WaitOutcome::kCancelled)] == all_cancelled);
    SABRE_VERIFY(by[static_cast<int>(WaitOutcome::kTimedOut)] == (cancelled ? 1u : 0u));
    Reached(notified == 2 ? "both notified" : notified == 1 ? "one notified" : "none notified");
  }
};

// A waiter may end itself in its completion: nobody touches it afterwards.
struct CompletionMayDestroy : Model<CompletionMayDestroy, 2> {
  struct Heap : sabre::Waiter<S> {
    Heap() : sabre::Waiter<S>(&Heap::Complete) {}
    static void Complete(sabre::Waiter<S>& waiter, WaitOutcome) {
      delete static_cast<Heap*>(&waiter);
    }
  };
  List list;
  std::size_t notified = 0;
  std::size_t cancelled = 0;
  void Before() {
    for (int i = 0; i < 2; ++i) SABRE_VERIFY(list.Enqueue(*new Heap, 8, Always));
  }
  void Thread(int id) {
    if (id == 0) notified = list.Notify(8, SIZE_MAX);
    if (id == 1) cancelled = list.CancelAll();
  }
  void After() { SABRE_VERIFY(notified + cancelled == 2); }
};

// A completion may wait again, in the same list.
struct CompletionMayWaitAgain : Model<CompletionMayWaitAgain, 2> {
  struct Again : sabre::Waiter<S> {
    explicit Again(List& in) : sabre::Waiter<S>(&Again::Complete), list(in) {}
    static void Complete(sabre::Waiter<S>& waiter, WaitOutcome) {
      auto& self = static_cast<Again&>(waiter);
      self.rounds.Set(self.rounds.Get() + 1);
      if (self.rounds.Get() == 1) SABRE_VERIFY(self.list.Enqueue(self, 8, Always));
    }
    List& list;
    S::Var<int> rounds{0};
  };
  List list;
  Again waiter{list};
  std::size_t notified[2] = {};
  void Before() { SABRE_VERIFY(list.Enqueue(waiter, 8, Always)); }
  void Thread(int id) { notified[id] = list.Notify(8, 1); }
  void After() {
    const std::size_t sum = notified[0] + notified[1];
    SABRE_VERIFY(static_cast<std::size_t>(waiter.rounds.Get()) == sum);
    Reached(sum == 2 ? "two rounds" : "one round");
    SABRE_VERIFY(list.CancelAll() == 2 - sum);
  }
};

// Keys do not mix, in one bucket or in several, while the table grows.
struct KeysDoNotMix : Model<KeysDoNotMix, 2> {
  static constexpr int kKeys = 6;
  List list;
  AsyncWaiter waiters[kKeys];
  AsyncWaiter late;
  void Before() {
    for (int i = 0; i < kKeys - 1; ++i)
      SABRE_VERIFY(list.Enqueue(waiters[i], static_cast<std::uint64_t>(i), Always));
  }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(list.Notify(3, 5) == 1);
    } else {
      SABRE_VERIFY(list.Enqueue(waiters[kKeys - 1], kKeys - 1, Always));
      SABRE_VERIFY(list.Enqueue(late, 4, Always));
    }
  }
  void After() {
    for (int i = 0; i < kKeys; ++i)
      SABRE_VERIFY(i == 3 ? waiters[i].Ended(WaitOutcome::kNotified) : waiters[i].Pending());
    SABRE_VERIFY(list.Notify(4, SIZE_MAX) == 2);
    SABRE_VERIFY(list.CancelAll() == kKeys - 2);
  }
};

// People who look see who waits, since when, in order; and disturb nobody.
struct LookAtWaiters : Model<LookAtWaiters, 2> {
  List list;
  List::BlockingWaiter waiter;
  AsyncWaiter behind;
  AsyncWaiter elsewhere;
  void Before() {
    SABRE_VERIFY(List::BlockingWaiter::Is(waiter) && !List::BlockingWaiter::Is(behind));
    waiter.Describe(5, TimePoint(TimePoint::duration(3)));
    behind.Describe(6, TimePoint(TimePoint::duration(4)));
    SABRE_VERIFY(list.Enqueue(behind, 8, Always));
    SABRE_VERIFY(list.Enqueue(elsewhere, 9, Always));
  }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(list.EnqueueFront(waiter, 8, Always));
      list.Await(waiter, kSoon);
      return;
    }
    const std::size_t count = list.Count(8);
    SABRE_VERIFY(count == 1 || count == 2);
    std::vector<std::pair<List::Key, std::uint64_t>> seen;
    list.ForEach([&](List::Key key, const sabre::Waiter<S>& one) {
      seen.emplace_back(key, one.owner());
      SABRE_VERIFY(one.owner() != 5 || one.since() == TimePoint(TimePoint::duration(3)));
    });
    std::sort(seen.begin(), seen.end());
    using Seen = std::vector<std::pair<List::Key, std::uint64_t>>;
    SABRE_VERIFY(seen == (Seen{{8, 6}, {9, 0}}) || seen == (Seen{{8, 5}, {8, 6}, {9, 0}}));
    Reached(seen.size() == 3 ? "seen" : "not seen");
  }
  void After() {
    SABRE_VERIFY(list.Count(8) == 1 && list.Count(9) == 1 && list.Count(7) == 0);
    list.CancelAll();
    SABRE_VERIFY(list.Count(8) == 0);
  }
};

// Who settles hears of the first that was taken, of how many, and of the rest, before any of them does.
struct SettleHearsOfAll : Model<SettleHearsOfAll, 1> {
  List list;
  AsyncWaiter waiters[3];
  void Thread(int) {
    for (AsyncWaiter& one : waiters) SABRE_VERIFY(list.Enqueue(one, 8, Always));
    const auto two = [this](sabre::Waiter<S>* first, std::size_t taken, bool more) {
      SABRE_VERIFY(first == &waiters[0] && taken == 2 && more && waiters[0].Pending());
    };
    SABRE_VERIFY(list.NotifyAndSettle(8, 2, two) == 2 && waiters[1].Ended(WaitOutcome::kNotified));
    const auto none = [](sabre::Waiter<S>* first, std::size_t taken, bool more) {
      SABRE_VERIFY(first == nullptr && taken == 0 && !more);
    };
    SABRE_VERIFY(list.NotifyAndSettle(9, 1, none) == 0 && list.CancelAll() == 1);
  }
};

// With nobody waiting a Notify is a fence and a load, however the waits before it ended.
struct NobodyWaitsNoLock : Model<NobodyWaitsNoLock, 1> {
  List list;
  void NotifyTakesNoLock() {
    const std::size_t before = Locks();
    SABRE_VERIFY(list.Notify(8, 1) == 0);
    SABRE_VERIFY(Locks() == before);
  }
  void Thread(int) {
    NotifyTakesNoLock();
    SABRE_VERIFY(list.Wait(
                     8, [] { return false; }, kSoon) == WaitOutcome::kNotEqual);
    NotifyTakesNoLock();
    SABRE_VERIFY(list.Wait(8, Always, kSoon) == WaitOutcome::kTimedOut);
    NotifyTakesNoLock();
    AsyncWaiter waiters[2];
    for (AsyncWaiter& one : waiters) SABRE_VERIFY(list.Enqueue(one, 8, Always));
    SABRE_VERIFY(list.Notify(8, 1) == 1 && list.Notify(9, 1) == 0 && list.Notify(8, 9) == 1);
    NotifyTakesNoLock();
    SABRE_VERIFY(list.Enqueue(waiters[0], 8, Always) && list.CancelAll() == 1);
    NotifyTakesNoLock();
  }
};

// The index against a table of queues: each key has its queue, whatever else is in its bucket, and
// finding one does not get slower.
struct IndexIsATableOfQueues : Model<IndexIsATableOfQueues, 1> {
  static constexpr std::size_t kWaiters = 48;
  static constexpr std::uint64_t kKeys = 24;
  sabre::WaiterIndex<S> index;
  std::vector<std::unique_ptr<AsyncWaiter>> waiters;
  std::map<std::uint64_t, std::vector<sabre::Waiter<S>*>> expected;
  std::vector<sabre::Waiter<S>*> idle;
  std::uint64_t random = 1;
  std::vector<std::uint64_t> keys;

  // Half of the keys share a bucket, whatever the size of the table.
  void MakeKeys() {
    for (std::uint64_t key = 0; keys.size() < kKeys / 2; ++key) keys.push_back(key);
    for (std::uint64_t key = kKeys; keys.size() < kKeys; ++key) {
      if ((key * 0x9E3779B97F4A7C15u) >> 56 == 0) keys.push_back(key);
    }
  }
  std::uint64_t Draw(std::uint64_t limit) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % limit;
  }
  void Check() {
    std::size_t in_all = 0;
    for (const std::uint64_t key : keys) {
      std::vector<sabre::Waiter<S>*> found;
      index.ForEachOf(key, [&](sabre::Waiter<S>& one) { found.push_back(&one); });
      SABRE_VERIFY(found == expected[key]);
      SABRE_VERIFY(index.Front(key) == (found.empty() ? nullptr : found.front()));
      in_all += found.size();
    }
    std::size_t seen = 0;
    index.ForEach([&](const sabre::Waiter<S>&) { seen += 1; });
    SABRE_VERIFY(seen == in_all);
  }
  void Push() {
    if (idle.empty()) return;
    sabre::Waiter<S>* const one = idle.back();
    idle.pop_back();
    const std::uint64_t key = keys[Draw(kKeys)];
    std::vector<sabre::Waiter<S>*>& queue = expected[key];
    if (Draw(2) == 0) {
      index.PushBack(*one, key);
      queue.push_back(one);
    } else {
      index.PushFront(*one, key);
      queue.insert(queue.begin(), one);
    }
  }
  void Pull() {
    const std::uint64_t key = keys[Draw(kKeys)];
    std::vector<sabre::Waiter<S>*>& queue = expected[key];
    if (queue.empty()) {
      SABRE_VERIFY(index.PopFront(key) == nullptr);
      return;
    }
    const std::size_t at = static_cast<std::size_t>(Draw(queue.size()));
    sabre::Waiter<S>* const one = queue[at];
    if (at == 0 && Draw(2) == 0) {
      SABRE_VERIFY(index.PopFront(key) == one);
    } else {
      index.Erase(*one);
    }
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
    idle.push_back(one);
  }
  // It grows with the keys that are in it at once, and finding one stays as quick.
  void GrowsWithItsKeys() {
    constexpr std::uint64_t kMany = 64;
    sabre::WaiterIndex<S> fresh;
    std::vector<std::unique_ptr<AsyncWaiter>> many;
    for (std::uint64_t key = 0; key < kMany; ++key) {
      many.push_back(std::make_unique<AsyncWaiter>());
      for (int i = 0; i < 4; ++i) {
        fresh.PushBack(*many.back(), key);
        fresh.Erase(*many.back());
      }
      SABRE_VERIFY(fresh.bucket_count() <= std::max<std::uint64_t>(4, key * 2));
      fresh.PushBack(*many.back(), key);
      SABRE_VERIFY(fresh.bucket_count() > key);
    }
    const std::size_t before = Steps();
    for (std::uint64_t key = 0; key < kMany; ++key)
      SABRE_VERIFY(fresh.Front(key) == many[key].get());
    SABRE_VERIFY(Steps() - before <= kMany * 3);
    std::size_t taken = 0;
    fresh.Clear([&](sabre::Waiter<S>&) { taken += 1; });
    SABRE_VERIFY(taken == many.size());
  }
  void Thread(int) {
    MakeKeys();
    for (std::size_t i = 0; i < kWaiters; ++i) {
      waiters.push_back(std::make_unique<AsyncWaiter>());
      idle.push_back(waiters.back().get());
    }
    for (int round = 0; round < 400; ++round) {
      Draw(100) < (round < 200 ? 70 : 35) ? Push() : Pull();
      if (round % 10 == 0) Check();
    }
    std::vector<sabre::Waiter<S>*> taken;
    index.Clear([&](sabre::Waiter<S>& one) { taken.push_back(&one); });
    SABRE_VERIFY(taken.size() + idle.size() == kWaiters);
    SABRE_VERIFY(index.Front(1) == nullptr);
    GrowsWithItsKeys();
  }
};

// Of a script that allocates a full search would try every reuse of memory.
const std::vector<Search> kScripted = {Random(10)};
const std::vector<Search> kThreeThreads = {Bound(2, 2'000'000), Random(50'000)};
const std::vector<Search> kTwoThreads = {Full(300'000), Random(20'000)};

const Suite suite(
    "WaiterList", {"sabre/sync/waiter_list.h", "sabre/sync/waiter.h", "sabre/sync/waiter_index.h"},
    {
        Claim<StoreThenNotify>("a relaxed store before Notify is never slept through",
                               {.searches = kTwoThreads, .reaches = {"notified", "not equal"}}),
        Claim<TimeoutAgainstNotify>("timeout against Notify: one outcome, exact count",
                                    {.searches = kTwoThreads,
                                     .reaches = {"notified", "timed out", "not equal"}}),
        Claim<TwoWaitersOneNotify>("2 waiters, Notify(1): one is told, exact count",
                                   {.searches = kThreeThreads,
                                    .reaches = {"one notified", "both timed out"}}),
        Claim<TwoNotifiers>("2 notifiers, 1 waiter: told once, exact count",
                            {.searches = kThreeThreads, .reaches = {"notified", "timed out"}}),
        Claim<CancelAgainstNotify>("Cancel against Notify: one outcome, no sleep for ever",
                                   {.searches = kThreeThreads,
                                    .reaches = {"notified", "cancelled"}}),
        Claim<CancelAllAgainstNotify>("CancelAll against Notify and deadline: exact counts",
                                      {.searches = kThreeThreads,
                                       .reaches = {"notified", "cancelled", "timed out",
                                                   "not equal"}}),
        Claim<CancelledSwallowsNothing>("a cancelled waiter swallows no notification",
                                        {.searches = kTwoThreads,
                                         .reaches = {"first cancelled", "first notified"}}),
        Claim<FifoOverBothKinds>("arrival order over blocking and async waiters",
                                 {.searches = kTwoThreads, .reaches = {"notified", "timed out"}}),
        Claim<CountsAddUp>("Notify, Cancel, CancelAll: each waiter completed once",
                           {.searches = kThreeThreads,
                            .reaches = {"both notified", "one notified", "none notified"}}),
        Claim<CompletionMayDestroy>("a completion may destroy its waiter",
                                    {.searches = kTwoThreads}),
        Claim<CompletionMayWaitAgain>("a completion may wait again",
                                      {.searches = kTwoThreads,
                                       .reaches = {"two rounds", "one round"}}),
        Claim<LookAtWaiters>("ForEach and Count see who waits, in order, and disturb nobody",
                             {.searches = kTwoThreads, .reaches = {"seen", "not seen"}}),
        Claim<SettleHearsOfAll>("settle hears of the first, of how many, of the rest",
                                {.searches = {Full()}}),
        Claim<NobodyWaitsNoLock>("with nobody waiting a Notify takes no lock",
                                 {.searches = {Full(), Random(100)}}),
        Claim<IndexIsATableOfQueues>("the index is a table of queues, and finds in O(1)",
                                     {.searches = kScripted}),
        Claim<KeysDoNotMix>("keys do not mix while the table grows", {.searches = kTwoThreads}),
    });

}  // namespace
