#include "sabre/memory/wait.h"

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stop_token>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"
#include "tests/support/aborts.h"

namespace sabre {
namespace {

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

TEST_CASE("Wait compares before it looks at the timeout") {
  const Int32Array cells = SharedCells(1);
  const struct {
    std::int32_t expected;
    absl::Duration timeout;
    WaitResult result;
  } rows[] = {
      {1, absl::InfiniteDuration(), WaitResult::kNotEqual},
      {1, absl::ZeroDuration(), WaitResult::kNotEqual},
      {1, -absl::InfiniteDuration(), WaitResult::kNotEqual},
      {0, absl::ZeroDuration(), WaitResult::kTimedOut},
      {0, -absl::Nanoseconds(1), WaitResult::kTimedOut},
      {0, -absl::InfiniteDuration(), WaitResult::kTimedOut},
      {0, absl::Nanoseconds(0.5), WaitResult::kTimedOut},
      {0, absl::Microseconds(500), WaitResult::kTimedOut},
      {0, atomics::TimeoutFromMilliseconds(0.5), WaitResult::kTimedOut},
  };
  for (const auto& row : rows) {
    CAPTURE(row.timeout);
    CHECK(atomics::Wait(cells, 0, row.expected, row.timeout) == row.result);
  }
}

TEST_CASE("A wait is not over before its time") {
  const Int32Array cells = SharedCells(1);
  const auto began = std::chrono::steady_clock::now();
  CHECK(atomics::Wait(cells, 0, 0, absl::Milliseconds(2.5)) == WaitResult::kTimedOut);
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::microseconds(2500));
}

TEST_CASE("Bad waits are refused in the order shared, index, agent") {
  const Int32Array unshared = *Int32Array::Create(1);
  const Int32Array cells = SharedCells(1);
  const std::stop_token none;
  for (const bool can_block : {true, false}) {
    Agent::Current().set_can_block(can_block);
    CHECK(absl::IsInvalidArgument(atomics::TryWait(unshared, 7, 0).status()));
    CHECK(absl::IsInvalidArgument(atomics::TryWait(Int32Array(), 7, 0).status()));
    CHECK(absl::IsInvalidArgument(atomics::TryWaitUntil(unshared, 7, 0, kNever).status()));
    CHECK(absl::IsOutOfRange(atomics::TryWait(cells, 1, 0).status()));
    CHECK(absl::IsOutOfRange(atomics::TryWait(cells, SIZE_MAX, 0).status()));
    CHECK(absl::IsOutOfRange(atomics::TryWaitUntil(cells, 1, 0, absl::InfinitePast()).status()));
    // Also where the values differ, or the time is over, and no wait would take place.
    for (const std::int32_t expected : {0, 5}) {
      const absl::StatusOr<WaitResult> result =
          atomics::TryWait(cells, 0, expected, absl::ZeroDuration());
      CHECK(result.ok() == can_block);
      CHECK((can_block || absl::IsFailedPrecondition(result.status())));
    }
  }
  Agent::Current().set_can_block(true);
  CHECK(test::Aborts([&] { atomics::Wait(cells, 1, 0); }));
  CHECK(test::Aborts([&] { atomics::Wait(unshared, 0, 0); }));
}

TEST_CASE("WaitUntil takes a point on either clock") {
  const Int32Array cells = SharedCells(1);
  const TimePoint past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  CHECK(atomics::WaitUntil(cells, 0, 1, past) == WaitResult::kNotEqual);
  CHECK(atomics::WaitUntil(cells, 0, 0, past) == WaitResult::kTimedOut);
  CHECK(atomics::WaitUntil(cells, 0, 1, absl::InfiniteFuture()) == WaitResult::kNotEqual);
  CHECK(atomics::WaitUntil(cells, 0, 0, absl::InfinitePast()) == WaitResult::kTimedOut);
  CHECK(atomics::WaitUntil(cells, 0, 0, absl::UnixEpoch()) == WaitResult::kTimedOut);
  const TimePoint steady = std::chrono::steady_clock::now() + std::chrono::milliseconds(1);
  CHECK(atomics::WaitUntil(cells, 0, 0, steady) == WaitResult::kTimedOut);
  CHECK(std::chrono::steady_clock::now() >= steady);
  const absl::Time today = absl::Now() + absl::Milliseconds(1);
  CHECK(atomics::WaitUntil(cells, 0, 0, today) == WaitResult::kTimedOut);
  WaitResult results[2] = {WaitResult::kTimedOut, WaitResult::kTimedOut};
  std::thread one([&] { results[0] = atomics::WaitUntil(cells, 0, 0, kNever); });
  std::thread other([&] { results[1] = atomics::WaitUntil(cells, 0, 0, absl::InfiniteFuture()); });
  while (atomics::WaiterCount(cells, 0) < 2) std::this_thread::yield();
  CHECK(atomics::NotifyAll(cells, 0) == 2);
  one.join();
  other.join();
  CHECK(results[0] == WaitResult::kOk);
  CHECK(results[1] == WaitResult::kOk);
}

TEST_CASE("JavaScript's numbers: timeouts in milliseconds and counts") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const struct {
    double milliseconds;
    absl::Duration timeout;
  } timeouts[] = {{kNan, absl::InfiniteDuration()}, {kInf, absl::InfiniteDuration()},
                  {-kInf, absl::ZeroDuration()},    {-1, absl::ZeroDuration()},
                  {-0.0, absl::ZeroDuration()},     {0, absl::ZeroDuration()},
                  {0.5, absl::Microseconds(500)},   {1, absl::Milliseconds(1)},
                  {1e300, absl::InfiniteDuration()}};
  for (const auto& row : timeouts) {
    CHECK(atomics::TimeoutFromMilliseconds(row.milliseconds) == row.timeout);
  }
  const struct {
    double number;
    std::size_t count;
  } counts[] = {{kNan, 0},
                {kInf, atomics::kAll},
                {-kInf, 0},
                {-3, 0},
                {-0.0, 0},
                {0, 0},
                {0.99, 0},
                {1, 1},
                {2.9, 2},
                {1e15, 1'000'000'000'000'000},
                {0x1p64, atomics::kAll},
                {1e300, atomics::kAll}};
  for (const auto& row : counts) CHECK(atomics::NotifyCountFromNumber(row.number) == row.count);
}

TEST_CASE("Notify wakes nobody where nobody waits or can wait") {
  const Int32Array cells = SharedCells(2);
  CHECK(atomics::Notify(cells, 0) == 0);
  CHECK(atomics::Notify(cells, 1, 0) == 0);
  CHECK(*atomics::TryNotify(cells, 1) == 0);
  CHECK(absl::IsOutOfRange(atomics::TryNotify(cells, 2).status()));
  const Int32Array unshared = *Int32Array::Create(1);
  CHECK(atomics::Notify(unshared, 0) == 0);
  CHECK(absl::IsOutOfRange(atomics::TryNotify(unshared, 1).status()));
}

// Notifies until `count` were woken: a waiter may not have begun to wait yet.
std::size_t NotifyUntil(const Int32Array& cells, std::size_t index, std::size_t count) {
  std::size_t woken = 0;
  while (woken < count) {
    woken += atomics::Notify(cells, index, count - woken);
    std::this_thread::yield();
  }
  return woken;
}

TEST_CASE("Notify counts whom it wakes, and they say kOk") {
  const Int32Array cells = SharedCells(4);
  std::vector<std::thread> threads;
  const Int32Array results = SharedCells(3);
  for (std::size_t i = 0; i < 3; ++i) {
    threads.emplace_back([&cells, &results, i] {
      if (atomics::Wait(cells, 2, 0) == WaitResult::kOk) atomics::Store(results, i, 1);
    });
  }
  CHECK(NotifyUntil(cells, 2, 3) == 3);
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < 3; ++i) CHECK(atomics::Load(results, i) == 1);
  CHECK(atomics::Notify(cells, 2) == 0);
}

