// Stopping: every blocking call returns, the time is reported, nobody is leaked or killed.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/barrier.h"
#include "sabre/memory/condition.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/semaphore.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "sabre/messaging/thread_messages.h"
#include "sabre/pool/worker_pool.h"
#include "sabre/worker/locks.h"
#include "sabre/worker/stuck_worker.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace worker_terminate_test {
namespace {

Int32Array SharedCells() { return *Int32Array::Over(*SharedArrayBuffer::Create(64)); }

// Spins without a look at its stop token, until the cell says so.
absl::Status Stubborn(WorkerScope& self) {
  const Int32Array cells = *self.worker_data<Int32Array>();
  atomics::Store(cells, 1, 1);
  while (atomics::Load(cells, 0) == 0) {
  }
  return absl::OkStatus();
}

// A task that only its cancellation ends.
int WaitForCancel(int, TaskContext&) {
  return atomics::Wait(SharedCells(), 0, 0) == WaitResult::kTerminated ? 0 : 1;
}

TEST_CASE("Terminate ends every blocking call of the library") {
  const auto cancelled = [](const absl::Status& status) { return absl::IsCancelled(status); };
  const struct {
    std::string what;
    std::function<bool(WorkerScope&)> ends_as_it_should;
  } rows[] = {
      {"Receive", [&](WorkerScope& self) { return cancelled(self.Receive().status()); }},
      {"PostWait",
       [&](WorkerScope&) {
         auto [a, b] = MessageChannel::Create({.capacity = {.messages = 1}});
         return a.PostMessage(1).ok() && cancelled(a.PostWait(2));
       }},
      {"Select",
       [&](WorkerScope& self) {
         Select select;
         return select.Add(self.parent_port(), 1).ok() && cancelled(select.Next().status());
       }},
      {"atomics::Wait",
       [](WorkerScope&) { return atomics::Wait(SharedCells(), 0, 0) == WaitResult::kTerminated; }},
      {"Mutex",
       [&](WorkerScope&) {
         const Int32Array cells = SharedCells();
         absl::StatusOr<Worker> holder = Worker::Start([cells](WorkerScope& other) {
           const auto token = atomics::Mutex::Over(cells, 0)->Lock();
           other.PostMessage(1).IgnoreError();
           return other.Receive().status();
         });
         while (!holder->TryReceive()->has_value()) {
         }
         return cancelled(atomics::Mutex::Over(cells, 0)->Lock().status());
       }},
      {"Condition",
       [&](WorkerScope&) {
         const Int32Array cells = SharedCells();
         auto token = atomics::Mutex::Over(cells, 0)->Lock();
         return token.ok() && cancelled(atomics::Condition::Over(cells, 1)->Wait(*token));
       }},
      {"Semaphore",
       [&](WorkerScope&) {
         return cancelled(atomics::Semaphore::Over(SharedCells(), 0)->Acquire());
       }},
      {"Barrier",
       [&](WorkerScope&) {
         const Int32Array cells = SharedCells();
         return cancelled(atomics::Barrier::Over(cells, 0, 2)->ArriveAndWait());
       }},
      {"RequestLock",
       [&](WorkerScope&) {
         const absl::StatusOr<Lock> held = RequestLock("worker_terminate_test", {.timeout = {}});
         if (!held.ok()) return cancelled(held.status());
         // Held by this very agent: the second request waits for the first.
         return cancelled(RequestLock("worker_terminate_test").status());
       }},
      {"PostMessageToThread",
       [&](WorkerScope&) {
         absl::StatusOr<Worker> busy = Worker::Start([](WorkerScope& other) {
           OnThreadMessage([](MessageEvent, std::uint64_t) {});
           other.PostMessage(1).IgnoreError();
           return other.Receive().status();
         });
         while (!busy->TryReceive()->has_value()) {
         }
         return cancelled(PostMessageToThread(busy->thread_id(), 1));
       }},
      {"Task::Await",
       [](WorkerScope&) {
         absl::StatusOr<WorkerPool> pool = WorkerPool::Create({.max_threads = 1});
         Task<int> task = pool->Run(&WaitForCancel, 0);
         return absl::IsAborted(task.Await().status());
       }},
      {"WorkerPool::Close",
       [&](WorkerScope&) {
         absl::StatusOr<WorkerPool> pool = WorkerPool::Create({.max_threads = 1});
         const Task<int> task = pool->Run(&WaitForCancel, 0);
         return cancelled(pool->Close());
       }},
      {"Join",
       [&](WorkerScope&) {
         absl::StatusOr<Worker> worker =
             Worker::Start([](WorkerScope& other) { return other.Receive().status(); });
         return cancelled(worker->Join());
       }},
      {"Join with a deadline",
       [&](WorkerScope&) {
         absl::StatusOr<Worker> worker =
             Worker::Start([](WorkerScope& other) { return other.Receive().status(); });
         return cancelled(worker->Join(absl::Hours(1)));
       }},
      {"EventLoop::Run, again and again",
       [](WorkerScope& self) {
         self.loop().Ref();
         for (int i = 0; i < 3; ++i) self.loop().Run();
         self.loop().RunFor(absl::InfiniteDuration());
         self.loop().Unref();
         return self.stop_token().stop_requested();
       }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    for (const bool before : {true, false}) {
      const auto ended = std::make_shared<std::optional<bool>>();
      absl::StatusOr<Worker> worker = Worker::Start(
          [&row, ended, before](WorkerScope& self) {
            self.PostMessage(0).IgnoreError();
            if (before) {
              while (!self.stop_token().stop_requested()) {
              }
            }
            *ended = row.ends_as_it_should(self);
            return absl::OkStatus();
          },
          {.name = row.what});
      REQUIRE(worker.ok());
      CHECK(worker->Receive().ok());
      CHECK(worker->Terminate());
      CHECK(worker->Join().ok());
      CHECK(*ended == true);
      CHECK(worker->exit_code() == 1);
    }
  }
}

TEST_CASE("what became of a request to stop is reported") {
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope& self) { return self.Receive().status(); });
  CHECK_FALSE(worker->termination().requested);
  CHECK(worker->termination().elapsed == absl::ZeroDuration());
  CHECK(worker->Terminate());
  CHECK(worker->termination().requested);
  CHECK(absl::IsCancelled(worker->Join()));
  const WorkerTermination first = worker->termination();
  CHECK(first.exited);
  CHECK(first.elapsed >= absl::ZeroDuration());
  CHECK(worker->termination().elapsed == first.elapsed);  // it has stopped
  CHECK_FALSE(worker->stuck());
}

