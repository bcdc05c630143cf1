#include "sabre/pool/worker_pool.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"
#include "sabre/messaging/event_loop.h"

namespace sabre {
namespace {

// A gate in shared memory that tasks wait at.
class Gate {
 public:
  Gate() : cells_(*Int32Array::Over(*SharedArrayBuffer::Create(8))) {}
  void Open() const {
    atomics::Store(cells_, 0, 1);
    atomics::Notify(cells_, 0);
  }
  void Pass() const {
    atomics::Add(cells_, 1, 1);
    atomics::Notify(cells_, 1);
    while (atomics::Load(cells_, 0) == 0) atomics::Wait(cells_, 0, 0);
  }
  // Until `count` stand at the gate.
  void AwaitArrivals(int count) const {
    for (;;) {
      const std::int32_t arrived = atomics::Load(cells_, 1);
      if (arrived >= count) return;
      atomics::Wait(cells_, 1, arrived);
    }
  }

 private:
  const Int32Array cells_;
};

TEST_CASE("a task runs its function on a worker and gives the result back") {
  absl::StatusOr<WorkerPool> pool = WorkerPool::Create({.max_threads = 2});
  REQUIRE(pool.ok());
  CHECK(pool->threads() == 2);
  Task<std::string> task =
      pool->Run([](std::string name) { return "hello " + name; }, std::string("pool"));
  CHECK(*task.Await() == "hello pool");
  Task<std::uint64_t> where = pool->Run([](int) { return Agent::Current().id(); }, 0);
  CHECK(*where.Await() != Agent::Current().id());
}

TEST_CASE("results may be move-only, statuses are unwrapped, void and Status give monostate") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  Task<std::unique_ptr<int>> owned =
      pool.Run([](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(3));
  CHECK(**owned.Await() == 3);
  Task<int> failed =
      pool.Run([](int) -> absl::StatusOr<int> { return absl::NotFoundError("no such file"); }, 0);
  const absl::Status status = failed.Await().status();
  CHECK(absl::IsNotFound(status));
  CHECK(status.message() == "no such file");
  Task<std::monostate> nothing = pool.Run([](int) {}, 0);
  CHECK(nothing.Await().ok());
  Task<std::monostate> fine = pool.Run([](int) { return absl::OkStatus(); }, 0);
  CHECK(fine.Await().ok());
  Task<std::monostate> refused = pool.Run([](int) { return absl::AbortedError("no"); }, 0);
  CHECK(absl::IsAborted(refused.Await().status()));
}

TEST_CASE("tasks start in the order in which they were submitted") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  std::vector<int> ran;
  std::vector<Task<std::monostate>> tasks;
  for (int i = 0; i < 100; ++i) tasks.push_back(pool.Run([&ran](int n) { ran.push_back(n); }, i));
  for (Task<std::monostate>& task : tasks) CHECK(task.Await().ok());
  for (int i = 0; i < 100; ++i) CHECK(ran[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("max_queue bounds the tasks that wait, exactly") {
  const Gate gate;
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1, .max_queue = 3});
  Task<std::monostate> running = pool.Run([gate](int) { gate.Pass(); }, 0);
  gate.AwaitArrivals(1);
  std::vector<Task<int>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(pool.Run([](int n) { return n; }, i));
  CHECK(pool.queue_size() == 3);
  Task<int> refused = pool.Run([](int n) { return n; }, 9);
  CHECK(refused.done());
  CHECK(absl::IsResourceExhausted(refused.Await().status()));
  gate.Open();
  CHECK(running.Await().ok());
  for (int i = 0; i < 3; ++i) CHECK(*waiting[static_cast<std::size_t>(i)].Await() == i);
  CHECK(*pool.Run([](int n) { return n; }, 9).Await() == 9);
}

TEST_CASE("bad options are errors that name the value") {
  const absl::Status status = WorkerPool::Create({.max_queue = 0}).status();
  CHECK(absl::IsInvalidArgument(status));
  CHECK(status.message() == "WorkerPool: max_queue 0 is not in [1, 2^24]");
}

TEST_CASE("a queued task can be cancelled, by itself or by a token; others are not affected") {
  const Gate gate;
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  Task<std::monostate> running = pool.Run([gate](int) { gate.Pass(); }, 0);
  gate.AwaitArrivals(1);
  bool ran = false;
  std::stop_source stop;
  Task<std::monostate> first = pool.Run([&ran](int) { ran = true; }, 0);
  Task<std::monostate> second =
      pool.Run([&ran](int) { ran = true; }, 0, {.stop_token = stop.get_token()});
  Task<int> third = pool.Run([](int n) { return n; }, 3);
  first.Cancel();
  stop.request_stop();
  CHECK(absl::IsCancelled(first.Await().status()));
  CHECK(absl::IsCancelled(second.Await().status()));
  CHECK_FALSE(third.done());
  gate.Open();
  CHECK(running.Await().ok());
  CHECK(*third.Await() == 3);
  CHECK_FALSE(ran);
  Task<int> late = pool.Run([](int n) { return n; }, 3, {.stop_token = stop.get_token()});
  CHECK(absl::IsCancelled(late.Await().status()));
}

TEST_CASE("a running task sees the request to stop and decides itself") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  const Gate gate;
  gate.Open();
  Task<int> task = pool.Run(
      [gate](int, TaskContext& context) {
        gate.Pass();
        while (!context.stop_token().stop_requested()) std::this_thread::yield();
        return static_cast<int>(context.worker_index()) + 41;
      },
      0);
  gate.AwaitArrivals(1);
  task.Cancel();
  CHECK(*task.Await() == 41);
}

TEST_CASE("Await gives up at its deadline and can be called again") {
  const Gate gate;
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  Task<int> task = pool.Run(
      [gate](int n) {
        gate.Pass();
        return n;
      },
      5);
  CHECK(absl::IsDeadlineExceeded(task.Await(absl::Milliseconds(2)).status()));
  CHECK_FALSE(task.done());
  gate.Open();
  CHECK(*task.Await() == 5);
  CHECK(absl::IsFailedPrecondition(task.Await().status()));
}

TEST_CASE("Await ends with the awaiting agent") {
  const Gate gate;
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  Task<int> task = pool.Run(
      [gate](int n) {
        gate.Pass();
        return n;
      },
      5);
  std::stop_source stop;
  absl::StatusCode code = absl::StatusCode::kOk;
  std::thread awaiting([&] {
    Agent::Current().set_stop_token(stop.get_token());
    code = task.Await().status().code();
  });
  gate.AwaitArrivals(1);
  stop.request_stop();
  awaiting.join();
  CHECK(code == absl::StatusCode::kAborted);
  gate.Open();
  CHECK(*task.Await() == 5);
}

TEST_CASE("Then calls back on the loop and keeps it going until then") {
  EventLoop& loop = EventLoop::Current();
  WorkerPool pool = *WorkerPool::Create({.max_threads = 2});
  std::vector<int> results;
  const std::thread::id here = std::this_thread::get_id();
  bool on_this_thread = true;
  for (int i = 0; i < 10; ++i) {
    pool.Run([](int n) { return n * n; }, i).Then(loop, [&](absl::StatusOr<int> result) {
      on_this_thread = on_this_thread && std::this_thread::get_id() == here;
      results.push_back(*result);
    });
  }
  CHECK(results.empty());
  loop.Run();
  CHECK(results.size() == 10);
  CHECK(on_this_thread);
}

TEST_CASE("a callback whose loop ends before it runs is destroyed unrun") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  const auto token = std::make_shared<int>(0);
  bool ran = false;
  std::thread([&] {
    Task<int> task = pool.Run([](int n) { return n; }, 1);
    task.Then(EventLoop::Current(), [&ran, token](absl::StatusOr<int>) { ran = true; });
    pool.Close().IgnoreError();  // until the callback is queued
  }).join();
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
}

