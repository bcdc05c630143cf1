// Claims about sync/announcement.h and the two that wait by it: sync/event_count.h and
// lib/kernel/work_signal.h.
#include "sabre/sync/event_count.h"

#include <cstddef>
#include <optional>
#include <vector>

#include "lib/kernel/work_signal.h"
#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/sync/announcement.h"
#include "sabre/verify/model.h"
#include "verify/costs.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes

// The waiter sees the condition or the notifier sees the waiter; the condition is stored relaxed.
struct OneSeesTheOther : Model<OneSeesTheOther, 2> {
  sabre::Announcement<S> announcement;
  S::Atomic<int> condition{0};
  bool waiter_saw = false;
  bool notifier_saw = false;
  void Thread(int id) {
    if (id == 0) {
      announcement.Announce();
      waiter_saw = condition.load(S::kRelaxed) != 0;
    } else {
      condition.store(1, S::kRelaxed);
      notifier_saw = announcement.AnyoneWaiting();
    }
  }
  void After() {
    SABRE_VERIFY(waiter_saw || notifier_saw);
    Reached(waiter_saw ? (notifier_saw ? "both see" : "waiter sees") : "notifier sees");
  }
};

// The same for a waiter that ends a mute.
struct UnmuteIsAnAnnouncement : Model<UnmuteIsAnAnnouncement, 2> {
  sabre::Announcement<S> announcement;
  S::Atomic<int> condition{0};
  bool waiter_saw = false;
  bool notifier_saw = false;
  void Before() {
    announcement.Announce();
    announcement.Announce();
    SABRE_VERIFY(announcement.TryMute());
  }
  void Thread(int id) {
    if (id == 0) {
      announcement.Retract();
      announcement.Unmute();
      waiter_saw = condition.load(S::kRelaxed) != 0;
    } else {
      condition.store(1, S::kRelaxed);
      notifier_saw = announcement.AnyoneWaiting();
    }
  }
  void After() {
    SABRE_VERIFY(waiter_saw || notifier_saw);
    Reached(waiter_saw ? (notifier_saw ? "both see" : "waiter sees") : "notifier sees");
  }
};

// What all must hear passes a mute.
struct MuteHidesNothingFromAll : Model<MuteHidesNothingFromAll, 2> {
  sabre::Announcement<S> announcement;
  S::Atomic<int> condition{0};
  bool waiter_saw = false;
  bool notifier_saw = false;
  void Before() {
    announcement.Announce();
    SABRE_VERIFY(announcement.TryMute());
    announcement.Retract();
    SABRE_VERIFY(!announcement.AnyoneAnnounced());
  }
  void Thread(int id) {
    if (id == 0) {
      announcement.Announce();
      waiter_saw = condition.load(S::kRelaxed) != 0;
    } else {
      condition.store(1, S::kRelaxed);
      notifier_saw = announcement.AnyoneAnnounced();
    }
  }
  void After() {
    SABRE_VERIFY(waiter_saw || notifier_saw);
    SABRE_VERIFY(!announcement.AnyoneWaiting());
    Reached(waiter_saw ? (notifier_saw ? "both see" : "waiter sees") : "notifier sees");
  }
};

// Of two notifiers at most one mutes, and none when nobody waits any more.
struct OneMutes : Model<OneMutes, 3> {
  sabre::Announcement<S> announcement;
  bool muted[2] = {};
  void Before() { announcement.Announce(); }
  void Thread(int id) {
    if (id < 2) {
      if (announcement.AnyoneWaiting()) muted[id] = announcement.TryMute();
    } else {
      announcement.Retract();
    }
  }
  void After() {
    SABRE_VERIFY(!(muted[0] && muted[1]));
    Reached(muted[0] || muted[1] ? "muted" : "not muted");
    announcement.Unmute();
    SABRE_VERIFY(!announcement.AnyoneWaiting());
  }
};