TEST_CASE("a worker that does not look at its token is reported as stuck, and may still exit") {
  const Int32Array cells = SharedCells();
  absl::StatusOr<Worker> worker =
      Worker::Start(&Stubborn, cells, {.stuck_after = absl::Milliseconds(1)});
  std::vector<std::string> log;
  worker->OnStuck([&](absl::Duration since_stop) {
    CHECK(since_stop > absl::Milliseconds(1));
    CHECK(worker->stuck());
    log.push_back("stuck");
    atomics::Store(cells, 0, 1);
  });
  worker->OnExit([&](int code) { log.push_back("exit " + std::to_string(code)); });
  CHECK_FALSE(worker->stuck());
  worker->Terminate();
  EventLoop::Current().Run();
  CHECK(log == std::vector<std::string>{"stuck", "exit 1"});
  CHECK(worker->termination().stuck);  // it was
  CHECK_FALSE(worker->stuck());
}

TEST_CASE("a handler that comes after a worker was found stuck is told, too") {
  const Int32Array cells = SharedCells();
  absl::StatusOr<Worker> worker =
      Worker::Start(&Stubborn, cells, {.stuck_after = absl::Milliseconds(1)});
  std::vector<std::string> log;
  EventLoop& loop = EventLoop::Current();
  worker->OnStuck([&](absl::Duration) {
    log.push_back("first");
    loop.Stop();
  });
  worker->Terminate();
  loop.Run();
  worker->OnStuck([&](absl::Duration) {
    log.push_back("second");
    atomics::Store(cells, 0, 1);
  });
  worker->OnExit([&](int) { log.push_back("exit"); });
  loop.Run();
  CHECK(log == std::vector<std::string>{"first", "second", "exit"});
}

