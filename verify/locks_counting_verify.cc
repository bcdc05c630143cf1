// Claims about sync/semaphore.h and sync/barrier.h: permits are neither lost nor made, in order of
// arrival; a phase ends when all have arrived, and carries what they did.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "sabre/sync/barrier.h"
#include "sabre/sync/semaphore.h"
#include "sabre/verify/model.h"

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
        Claim<OneDrops>("who drops out has arrived for ever", {.searches = kTwoThreads}),
    });

}  // namespace
