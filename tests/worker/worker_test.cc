#include "sabre/worker/worker.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/atomics.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/worker/available_parallelism.h"

namespace sabre {

struct WorkerTestJob {
  std::string name;
  ArrayBuffer bytes;
};
SABRE_DESCRIBE(WorkerTestJob, name, bytes)

namespace {

absl::Status Echo(WorkerScope& self) {
  for (;;) {
    absl::StatusOr<MessageEvent> event = self.Receive();
    if (absl::IsCancelled(event.status())) return absl::OkStatus();  // terminated
    if (!event.ok()) return event.status();
    if (absl::Status s = self.PostMessage(event->value()); !s.ok()) return s;
  }
}

TEST_CASE("a worker echoes what it is sent, before and after it is online") {
  absl::StatusOr<Worker> worker = Worker::Start(Echo, {.name = "echo"});
  REQUIRE(worker.ok());
  for (int i = 0; i < 3; ++i) CHECK(worker->PostMessage(i).ok());
  for (int i = 0; i < 3; ++i) CHECK(*worker->Receive()->As<int>() == i);
  CHECK_FALSE(worker->exited());
  CHECK(worker->Terminate());
  CHECK_FALSE(worker->Terminate());
  CHECK(worker->Join().ok());
  CHECK(worker->exited());
  CHECK(absl::IsUnavailable(worker->PostMessage(1)));
}

TEST_CASE("a worker gets its data; a transferred buffer is detached here and whole there") {
  WorkerTestJob job{"job", *ArrayBuffer::Create(3)};
  job.bytes.Span()[1] = std::byte{9};
  absl::StatusOr<Worker> worker = Worker::Start(
      [](WorkerScope& self) -> absl::Status {
        absl::StatusOr<WorkerTestJob> mine = self.worker_data<WorkerTestJob>();
        if (!mine.ok()) return mine.status();
        if (!absl::IsDataLoss(self.worker_data<int>().status())) return absl::InternalError("int");
        return self.PostMessage(mine->name + ":" +
                                std::to_string(static_cast<int>(mine->bytes.Span()[1])));
      },
      job, {.transfer = {&job.bytes}});
  REQUIRE(worker.ok());
  CHECK(job.bytes.detached());
  CHECK(*worker->Receive()->As<std::string>() == "job:9");
  CHECK(worker->Join().ok());
}

TEST_CASE("a worker without data says so") {
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope& self) { return self.worker_data<int>().status(); });
  CHECK(absl::IsNotFound(worker->Join()));
}

TEST_CASE("data that cannot be cloned starts no worker and detaches nothing") {
  WorkerTestJob job{"job", *ArrayBuffer::Create(3)};
  const auto entry = [](WorkerScope&) { return absl::OkStatus(); };
  CHECK(absl::IsInvalidArgument(
      Worker::Start(entry, job, {.transfer = {&job.bytes, &job.bytes}}).status()));
  CHECK_FALSE(job.bytes.detached());
  CHECK(absl::IsInvalidArgument(Worker::Start(entry, {.transfer = {&job.bytes}}).status()));
  CHECK_FALSE(job.bytes.detached());
}

TEST_CASE("the exit status is what the entry returned") {
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope&) { return absl::DataLossError("three bytes are missing"); });
  const absl::Status status = worker->Join();
  CHECK(absl::IsDataLoss(status));
  CHECK(status.message() == "three bytes are missing");
  CHECK(worker->Join() == status);
}

TEST_CASE("Join gives up at its deadline and the worker goes on") {
  absl::StatusOr<Worker> worker = Worker::Start(Echo);
  CHECK(absl::IsDeadlineExceeded(worker->Join(absl::Milliseconds(2))));
  CHECK(worker->PostMessage(4).ok());
  CHECK(*worker->Receive()->As<int>() == 4);
}

TEST_CASE("Terminate wakes a worker from Wait and from its event loop") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(8));
  absl::StatusOr<Worker> waiting = Worker::Start([cells](WorkerScope& self) -> absl::Status {
    const WaitResult result = atomics::Wait(cells, 0, 0);
    if (result != WaitResult::kTerminated) return absl::InternalError("not terminated");
    return self.stop_token().stop_requested() ? absl::OkStatus() : absl::InternalError("no token");
  });
  absl::StatusOr<Worker> looping = Worker::Start([](WorkerScope& self) {
    self.OnMessage([](MessageEvent) {});
    return absl::OkStatus();
  });
  CHECK(absl::IsDeadlineExceeded(looping->Join(absl::Milliseconds(1))));
  CHECK(waiting->Terminate());
  CHECK(looping->Terminate());
  CHECK(waiting->Join().ok());
  CHECK(looping->Join().ok());
}

TEST_CASE("Terminate reaches a worker whose handler runs its loop") {
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) {
    self.OnMessage([&self](MessageEvent) {
      self.PostMessage(1).IgnoreError();
      self.loop().RunFor(absl::InfiniteDuration());
    });
    return absl::OkStatus();
  });
  CHECK(worker->PostMessage(0).ok());
  CHECK(worker->Receive().ok());
  CHECK(worker->Terminate());
  CHECK(worker->Join().ok());
}

TEST_CASE(
    "a worker with a handler lives until its port closes; all its messages come before exit") {
  EventLoop& loop = EventLoop::Current();
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) {
    self.OnMessage([&self](MessageEvent event) {
      const int count = *event.As<int>();
      for (int i = 0; i < count; ++i) self.PostMessage(i).IgnoreError();
      self.Close();
    });
    return absl::OkStatus();
  });
  REQUIRE(worker.ok());
  std::vector<int> got;
  std::vector<std::string> events;
  worker->OnMessage([&](MessageEvent event) {
    got.push_back(*event.As<int>());
    events.push_back("message");
  });
  worker->OnExit([&](int code) { events.push_back(code == 0 ? "exit" : "error"); });
  CHECK(worker->PostMessage(100).ok());
  loop.Run();
  CHECK(got.size() == 100);
  CHECK(got.back() == 99);
  CHECK(events.size() == 101);
  CHECK(events.back() == "exit");
}