TEST_CASE("Close waits for all tasks and refuses new ones") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 2});
  const Gate gate;
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 5; ++i) {
    tasks.push_back(pool.Run(
        [gate](int n) {
          gate.Pass();
          return n;
        },
        i));
  }
  CHECK(absl::IsDeadlineExceeded(pool.Close(absl::Milliseconds(2))));
  Task<int> refused = pool.Run([](int n) { return n; }, 9);
  CHECK(absl::IsFailedPrecondition(refused.Await().status()));
  gate.Open();
  CHECK(pool.Close().ok());
  for (int i = 0; i < 5; ++i) {
    CHECK(tasks[static_cast<std::size_t>(i)].done());
    CHECK(*tasks[static_cast<std::size_t>(i)].Await() == i);
  }
}

TEST_CASE("Destroy cancels those that wait and asks those that run to stop") {
  Task<std::monostate> waiting;
  Task<int> running;
  const Gate gate;
  gate.Open();
  {
    WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
    running = pool.Run(
        [gate](int n, TaskContext& context) {
          gate.Pass();
          while (!context.stop_token().stop_requested()) std::this_thread::yield();
          return n;
        },
        7);
    gate.AwaitArrivals(1);
    waiting = pool.Run([](int) {}, 0);
  }
  CHECK(*running.Await() == 7);
  CHECK(absl::IsCancelled(waiting.Await().status()));
}

