#include "sabre/memory/wait.h"

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"

namespace sabre {
namespace {

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

TEST_CASE("Wait compares before it looks at the timeout") {
  const Int32Array cells = SharedCells(1);
  CHECK(atomics::Wait(cells, 0, 1, absl::ZeroDuration()) == WaitResult::kNotEqual);
  CHECK(atomics::Wait(cells, 0, 1) == WaitResult::kNotEqual);
  CHECK(atomics::Wait(cells, 0, 0, absl::ZeroDuration()) == WaitResult::kTimedOut);
  CHECK(atomics::Wait(cells, 0, 0, -absl::InfiniteDuration()) == WaitResult::kTimedOut);
  CHECK(atomics::Wait(cells, 0, 0, absl::Microseconds(500)) == WaitResult::kTimedOut);
}

TEST_CASE("Bad waits are refused in the order shared, index, agent") {
  const Int32Array unshared = *Int32Array::Create(1);
  CHECK(absl::IsInvalidArgument(atomics::TryWait(unshared, 7, 0).status()));
  const Int32Array cells = SharedCells(1);
  CHECK(absl::IsOutOfRange(atomics::TryWait(cells, 1, 0).status()));
  Agent::Current().set_can_block(false);
  CHECK(absl::IsOutOfRange(atomics::TryWait(cells, 1, 0).status()));
  // Also where the values differ and no wait would take place.
  CHECK(absl::IsFailedPrecondition(atomics::TryWait(cells, 0, 5).status()));
  Agent::Current().set_can_block(true);
  CHECK(atomics::TryWait(cells, 0, 5).ok());
}

TEST_CASE("Notify wakes nobody where nobody waits or can wait") {
  const Int32Array cells = SharedCells(2);
  CHECK(atomics::Notify(cells, 0) == 0);
  CHECK(atomics::Notify(cells, 1, 0) == 0);
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

TEST_CASE("A waiter that timed out takes no notification") {
  const Int32Array cells = SharedCells(1);
  CHECK(atomics::Wait(cells, 0, 0, absl::Microseconds(10)) == WaitResult::kTimedOut);
  CHECK(atomics::Notify(cells, 0) == 0);
}

}  // namespace
}  // namespace sabre