TEST_CASE("OnExit waits for the exit, not only for the port, and blocks nobody meanwhile") {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  absl::StatusOr<Worker> worker = Worker::Start([cells](WorkerScope& self) -> absl::Status {
    self.Close();
    atomics::Wait(cells, 0, 0);
    return absl::DataLossError("late");
  });
  bool exited = false;
  bool turned = false;
  worker->OnMessage([](MessageEvent) {});
  worker->OnExit([&](int code) { exited = code == 1 && absl::IsDataLoss(worker->Join()); });
  loop.PostAfter(absl::Milliseconds(5), [&] {
    turned = !exited;
    cells.Set(0, 1);
    atomics::Notify(cells, 0);
  });
  loop.Run();
  CHECK(turned);
  CHECK(exited);
}

TEST_CASE("an exit handler whose loop ends before it runs is destroyed unrun") {
  const auto token = std::make_shared<int>(0);
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  bool ran = false;
  std::thread([&] {
    absl::StatusOr<Worker> worker = Worker::Start([cells](WorkerScope& self) {
      self.Close();
      atomics::Wait(cells, 0, 0);
      return absl::OkStatus();
    });
    REQUIRE(worker.ok());
    worker->OnMessage([](MessageEvent) {});
    worker->OnExit([&ran, token](int) { ran = true; });
    EventLoop::Current().RunFor(absl::Milliseconds(20));  // hears of the port, most likely
    atomics::Store(cells, 0, 1);
    atomics::Notify(cells, 0);
    CHECK(worker->Join().ok());
  }).join();
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
}

TEST_CASE("a DataCloneError stays one when it is an exit status") {
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope&) { return DataCloneError("no such thing"); });
  CHECK(IsDataCloneError(worker->Join()));
}

TEST_CASE("a worker has an agent, a loop and a name of its own") {
  absl::StatusOr<Worker> worker = Worker::Start(
      [](WorkerScope& self) -> absl::Status {
        if (Agent::Current().id() != self.thread_id()) return absl::InternalError("id");
        if (Agent::Current().can_block()) return absl::InternalError("can_block");
        if (&self.loop() != &EventLoop::Current()) return absl::InternalError("loop");
        return self.PostMessage(self.name());
      },
      {.name = "painter", .can_block = false});
  CHECK(*worker->Receive()->As<std::string>() == "painter");
  CHECK(worker->thread_id() != 0);
  CHECK(worker->thread_id() != Agent::Current().id());
  CHECK(worker->Join().ok());
}

TEST_CASE("what the entry captured is destroyed in the worker's thread before it has exited") {
  struct Canary {
    explicit Canary(std::thread::id* where) : destroyed_in(where) {}
    Canary(Canary&& other) noexcept : destroyed_in(std::exchange(other.destroyed_in, nullptr)) {}
    ~Canary() {
      if (destroyed_in != nullptr) *destroyed_in = std::this_thread::get_id();
    }
    std::thread::id* destroyed_in;
  };
  std::thread::id where;
  absl::StatusOr<Worker> worker =
      Worker::Start([canary = Canary(&where)](WorkerScope&) { return absl::OkStatus(); });
  CHECK(worker->Join().ok());
  CHECK(where != std::thread::id());
  CHECK(where != std::this_thread::get_id());
}

TEST_CASE("workers nest, and end with their parent") {
  absl::StatusOr<Worker> outer = Worker::Start([](WorkerScope& self) -> absl::Status {
    absl::StatusOr<Worker> inner = Worker::Start(Echo);
    if (!inner.ok()) return inner.status();
    if (absl::Status s = inner->PostMessage(std::string("deep")); !s.ok()) return s;
    absl::StatusOr<MessageEvent> back = inner->Receive();
    if (!back.ok()) return back.status();
    return self.PostMessage(*back->As<std::string>());
  });
  CHECK(*outer->Receive()->As<std::string>() == "deep");
  CHECK(outer->Join().ok());
}

TEST_CASE("a thread that the system refuses is an error; nothing ran, nothing is detached") {
  WorkerTestJob job{"job", *ArrayBuffer::Create(3)};
  bool ran = false;
  // No system has an address space for this stack.
  absl::StatusOr<Worker> worker = Worker::Start(
      [&ran](WorkerScope&) {
        ran = true;
        return absl::OkStatus();
      },
      job, {.stack_size = std::size_t{1} << 60, .transfer = {&job.bytes}});
  CHECK(absl::IsResourceExhausted(worker.status()));
  CHECK_FALSE(ran);
  CHECK_FALSE(job.bytes.detached());
}

TEST_CASE("a handle can be assigned; the worker that it was of ends") {
  CHECK(AvailableParallelism() >= 1);
  Worker none;
  CHECK(none.exited());
  CHECK(none.thread_id() == 0);
  CHECK_FALSE(none.Terminate());
  absl::StatusOr<Worker> worker = Worker::Start(Echo);
  REQUIRE(worker.ok());
  none = *std::move(worker);
  CHECK_FALSE(none.exited());
  CHECK(none.PostMessage(7).ok());
  CHECK(*none.Receive()->As<int>() == 7);
  CHECK_FALSE(none.exited());
  none = Worker();
  CHECK(none.exited());
}

}  // namespace
}  // namespace sabre
