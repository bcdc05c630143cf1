// Claims about sync/semaphore.h and sync/barrier.h: permits are neither lost nor made, in order of
// arrival; a phase ends when all have arrived, and carries what they did.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sabre/sync/barrier.h"
#include "sabre/sync/semaphore.h"
#include "sabre/verify/model.h"
#include "verify/costs.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;
using sabre::WaitOutcome;
using List = sabre::WaiterList<S>;
using TheSemaphore = sabre::Semaphore<S>;
using TheBarrier = sabre::Barrier<S>;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes
constexpr List::Key kKey = 11;

// ---- semaphore

struct Permits {
  List list;
  S::Atomic<std::uint32_t> cell{0};
  TheSemaphore semaphore{cell, list, kKey};

  // So many permits are there and nobody waits.
  void Check(std::uint32_t permits) {
    SABRE_VERIFY(list.Count(kKey) == 0);
    SABRE_VERIFY(semaphore.Available() == permits);
    SABRE_VERIFY(semaphore.Release());
    SABRE_VERIFY(semaphore.Available() == permits + 1);
  }
};

// A permit carries what its giver did, on the way through the cell and through the queue.
struct PermitCarriesData : Model<PermitCarriesData, 2> {
  Permits permits;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(permits.semaphore.Release());
      return;
    }
    const bool at_once = permits.semaphore.TryAcquire();
    if (!at_once) SABRE_VERIFY(permits.semaphore.Acquire() == WaitOutcome::kNotified);
    SABRE_VERIFY(data.Get() == 7);
    Reached(at_once ? "at once" : "waited or not");
  }
  void After() { permits.Check(0); }
};

// With one permit among them, threads are one at a time.
struct OnePermit : Model<OnePermit, 3> {
  Permits permits;
  S::Var<int> data{0};
  void Before() { SABRE_VERIFY(permits.semaphore.Release()); }
  void Thread(int) {
    SABRE_VERIFY(permits.semaphore.Acquire() == WaitOutcome::kNotified);
    data.Set(data.Get() + 1);
    SABRE_VERIFY(permits.semaphore.Release());
  }
  void After() {
    SABRE_VERIFY(data.Get() == 3);
    permits.Check(1);
  }
};

// A deadline against a Release: the permit is taken or it is in the cell. What is taken later is ordered
// too, though the cell was marked in between.
struct TimeoutAgainstRelease : Model<TimeoutAgainstRelease, 2> {
  Permits permits;
  S::Var<int> data{0};
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  bool later = false;
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(permits.semaphore.Release());
      return;
    }
    outcome = permits.semaphore.Acquire(0, kSoon);
    if (outcome != WaitOutcome::kNotified) later = permits.semaphore.TryAcquire();
    if (outcome == WaitOutcome::kNotified || later) SABRE_VERIFY(data.Get() == 7);
  }
  void After() {
    const bool taken = outcome == WaitOutcome::kNotified;
    Reached(taken ? "taken" : later ? "taken later" : "timed out");
    permits.Check(taken || later ? 0 : 1);
  }
};

// Two that wait with deadlines, two permits at once: none is lost, none is made.
struct PermitsAreConserved : Model<PermitsAreConserved, 3> {
  Permits permits;
  WaitOutcome outcome[2] = {};
  void Thread(int id) {
    if (id < 2) {
      outcome[id] = permits.semaphore.Acquire(0, kSoon);
    } else {
      SABRE_VERIFY(permits.semaphore.Release(2));
    }
  }
  void After() {
    std::uint32_t taken = 0;
    for (const WaitOutcome one : outcome) taken += one == WaitOutcome::kNotified ? 1 : 0;
    Reached(taken == 2 ? "both" : taken == 1 ? "one" : "none");
    permits.Check(2 - taken);
  }
};

// Two givers, one taker with a deadline.
struct TwoReleases : Model<TwoReleases, 3> {
  Permits permits;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  void Thread(int id) {
    if (id < 2) {
      SABRE_VERIFY(permits.semaphore.Release());
    } else {
      outcome = permits.semaphore.Acquire(0, kSoon);
    }
  }
  void After() {
    const bool taken = outcome == WaitOutcome::kNotified;
    Reached(taken ? "taken" : "timed out");
    permits.Check(taken ? 1 : 2);
  }
};

