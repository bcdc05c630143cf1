#include "sabre/memory/barrier.h"

#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "tests/memory/lock_helpers.h"

namespace sabre {
namespace {

using atomics::Barrier;
using internal::WaiterKind;
using test::UntilWaiting;

Barrier Of(std::uint32_t expected) { return *Barrier::Over(test::SharedCells(2), 0, expected); }

TEST_CASE("the number of arrivals is between 1 and kMax, looked at after the cells") {
  const Int32Array cells = test::SharedCells(2);
  CHECK(Barrier::Over(cells, 0, 1).ok());
  CHECK(Barrier::Over(cells, 0, Barrier::kMax).ok());
  CHECK(absl::IsOutOfRange(Barrier::Over(cells, 0, 0).status()));
  CHECK(Barrier::Over(cells, 0, Barrier::kMax + 1).status().message() ==
        "Barrier: expected 65536 is not in [1, 65535]");
  CHECK(absl::IsInvalidArgument(Barrier::Over(*Int32Array::Create(2), 0, 0).status()));
}

TEST_CASE("a phase ends with its last arrival") {
  for (const std::uint32_t expected : {1u, 2u, 5u, Barrier::kMax}) {
    CAPTURE(expected);
    const Barrier barrier = Of(expected);
    for (int phase = 0; phase < 3; ++phase) {
      const Barrier::Arrival first = *barrier.Arrive();
      if (expected > 1) {
        CHECK_FALSE(*barrier.WaitFor(first, absl::ZeroDuration()));
        CHECK_FALSE(*barrier.WaitFor(first, absl::Microseconds(100)));
        CHECK(absl::IsFailedPrecondition(barrier.Arrive(expected).status()));
        const Barrier::Arrival rest = *barrier.Arrive(expected - 1);
        CHECK(barrier.Wait(rest).ok());
      }
      CHECK(barrier.Wait(first).ok());
      CHECK(*barrier.WaitFor(first, -absl::InfiniteDuration()));
    }
  }
}

TEST_CASE("who drops out is not expected any more, until nobody is") {
  const Barrier barrier = Of(3);
  CHECK(barrier.ArriveAndDrop().ok());
  const Barrier::Arrival in_the_first = *barrier.Arrive();
  CHECK_FALSE(*barrier.WaitFor(in_the_first, absl::ZeroDuration()));
  CHECK(barrier.Arrive().ok());
  CHECK(*barrier.WaitFor(in_the_first, absl::ZeroDuration()));

  CHECK(absl::IsFailedPrecondition(barrier.Arrive(3).status()));
  CHECK(barrier.Arrive(2).ok());  // the second phase

  CHECK(barrier.ArriveAndDrop().ok());
  const Barrier::Arrival last = *barrier.Arrive();  // the third
  CHECK(barrier.Wait(last).ok());
  CHECK(barrier.ArriveAndDrop().ok());  // the fourth: the last one goes
  CHECK(absl::IsFailedPrecondition(barrier.Arrive().status()));
  CHECK(absl::IsFailedPrecondition(barrier.ArriveAndDrop()));
  CHECK(absl::IsFailedPrecondition(barrier.ArriveAndWait()));
}

TEST_CASE("an arrival of nobody changes nothing") {
  const Barrier barrier = Of(1);
  const Barrier::Arrival arrival = *barrier.Arrive(0);
  CHECK_FALSE(*barrier.WaitFor(arrival, absl::ZeroDuration()));
  CHECK(barrier.ArriveAndWait().ok());
  CHECK(*barrier.WaitFor(arrival, absl::ZeroDuration()));
}

TEST_CASE("a thread that may not block gets an error where it would have to wait") {
  const Barrier barrier = Of(2);
  const test::NoBlocking no_blocking;
  const Barrier::Arrival arrival = *barrier.Arrive();
  CHECK(absl::IsFailedPrecondition(barrier.Wait(arrival)));
  CHECK(absl::IsFailedPrecondition(barrier.WaitFor(arrival, absl::Seconds(9)).status()));
  CHECK_FALSE(*barrier.WaitFor(arrival, absl::ZeroDuration()));
  CHECK(barrier.Arrive().ok());  // the last one need not wait
  CHECK(barrier.Wait(arrival).ok());
}

TEST_CASE("a stop request ends a wait for the others, and the arrival stands") {
  const Int32Array cells = test::SharedCells(3);
  const Barrier barrier = *Barrier::Over(cells, 1, 2);
  std::stop_source stop;
  absl::StatusCode code = absl::StatusCode::kOk;
  std::thread waiter([&] {
    Agent::Current().set_stop_token(stop.get_token());
    code = barrier.ArriveAndWait().code();
  });
  UntilWaiting(cells, 1, WaiterKind::kOther, 1);
  stop.request_stop();
  waiter.join();
  CHECK(code == absl::StatusCode::kCancelled);
  CHECK(barrier.ArriveAndWait().ok());
}

TEST_CASE("all that wait go on when the last one arrives") {
  const Int32Array cells = test::SharedCells(2);
  const Barrier barrier = *Barrier::Over(cells, 0, 5);
  std::vector<int> data(5, 0);
  std::vector<int> sums(5, 0);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      data[i] = 1;
      if (!barrier.ArriveAndWait().ok()) return;
      for (const int one : data) sums[i] += one;
    });
  }
  UntilWaiting(cells, 0, WaiterKind::kOther, 4);
  CHECK(atomics::Notify(cells, 0) == 0);
  data[4] = 1;
  CHECK(barrier.ArriveAndWait().ok());
  for (std::thread& thread : threads) thread.join();
  CHECK(sums == std::vector<int>{5, 5, 5, 5, 0});
}

TEST_CASE("a thread that may not block has not arrived when ArriveAndWait says so") {
  const Barrier barrier = Of(2);
  Agent::Current().set_can_block(false);
  CHECK(absl::IsFailedPrecondition(barrier.ArriveAndWait()));
  CHECK(absl::IsFailedPrecondition(barrier.ArriveAndWait()));
  Agent::Current().set_can_block(true);
  CHECK(barrier.Arrive(2).ok());  // all of them are still expected
}

TEST_CASE("random calls of one thread do what two numbers would") {
  std::mt19937 random(3);
  std::size_t mistakes = 0;
  std::size_t phases = 0;
  for (int round = 0; round < 200; ++round) {
    const std::uint32_t expected = 1 + static_cast<std::uint32_t>(random() % 6);
    const Barrier barrier = Of(expected);
    std::uint32_t arrived = 0;
    std::uint32_t dropped = 0;
    for (int step = 0; step < 100; ++step) {
      const bool drop = random() % 8 == 0;
      const std::uint32_t count = drop ? 1 : static_cast<std::uint32_t>(random() % 4);
      const bool fits = arrived + count <= expected;
      absl::StatusOr<Barrier::Arrival> arrival = absl::UnknownError("dropped");
      if (drop) {
        mistakes += barrier.ArriveAndDrop().ok() != fits;
      } else {
        arrival = barrier.Arrive(count);
        mistakes += arrival.ok() != fits;
      }
      if (!fits) continue;
      arrived += count;
      dropped += drop ? 1 : 0;
      const bool ended = count > 0 && arrived == expected;
      if (arrival.ok()) mistakes += *barrier.WaitFor(*arrival, absl::ZeroDuration()) != ended;
      if (!ended) continue;
      arrived = dropped;
      phases += 1;
    }
  }
  CHECK(mistakes == 0);
  CHECK(phases > 1000);
}

}  // namespace
}  // namespace sabre
