// Scenarios of what has a name or a number: broadcast channels, messages to a thread, locks; while their threads
// come and go.
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/broadcast_channel.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/thread_messages.h"
#include "sabre/worker/async_lock.h"
#include "sabre/worker/locks.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

// Two post, all hear; one of two listeners leaves at some moment.
void BroadcastOrder() {
  BroadcastChannel posting[2] = {BroadcastChannel::Create("news"),
                                 BroadcastChannel::Create("news")};
  BroadcastChannel stays = BroadcastChannel::Create("news");
  std::vector<int> heard[2];
  {
    const Actor leaver(
        [&heard, channel = std::make_shared<BroadcastChannel>(BroadcastChannel::Create("news"))] {
          while (heard[1].size() < 4 && !Chance(4)) {
            absl::StatusOr<MessageEvent> event = channel->Receive(absl::Milliseconds(1));
            if (event.ok()) heard[1].push_back(*event->As<int>());
          }
        });
    const auto post = [&](int who) {
      for (int i = 0; i < 2; ++i) {
        Expect(posting[who].PostMessage(10 * who + i).ok(), "an open channel can be posted to");
      }
    };
    const Actor one([&] { post(0); });
    const Actor other([&] { post(1); });
    while (heard[0].size() < 4) heard[0].push_back(*stays.Receive()->As<int>());
  }
  int next[2] = {};
  for (const int value : heard[0]) {
    Expect(value % 10 == next[value / 10]++, "all messages come, those of one poster in order");
  }
  Expect(std::vector<int>(heard[0].begin(), heard[0].begin() + static_cast<std::ptrdiff_t>(
                                                                   heard[1].size())) == heard[1],
         "all channels hear all messages in one order");
  if (heard[1].size() < 4) Reached("a listener leaves before the end");
  for (int who = 0; who < 2; ++who) {
    for (int i = 0; i < 2; ++i) {
      absl::StatusOr<std::optional<MessageEvent>> event = posting[who].TryReceive();
      Expect(event.ok() && event->has_value() && *(*event)->As<int>() == 10 * (1 - who) + i,
             "a channel hears the other's posts");
    }
    Expect(!posting[who].TryReceive()->has_value(), "and not its own");
  }
}

// A name that the first to join makes and the last to leave destroys, from three threads.
void BroadcastName() {
  int heard = 0;
  {
    const auto visit = [&heard](int who) {
      for (int i = 0; i < 2; ++i) {
        BroadcastChannel channel = BroadcastChannel::Create("inn", {.capacity = {.messages = 1}});
        Expect(channel.PostMessage(who).ok(), "an open channel can be posted to");
        absl::StatusOr<std::optional<MessageEvent>> event = channel.TryReceive();
        Expect(event.ok(), "a channel is open until it is closed");
        if (!event->has_value()) continue;
        Expect(*(*event)->As<int>() != who, "a channel hears others only");
        heard += 1;
      }
    };
    const Actor one([&] { visit(1); });
    const Actor other([&] { visit(2); });
    visit(3);
  }
  Reached(heard > 0 ? "they meet" : "they do not meet");
}

// Messages to a thread whose loop ends, or whose handler goes, at some moment.
void ThreadMessages() {
  std::uint64_t id = 0;
  Parker known;
  int handled[2] = {};
  int told[2] = {};
  const bool removes = Chance(2);
  {
    const Actor ends([&] {
      OnThreadMessage([&](MessageEvent event, std::uint64_t) {
        handled[*event.As<int>()] += 1;
        return Chance(4) ? absl::InternalError("no") : absl::OkStatus();
      });
      id = Agent::Current().id();
      known.Unpark();
      EventLoop& loop = EventLoop::Current();
      loop.Ref();
      loop.RunFor(absl::Microseconds(3));
      loop.Unref();
      if (removes) OnThreadMessage(nullptr);
      loop.RunFor(absl::Microseconds(3));
    });
    known.Park();
    const auto post = [&](int who) {
      const absl::Status status = PostMessageToThread(
          id, who, {}, Chance(2) ? absl::Microseconds(2) : absl::InfiniteDuration());
      switch (status.code()) {
        case absl::StatusCode::kOk:
          Expect(handled[who] == 1, "the handler has run");
          return Reached("it is handled");
        case absl::StatusCode::kUnknown:
          Expect(handled[who] == 1, "the handler has failed");
          return Reached("the handler fails");
        case absl::StatusCode::kNotFound:
          told[who] = 1;
          return Reached("there is no such thread");
        case absl::StatusCode::kUnavailable:
          told[who] = 1;
          return Reached("the thread ends before");
        case absl::StatusCode::kDeadlineExceeded:
          return Reached("no answer in time");
        default:
          Expect(false, "there is no other answer");
      }
    };
    const Actor one([&] { post(1); });
    post(0);
  }
  for (int who = 0; who < 2; ++who) {
    Expect(handled[who] + told[who] <= 1, "what was not handled is not handled later");
  }
}

