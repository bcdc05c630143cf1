#include <doctest/doctest.h>

#include <functional>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace {

TEST_CASE("an exception of the entry becomes the exit status and ends no process") {
  absl::StatusOr<Worker> worker = Worker::Start(
      [](WorkerScope&) -> absl::Status { throw std::runtime_error("the disk is on fire"); });
  const absl::Status status = worker->Join();
  CHECK(absl::IsUnknown(status));
  CHECK(status.message() == "the disk is on fire");

  absl::StatusOr<Worker> odd = Worker::Start([](WorkerScope&) -> absl::Status { throw 7; });
  CHECK(absl::IsUnknown(odd->Join()));
}

struct Odd {};

TEST_CASE(
    "an exception is an error with its text, its type and its causes, wherever it is thrown") {
  const auto nested = [](WorkerScope&) -> absl::Status {
    try {
      throw std::out_of_range("no such line");
    } catch (...) {
      std::throw_with_nested(std::runtime_error("cannot read the file"));
    }
  };
  const struct {
    std::string what;
    std::function<absl::Status(WorkerScope&)> entry;
    std::string type;
    std::string message;
    std::string cause;
  } rows[] = {
      {"in the entry", nested, "std::runtime_error", "cannot read the file", "std::out_of_range"},
      {"no std::exception", [](WorkerScope&) -> absl::Status { throw Odd(); },
       "sabre::(anonymous namespace)::Odd", "an exception that is no std::exception", ""},
      {"out of memory", [](WorkerScope&) -> absl::Status { throw std::bad_alloc(); },
       "std::bad_alloc", "std::bad_alloc", ""},
      {"in a message handler",
       [](WorkerScope& self) {
         self.OnMessage([](MessageEvent) { throw std::invalid_argument("message"); });
         return absl::OkStatus();
       },
       "std::invalid_argument", "message", ""},
      {"in a timer",
       [](WorkerScope& self) {
         self.loop().PostAfter(absl::ZeroDuration(), [] { throw std::logic_error("timer"); });
         return absl::OkStatus();
       },
       "std::logic_error", "timer", ""},
      {"in posted work",
       [](WorkerScope& self) {
         self.loop().Post([] { throw std::logic_error("work"); });
         return absl::OkStatus();
       },
       "std::logic_error", "work", ""},
      {"while stopping",
       [](WorkerScope& self) -> absl::Status {
         self.Exit(3);
         throw std::runtime_error("on the way out");
       },
       "std::runtime_error", "on the way out", ""},
      {"with a child that is still there",
       [](WorkerScope&) -> absl::Status {
         static Worker leaked;
         leaked = *Worker::Start([](WorkerScope& child) { return child.Receive().status(); });
         throw std::runtime_error("a parent's");
       },
       "std::runtime_error", "a parent's", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    std::vector<std::string> events;
    std::optional<WorkerError> error;
    absl::StatusOr<Worker> worker = Worker::Start(row.entry, {.name = "thrower"});
    REQUIRE(worker.ok());
    worker->PostMessage(0).IgnoreError();  // some are gone by now
    worker->OnError([&](WorkerError e) {
      error = std::move(e);
      events.push_back("error");
    });
    worker->OnExit([&](int code) { events.push_back("exit " + std::to_string(code)); });
    EventLoop::Current().Run();
    CHECK(events == std::vector<std::string>{"error", "exit 1"});
    REQUIRE(error.has_value());
    CHECK(error->type == row.type);
    CHECK(error->message == row.message);
    CHECK(error->stack == row.type + ": " + row.message + "\n    at worker 'thrower' (" +
                              std::to_string(worker->thread_id()) + ")");
    CHECK((error->cause != nullptr) == !row.cause.empty());
    if (error->cause != nullptr) CHECK(error->cause->type == row.cause);
    CHECK(worker->Join() == error->ToStatus());
    CHECK(worker->Join().code() == (row.what == "out of memory"
                                        ? absl::StatusCode::kResourceExhausted
                                        : absl::StatusCode::kUnknown));
  }
}

TEST_CASE("a parent's handler that throws keeps no event back") {
  std::vector<std::string> events;
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope&) { return absl::DataLossError("lost"); });
  worker->OnOnline([] { throw std::runtime_error("online"); });
  worker->OnError([](WorkerError) { throw std::runtime_error("error"); });
  worker->OnExit([&](int code) { events.push_back("exit " + std::to_string(code)); });
  EventLoop& loop = EventLoop::Current();
  CHECK_THROWS_WITH(loop.Run(), "online");
  CHECK_THROWS_WITH(loop.Run(), "error");
  loop.Run();
  CHECK(events == std::vector<std::string>{"exit 1"});
}

TEST_CASE("after a handler has thrown, the next message is handled") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  std::vector<int> got;
  b.OnMessage([&](MessageEvent event) {
    got.push_back(*event.As<int>());
    if (got.back() == 1) throw std::runtime_error("one");
  });
  for (int i = 0; i < 3; ++i) CHECK(a.PostMessage(i).ok());
  a.Close();
  CHECK_THROWS_AS(loop.Run(), std::runtime_error);
  CHECK(got == std::vector<int>{0, 1});
  loop.Run();
  CHECK(got == std::vector<int>{0, 1, 2});
}

}  // namespace
}  // namespace sabre