TEST_CASE("a worker may outlive the loop that watches whether it gets stuck") {
  const Int32Array cells = SharedCells();
  std::optional<Worker> outlives;
  std::thread([&] {
    outlives = *Worker::Start(&Stubborn, cells, {.stuck_after = absl::Hours(1)});
    outlives->OnStuck([](absl::Duration) {});
    outlives->Terminate();
    EventLoop::Current().RunFor(absl::ZeroDuration());
  }).join();
  atomics::Store(cells, 0, 1);
  // Where another loop has timers with the same numbers.
  std::thread([&] {
    EventLoop& loop = EventLoop::Current();
    int fired = 0;
    for (int i = 0; i < 8; ++i) loop.PostAfter(absl::ZeroDuration(), [&] { ++fired; });
    outlives.reset();
    loop.Run();
    CHECK(fired == 8);
  }).join();
}

TEST_CASE("a worker that stops in time is never reported") {
  bool stuck = false;
  std::optional<int> code;
  absl::StatusOr<Worker> worker = Worker::Start(
      [](WorkerScope& self) { return self.Receive().status(); }, {.stuck_after = absl::Hours(1)});
  worker->OnStuck([&](absl::Duration) { stuck = true; });
  worker->OnExit([&](int exit_code) { code = exit_code; });
  worker->Terminate();
  EventLoop::Current().Run();  // the timer does not keep it
  CHECK(code == 1);
  CHECK_FALSE(stuck);
}

// What the process was told, and the cell that sets the stubborn one free.
std::vector<StuckWorker>* stuck_reports = nullptr;
const Int32Array* free_them = nullptr;

TEST_CASE("a destructor that waits long tells the process, once, and waits on") {
  std::vector<StuckWorker> reports;
  const Int32Array cells = SharedCells();
  stuck_reports = &reports;
  free_them = &cells;
  const StuckWorkerHandler before = SetStuckWorkerHandler([](const StuckWorker& worker) {
    stuck_reports->push_back(worker);
    atomics::Store(*free_them, 0, 1);
  });
  std::uint64_t id = 0;
  {
    absl::StatusOr<Worker> worker =
        Worker::Start(&Stubborn, cells, {.name = "stubborn", .stuck_after = absl::Milliseconds(1)});
    id = worker->thread_id();
  }
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].name == "stubborn");
  CHECK(reports[0].thread_id == id);
  CHECK(reports[0].elapsed >= absl::Milliseconds(1));

  // The end of a parent tells the same of its child.
  atomics::Store(cells, 0, 0);
  {
    absl::StatusOr<Worker> parent = Worker::Start([&](WorkerScope& self) -> absl::Status {
      static Worker leaked;
      leaked =
          *Worker::Start(&Stubborn, cells, {.name = "child", .stuck_after = absl::Milliseconds(1)});
      return self.PostMessage(leaked.thread_id());
    });
    CHECK(parent->Join().ok());
    CHECK(reports.size() == 2);
    CHECK(reports[1].name == "child");
  }
  CHECK((SetStuckWorkerHandler(before) != nullptr));
}

// What the handler for stuck workers has started.
std::vector<Worker>* started_late = nullptr;

TEST_CASE("a worker that is started while its parent ends its children ends with them") {
  const Int32Array cells = SharedCells();
  std::vector<Worker> late;
  std::vector<Worker> children;
  free_them = &cells;
  started_late = &late;
  const StuckWorkerHandler before = SetStuckWorkerHandler([](const StuckWorker&) {
    for (int i = 0; i < 8; ++i) {
      started_late->push_back(
          *Worker::Start([](WorkerScope& self) { return self.Receive().status(); }));
    }
    atomics::Store(*free_them, 0, 1);
  });
  absl::StatusOr<Worker> parent = Worker::Start([&](WorkerScope&) {
    for (int i = 0; i < 2; ++i) {
      children.push_back(*Worker::Start(&Stubborn, cells, {.stuck_after = absl::Milliseconds(1)}));
    }
    return absl::OkStatus();
  });
  CHECK(parent->Join().ok());
  CHECK(late.size() >= 8);
  for (const Worker& worker : late) CHECK(worker.exited());
  for (const Worker& worker : children) CHECK(worker.exited());
  SetStuckWorkerHandler(before);
}

