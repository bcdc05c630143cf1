// The locks of the sync room as a program uses them that has no shared memory: over atomics of its own.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include "sabre/sync/barrier.h"
#include "sabre/sync/condition.h"
#include "sabre/sync/mutex.h"
#include "sabre/sync/semaphore.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

using Word = StdSync::Atomic<std::uint32_t>;

TimePoint Soon() { return StdSync::Now() + std::chrono::microseconds(200); }

struct OneMutex {
  WaiterList<> list;
  Word word;
  Mutex<> mutex{word, list, 0};
};

TEST_CASE("a mutex names its owner in the upper bits of its word, and is zero when it is free") {
  OneMutex m;
  for (const Mutex<>::Owner owner : {1u, 2u, Mutex<>::kMaxOwner}) {
    CHECK_FALSE(m.mutex.Holds(owner));
    CHECK_FALSE(m.mutex.Unlock(owner));
    CHECK(m.mutex.TryLock(owner));
    CHECK(m.word.load(StdSync::kRelaxed) == owner << 1);
    CHECK(m.mutex.Holds(owner));
    CHECK_FALSE(m.mutex.TryLock(owner));
    CHECK_FALSE(m.mutex.TryLock(3));
    CHECK_FALSE(m.mutex.Unlock(3));
    CHECK(m.mutex.Unlock(owner));
    CHECK(m.word.load(StdSync::kRelaxed) == 0);
  }
}

TEST_CASE("a mark that a waiter has left is taken along, and goes with the next unlock") {
  OneMutex m;
  CHECK(m.mutex.TryLock(1));
  CHECK(m.mutex.Lock(2, Soon()) == WaitOutcome::kTimedOut);
  CHECK(m.mutex.Lock(2, TimePoint::min()) == WaitOutcome::kTimedOut);
  CHECK(m.word.load(StdSync::kRelaxed) == (1 << 1 | 1));
  CHECK(m.mutex.Holds(1));
  CHECK(m.mutex.Unlock(1));
  CHECK(m.word.load(StdSync::kRelaxed) == 0);
  CHECK(m.mutex.Lock(2, TimePoint::min()) == WaitOutcome::kNotified);
}

TEST_CASE(
    "a free mutex is marked while others wait; who was passed over is handed it the next time") {
  OneMutex m;
  CHECK(m.mutex.TryLock(1));
  // Each, when it is woken for the n-th time, looks at the lock once `go` is n.
  StdSync::Atomic<std::uint32_t> go{0};
  const auto lock_slowly = [&](Mutex<>::Owner me) {
    std::uint32_t woken = 0;
    const auto slow = [&](WaiterList<>& list, BlockingWaiter<StdSync>& waiter, TimePoint deadline) {
      const WaitOutcome outcome = list.Await(waiter, deadline);
      woken += 1;
      while (go.load(StdSync::kAcquire) < woken) StdSync::ThreadYield();
      return outcome;
    };
    CHECK(m.mutex.Lock(me, kNever, slow) == WaitOutcome::kNotified);
    CHECK(m.mutex.Unlock(me));
  };
  std::thread first([&] { lock_slowly(2); });
  while (m.list.Count(0) < 1) StdSync::ThreadYield();
  std::thread second([&] { lock_slowly(3); });
  while (m.list.Count(0) < 2) StdSync::ThreadYield();
  CHECK(m.mutex.Unlock(1));
  CHECK(m.word.load(StdSync::kRelaxed) == 1);
  CHECK(m.mutex.TryLock(4));  // a newcomer
  CHECK(m.word.load(StdSync::kRelaxed) == (4 << 1 | 1));
  go.store(1, StdSync::kRelease);
  // The first is passed over and goes back to the front.
  while (m.list.Count(0) < 2) StdSync::ThreadYield();
  CHECK(m.mutex.Unlock(4));
  CHECK(m.word.load(StdSync::kRelaxed) == (2 << 1 | 1));
  CHECK_FALSE(m.mutex.TryLock(4));
  go.store(2, StdSync::kRelease);
  first.join();
  second.join();
  CHECK(m.word.load(StdSync::kRelaxed) == 0);
}

TEST_CASE("a condition gives its mutex up and takes it again") {
  OneMutex m;
  Condition<> condition(m.list, 8);
  CHECK(condition.Notify() == 0);
  CHECK(m.mutex.TryLock(1));
  CHECK(condition.Wait(m.mutex, 1, Soon()) == WaitOutcome::kTimedOut);
  CHECK(m.mutex.Holds(1));
  std::thread notifier([&] {
    while (condition.Notify(1) == 0) StdSync::ThreadYield();
  });
  CHECK(condition.Wait(m.mutex, 1) == WaitOutcome::kNotified);
  CHECK(m.mutex.Holds(1));
  notifier.join();
}

TEST_CASE("a semaphore gives what nobody waits for to its word") {
  WaiterList<> list;
  Word word(1);
  Semaphore<> semaphore(word, list, 0);
  CHECK(semaphore.Acquire() == WaitOutcome::kNotified);
  CHECK(semaphore.Acquire(0, Soon()) == WaitOutcome::kTimedOut);
  CHECK(word.load(StdSync::kRelaxed) == std::uint32_t{1} << 31);
  CHECK(semaphore.Available() == 0);
  CHECK_FALSE(semaphore.TryAcquire());
  CHECK(semaphore.Release(Semaphore<>::kMax));
  CHECK(word.load(StdSync::kRelaxed) == Semaphore<>::kMax);
  CHECK_FALSE(semaphore.Release());
  CHECK(semaphore.TryAcquire());
  CHECK(semaphore.Release());
}

TEST_CASE("a barrier counts its phases through the end of the numbers") {
  WaiterList<> list;
  Word arrivals;
  Word phase(UINT32_MAX);
  Barrier<> barrier(arrivals, phase, 2, list, 0);
  for (const std::uint32_t expected : {UINT32_MAX, 0u, 1u}) {
    const std::optional<Barrier<>::Phase> mine = barrier.Arrive();
    CHECK(mine == expected);
    CHECK_FALSE(barrier.HasEnded(*mine));
    CHECK(barrier.Wait(*mine, 0, Soon()) == WaitOutcome::kTimedOut);
    CHECK(barrier.Arrive() == expected);
    CHECK(barrier.HasEnded(*mine));
    CHECK(barrier.Wait(*mine) == WaitOutcome::kNotified);
  }
}

}  // namespace
}  // namespace sabre
