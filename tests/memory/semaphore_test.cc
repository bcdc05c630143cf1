#include "sabre/memory/semaphore.h"

#include <cstdint>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "tests/memory/lock_helpers.h"

namespace sabre {
namespace {

using atomics::Semaphore;
using internal::WaiterKind;
using test::UntilWaiting;

TEST_CASE("permits come from Release and go with Acquire") {
  const Semaphore semaphore = *Semaphore::Over(test::SharedCells(1), 0);
  CHECK(semaphore.Available() == 0);
  CHECK_FALSE(semaphore.TryAcquire());
  CHECK(semaphore.Release(2).ok());
  CHECK(semaphore.Available() == 2);
  CHECK(semaphore.TryAcquire());
  CHECK(semaphore.Acquire().ok());
  CHECK_FALSE(semaphore.TryAcquire());
  CHECK(semaphore.Release().ok());
  CHECK(*semaphore.AcquireFor(absl::ZeroDuration()));
  CHECK(semaphore.Release(0).ok());
  CHECK(semaphore.Available() == 0);
}

TEST_CASE("more permits than there can be are refused, and nothing is given") {
  struct {
    std::uint32_t before;
    std::uint32_t count;
    bool ok;
  } const rows[] = {
      {0, Semaphore::kMax, true},  {0, Semaphore::kMax + 1, false}, {0, UINT32_MAX, false},
      {1, Semaphore::kMax, false}, {1, Semaphore::kMax - 1, true},  {Semaphore::kMax, 1, false},
      {Semaphore::kMax, 0, true},
  };
  for (const bool marked : {false, true}) {
    for (const auto& row : rows) {
      CAPTURE(row.before);
      CAPTURE(row.count);
      CAPTURE(marked);
      const Semaphore semaphore = *Semaphore::Over(test::SharedCells(1), 0);
      if (marked) CHECK_FALSE(*semaphore.AcquireFor(absl::Nanoseconds(1)));
      CHECK(semaphore.Release(row.before).ok());
      CHECK(semaphore.Release(row.count).code() ==
            (row.ok ? absl::StatusCode::kOk : absl::StatusCode::kOutOfRange));
      CHECK(semaphore.Available() == row.before + (row.ok ? row.count : 0));
    }
  }
}

TEST_CASE("AcquireFor gives up at its timeout and takes nothing later") {
  const Int32Array cells = test::SharedCells(1);
  const Semaphore semaphore = *Semaphore::Over(cells, 0);
  for (const absl::Duration timeout :
       {-absl::InfiniteDuration(), absl::ZeroDuration(), absl::Microseconds(300)}) {
    CHECK_FALSE(*semaphore.AcquireFor(timeout));
  }
  CHECK(test::Waiting(cells, 0, WaiterKind::kOther) == 0);
  CHECK(semaphore.Release().ok());
  CHECK(semaphore.Available() == 1);
}

TEST_CASE("a thread that may not block gets an error where it would have to wait") {
  const Semaphore semaphore = *Semaphore::Over(test::SharedCells(1), 0);
  const test::NoBlocking no_blocking;
  CHECK(absl::IsFailedPrecondition(semaphore.Acquire()));
  CHECK(absl::IsFailedPrecondition(semaphore.AcquireFor(absl::Seconds(9)).status()));
  CHECK_FALSE(*semaphore.AcquireFor(absl::ZeroDuration()));
  CHECK(semaphore.Release().ok());
  CHECK(semaphore.Acquire().ok());
}

TEST_CASE("a stop request ends a wait for a permit, and takes none that is there") {
  const Int32Array cells = test::SharedCells(1);
  const Semaphore semaphore = *Semaphore::Over(cells, 0);
  std::stop_source stop;
  absl::StatusCode code = absl::StatusCode::kOk;
  absl::StatusCode later = absl::StatusCode::kOk;
  std::thread waiter([&] {
    Agent::Current().set_stop_token(stop.get_token());
    code = semaphore.Acquire().code();
    later = semaphore.AcquireFor(absl::Hours(1)).status().code();
  });
  UntilWaiting(cells, 0, WaiterKind::kOther, 1);
  stop.request_stop();
  waiter.join();
  CHECK(code == absl::StatusCode::kCancelled);
  CHECK(later == absl::StatusCode::kCancelled);
  const test::StopRequested stopped;
  CHECK(semaphore.Release().ok());
  CHECK(semaphore.Acquire().ok());
}

TEST_CASE("permits go to those that wait, in order of arrival, and a newcomer gets what is left") {
  const Int32Array cells = test::SharedCells(2);
  const Semaphore semaphore = *Semaphore::Over(cells, 1);
  std::vector<std::int32_t> got(4, 0);
  const Int32Array done = test::SharedCells(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      if (semaphore.Acquire().ok()) atomics::Store(done, i, 1);
      atomics::Notify(done, i);
    });
    UntilWaiting(cells, 1, WaiterKind::kOther, i + 1);
  }
  CHECK(atomics::Notify(cells, 1) == 0);
  CHECK_FALSE(semaphore.TryAcquire());
  const auto served = [&](std::size_t i) { atomics::Wait(done, i, 0); };
  CHECK(semaphore.Release().ok());
  served(0);
  CHECK(test::Waiting(cells, 1, WaiterKind::kOther) == 3);
  CHECK_FALSE(semaphore.TryAcquire());
  CHECK(semaphore.Release(2).ok());
  served(1);
  served(2);
  CHECK(atomics::Load(done, 3) == 0);
  CHECK(semaphore.Release(3).ok());
  for (std::thread& thread : threads) thread.join();
  CHECK(atomics::Load(done, 3) == 1);
  CHECK(semaphore.Available() == 2);
}

TEST_CASE("random calls of one thread do what a number would") {
  std::mt19937 random(5);
  const Semaphore semaphore = *Semaphore::Over(test::SharedCells(1), 0);
  std::uint64_t permits = 0;
  std::size_t mistakes = 0;
  for (int step = 0; step < 20'000; ++step) {
    switch (random() % 4) {
      case 0: {
        const std::uint32_t count = random() % 50 == 0 ? Semaphore::kMax - 3 : random() % 4;
        const bool fits = permits + count <= Semaphore::kMax;
        mistakes += semaphore.Release(count).ok() != fits;
        if (fits) permits += count;
        break;
      }
      case 1:
        // Leaves its mark in the cell if there is none.
        if (random() % 50 == 0) {
          mistakes += *semaphore.AcquireFor(absl::Nanoseconds(1)) != (permits > 0);
          if (permits > 0) permits -= 1;
        }
        break;
      case 2:
        mistakes += semaphore.TryAcquire() != (permits > 0);
        if (permits > 0) permits -= 1;
        break;
      default:
        mistakes += semaphore.Available() != permits;
        if (permits > 1'000'000) {  // nearly all of them again
          const std::uint64_t before = permits;
          while (permits > before - 10 && semaphore.TryAcquire()) permits -= 1;
        }
    }
  }
  CHECK(mistakes == 0);
}

}  // namespace
}  // namespace sabre
