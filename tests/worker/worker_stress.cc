#include "sabre/worker/worker.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/atomics.h"
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