// A newcomer never passes one that waits: while it is queued, TryAcquire gets nothing, and of two
// permits, one after the other, it has the first.
struct InOrderOfArrival : Model<InOrderOfArrival, 2> {
  Permits permits;
  List::BlockingWaiter first;
  bool newcomer_has_one = false;
  void Before() {
    SABRE_VERIFY(permits.semaphore.Release());
    SABRE_VERIFY(permits.semaphore.TryAcquire());
    // As Acquire does, but before the threads begin.
    SABRE_VERIFY(permits.list.Enqueue(first, kKey, [this] {
      permits.cell.store(std::uint32_t{1} << 31, S::kRelaxed);
      return true;
    }));
  }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(permits.semaphore.Release());
      SABRE_VERIFY(permits.list.Count(kKey) == 0);
      SABRE_VERIFY(permits.semaphore.Release());
    } else {
      newcomer_has_one = permits.semaphore.TryAcquire();
      if (!newcomer_has_one) return;
      SABRE_VERIFY(permits.list.Count(kKey) == 0);
    }
  }
  void After() {
    SABRE_VERIFY(permits.list.Await(first, sabre::kNever) == WaitOutcome::kNotified);
    Reached(newcomer_has_one ? "the newcomer has the second" : "the newcomer came too early");
    permits.Check(newcomer_has_one ? 0 : 1);
  }
};

// The number of permits never wraps around: of two that would together exceed it, one is refused.
struct NoOverflow : Model<NoOverflow, 2> {
  static constexpr std::uint32_t kHalf = TheSemaphore::kMax / 2 + 1;
  Permits permits;
  bool released[2] = {};
  void Thread(int id) {
    // Marked by one that has given up, or not.
    if (id == 1) permits.semaphore.Acquire(0, kSoon);
    released[id] = permits.semaphore.Release(kHalf);
  }
  void After() {
    const std::uint32_t available = permits.semaphore.Available();
    Reached(released[0] && released[1] ? "both" : "one");
    SABRE_VERIFY(released[0] || released[1]);
    const std::uint32_t given = (released[0] ? kHalf : 0) + (released[1] ? kHalf : 0);
    SABRE_VERIFY(available == given || available + 1 == given);
  }
};

// An await that does what it is told while the waiter stands in the queue.
struct ScriptedAwait {
  const std::function<void()>& script;
  WaitOutcome operator()(List& list, sabre::BlockingWaiter<S>& waiter, TimePoint deadline) const {
    script();
    return list.Await(waiter, deadline);
  }
};

std::vector<std::uint64_t> OwnersIn(List& list) {
  std::vector<std::uint64_t> owners;
  list.ForEach([&](List::Key, const sabre::Waiter<S>& one) { owners.push_back(one.owner()); });
  return owners;
}

// Who is seen in the queue has said who it is.
struct AcquirerIsSeen : Model<AcquirerIsSeen, 2> {
  Permits permits;
  void Thread(int id) {
    if (id == 0) {
      permits.semaphore.Acquire(5, kSoon);
      return;
    }
    const std::vector<std::uint64_t> owners = OwnersIn(permits.list);
    SABRE_VERIFY(owners.empty() || owners == std::vector<std::uint64_t>{5});
    Reached(owners.empty() ? "not seen" : "seen");
  }
};

// The table of the cell, row by row, at its edges, and what each row costs.
struct CellFollowsItsTable : Model<CellFollowsItsTable, 1> {
  static constexpr std::uint32_t kMax = TheSemaphore::kMax;
  static constexpr std::uint32_t kMayWait = std::uint32_t{1} << 31;
  Permits permits;
  void Edges() {
    TheSemaphore& semaphore = permits.semaphore;
    SABRE_VERIFY(!semaphore.TryAcquire() && semaphore.Available() == 0);
    SABRE_VERIFY(!semaphore.Release(kMax + 1) && semaphore.Available() == 0);
    SABRE_VERIFY(semaphore.Release(kMax) && semaphore.Available() == kMax);
    SABRE_VERIFY(!semaphore.Release(1) && semaphore.Release(0) && semaphore.TryAcquire());
    SABRE_VERIFY(semaphore.Available() == kMax - 1 && semaphore.Release(1));
    SABRE_VERIFY(semaphore.Available() == kMax);
    permits.cell.store(1, S::kRelaxed);
  }
  void Costs() {
    const std::size_t before = Locks();
    SABRE_VERIFY(permits.semaphore.Acquire() == WaitOutcome::kNotified);
    SABRE_VERIFY(permits.semaphore.Release() && permits.semaphore.TryAcquire());
    SABRE_VERIFY(Locks() == before && permits.semaphore.Available() == 0);
  }
  void Queue() {
    const std::function<void()> script = [this] {
      SABRE_VERIFY(permits.cell.load(S::kRelaxed) == kMayWait &&
                   permits.semaphore.Available() == 0);
      SABRE_VERIFY(OwnersIn(permits.list) == std::vector<std::uint64_t>{5});
      SABRE_VERIFY(!permits.semaphore.TryAcquire() && permits.semaphore.Release(3));
      SABRE_VERIFY(permits.semaphore.Available() == 2);
    };
    SABRE_VERIFY(permits.semaphore.Acquire(5, sabre::kNever, ScriptedAwait{script}) ==
                 WaitOutcome::kNotified);
    SABRE_VERIFY(permits.semaphore.Available() == 2);
  }
  void Thread(int) {
    Edges();
    Costs();
    Queue();
  }
};

