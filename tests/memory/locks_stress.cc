// Many threads at the locks over shared cells, around plain data: what the models show for two or three
// threads, and what ThreadSanitizer sees on real ones.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/barrier.h"
#include "sabre/memory/condition.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/semaphore.h"
#include "tests/memory/lock_helpers.h"
#include "tests/support/linearizability.h"
#include "tests/support/specifications.h"
#include "tests/support/stress.h"
#include "tests/support/yielding_sync.h"

namespace sabre {
namespace {

using atomics::Barrier;
using atomics::Condition;
using atomics::Mutex;
using atomics::Semaphore;
using atomics::UnlockToken;
using internal::WaiterKind;
using test::SharedCells;

constexpr int kThreads = 8;

std::vector<std::function<void()>> EightTimes(const std::function<void(int)>& body) {
  std::vector<std::function<void()>> bodies;
  for (int t = 0; t < kThreads; ++t) bodies.emplace_back([body, t] { body(t); });
  return bodies;
}

TEST_CASE("under a mutex, eight threads count plain data, whichever way they lock") {
  const Int32Array cells = SharedCells(2);
  const int rounds = test::Rounds(8'000);
  int counter = 0;   // [mutex in cell 0]
  int attempts = 0;  // [mutex in cell 0]
  int missed[kThreads] = {};
  test::Together(EightTimes([&](int t) {
    const Mutex mutex = *Mutex::Over(cells, 0);
    for (int i = 0; i < rounds; ++i) {
      switch ((i + t) % 4) {
        case 0: {
          const UnlockToken token = *mutex.Lock();
          counter += 1;
          break;
        }
        case 1: {
          const UnlockToken token = *mutex.LockIfAvailable(absl::Microseconds(i % 50));
          if (token.locked()) {
            counter += 1;
          } else {
            missed[t] += 1;
          }
          break;
        }
        case 2: {
          const std::unique_lock<const Mutex> lock(mutex, std::try_to_lock);
          if (lock.owns_lock()) {
            counter += 1;
          } else {
            missed[t] += 1;
          }
          break;
        }
        default: {
          const std::lock_guard<const Mutex> lock(mutex);
          counter += 1;
        }
      }
    }
    const std::lock_guard<const Mutex> lock(mutex);
    attempts += rounds - missed[t];
  }));
  CHECK(counter == attempts);
  CHECK(counter >= kThreads * rounds / 2);
  CHECK(test::Waiting(cells, 0, WaiterKind::kMutex) == 0);
  CHECK(Mutex::Over(cells, 0)->try_lock());
}

TEST_CASE(
    "stop requests, timeouts and hand-overs: nobody has the lock twice, and it is never lost") {
  const Int32Array cells = SharedCells(1);
  const int rounds = test::Rounds(1'500);
  int counter = 0;  // [mutex]
  int got[kThreads] = {};
  test::Together(EightTimes([&](int t) {
    const Mutex mutex = *Mutex::Over(cells, 0);
    for (int i = 0; i < rounds; ++i) {
      if (t == 0) {
        // Takes the lock as often as it can.
        const std::lock_guard<const Mutex> lock(mutex);
        counter += 1;
        got[0] += 1;
        continue;
      }
      std::stop_source stop;
      Agent::Current().set_stop_token(stop.get_token());
      std::optional<std::jthread> stopper;
      if (t == 1) stopper.emplace([&stop] { stop.request_stop(); });
      absl::StatusOr<UnlockToken> token =
          t % 2 == 1 ? mutex.Lock() : mutex.LockIfAvailable(absl::Microseconds(i % 30));
      if (!token.ok() || !token->locked()) continue;
      counter += 1;
      got[t] += 1;
    }
    Agent::Current().set_stop_token({});
  }));
  int sum = 0;
  for (const int one : got) sum += one;
  CHECK(counter == sum);
  CHECK(got[0] == rounds);
  CHECK(got[3] == rounds);
  CHECK(Mutex::Over(cells, 0)->try_lock());
}

TEST_CASE(
    "a bounded queue with two conditions: each item is taken once, in the order of its producer") {
  const Int32Array cells = SharedCells(3);
  const int items = test::Rounds(8'000);
  constexpr std::size_t kCapacity = 3;
  constexpr int kProducers = 4;
  std::deque<std::pair<int, int>> queue;  // [mutex]
  int taken = 0;                          // [mutex]
  int last[kProducers];                   // [mutex]
  for (int& one : last) one = -1;
  bool in_order = true;  // [mutex]
  test::Together(EightTimes([&](int t) {
    const Mutex mutex = *Mutex::Over(cells, 0);
    const Condition not_full = *Condition::Over(cells, 1);
    const Condition not_empty = *Condition::Over(cells, 2);
    if (t < kProducers) {
      for (int i = 0; i < items; ++i) {
        UnlockToken token = *mutex.Lock();
        while (queue.size() == kCapacity) static_cast<void>(not_full.Wait(token));
        queue.emplace_back(t, i);
        not_empty.Notify(1);
      }
      return;
    }
    UnlockToken token = *mutex.Lock();
    while (taken < kProducers * items) {
      if (queue.empty()) {
        // Some of the waits have a timeout, which must not swallow a notification.
        static_cast<void>(not_empty.WaitFor(
            token, t % 2 == 0 ? absl::Microseconds(50) : absl::InfiniteDuration()));
        continue;
      }
      const auto [producer, item] = queue.front();
      queue.pop_front();
      in_order = in_order && item == last[producer] + 1;
      last[producer] = item;
      taken += 1;
      if (taken == kProducers * items) not_empty.Notify();
      not_full.Notify(1);
    }
  }));
  CHECK(taken == kProducers * items);
  CHECK(in_order);
  CHECK(queue.empty());
}

TEST_CASE("a semaphore never admits more than it has permits for, beside timeouts") {
  const Int32Array cells = SharedCells(3);
  constexpr int kPermits = 3;
  const int rounds = test::Rounds(1'500);
  const Semaphore semaphore = *Semaphore::Over(cells, 0);
  CHECK(semaphore.Release(kPermits).ok());
  int most[kThreads] = {};
  test::Together(EightTimes([&](int t) {
    for (int i = 0; i < rounds; ++i) {
      if (t % 2 == 0) {
        if (!semaphore.Acquire().ok()) continue;
      } else {
        if (!*semaphore.AcquireFor(absl::Microseconds(i % 20))) continue;
      }
      most[t] = std::max(most[t], atomics::Add(cells, 1, 1) + 1);
      atomics::Sub(cells, 1, 1);
      static_cast<void>(semaphore.Release());
    }
  }));
  for (const int one : most) CHECK(one <= kPermits);
  CHECK(semaphore.Available() == kPermits);
}

TEST_CASE("a semaphore with one permit guards plain data") {
  const Semaphore semaphore = *Semaphore::Over(SharedCells(1), 0);
  const int rounds = test::Rounds(1'500);
  int counter = 0;  // [semaphore]
  CHECK(semaphore.Release().ok());
  test::Together(EightTimes([&](int) {
    for (int i = 0; i < rounds; ++i) {
      if (!semaphore.Acquire().ok()) continue;
      counter += 1;
      static_cast<void>(semaphore.Release());
    }
  }));
  CHECK(counter == kThreads * rounds);
}

TEST_CASE("a barrier carries plain data from phase to phase, while threads drop out") {
  const Int32Array cells = SharedCells(Barrier::kCells);
  const int phases = test::Rounds(1'500);
  int data[kThreads] = {};
  bool right[kThreads];
  for (bool& one : right) one = true;
  test::Together(EightTimes([&](int t) {
    const Barrier barrier = *Barrier::Over(cells, 0, kThreads);
    // Thread t takes part in so many phases, thread 0 in all.
    const int mine = t == 0 ? phases : phases * t / kThreads;
    for (int phase = 0; phase < mine; ++phase) {
      data[t] = phase + 1;
      if (!barrier.ArriveAndWait().ok()) right[t] = false;
      // Those who are still there have written this phase's number.
      for (int other = 0; other < kThreads; ++other) {
        const int theirs = other == 0 ? phases : phases * other / kThreads;
        if (data[other] != std::min(phase + 1, theirs)) right[t] = false;
      }
      if (!barrier.ArriveAndWait().ok()) right[t] = false;
    }
    if (!barrier.ArriveAndDrop().ok()) right[t] = false;
  }));
  for (const bool one : right) CHECK(one);
  CHECK(absl::IsFailedPrecondition(Barrier::Over(cells, 0, kThreads)->Arrive().status()));
}

// ----------------------------------------------------------------------------- recorded histories

// What a thread does with a number of permits: it takes one, waiting for it or not, and gives it back.
template <class Permits>
void TakeAndGive(Permits& permits, test::Caller& caller) {
  for (int i = 0; i < 3; ++i) {
    const bool wait = caller.Random(2) == 0;
    const int taken =
        wait ? caller.Call(test::kAcquirePermit, 0, [&] { return permits.Acquire() ? 1 : 0; })
             : caller.Call(test::kTryAcquirePermit, 0, [&] { return permits.Try() ? 1 : 0; });
    if (taken == 0) continue;
    if (caller.Random(4) == 0) std::this_thread::yield();
    caller.Call(test::kReleasePermit, 0, [&] { return permits.Release() ? 1 : 0; });
  }
}
template <class Permits>
test::Explored ExploreLock(int threads, int rounds, int permits) {
  return test::Explore(
      threads, rounds, test::PermitSpec{{permits}}, [] { return std::make_unique<Permits>(); },
      TakeAndGive<Permits>);
}

struct LockOfCells {
  bool Acquire() {
    mutex.lock();
    return true;
  }
  bool Try() { return mutex.try_lock(); }
  bool Release() {
    mutex.unlock();
    return true;
  }
  Mutex mutex = *Mutex::Over(SharedCells(1), 0);
};

struct LockOfSync {
  bool Acquire() { return mutex.Lock(Me()) == WaitOutcome::kNotified; }
  bool Try() { return mutex.TryLock(Me()); }
  bool Release() { return mutex.Unlock(Me()); }
  static std::uint32_t Me() { return static_cast<std::uint32_t>(Agent::Current().id()); }
  test::YieldingSync::Atomic<std::uint32_t> cell;
  WaiterList<test::YieldingSync> list;
  sabre::Mutex<test::YieldingSync> mutex{cell, list, 0};
};

struct TwoPermits {
  TwoPermits() { REQUIRE(semaphore.Release(2).ok()); }
  bool Acquire() { return semaphore.Acquire().ok(); }
  bool Try() { return semaphore.TryAcquire(); }
  bool Release() { return semaphore.Release().ok(); }
  Semaphore semaphore = *Semaphore::Over(SharedCells(1), 0);
};

TEST_CASE("the locks are linearizable: as one permit, or as two") {
  const int rounds = test::Rounds(2'000);
  for (const int threads : {2, 3}) {
    CAPTURE(threads);
    CHECK(ExploreLock<LockOfCells>(threads, rounds, 1).counterexample == "");
    CHECK(ExploreLock<LockOfSync>(threads, rounds, 1).counterexample == "");
    CHECK(ExploreLock<TwoPermits>(threads + 1, rounds, 2).counterexample == "");
  }
}

// It looks whether it is free and then takes it.
struct LockThatIsNone {
  bool Acquire() {
    while (!Try()) std::this_thread::yield();
    return true;
  }
  bool Try() {
    if (held.load()) return false;
    std::this_thread::yield();
    held.store(true);
    return true;
  }
  bool Release() {
    held.store(false);
    return true;
  }
  std::atomic<bool> held{false};
};

TEST_CASE("a lock that is none is caught") {
  const test::Explored explored = ExploreLock<LockThatIsNone>(2, 1'000'000, 1);
  CHECK(explored.counterexample.find("got a permit") != std::string::npos);
}

}  // namespace
}  // namespace sabre