TEST_CASE("nested workers end with their parent, wherever their handles are") {
  const Int32Array cells = SharedCells();  // 0: how many grandchildren have ended
  std::vector<Worker> elsewhere;           // handles that outlive the parent
  absl::StatusOr<Worker> parent = Worker::Start(
      [&](WorkerScope& self) -> absl::Status {
        for (int i = 0; i < 3; ++i) {
          absl::StatusOr<Worker> child =
              Worker::Start([cells](WorkerScope& nested) -> absl::Status {
                auto grandchild =
                    std::make_unique<Worker>(*Worker::Start([cells](WorkerScope& deep) {
                      deep.Receive().IgnoreError();
                      atomics::Add(cells, 0, 1);
                      return absl::OkStatus();
                    }));
                // What the loop still holds at the end is destroyed with it, and after the join.
                EventLoop::Current().PostAfter(absl::Hours(1), [kept = std::move(grandchild)] {});
                nested.PostMessage(1).IgnoreError();
                return nested.Receive().status();
              });
          if (!child.ok()) return child.status();
          if (!child->Receive().ok()) return absl::InternalError("child");
          elsewhere.push_back(*std::move(child));
        }
        return self.PostMessage(1);
      },
      {.name = "parent"});
  std::optional<int> code;
  parent->OnExit([&](int exit_code) {
    code = exit_code;
    CHECK(atomics::Load(cells, 0) == 3);
    for (const Worker& child : elsewhere) CHECK(child.exited());
  });
  EventLoop::Current().Run();
  CHECK(code == 0);
  REQUIRE(elsewhere.size() == 3);
  for (Worker& child : elsewhere) {
    CHECK(child.exit_code() == 1);
    CHECK(absl::IsCancelled(child.Join()));
    CHECK(child.termination().requested);
  }
}

TEST_CASE("a worker may start many others in its life; those that have ended are forgotten") {
  absl::StatusOr<Worker> parent = Worker::Start([](WorkerScope&) -> absl::Status {
    for (int i = 0; i < 100; ++i) {
      absl::StatusOr<Worker> child = Worker::Start([](WorkerScope&) { return absl::OkStatus(); });
      if (!child.ok()) return child.status();
      if (i % 2 == 0) continue;
      if (absl::Status joined = child->Join(); !joined.ok()) return joined;
    }
    return absl::OkStatus();
  });
  CHECK(parent->Join().ok());
}

TEST_CASE("a pool that a worker has made is stopped with it, wherever its handle is") {
  std::optional<WorkerPool> pool;
  absl::StatusOr<Worker> worker = Worker::Start([&](WorkerScope&) {
    pool.emplace(*WorkerPool::Create({.max_threads = 2}));
    return absl::OkStatus();
  });
  CHECK(worker->Join().ok());
  CHECK(absl::IsFailedPrecondition(pool->Run([](int i) { return i; }, 1).Await().status()));
  CHECK(pool->Close().ok());
}

TEST_CASE("a worker cannot wait for itself, nor where it may not block") {
  absl::StatusOr<Worker> started = Worker::Start([](WorkerScope& self) -> absl::Status {
    absl::StatusOr<MessageEvent> event = self.Receive();
    return event.status();
  });
  Worker& worker = *started;
  Agent& agent = Agent::Current();
  agent.set_can_block(false);
  CHECK(absl::IsFailedPrecondition(worker.Join()));
  CHECK(absl::IsDeadlineExceeded(worker.Join(absl::ZeroDuration())));
  agent.set_can_block(true);
  CHECK(worker.PostMessage(1).ok());
  CHECK(worker.Join().ok());
  agent.set_can_block(false);
  CHECK(worker.Join().ok());
  agent.set_can_block(true);

  Worker own;
  absl::Status joined;
  own = *Worker::Start([&](WorkerScope& self) {
    self.Receive().IgnoreError();
    joined = own.Join();
    return absl::OkStatus();
  });
  CHECK(own.PostMessage(1).ok());
  CHECK(own.Join().ok());
  CHECK(absl::IsFailedPrecondition(joined));
}

}  // namespace
}  // namespace worker_terminate_test
}  // namespace sabre
