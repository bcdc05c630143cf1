#include "sabre/memory/condition.h"

#include <cstdint>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "tests/memory/lock_helpers.h"
#include "tests/support/aborts.h"

namespace sabre {
namespace {

using atomics::Condition;
using atomics::Mutex;
using atomics::UnlockToken;
using internal::WaiterKind;
using test::UntilWaiting;

constexpr std::size_t kMutexAt = 0;
constexpr std::size_t kConditionAt = 1;

// A mutex and a condition in one buffer, and what the mutex guards.
struct Guarded {
  Int32Array cells = test::SharedCells(2);
  Mutex mutex = *Mutex::Over(cells, kMutexAt);
  Condition condition = *Condition::Over(cells, kConditionAt);
  int value = 0;  // [mutex]

  void UntilQueued(std::size_t count) const {
    UntilWaiting(cells, kConditionAt, WaiterKind::kCondition, count);
  }
};

TEST_CASE("bad waits are refused, and leave the mutex as it was") {
  Guarded g;
  UnlockToken empty;
  CHECK(absl::IsInvalidArgument(g.condition.Wait(empty)));
  CHECK(absl::IsInvalidArgument(g.condition.WaitFor(empty, absl::Seconds(1)).status()));
  // Not even looked at: without the lock the predicate must not be called.
  bool called = false;
  const auto predicate = [&] { return called = true; };
  CHECK(absl::IsInvalidArgument(g.condition.WaitFor(empty, absl::Seconds(1), predicate).status()));
  CHECK_FALSE(called);

  UnlockToken token = *g.mutex.Lock();
  const test::NoBlocking no_blocking;
  CHECK(absl::IsFailedPrecondition(g.condition.Wait(token)));
  CHECK(absl::IsFailedPrecondition(g.condition.WaitFor(token, absl::ZeroDuration()).status()));
  CHECK(*g.condition.WaitFor(token, absl::ZeroDuration(), [] { return true; }));
  CHECK(g.mutex.HeldByCaller());
}

TEST_CASE("a token of another thread aborts") {
  Guarded g;
  CHECK(test::Aborts([&] {
    UnlockToken token = *g.mutex.Lock();
    atomics::Store(g.cells, kMutexAt, 12345 << 1);  // another thread's
    static_cast<void>(g.condition.Wait(token));
  }));
}

TEST_CASE("Notify wakes those that wait, in order of arrival, and says how many") {
  Guarded g;
  CHECK(g.condition.Notify() == 0);
  std::vector<int> order;  // [mutex]
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      UnlockToken token = *g.mutex.Lock();
      if (g.condition.Wait(token).ok() && g.mutex.HeldByCaller()) order.push_back(i);
    });
    g.UntilQueued(static_cast<std::size_t>(i) + 1);
  }
  CHECK(g.condition.Notify(0) == 0);
  {
    // They wait for the mutex then, in the order in which they were woken.
    const UnlockToken token = *g.mutex.Lock();
    for (std::size_t woken = 1; woken <= 3; ++woken) {
      CHECK(g.condition.Notify(1) == 1);
      UntilWaiting(g.cells, kMutexAt, WaiterKind::kMutex, woken);
    }
    CHECK(g.condition.Notify() == 1);
    UntilWaiting(g.cells, kMutexAt, WaiterKind::kMutex, 4);
    CHECK(g.condition.Notify() == 0);
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("WaitFor gives up at its timeout, with the mutex locked") {
  Guarded g;
  UnlockToken token = *g.mutex.Lock();
  for (const absl::Duration timeout :
       {-absl::InfiniteDuration(), absl::ZeroDuration(), absl::Microseconds(300)}) {
    const absl::StatusOr<bool> notified = g.condition.WaitFor(token, timeout);
    REQUIRE(notified.ok());
    CHECK_FALSE(*notified);
    CHECK(g.mutex.HeldByCaller());
    CHECK(token.locked());
  }
  int calls = 0;
  const absl::StatusOr<bool> last =
      g.condition.WaitFor(token, absl::Microseconds(300), [&] { return ++calls == 2; });
  CHECK(*last);  // what the predicate returned last
  CHECK(calls == 2);
  CHECK_FALSE(*g.condition.WaitFor(token, absl::ZeroDuration(), [] { return false; }));
  CHECK(g.condition.Notify() == 0);
}

TEST_CASE("WaitFor with a predicate goes on until it holds") {
  Guarded g;
  absl::StatusOr<bool> result = false;
  std::thread waiter([&] {
    UnlockToken token = *g.mutex.Lock();
    result = g.condition.WaitFor(token, absl::InfiniteDuration(), [&] { return g.value == 3; });
  });
  for (int i = 1; i <= 3; ++i) {
    g.UntilQueued(1);
    UnlockToken token = *g.mutex.Lock();
    g.value = i;
    CHECK(g.condition.Notify(1) == 1);
  }
  waiter.join();
  CHECK(*result);
}

TEST_CASE("a stop request ends a wait, with the mutex locked") {
  Guarded g;
  std::stop_source stop;
  absl::StatusCode code = absl::StatusCode::kOk;
  absl::StatusCode again = absl::StatusCode::kOk;
  bool held = false;
  std::thread waiter([&] {
    Agent::Current().set_stop_token(stop.get_token());
    UnlockToken token = *g.mutex.Lock();
    code = g.condition.Wait(token).code();
    held = g.mutex.HeldByCaller() && token.locked();
    again = g.condition.WaitFor(token, absl::Hours(1), [] { return false; }).status().code();
  });
  g.UntilQueued(1);
  {
    // To lock again is not cut short by the request.
    const UnlockToken token = *g.mutex.Lock();
    stop.request_stop();
    UntilWaiting(g.cells, kMutexAt, WaiterKind::kMutex, 1);
  }
  waiter.join();
  CHECK(code == absl::StatusCode::kCancelled);
  CHECK(again == absl::StatusCode::kCancelled);
  CHECK(held);
  CHECK(g.condition.Notify() == 0);
  CHECK(g.mutex.Lock().ok());
}

TEST_CASE("the mutex may lie in another buffer, and the condition's cell is not touched") {
  const Int32Array there = test::SharedCells(1);
  Guarded g;
  const Mutex mutex = *Mutex::Over(there, 0);
  atomics::Store(g.cells, kConditionAt, 77);
  bool ready = false;
  std::thread waiter([&] {
    UnlockToken token = *mutex.Lock();
    while (!ready) static_cast<void>(g.condition.Wait(token));
  });
  g.UntilQueued(1);
  CHECK(atomics::Notify(g.cells, kConditionAt) == 0);
  {
    const UnlockToken token = *mutex.Lock();
    ready = true;
  }
  CHECK(g.condition.Notify() == 1);
  waiter.join();
  CHECK(atomics::Load(g.cells, kConditionAt) == 77);
}

}  // namespace
}  // namespace sabre
