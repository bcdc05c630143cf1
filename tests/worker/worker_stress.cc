#include "sabre/worker/worker.h"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/atomics.h"
#include "sabre/messaging/event_loop.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

TEST_CASE("start, post, terminate and join, in every order that threads make of them") {
  for (int round = 0; round < test::Rounds(300); ++round) {
    absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) -> absl::Status {
      int sum = 0;
      for (;;) {
        absl::StatusOr<MessageEvent> event = self.Receive();
        if (!event.ok()) return absl::OkStatus();
        sum += *event->As<int>();
        self.PostMessage(sum).IgnoreError();
      }
    });
    REQUIRE(worker.ok());
    for (int i = 0; i < round % 5; ++i) REQUIRE(worker->PostMessage(i).ok());
    if (round % 3 != 0) worker->Terminate();
    if (round % 2 != 0) worker->Receive(absl::Milliseconds(1)).IgnoreError();
    // The destructor does the rest.
  }
}

TEST_CASE("a tree of workers is terminated from anywhere, and joined from everywhere") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(8));  // begun, ended
  for (int round = 0; round < test::Rounds(100); ++round) {
    std::mutex mutex;
    std::vector<Worker> elsewhere;  // [mutex] handles that outlive whoever started them
    absl::StatusOr<Worker> root = Worker::Start([&](WorkerScope& self) -> absl::Status {
      for (int i = 0; i < 3; ++i) {
        absl::StatusOr<Worker> child = Worker::Start([&](WorkerScope& nested) {
          atomics::Add(cells, 0, 1);
          absl::StatusOr<Worker> leaf = Worker::Start([&](WorkerScope& deep) {
            atomics::Add(cells, 0, 1);
            const absl::Status ended = deep.Receive().status();
            atomics::Add(cells, 1, 1);
            return ended;
          });
          if (leaf.ok()) {
            const std::lock_guard lock(mutex);
            elsewhere.push_back(*std::move(leaf));
          }
          const absl::Status ended = nested.Receive().status();
          atomics::Add(cells, 1, 1);
          return ended;
        });
        if (!child.ok()) return child.status();
        const std::lock_guard lock(mutex);
        elsewhere.push_back(*std::move(child));
      }
      return self.Receive().status();
    });
    REQUIRE(root.ok());
    int exit_code = -1;
    root->OnExit([&](int code) { exit_code = code; });
    std::thread killer([&] { root->Terminate(); });
    std::thread joiner([&] {
      const std::lock_guard lock(mutex);
      for (Worker& worker : elsewhere) {
        worker.Terminate();
        worker.Join(absl::Milliseconds(round % 3)).IgnoreError();
      }
    });
    EventLoop::Current().Run();
    killer.join();
    joiner.join();
    CHECK(exit_code == 1);
    for (const Worker& worker : elsewhere) CHECK(worker.exited());
    CHECK(atomics::Load(cells, 0) == atomics::Load(cells, 1));
  }
}

TEST_CASE("metrics may be read while a worker comes and goes") {
  for (int round = 0; round < test::Rounds(200); ++round) {
    absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) {
      for (int i = 0; i < 10; ++i) self.PostMessage(i).IgnoreError();
      return absl::OkStatus();
    });
    std::uint64_t seen = 0;
    absl::Duration cpu;
    bool ordered = true;
    while (!worker->exited()) {
      const WorkerMetrics now = worker->Metrics();
      ordered = ordered && now.messages_out >= seen && now.cpu_time >= cpu;
      seen = now.messages_out;
      cpu = now.cpu_time;
    }
    CHECK(ordered);
    CHECK(worker->Metrics().messages_out == 10);
    CHECK(worker->Metrics().queued_out == 10);
  }
}

TEST_CASE("workers count together in shared memory and wake each other") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(16));
  const int rounds = test::Rounds(2'000);
  const auto entry = [cells, rounds](WorkerScope& self) -> absl::Status {
    absl::StatusOr<int> me = self.worker_data<int>();
    if (!me.ok()) return me.status();
    for (int i = 0; i < rounds; ++i) {
      while (atomics::Load(cells, 0) % 3 != *me) {
        const std::int32_t seen = atomics::Load(cells, 0);
        if (seen % 3 != *me) atomics::Wait(cells, 0, seen);
      }
      cells.Set(1, cells.Get(1) + 1);  // ordered by the turn
      atomics::Add(cells, 0, 1);
      atomics::Notify(cells, 0);
    }
    return absl::OkStatus();
  };
  std::vector<Worker> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(*Worker::Start(entry, i));
  for (Worker& worker : workers) CHECK(worker.Join().ok());
  CHECK(cells.Get(1) == 3 * rounds);
}

}  // namespace
}  // namespace sabre