// ---- barrier

struct Group {
  explicit Group(std::uint32_t expected) : barrier(arrivals, phase, expected, list, kKey) {}
  List list;
  S::Atomic<std::uint32_t> arrivals{0};
  S::Atomic<std::uint32_t> phase{0};
  TheBarrier barrier;

  void ArriveAndWait() {
    const std::optional<TheBarrier::Phase> mine = barrier.Arrive();
    SABRE_VERIFY(mine.has_value());
    SABRE_VERIFY(barrier.Wait(*mine) == WaitOutcome::kNotified);
  }
};

// Two threads, two phases: each sees what the other did before it arrived, and may write in the next.
struct TwoPhases : Model<TwoPhases, 2> {
  Group group{2};
  S::Var<int> data[2];
  void Thread(int id) {
    data[id].Set(1);
    group.ArriveAndWait();
    SABRE_VERIFY(data[1 - id].Get() == 1);
    group.ArriveAndWait();
    data[1 - id].Set(2);
  }
  void After() {
    SABRE_VERIFY(data[0].Get() == 2 && data[1].Get() == 2);
    SABRE_VERIFY(group.phase.load(S::kRelaxed) == 2 && group.list.Count(kKey) == 0);
  }
};

// Three threads, one phase: what each did is carried to all.
struct ThreeArrive : Model<ThreeArrive, 3> {
  Group group{3};
  S::Var<int> data[3];
  void Thread(int id) {
    data[id].Set(1);
    group.ArriveAndWait();
    for (const S::Var<int>& one : data) SABRE_VERIFY(one.Get() == 1);
  }
};

// One arrives without waiting and looks later; the other waits.
struct ArriveThenWaitLater : Model<ArriveThenWaitLater, 2> {
  Group group{2};
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      const TheBarrier::Phase mine = *group.barrier.Arrive();
      const WaitOutcome outcome = group.barrier.Wait(mine, 0, kSoon);
      Reached(outcome == WaitOutcome::kNotified ? "ended" : "timed out");
      // The arrival stands, and the wait can be taken up again.
      SABRE_VERIFY(group.barrier.Wait(mine) == WaitOutcome::kNotified);
    } else {
      group.ArriveAndWait();
      SABRE_VERIFY(data.Get() == 7);
    }
  }
};

// One drops out: it counts as arrived in the phase it drops in, and for ever after.
struct OneDrops : Model<OneDrops, 2> {
  Group group{2};
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(group.barrier.ArriveAndDrop().has_value());
    } else {
      group.ArriveAndWait();
      SABRE_VERIFY(data.Get() == 7);
      group.ArriveAndWait();  // alone: does not wait
    }
  }
  void After() {
    SABRE_VERIFY(group.phase.load(S::kRelaxed) == 2);
    SABRE_VERIFY(!group.barrier.Arrive(2).has_value());
    SABRE_VERIFY(group.barrier.ArriveAndDrop().has_value());
    SABRE_VERIFY(!group.barrier.Arrive().has_value());
  }
};

// An arrival of nobody ends no phase, whatever the others do meanwhile.
struct NobodyArrives : Model<NobodyArrives, 2> {
  Group group{1};
  void Thread(int id) {
    if (id == 1) {
      Reached(group.barrier.Arrive(0) == 0u ? "in the first phase" : "later");
      return;
    }
    for (std::uint32_t i = 0; i < 2; ++i) SABRE_VERIFY(group.barrier.Arrive(1) == i);
  }
  void After() {
    SABRE_VERIFY(group.phase.load(S::kRelaxed) == 2 && group.arrivals.load(S::kRelaxed) == 0);
  }
};

// Any number may wait for the end of a phase: who was told of it, not only who arrives. It is the last
// phase before their number wraps around.
struct OthersWaitToo : Model<OthersWaitToo, 3> {
  static constexpr TheBarrier::Phase kLast = UINT32_MAX;
  Group group{1};
  void Before() { group.phase.store(kLast, S::kRelaxed); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(group.barrier.Arrive() == kLast && group.barrier.HasEnded(kLast));
    } else {
      SABRE_VERIFY(group.barrier.Wait(kLast) == WaitOutcome::kNotified);
    }
  }
  void After() { SABRE_VERIFY(group.list.Count(kKey) == 0 && !group.barrier.HasEnded(0)); }
};