TEST_CASE("Destroy and Cancel wake tasks from the library's blocking calls") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  WorkerPool pool = *WorkerPool::Create({.max_threads = 2});
  const auto wait = [cells](int) { return atomics::Wait(cells, 0, 0); };
  const auto wait_with_context = [cells](int, TaskContext&) { return atomics::Wait(cells, 0, 0); };
  Task<WaitResult> cancelled = pool.Run(wait_with_context, 0);
  Task<WaitResult> destroyed = pool.Run(wait, 0);
  while (pool.queue_size() > 0) std::this_thread::yield();
  cancelled.Cancel();
  // Cancelled in the queue, if no worker had begun it.
  const absl::StatusOr<WaitResult> result = cancelled.Await();
  CHECK((absl::IsCancelled(result.status()) || *result == WaitResult::kTerminated));
  pool.Destroy();
  CHECK(destroyed.Await().status().code() != absl::StatusCode::kDeadlineExceeded);
}

TEST_CASE("a task may submit tasks to its pool") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  Task<Task<int>> outer =
      pool.Run([&pool](int n) { return pool.Run([](int m) { return m + 1; }, n); }, 1);
  Task<int> inner = *outer.Await();
  CHECK(*inner.Await() == 2);
}

TEST_CASE("captures and input end in the worker, before the result is seen") {
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  const auto captured = std::make_shared<int>(1);
  const auto input = std::make_shared<int>(2);
  Task<int> task = pool.Run([captured](std::shared_ptr<int> p) { return *p; }, input);
  CHECK(*task.Await() == 2);
  CHECK(captured.use_count() == 1);
  CHECK(input.use_count() == 1);
}

TEST_CASE("a dropped Task still runs") {
  const Gate gate;
  WorkerPool pool = *WorkerPool::Create({.max_threads = 1});
  {
    Task<std::monostate> dropped = pool.Run([gate](int) { gate.Pass(); }, 0);
  }
  gate.AwaitArrivals(1);
  gate.Open();
  CHECK(pool.Close().ok());
}

TEST_CASE("a pool can be assigned; the one that was there is destroyed") {
  absl::StatusOr<WorkerPool> pool = WorkerPool::Create({.max_threads = 1});
  absl::StatusOr<WorkerPool> other = WorkerPool::Create({.max_threads = 2});
  REQUIRE((pool.ok() && other.ok()));
  *pool = *std::move(other);
  CHECK(pool->threads() == 2);
  CHECK(*pool->Run([](int value) { return value + 1; }, 1).Await() == 2);
}

TEST_CASE("a thread that may not block looks at a task, and does not wait for it") {
  absl::StatusOr<WorkerPool> pool = WorkerPool::Create({.max_threads = 1});
  REQUIRE(pool.ok());
  const Gate gate;
  Task<int> task = pool->Run(
      [gate](int value) {
        gate.Pass();
        return value;
      },
      3);
  Agent::Current().set_can_block(false);
  CHECK(absl::IsFailedPrecondition(task.Await().status()));
  CHECK(absl::IsDeadlineExceeded(task.Await(absl::ZeroDuration()).status()));
  Agent::Current().set_can_block(true);
  gate.Open();
  CHECK(*task.Await() == 3);
}

}  // namespace
}  // namespace sabre