TEST_CASE("A location is a byte of the block, whatever view names it") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(64);
  const BigInt64Array wide = *BigInt64Array::Over(buffer);
  const Int32Array narrow = *Int32Array::Over(buffer);
  const Int32Array shifted = *Int32Array::Over(buffer, 40, 1);
  WaitResult result = WaitResult::kTimedOut;
  std::thread waiter([&] { result = atomics::Wait(wide, 5, 0); });
  CHECK(atomics::Notify(narrow, 11) == 0);
  std::size_t woken = 0;
  while (woken == 0) woken = atomics::Notify(shifted, 0);
  waiter.join();
  CHECK(woken == 1);
  CHECK(result == WaitResult::kOk);
}

TEST_CASE("A store without Notify wakes nobody") {
  const Int32Array cells = SharedCells(1);
  WaitResult result = WaitResult::kOk;
  std::thread waiter([&] { result = atomics::Wait(cells, 0, 0, absl::Milliseconds(50)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  atomics::Store(cells, 0, 1);
  waiter.join();
  // Either it had begun to wait and slept on, or it came too late and saw the store.
  CHECK(result != WaitResult::kOk);
}

TEST_CASE("A stop request of the agent ends its wait") {
  const Int32Array cells = SharedCells(1);
  std::stop_source stop;
  WaitResult before = WaitResult::kOk;
  WaitResult after = WaitResult::kOk;
  std::thread waiter([&] {
    Agent::Current().set_stop_token(stop.get_token());
    before = atomics::Wait(cells, 0, 0);
    after = atomics::Wait(cells, 0, 0);
  });
  stop.request_stop();
  waiter.join();
  CHECK(before == WaitResult::kTerminated);
  CHECK(after == WaitResult::kTerminated);
  CHECK(atomics::Notify(cells, 0) == 0);
}

TEST_CASE("A stop request at the token of the call ends its wait, before or during it") {
  const Int32Array cells = SharedCells(1);
  for (const bool before : {true, false}) {
    std::stop_source stop;
    if (before) stop.request_stop();
    WaitResult result = WaitResult::kOk;
    std::thread waiter(
        [&] { result = atomics::Wait(cells, 0, 0, absl::InfiniteDuration(), stop.get_token()); });
    if (!before) {
      while (atomics::WaiterCount(cells, 0) == 0) std::this_thread::yield();
      stop.request_stop();
    }
    waiter.join();
    CHECK(result == WaitResult::kTerminated);
    CHECK(atomics::Notify(cells, 0) == 0);
    // What differs is said before a stop.
    CHECK(atomics::Wait(cells, 0, 1, absl::InfiniteDuration(), stop.get_token()) ==
          WaitResult::kNotEqual);
  }
}

TEST_CASE("Threads are woken in the order in which they came") {
  const Int32Array cells = SharedCells(2);
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  const Int32Array woken = SharedCells(kThreads);
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      if (atomics::Wait(cells, 0, 0) == WaitResult::kOk) atomics::Store(woken, i, 1);
      atomics::Notify(woken, i);
    });
    while (atomics::WaiterCount(cells, 0) <= i) std::this_thread::yield();
  }
  for (std::size_t i = 0; i < kThreads; ++i) {
    CHECK(atomics::NotifyOne(cells, 0) == 1);
    threads[i].join();
    CHECK(atomics::Load(woken, i) == 1);
    CHECK(atomics::WaiterCount(cells, 0) == kThreads - 1 - i);
  }
  CHECK(atomics::NotifyOne(cells, 0) == 0);
}

TEST_CASE("A waiter that timed out takes no notification") {
  const Int32Array cells = SharedCells(1);
  CHECK(atomics::Wait(cells, 0, 0, absl::Microseconds(10)) == WaitResult::kTimedOut);
  CHECK(atomics::Notify(cells, 0) == 0);
}

TEST_CASE("The expected value is converted like an element: 2^32 is 0 to an Int32Array") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(8));
  const auto none = absl::ZeroDuration();
  CHECK(atomics::Wait(cells, 0, 4294967296, none) == WaitResult::kTimedOut);
  CHECK(atomics::Wait(cells, 0, 4294967296.7, none) == WaitResult::kTimedOut);
  CHECK(atomics::Wait(cells, 0, 4294967297, none) == WaitResult::kNotEqual);
  const BigInt64Array wide = *BigInt64Array::Over(cells.buffer());
  CHECK(atomics::Wait(wide, 0, 4294967296, none) == WaitResult::kNotEqual);
  CHECK(atomics::Wait(wide, 0, std::uint64_t{0}, none) == WaitResult::kTimedOut);
}

}  // namespace
}  // namespace sabre