// Who is seen in the queue has said who it is.
struct ArriverIsSeen : Model<ArriverIsSeen, 2> {
  Group group{2};
  void Thread(int id) {
    if (id == 0) {
      group.barrier.Wait(*group.barrier.Arrive(), 6, kSoon);
      return;
    }
    const std::vector<std::uint64_t> owners = OwnersIn(group.list);
    SABRE_VERIFY(owners.empty() || owners == std::vector<std::uint64_t>{6});
    Reached(owners.empty() ? "not seen" : "seen");
  }
};

// The table of the cells, row by row, and what each row costs.
struct PhaseFollowsItsTable : Model<PhaseFollowsItsTable, 1> {
  Group group{3};
  void Thread(int) {
    TheBarrier& barrier = group.barrier;
    SABRE_VERIFY(!barrier.Arrive(4).has_value() && barrier.Arrive(2) == 0u);
    SABRE_VERIFY(!barrier.Arrive(2).has_value() && !barrier.HasEnded(0));
    const std::function<void()> script = [this] {
      SABRE_VERIFY(OwnersIn(group.list) == std::vector<std::uint64_t>{6});
      SABRE_VERIFY(group.barrier.ArriveAndDrop() == 0u && group.barrier.HasEnded(0));
    };
    SABRE_VERIFY(barrier.Wait(0, 6, sabre::kNever, ScriptedAwait{script}) ==
                 WaitOutcome::kNotified);
    const std::size_t before = Locks();
    SABRE_VERIFY(barrier.Wait(0) == WaitOutcome::kNotified && Locks() == before);
    SABRE_VERIFY(barrier.Arrive(2) == 1u && barrier.HasEnded(1) && !barrier.HasEnded(2));
    SABRE_VERIFY(barrier.Wait(2, 0, kSoon) == WaitOutcome::kTimedOut);
    SABRE_VERIFY(!barrier.Arrive(3).has_value());
  }
};

const std::vector<Search> kTwoThreads = {Bound(3, 200'000), Full(100'000), Random(20'000)};
const std::vector<Search> kThreeThreads = {Bound(2, 300'000), Random(30'000)};

const Suite semaphore_suite(
    "Semaphore", {"sabre/sync/semaphore.h"},
    {
        Claim<PermitCarriesData>("a permit carries what its giver did",
                                 {.searches = kTwoThreads,
                                  .reaches = {"at once", "waited or not"}}),
        Claim<OnePermit>("one permit, 3 threads: one at a time", {.searches = kThreeThreads}),
        Claim<TimeoutAgainstRelease>("deadline against Release: one outcome",
                                     {.searches = kTwoThreads,
                                      .reaches = {"taken", "taken later", "timed out"}}),
        Claim<PermitsAreConserved>("2 deadlines, Release(2): none lost, none made",
                                   {.searches = kThreeThreads, .reaches = {"both", "one", "none"}}),
        Claim<TwoReleases>("2 Releases, 1 deadline: none lost, none made",
                           {.searches = kThreeThreads, .reaches = {"taken", "timed out"}}),
        Claim<InOrderOfArrival>("a newcomer never passes one that waits",
                                {.searches = kTwoThreads,
                                 .reaches = {"the newcomer has the second",
                                             "the newcomer came too early"}}),
        Claim<CellFollowsItsTable>("the cell's table row by row, and what each row costs",
                                   {.searches = {Full(), Random(10)}}),
        Claim<AcquirerIsSeen>("who is seen in the queue has said who it is",
                              {.searches = {Full(), Random(1'000)},
                               .reaches = {"seen", "not seen"}}),
        Claim<NoOverflow>("the number of permits never wraps around",
                          {.searches = kTwoThreads, .reaches = {"both", "one"}}),
    });

const Suite barrier_suite(
    "Barrier", {"sabre/sync/barrier.h"},
    {
        Claim<TwoPhases>("2 threads, 2 phases: each sees what the other did",
                         {.searches = kTwoThreads}),
        Claim<ThreeArrive>("3 threads: what each did is carried to all",
                           {.searches = kThreeThreads}),
        Claim<ArriveThenWaitLater>("an arrival stands when its wait has timed out",
                                   {.searches = kTwoThreads, .reaches = {"ended", "timed out"}}),
        Claim<NobodyArrives>("an arrival of nobody ends no phase",
                             {.searches = kTwoThreads, .reaches = {"in the first phase", "later"}}),
        Claim<PhaseFollowsItsTable>("the cells' table row by row, and what each row costs",
                                    {.searches = {Full(), Random(10)}}),
        Claim<ArriverIsSeen>("who is seen in the queue has said who it is",
                             {.searches = {Full(), Random(1'000)},
                              .reaches = {"seen", "not seen"}}),
        Claim<OthersWaitToo>("1 arrival, 2 that wait: both go on",
                             {.searches = {Bound(2, 100'000), Random(5'000)}}),
        Claim<OneDrops>("who drops out has arrived for ever", {.searches = kTwoThreads}),
    });

}  // namespace
