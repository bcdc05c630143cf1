// Claims about sync/announcement.h and sync/event_count.h.
#include "sabre/sync/event_count.h"

#include <optional>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/sync/announcement.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;

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
        Claim<NotifyPublishes>("what precedes Notify is visible to whom it wakes",
                               {.searches = {Bound(3, 300'000), Random(50'000)},
                                .reaches = {"woken", "timed out"}}),
    });

}  // namespace