const Suite announcement_suite(
    "Announcement", {"sabre/sync/announcement.h"},
    {
        Claim<OneSeesTheOther>("after a relaxed store, one side sees the other",
                               {.searches = {Full(), Random(50'000)},
                                .reaches = {"both see", "waiter sees", "notifier sees"}}),
        Claim<UnmuteIsAnAnnouncement>("the end of a mute, one side sees the other",
                                      {.searches = {Full(), Random(50'000)},
                                       .reaches = {"both see", "waiter sees", "notifier sees"}}),
        Claim<MuteHidesNothingFromAll>("AnyoneAnnounced passes a mute, one side sees the other",
                                       {.searches = {Full(), Random(50'000)},
                                        .reaches = {"both see", "waiter sees", "notifier sees"}}),
        Claim<OneMutes>("of two notifiers at most one mutes",
                        {.searches = {Full(), Random(20'000)}, .reaches = {"muted", "not muted"}}),
    });

// Waits until `condition`, as the header's example does. Returns false at the deadline.
template <class Look>
bool Await(sabre::EventCount<S>& events, Look look, TimePoint deadline) {
  while (!look()) {
    const auto key = events.PrepareWait();
    if (look()) {
      events.CancelWait();
      Reached("cancelled");
      return true;
    }
    if (!events.CommitWait(key, deadline)) {
      Reached("timed out");
      return look();
    }
    Reached("slept or was told");
  }
  return true;
}

// No wake-up is lost, though the condition is stored relaxed.
struct ChangeThenNotify : Model<ChangeThenNotify, 2> {
  sabre::EventCount<S> events;
  S::Atomic<int> condition{0};
  void Thread(int id) {
    if (id == 0) {
      Await(
          events, [this] { return condition.load(S::kRelaxed) != 0; }, sabre::kNever);
    } else {
      condition.store(1, S::kRelaxed);
      events.NotifyOne();
    }
  }
};

// With a deadline the wait ends either way, and nothing is left behind.
struct DeadlineAgainstNotify : Model<DeadlineAgainstNotify, 2> {
  sabre::EventCount<S> events;
  S::Atomic<int> condition{0};
  void Thread(int id) {
    if (id == 0) {
      Await(
          events, [this] { return condition.load(S::kRelaxed) != 0; }, TimePoint());
    } else {
      condition.store(1, S::kRelaxed);
      events.NotifyOne();
    }
  }
};

// Two changes, two waiters, each takes one; one notification a change.
struct TwoWaitersTwoChanges : Model<TwoWaitersTwoChanges, 3> {
  sabre::EventCount<S> events;
  S::Atomic<int> items{0};
  bool TakeOne() {
    int have = items.load(S::kRelaxed);
    while (have > 0) {
      if (items.compare_exchange_strong(have, have - 1, S::kRelaxed, S::kRelaxed)) return true;
    }
    return false;
  }
  void Thread(int id) {
    if (id < 2) {
      Await(
          events, [this] { return TakeOne(); }, sabre::kNever);
      return;
    }
    for (int i = 0; i < 2; ++i) {
      items.fetch_add(1, S::kRelaxed);
      events.NotifyOne();
    }
  }
};

// One change wakes all.
struct NotifyAllWakesAll : Model<NotifyAllWakesAll, 3> {
  sabre::EventCount<S> events;
  S::Atomic<int> condition{0};
  void Thread(int id) {
    if (id < 2) {
      Await(
          events, [this] { return condition.load(S::kRelaxed) != 0; }, sabre::kNever);
    } else {
      condition.store(1, S::kRelaxed);
      events.NotifyAll();
    }
  }
};

// What the notifier did before is visible to the waiter that it woke.
struct NotifyPublishes : Model<NotifyPublishes, 2> {
  sabre::EventCount<S> events;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      const auto key = events.PrepareWait();
      if (events.CommitWait(key, TimePoint())) {
        SABRE_VERIFY(data.Get() == 7);
        Reached("woken");
      } else {
        Reached("timed out");
      }
    } else {
      data.Set(7);
      events.NotifyOne();
    }
  }
};

// The use that the header shows: a ring that is waited on. Nobody sleeps beside a value.
struct RingIsWaitedOn : Model<RingIsWaitedOn, 2> {
  sabre::MpmcRing<int, S> ring{2};
  sabre::EventCount<S> events;
  int sum = 0;
  void Thread(int id) {
    if (id == 1) {
      for (int i = 1; i <= 2; ++i) {
        SABRE_VERIFY(ring.TryPush(i));
        events.NotifyOne();
      }
      return;
    }
    for (int i = 0; i < 2; ++i) {
      Await(
          events,
          [this] {
            const std::optional<int> value = ring.TryPop();
            if (value) sum += *value;
            return value.has_value();
          },
          sabre::kNever);
    }
    SABRE_VERIFY(sum == 3);
  }
};

// While nobody waits, a notification costs a fence and a load, whatever waits there have been.
struct NobodyWaitsNoCost : Model<NobodyWaitsNoCost, 1> {
  sabre::EventCount<S> events;
  void NotifyCosts(std::size_t steps) {
    const std::size_t before = Steps();
    events.NotifyOne();
    events.NotifyAll();
    SABRE_VERIFY(Steps() - before == 2 * steps);
  }
  void Thread(int) {
    NotifyCosts(2);
    events.PrepareWait();
    events.CancelWait();
    NotifyCosts(2);
    SABRE_VERIFY(!events.CommitWait(events.PrepareWait(), TimePoint()));
    NotifyCosts(2);
    const auto key = events.PrepareWait();
    events.NotifyOne();
    SABRE_VERIFY(events.CommitWait(key));
    NotifyCosts(2);
  }
};

const Suite event_count_suite(
    "EventCount", {"sabre/sync/event_count.h"},
    {
        Claim<ChangeThenNotify>("a change before Notify is never slept through",
                                {.searches = {Full(500'000), Random(50'000)},
                                 .reaches = {"cancelled", "slept or was told"}}),
        Claim<DeadlineAgainstNotify>("a deadline ends the wait, nothing is left linked",
                                     {.searches = {Bound(3, 300'000), Random(50'000)},
                                      .reaches = {"cancelled", "timed out", "slept or was told"}}),
        Claim<TwoWaitersTwoChanges>("2 waiters, 2 changes, 2 NotifyOne: both get one",
                                    {.searches = {Bound(2, 150'000), Random(50'000)},
                                     .reaches = {"cancelled", "slept or was told"}}),
        Claim<NotifyAllWakesAll>("NotifyAll wakes both of 2 waiters",
                                 {.searches = {Bound(2, 150'000), Random(50'000)},
                                  .reaches = {"cancelled", "slept or was told"}}),
        Claim<RingIsWaitedOn>("a ring that is waited on: nobody sleeps beside a value",
                              {.searches = {Bound(2), Random(50'000)},
                               .reaches = {"cancelled", "slept or was told"}}),
        Claim<NobodyWaitsNoCost>("while nobody waits, a Notify is a fence and a load",
                                 {.searches = {Full(), Random(100)}}),
        Claim<NotifyPublishes>("what precedes Notify is visible to whom it wakes",
                               {.searches = {Bound(3, 300'000), Random(50'000)},
                                .reaches = {"woken", "timed out"}}),
    });

// ---- WorkSignal

// Tasks in a relaxed counter; each worker leaves with one task, as the header's example.
struct Tasks {
  sabre::kernel::WorkSignal<S> signal;
  S::Atomic<int> tasks{0};

  bool Pop() {
    int have = tasks.load(S::kRelaxed);
    while (have > 0) {
      if (tasks.compare_exchange_strong(have, have - 1, S::kRelaxed, S::kRelaxed)) return true;
    }
    return false;
  }
  void Submit() {
    tasks.fetch_add(1, S::kRelaxed);
    signal.NotifyOne();
  }
  // Sleeps until `deadline` at first, then for as long as it takes.
  void TakeOne(TimePoint deadline = sabre::kNever) {
    for (;;) {
      if (Pop()) return;
      const auto key = signal.PrepareWait();
      bool taken = Pop();
      if (taken) {
        signal.CancelWait();
        Reached("cancelled");
      } else {
        Reached(signal.CommitWait(key, deadline) ? "slept or was told" : "timed out");
        deadline = sabre::kNever;
        taken = Pop();
      }
      if (!taken) continue;
      // Relaxed: as the pool asks its ring.
      if (tasks.load(S::kRelaxed) > 0) signal.NotifyOne();
      return;
    }
  }
};
struct OneWorkerOneTask : Model<OneWorkerOneTask, 2>, Tasks {
  void Thread(int id) { id == 0 ? TakeOne() : Submit(); }
};
struct TwoWorkersTwoTasks : Model<TwoWorkersTwoTasks, 3>, Tasks {
  void Thread(int id) {
    if (id < 2) {
      TakeOne();
    } else {
      Submit();
      Submit();
    }
  }
};
struct TwoSubmitters : Model<TwoSubmitters, 3>, Tasks {
  void Thread(int id) {
    if (id == 0) {
      TakeOne();
      TakeOne();
    } else {
      Submit();
    }
  }
};
// A notifier has muted the announcement for a worker that then gives up: the next task is heard of.
struct DeadlineAgainstSubmit : Model<DeadlineAgainstSubmit, 2>, Tasks {
  void Thread(int id) {
    if (id == 0) {
      TakeOne(kSoon);
      TakeOne();
    } else {
      Submit();
      Submit();
    }
  }
};
// The end reaches all who wait, though a task has muted the announcement just before.
struct EndReachesAll : Model<EndReachesAll, 3> {
  sabre::kernel::WorkSignal<S> signal;
  S::Atomic<int> ended{0};
  void Thread(int id) {
    if (id == 2) {
      signal.NotifyOne();
      ended.store(1, S::kRelaxed);
      signal.NotifyAll();
      return;
    }
    while (ended.load(S::kRelaxed) == 0) {
      const auto key = signal.PrepareWait();
      if (ended.load(S::kRelaxed) != 0) {
        signal.CancelWait();
        return;
      }
      signal.CommitWait(key);
    }
  }
};

// A burst costs one wake-up, nobody waiting costs none, and each wait says how it ended.
struct OneWakeUpForABurst : Model<OneWakeUpForABurst, 1> {
  sabre::kernel::WorkSignal<S> signal;
  std::size_t wake_ups = 0;
  std::size_t LocksOf(int submissions) {
    const std::size_t before = Locks();
    const std::size_t raised = HowMany(Op::kFetchAdd);
    for (int i = 0; i < submissions; ++i) signal.NotifyOne();
    wake_ups = HowMany(Op::kFetchAdd) - raised;
    return Locks() - before;
  }
  std::size_t LocksOfEnd() {
    const std::size_t before = Locks() + HowMany(Op::kFetchAdd);
    signal.NotifyAll();
    return Locks() + HowMany(Op::kFetchAdd) - before;
  }
  void Thread(int) {
    SABRE_VERIFY(LocksOf(2) == 0 && wake_ups == 0 && LocksOfEnd() == 0);
    auto key = signal.PrepareWait();
    // The epoch is raised, nobody sleeps yet: not even the list's lock.
    SABRE_VERIFY(LocksOf(3) == 0 && wake_ups == 1 && LocksOfEnd() == 1);
    SABRE_VERIFY(signal.CommitWait(key, kSoon));
    SABRE_VERIFY(LocksOf(2) == 0 && wake_ups == 0 && LocksOfEnd() == 0);
    key = signal.PrepareWait();
    SABRE_VERIFY(!signal.CommitWait(key, kSoon));
    SABRE_VERIFY(LocksOf(2) == 0 && wake_ups == 0);
    signal.PrepareWait();
    signal.CancelWait();
    SABRE_VERIFY(LocksOf(2) == 0 && wake_ups == 0 && LocksOfEnd() == 0);
  }
};

// While one worker is on its way, further submissions wake nobody else.
struct BurstWakesOne : Model<BurstWakesOne, 3> {
  sabre::kernel::WorkSignal<S> signal;
  S::Atomic<int> asleep{0};
  bool told[2] = {};
  void Thread(int id) {
    if (id < 2) {
      const auto key = signal.PrepareWait();
      asleep.fetch_add(1, S::kRelaxed);
      told[id] = signal.CommitWait(key, kSoon);
      return;
    }
    const bool both = asleep.load(S::kRelaxed) == 2;
    const std::size_t before = HowMany(Op::kUnpark);
    signal.NotifyOne();
    Reached(both ? "both waited" : "fewer waited");
    SABRE_VERIFY(HowMany(Op::kUnpark) - before <= 3);
  }
  void After() {
    Reached(told[0] && told[1] ? "both told" : told[0] || told[1] ? "one told" : "none");
  }
};

const std::vector<const char*> kBothWays = {"cancelled", "slept or was told"};
const Suite work_signal(
    "WorkSignal", {"lib/kernel/work_signal.h"},
    {
        Claim<OneWorkerOneTask>("a task wakes the sleeping worker",
                                {.searches = {Bound(4, 300'000), Random(50'000)},
                                 .reaches = kBothWays}),
        Claim<TwoWorkersTwoTasks>("2 tasks, 2 workers, 1 wake-up at a time: both run",
                                  {.searches = {Bound(2, 200'000), Random(100'000)},
                                   .reaches = kBothWays}),
        Claim<TwoSubmitters>("2 submitters, 1 worker: both tasks run",
                             {.searches = {Bound(2, 200'000), Random(100'000)},
                              .reaches = kBothWays}),
        Claim<DeadlineAgainstSubmit>("a worker that gives up leaves nothing muted",
                                     {.searches = {Bound(3, 100'000), Random(20'000)},
                                      .reaches = {"slept or was told", "timed out"}}),
        Claim<OneWakeUpForABurst>("nobody waiting costs nothing, a burst one wake-up",
                                  {.searches = {Full(), Random(10)}}),
        Claim<BurstWakesOne>("one submission, 2 workers",
                             {.searches = {Bound(2, 50'000), Random(5'000)},
                              .reaches = {"both waited", "fewer waited", "both told", "one told",
                                          "none"}}),
        Claim<EndReachesAll>("NotifyAll reaches both of 2 workers, muted or not",
                             {.searches = {Bound(2, 200'000), Random(50'000)}}),
    });

}  // namespace