// The same without sleeping, by a thread whose own loop may end before the answer.
void ThreadMessagesAsync() {
  std::uint64_t id = 0;
  Parker known;
  int handled = 0;
  int answers = 0;
  auto alive = std::make_shared<int>(0);
  const std::weak_ptr<int> callback = alive;
  {
    const Actor receiver([&] {
      OnThreadMessage([&](MessageEvent, std::uint64_t) { handled += 1; });
      id = Agent::Current().id();
      known.Unpark();
      EventLoop::Current().Ref();
      EventLoop::Current().RunFor(absl::Microseconds(4));
    });
    const Actor sender([&, kept = std::exchange(alive, nullptr)]() mutable {
      known.Park();
      PostMessageToThreadAsync(id, 1, {}, absl::Microseconds(6),
                               [&, witness = std::move(kept)](const absl::Status& status) {
                                 answers += 1;
                                 Expect(!status.ok() || handled == 1, "the handler has run");
                               });
      EventLoop::Current().RunFor(absl::Microseconds(Chance(2) ? 2 : 1'000));
    });
  }
  Expect(answers <= 1, "one answer");
  Expect(callback.expired(), "a callback is destroyed, run or unrun");
  if (answers == 1) Reached("an answer");
  if (answers == 0) Reached("the loop ends before");
}

bool NobodyHoldsOrWaits() {
  const LockSnapshot snapshot = QueryLocks();
  return snapshot.held.empty() && snapshot.pending.empty();
}

// Readers and writers of one name; some give up, by time or by a stop request.
void LockQueue() {
  int readers = 0;
  int writers = 0;
  std::stop_source stop;
  {
    const auto visit = [&](bool reads, bool impatient) {
      for (int i = 0; i < 2; ++i) {
        LockOptions options{.mode = reads ? LockMode::kShared : LockMode::kExclusive};
        if (impatient) options.timeout = absl::Microseconds(1);
        if (impatient) options.stop_token = stop.get_token();
        absl::StatusOr<Lock> lock = RequestLock("page", options);
        if (!lock.ok()) {
          Expect(impatient, "who waits long enough gets the lock");
          Reached(absl::IsCancelled(lock.status()) ? "stopped" : "too late");
          continue;
        }
        (reads ? readers : writers) += 1;
        Expect(lock->held(), "a lock that was granted is held");
        Point();
        Expect(writers == 0 || (writers == 1 && readers == 0), "one writer, or readers");
        if (readers == 2) Reached("two read together");
        (reads ? readers : writers) -= 1;
        Expect(lock->Release().ok(), "nobody steals");
      }
    };
    const Actor one([&] { visit(true, false); });
    const Actor two([&] { visit(Chance(2), false); });
    const Actor three([&] { visit(Chance(2), true); });
    if (Chance(2)) stop.request_stop();
  }
  Expect(NobodyHoldsOrWaits(), "nothing is left behind");
}

// The thread that holds a lock ends; the handle is elsewhere. A thread that waits ends as well, by its stop.
void LockDeath() {
  Lock orphan;
  std::stop_source stop;
  Parker held;
  int entered = 0;
  {
    const Actor holder([&] {
      orphan = *RequestLock("grave");
      held.Unpark();
      Point();
      Expect(entered == 0, "nobody gets a lock whose holder lives");
    });
    held.Park();
    const auto wait = [&](bool stops) {
      if (stops) Agent::Current().set_stop_token(stop.get_token());
      const absl::StatusOr<Lock> lock = RequestLock("grave");
      if (!lock.ok()) {
        Expect(stops && absl::IsCancelled(lock.status()), "the death of a holder frees the lock");
        return Reached("stopped");
      }
      entered += 1;
      Expect(!orphan.held(), "one at a time");
    };
    const Actor one([&] { wait(false); });
    const Actor other([&] { wait(true); });
    stop.request_stop();
  }
  Expect(entered >= 1, "a lock outlives nobody");
  Expect(orphan.lost_token().stop_requested(), "the holder is told");
  Expect(absl::IsCancelled(orphan.Release()), "a lock whose thread has ended is lost");
  Expect(NobodyHoldsOrWaits(), "nothing is left behind");
}

// A lock is stolen from the thread that works under it, while a third waits.
void LockSteal() {
  int inside = 0;
  {
    // What the owner of a lock does until he hears that it is lost.
    const auto work = [&] {
      absl::StatusOr<Lock> lock = RequestLock("crown");
      if (!lock.ok()) {
        Expect(absl::IsCancelled(lock.status()), "stolen as soon as it was granted");
        return Reached("the lock is stolen at once");
      }
      bool works = false;
      bool lost = false;
      const auto stop_work = [&] {
        if (works) inside -= 1;
        works = false;
      };
      const std::stop_callback on_loss(lock->lost_token(), [&] {
        lost = true;
        stop_work();
      });
      if (!lost) {
        works = true;
        Expect(++inside == 1, "one at a time");
        Point();
        stop_work();
      }
      const absl::Status released = lock->Release();
      // The token may come later: the thief is just about to request the stop.
      Expect(released.ok() ? !lost : absl::IsCancelled(released), "a loss is reported");
      if (!released.ok()) Reached("the lock is stolen");
    };
    const Actor holder(work);
    const Actor waiter(work);
    const absl::StatusOr<Lock> thief = RequestLock("crown", {.steal = true});
    Expect(thief.ok() && thief->held(), "a thief does not wait");
    Expect(++inside == 1, "one at a time");
    Point();
    Expect(QueryLocks().held.size() == 1, "one holds it");
    inside -= 1;
  }
  Expect(NobodyHoldsOrWaits(), "nothing is left behind");
}

// Requests on a loop that ends at some moment, against a thread that holds and lets go.
void LockAsync() {
  int granted = 0;
  int inside = 0;
  auto alive = std::make_shared<int>(0);
  const std::weak_ptr<int> callback = alive;
  {
    const Actor holder([&] {
      const Lock lock = *RequestLock("desk");
      Expect(inside++ == 0, "one at a time");
      Point();
      inside -= 1;
    });
    const Actor asker([&, kept = std::exchange(alive, nullptr)]() mutable {
      for (int i = 0; i < 2; ++i) {
        RequestLockAsync("desk").OnComplete([&, witness = kept](absl::StatusOr<Lock> lock) {
          Expect(lock.ok() && lock->held(), "nobody ends the request");
          Expect(inside++ == 0, "one at a time");
          Point();
          inside -= 1;
          granted += 1;
        });
      }
      kept = nullptr;
      const auto wait = [&]() -> absl::Duration {
        return Chance(2) ? absl::InfiniteDuration() : absl::Microseconds(1);
      };
      EventLoop::Current().RunFor(wait());
    });
  }
  Expect(callback.expired(), "a callback is destroyed, run or unrun");
  Expect(NobodyHoldsOrWaits(), "a request ends with its loop");
  if (granted == 2) Reached("granted");
  if (granted < 2) Reached("the loop ends before");
}

}  // namespace

const std::vector<Scenario>& NamedScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"broadcast-order",
       "all channels of a name hear all messages in one order, and none its own",
       BroadcastOrder,
       {"a listener leaves before the end"}},
      {"broadcast-name",
       "a name comes and goes with its channels",
       BroadcastName,
       {"they meet", "they do not meet"}},
      {"thread-message",
       "the answer to a message to a thread is true, whatever becomes of the thread",
       ThreadMessages,
       {"it is handled", "the handler fails", "there is no such thread", "the thread ends before",
        "no answer in time"}},
      {"thread-message-async",
       "a callback runs at most once and ends with its loop",
       ThreadMessagesAsync,
       {"an answer", "the loop ends before"}},
      {"lock-queue",
       "a name is locked by one writer or by readers, and nobody waits for nobody",
       LockQueue,
       {"stopped", "too late", "two read together"}},
      {"lock-death", "a lock is free when the thread that held it ends", LockDeath, {"stopped"}},
      {"lock-steal",
       "a lock that is stolen has one holder, and the other is told",
       LockSteal,
       {"the lock is stolen"}},
      {"lock-async",
       "a request on a loop is granted in its turn, and ends with the loop",
       LockAsync,
       {"granted", "the loop ends before"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
