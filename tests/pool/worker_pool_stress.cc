#include "sabre/pool/worker_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/messaging/event_loop.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

TEST_CASE(
    "every task of every submitter has exactly one outcome, and what ran is what says it ran") {
  std::atomic<int> ran{0};
  std::atomic<int> succeeded{0};
  std::atomic<int> cancelled{0};
  std::atomic<int> refused{0};
  WorkerPool pool = *WorkerPool::Create({.max_threads = 3, .max_queue = 50});
  const int count = test::Rounds(3'000);
  const auto submit = [&](int seed) {
    for (int i = 0; i < count; ++i) {
      Task<int> task = pool.Run(
          [&ran](int n) {
            ran.fetch_add(1);
            return n;
          },
          i);
      if ((i + seed) % 3 == 0) task.Cancel();
      const absl::StatusOr<int> result = task.Await();
      if (result.ok()) {
        succeeded.fetch_add(*result == i ? 1 : 1'000'000);
      } else if (absl::IsCancelled(result.status())) {
        cancelled.fetch_add(1);
      } else {
        refused.fetch_add(absl::IsResourceExhausted(result.status()) ? 1 : 1'000'000);
      }
    }
  };
  test::Together({[&] { submit(0); }, [&] { submit(1); }});
  CHECK(succeeded + cancelled + refused == 2 * count);
  CHECK(succeeded == ran);
}

TEST_CASE("tasks that nobody holds are cancelled by their token while workers take them") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 2, .max_queue = 100});
  for (int round = 0; round < test::Rounds(300); ++round) {
    std::stop_source stop;
    for (int i = 0; i < 5; ++i) {
      Task<std::vector<int>> dropped = pool.Run([](int n) { return std::vector<int>(8, n); }, i,
                                                {.stop_token = stop.get_token()});
    }
    stop.request_stop();
  }
  CHECK(pool.Close().ok());
}

TEST_CASE("a burst is drained, although one wake-up serves it all") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 4, .max_queue = 100'000});
  for (int round = 0; round < test::Rounds(20); ++round) {
    std::atomic<int> ran{0};
    std::vector<Task<std::monostate>> tasks;
    for (int i = 0; i < 500; ++i) tasks.push_back(pool.Run([&ran](int) { ran.fetch_add(1); }, 0));
    for (Task<std::monostate>& task : tasks) REQUIRE(task.Await(absl::Seconds(60)).ok());
    REQUIRE(ran == 500);
  }
}

TEST_CASE(
    "pools are closed and destroyed while others submit; no task is left without an outcome") {
  for (int round = 0; round < test::Rounds(150); ++round) {
    WorkerPool pool = *WorkerPool::Create({.max_threads = 2, .max_queue = 20});
    std::atomic<bool> go{false};
    std::vector<Task<int>> tasks;
    std::thread submitter([&] {
      while (!go) std::this_thread::yield();
      for (int i = 0; i < 30; ++i) tasks.push_back(pool.Run([](int n) { return n; }, i));
    });
    go = true;
    if (round % 2 == 0) {
      REQUIRE(pool.Close().ok());
    } else {
      pool.Destroy();
    }
    submitter.join();
    for (Task<int>& task : tasks) {
      const absl::StatusOr<int> result = task.Await(absl::Seconds(60));
      REQUIRE_FALSE(absl::IsDeadlineExceeded(result.status()));
    }
  }
}

TEST_CASE("callbacks on a loop and tasks that submit tasks, together") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    WorkerPool pool = *WorkerPool::Create({.max_threads = 2, .max_queue = 100'000});
    const int count = test::Rounds(2'000);
    int outer = 0;
    std::atomic<int> inner{0};
    for (int i = 0; i < count; ++i) {
      pool.Run(
              [&](int n) {
                if (n % 4 == 0) {
                  Task<std::monostate> more = pool.Run([&inner](int) { inner.fetch_add(1); }, 0);
                }
                return n;
              },
              i)
          .Then(loop, [&](absl::StatusOr<int> result) { outer += result.ok() ? 1 : 0; });
    }
    loop.Run();
    CHECK(outer == count);
    CHECK(pool.Close().ok());
    CHECK(inner == count / 4);
  }).join();
}

}  // namespace
}  // namespace sabre
