// What a worker is started with, and what it tells of itself.
#include <doctest/doctest.h>

#include <climits>
#include <string>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/file_descriptor.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/environment_data.h"
#include "sabre/worker/register_worker.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace worker_options_test {
namespace {

bool Names(const absl::Status& status, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (std::string(status.message()).find(word) == std::string::npos) return false;
  }
  return true;
}

TEST_CASE("an option that cannot be is an error; nothing runs and nothing is detached") {
  const struct {
    std::string what;
    WorkerOptions options;
    absl::StatusCode code;
    std::vector<std::string> words;
  } rows[] = {
      {"a CPU that does not exist",
       {.cpu_affinity = {0, 100'000}},
       absl::StatusCode::kOutOfRange,
       {"cpu_affinity[1]", "100000", "[0, "}},
      {"a CPU below none",
       {.cpu_affinity = {-1}},
       absl::StatusCode::kOutOfRange,
       {"cpu_affinity[0]", "-1"}},
      {"nice beyond the last",
       {.nice = 20},
       absl::StatusCode::kOutOfRange,
       {"nice 20", "[-20, 19]"}},
      {"nice below the first",
       {.nice = -21},
       absl::StatusCode::kOutOfRange,
       {"nice -21", "[-20, 19]"}},
      {"a stack too small",
       {.stack_size = 1000},
       absl::StatusCode::kOutOfRange,
       {"stack_size 1000", "less than"}},
      {"a stack too large",
       {.stack_size = std::size_t{1} << 60},
       absl::StatusCode::kResourceExhausted,
       {"stack_size", "errno"}},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    ArrayBuffer buffer = *ArrayBuffer::Create(8);
    bool ran = false;
    WorkerOptions options = row.options;
    options.transfer = {&buffer};
    const absl::Status status = Worker::Start(
                                    [&ran](WorkerScope&) {
                                      ran = true;
                                      return absl::OkStatus();
                                    },
                                    buffer, std::move(options))
                                    .status();
    CHECK(status.code() == row.code);
    CAPTURE(std::string(status.message()));
    CHECK(Names(status, row.words));
    CHECK_FALSE(ran);
    CHECK_FALSE(buffer.detached());
  }
}

TEST_CASE("no entry is an error") {
  CHECK(absl::IsInvalidArgument(Worker::Start(Worker::Entry()).status()));
  CHECK(absl::IsInvalidArgument(Worker::Start(Worker::Entry(), 1).status()));
}

TEST_CASE("a worker by name: known to all, several at a time") {
  const auto entry = [](WorkerScope& self) -> absl::Status {
    absl::StatusOr<int> data = self.worker_data<int>();
    return self.PostMessage(data.ok() ? *data : -1);
  };
  CHECK(absl::IsInvalidArgument(RegisterWorker("", entry)));
  CHECK(absl::IsInvalidArgument(RegisterWorker("empty", RegisteredWorker())));
  CHECK(RegisterWorker("worker_options_test", entry).ok());
  CHECK(absl::IsAlreadyExists(RegisterWorker("worker_options_test", entry)));
  const absl::Status unknown = Worker::Start("nobody").status();
  CHECK(absl::IsNotFound(unknown));
  CHECK(Names(unknown, {"'nobody'"}));
  CHECK(absl::IsNotFound(Worker::Start("nobody", 1).status()));

  absl::StatusOr<Worker> without = Worker::Start("worker_options_test");
  CHECK(*without->Receive()->As<int>() == -1);
  std::vector<Worker> workers;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(*Worker::Start(std::string("worker_options_test"), i, {.name = "same"}));
  }
  for (int i = 0; i < 4; ++i)
    CHECK(*workers[static_cast<std::size_t>(i)].Receive()->As<int>() == i);
}

TEST_CASE("environment data: a worker starts with a copy, and each goes its own way") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  CHECK(absl::IsNotFound(GetEnvironmentData<int>("level").status()));
  CHECK(SetEnvironmentData("level", 1).ok());
  CHECK(SetEnvironmentData("level", 2).ok());
  CHECK(SetEnvironmentData("gone", 1).ok());
  CHECK(SetEnvironmentData("cells", cells).ok());
  CHECK(RemoveEnvironmentData("gone"));
  CHECK_FALSE(RemoveEnvironmentData("gone"));
  CHECK(absl::IsDataLoss(GetEnvironmentData<std::string>("level").status()));

  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) -> absl::Status {
    if (!self.Receive().ok())
      return absl::InternalError("no go");  // the parent has changed its own
    if (*GetEnvironmentData<int>("level") != 2) return absl::InternalError("level");
    if (!absl::IsNotFound(GetEnvironmentData<int>("gone").status())) {
      return absl::InternalError("gone");
    }
    atomics::Store(*GetEnvironmentData<Int32Array>("cells"), 0, 5);
    SetEnvironmentData("level", 4).IgnoreError();
    absl::StatusOr<Worker> child = Worker::Start(
        [](WorkerScope& nested) { return nested.PostMessage(*GetEnvironmentData<int>("level")); });
    return *child->Receive()->As<int>() == 4 ? absl::OkStatus() : absl::InternalError("child");
  });
  CHECK(SetEnvironmentData("level", 3).ok());
  CHECK(worker->PostMessage(0).ok());
  CHECK(worker->Join() == absl::OkStatus());
  CHECK(*GetEnvironmentData<int>("level") == 3);
  CHECK(atomics::Load(cells, 0) == 5);

  absl::StatusOr<Worker> without =
      Worker::Start([](WorkerScope&) { return GetEnvironmentData<int>("level").status(); },
                    {.inherit_environment_data = false});
  CHECK(absl::IsNotFound(without->Join()));

  const absl::Status confined = SetEnvironmentData("fd", FileDescriptor());
  CHECK(absl::IsInvalidArgument(confined));
  CHECK(RemoveEnvironmentData("level"));
  CHECK(RemoveEnvironmentData("cells"));
}

