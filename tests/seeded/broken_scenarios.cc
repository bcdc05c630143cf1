// Scenarios that are wrong, as the proof that the scheduler finds such things. program_test.py runs them.
#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/thread_messages.h"
#include "sabre/sync/std_sync.h"
#include "sabre/worker/locks.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

using Flag = StdSync::Atomic<bool>;

// A waiter that announces itself after it has looked: whoever sets the condition in between wakes nobody.
void LostWakeUp() {
  Flag ready{false};
  Flag waits{false};
  Parker parker;
  const Actor notifier([&] {
    ready.store(true, StdSync::kSeqCst);
    if (waits.load(StdSync::kSeqCst)) parker.Unpark();
  });
  if (ready.load(StdSync::kSeqCst)) return;
  waits.store(true, StdSync::kSeqCst);
  parker.Park();
}

// A sum in two steps.
void TornSum() {
  StdSync::Atomic<int> sum{0};
  const auto add = [&] { sum.store(sum.load(StdSync::kSeqCst) + 1, StdSync::kSeqCst); };
  {
    const Actor one(add);
    const Actor other(add);
  }
  Expect(sum.load(StdSync::kSeqCst) == 2, "both have added one");
}

// Two locks, taken in two orders.
void TwoLocks() {
  StdSync::Mutex a;
  StdSync::Mutex b;
  const Actor other([&] {
    const std::lock_guard<StdSync::Mutex> first(b);
    const std::lock_guard<StdSync::Mutex> second(a);
  });
  const std::lock_guard<StdSync::Mutex> first(a);
  const std::lock_guard<StdSync::Mutex> second(b);
}

// A condition variable with `if`: a wake-up for no reason goes on without the condition.
void ConditionWithIf() {
  StdSync::Mutex mutex;
  StdSync::CondVar changed;
  bool ready = false;
  const Actor other([&] {
    const std::lock_guard<StdSync::Mutex> lock(mutex);
    ready = true;
    changed.NotifyOne();
  });
  const std::lock_guard<StdSync::Mutex> lock(mutex);
  if (!ready) changed.Wait(mutex);
  Expect(ready, "what was waited for is there");
}

// A timeout that is taken for the end of the other's work.
void ImpatientReader() {
  Parker done;
  int result = 0;
  const Actor worker([&] {
    Point();
    result = 1;
    done.Unpark();
  });
  done.Park(Now() + std::chrono::seconds(1));
  Expect(result == 1, "a second is enough for everything");
}

// A violation that aborts where it happens, as a broken state machine of the library does.
void Unreachable() {
  StdSync::Atomic<int> owners{0};
  const auto enter = [&] {
    if (owners.fetch_add(1, StdSync::kSeqCst) != 0) StdSync::Unreachable("two owners");
    owners.fetch_sub(1, StdSync::kSeqCst);
  };
  const Actor one(enter);
  const Actor other(enter);
}

// An owner of a lock who does not hear that it was stolen.
void DeafOwner() {
  int inside = 0;
  const auto work = [&inside](const absl::StatusOr<Lock>& lock) {
    if (!lock.ok()) return;
    Expect(++inside == 1, "one at a time");
    Point();
    inside -= 1;
  };
  const Actor owner([&] { work(RequestLock("house")); });
  work(RequestLock("house", {.steal = true}));
}

// Two names, taken in two orders.
void CrossedNames() {
  const auto take = [](const char* first, const char* second) {
    const absl::StatusOr<Lock> one = RequestLock(first);
    const absl::StatusOr<Lock> other = RequestLock(second);
  };
  const Actor other([&] { take("b", "a"); });
  take("a", "b");
}

// A poster that looks for a drain when it may be over.
void LateForTheDrain() {
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 2}});
  const Actor receiver([&] {
    for (int i = 0; i < 3; ++i) channel.port2.Receive().IgnoreError();
    channel.port2.Close();
  });
  int posted = 0;
  while (channel.port1.PostMessage(posted).ok()) posted += 1;
  channel.port1.OnDrain([&] {
    while (channel.port1.PostMessage(posted).ok()) posted += 1;
  });
  EventLoop::Current().Run();
}

// Two threads that call each other, and answer only when they have been answered.
void TwoCallers() {
  std::uint64_t ids[2] = {};
  Parker known[2];
  const auto call = [&](int who) {
    OnThreadMessage([](MessageEvent, std::uint64_t) {});
    ids[who] = Agent::Current().id();
    known[1 - who].Unpark();
    known[who].Park();
    PostMessageToThread(ids[1 - who], who).IgnoreError();
  };
  const Actor one([&] { call(0); });
  call(1);
}

}  // namespace

const std::vector<Scenario>& BrokenScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"broken-lost-wake-up", "a waiter looks, and then announces itself", LostWakeUp, {}},
      {"broken-torn-sum", "a sum in two steps", TornSum, {}},
      {"broken-two-locks", "two locks, taken in two orders", TwoLocks, {}},
      {"broken-condition-with-if", "a condition variable with `if`", ConditionWithIf, {}},
      {"broken-impatient-reader", "a timeout that nobody believes in", ImpatientReader, {}},
      {"broken-unreachable", "a state machine that aborts", Unreachable, {}},
      {"broken-deaf-owner", "an owner who does not hear that his lock is stolen", DeafOwner, {}},
      {"broken-crossed-names", "two names, locked in two orders", CrossedNames, {}},
      {"broken-late-for-the-drain", "a drain that was before one asks for it", LateForTheDrain, {}},
      {"broken-two-callers", "two threads that wait for each other's answer", TwoCallers, {}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
