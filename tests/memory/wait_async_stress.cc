#include "sabre/memory/wait_async.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "tests/memory/lock_helpers.h"
#include "tests/memory/manual_executor.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

using test::ManualExecutor;
using test::SharedCells;

TEST_CASE(
    "What Notify counts is what pending waits report, beside timeouts, cancels and sleepers") {
  const Int32Array cells = SharedCells(4);  // 0: waited on, 1: woken, 2: threads that are done
  const int rounds = test::Rounds(3'000);
  std::int32_t counted = 0;
  const auto owner = [&] {
    ManualExecutor executor;
    std::mt19937 random(static_cast<std::uint32_t>(Agent::Current().id()));
    std::int32_t ended = 0;
    std::vector<AsyncWait> waits;
    for (int i = 0; i < rounds; ++i) {
      AsyncWait wait = atomics::WaitAsync(cells, 0, 0, absl::Milliseconds(1 + random() % 3));
      wait.OnComplete([&](const AsyncWait::Result& result) {
        ended += 1;
        if (result.ok() && *result == WaitResult::kOk) atomics::Add(cells, 1, 1);
      });
      if (random() % 4 == 0) wait.Cancel();
      waits.push_back(std::move(wait));
      executor.Advance(absl::Milliseconds(random() % 2));
      executor.Turn();
    }
    executor.Advance(absl::Seconds(1));
    executor.TurnUntil([&] { return ended == rounds; });
    atomics::Add(cells, 2, 1);
  };
  test::Together({owner, owner,
                  [&] {
                    for (int i = 0; i < rounds; ++i) {
                      if (atomics::Wait(cells, 0, 0, absl::Microseconds(20)) == WaitResult::kOk) {
                        atomics::Add(cells, 1, 1);
                      }
                    }
                    atomics::Add(cells, 2, 1);
                  },
                  [&] {
                    while (atomics::Load(cells, 2) < 3) {
                      counted += static_cast<std::int32_t>(atomics::Notify(cells, 0, 2));
                    }
                  }});
  CHECK(atomics::Load(cells, 1) == counted);
  CHECK(atomics::WaiterCount(cells, 0) == 0);
}

TEST_CASE("Executors that end, buffers that end and stop requests, while others notify") {
  const int rounds = test::Rounds(300);
  for (int round = 0; round < rounds; ++round) {
    std::optional<Int32Array> cells = SharedCells(1);
    std::stop_source stop;
    std::size_t notified = 0;
    std::size_t ok = 0;
    std::vector<std::function<void()>> bodies;
    bodies.push_back([&, on = *cells, seen = &ok]() mutable {
      std::vector<AsyncWait> waits;
      {
        ManualExecutor executor;
        for (int i = 0; i < 4; ++i) {
          waits.push_back(atomics::WaitAsync(on, 0, 0, absl::InfiniteDuration(),
                                             {.stop_token = stop.get_token()}));
        }
        on = Int32Array();
        for (int i = 0; i < round % 4; ++i) executor.Turn();
      }
      // Whatever came first, each has a result now.
      for (const AsyncWait& wait : waits) {
        const std::optional<AsyncWait::Result> result = wait.result();
        if (!result.has_value()) std::terminate();
        *seen += result->ok() && **result == WaitResult::kOk ? 1 : 0;
      }
    });
    bodies.push_back([on = *cells, &notified]() mutable {
      for (int i = 0; i < 20; ++i) notified += atomics::Notify(on, 0, 1);
      on = Int32Array();
    });
    if (round % 2 == 0) bodies.push_back([&] { stop.request_stop(); });
    cells.reset();
    test::Together(bodies);
    CHECK(ok == notified);
  }
}

TEST_CASE("Completions of one location come in its order, whoever notifies") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  const int waits = test::Rounds(5'000);
  std::vector<int> order;
  for (int i = 0; i < waits; ++i) {
    atomics::WaitAsync(cells, 0, 0).OnComplete([&order, i](const AsyncWait::Result&) {
      order.push_back(i);
    });
  }
  const auto notify = [&] {
    while (atomics::Notify(cells, 0, 1) > 0) {
    }
  };
  std::thread one(notify);
  std::thread other(notify);
  executor.TurnUntil([&] { return static_cast<int>(order.size()) == waits; });
  one.join();
  other.join();
  bool in_order = true;
  for (int i = 0; i < waits; ++i) in_order = in_order && order[static_cast<std::size_t>(i)] == i;
  CHECK(in_order);
}

}  // namespace
}  // namespace sabre