TEST_CASE("the channel to a worker has the limits that it was given") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  absl::StatusOr<Worker> worker = Worker::Start(
      [cells](WorkerScope& self) {
        CHECK(self.PostMessage(0).ok());
        CHECK(self.PostMessage(1).ok());
        CHECK(absl::IsResourceExhausted(self.PostMessage(2)));
        atomics::Wait(cells, 0, 0);
        return self.Receive().status();
      },
      {.limits = {.capacity = {.messages = 2}}});
  CHECK(worker->PostMessage(0).ok());
  CHECK(worker->PostMessage(1).ok());
  CHECK(absl::IsResourceExhausted(worker->PostMessage(2)));
  atomics::Store(cells, 0, 1);
  atomics::Notify(cells, 0);
  CHECK(worker->Join().ok());
}

TEST_CASE("metrics: messages, queues, the loop and the processor's time, then their last values") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  absl::StatusOr<Worker> worker = Worker::Start([cells](WorkerScope& self) -> absl::Status {
    for (int i = 0; i < 3; ++i) {
      if (absl::Status s = self.Receive().status(); !s.ok()) return s;
      if (absl::Status s = self.PostMessage(i); !s.ok()) return s;
    }
    self.loop().RunFor(absl::Milliseconds(1));
    self.loop().Ref();
    self.loop().RunFor(absl::Milliseconds(1));
    self.loop().Unref();
    self.PostMessage(3).IgnoreError();
    atomics::Wait(cells, 0, 0);
    return self.Receive().status();
  });
  for (int i = 0; i < 3; ++i) CHECK(worker->PostMessage(i).ok());
  for (int i = 0; i < 4; ++i) CHECK(worker->Receive().ok());
  const WorkerMetrics now = worker->Metrics();
  CHECK(now.messages_in == 3);
  CHECK(now.messages_out == 4);
  CHECK(now.queued_in == 0);
  CHECK(now.queued_out == 0);
  CHECK(now.loop_idle > absl::ZeroDuration());
  CHECK(now.loop_utilization > 0);
  CHECK(now.loop_utilization < 1);
  CHECK(worker->PostMessage(3).ok());
  CHECK(worker->PostMessage(4).ok());  // nobody takes it
  atomics::Store(cells, 0, 1);
  atomics::Notify(cells, 0);
  CHECK(worker->Join().ok());
  const WorkerMetrics last = worker->Metrics();
  CHECK(last.messages_in == 4);
  CHECK(last.queued_in == 1);
  CHECK(last.cpu_time >= now.cpu_time);
  CHECK(last.loop_idle >= now.loop_idle);
  CHECK(worker->Metrics().cpu_time == last.cpu_time);
  CHECK(Worker().Metrics().messages_in == 0);
}

TEST_CASE("a worker has its number from the start, and never that of another") {
  absl::StatusOr<Worker> first =
      Worker::Start([](WorkerScope& self) { return self.PostMessage(self.thread_id()); });
  absl::StatusOr<Worker> second =
      Worker::Start([](WorkerScope& self) { return self.PostMessage(self.thread_id()); });
  const std::uint64_t id = first->thread_id();
  CHECK(id != 0);
  CHECK(*first->Receive()->As<std::uint64_t>() == id);
  CHECK(*second->Receive()->As<std::uint64_t>() == second->thread_id());
  CHECK(id != second->thread_id());
  CHECK(first->Join().ok());
  CHECK(first->thread_id() == id);
  CHECK(Worker().thread_id() == 0);
}

}  // namespace
}  // namespace worker_options_test
}  // namespace sabre
