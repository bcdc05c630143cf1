// A worker's events: which come, in which order, and what the exit code is.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/atomics.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace worker_events_test {
namespace {

using Log = std::vector<std::string>;

// Listens to everything that a worker can say.
void LogEvents(Worker& worker, Log& log) {
  worker.OnExit([&log](int code) { log.push_back("exit " + std::to_string(code)); });
  worker.OnError(
      [&log](WorkerError error) { log.push_back("error " + error.type + " " + error.message); });
  worker.OnMessage<int>([&log](int value) { log.push_back("message " + std::to_string(value)); });
  worker.OnOnline([&log] { log.push_back("online"); });
}

absl::Status UntilStopped(WorkerScope& self) { return self.Receive().status(); }

TEST_CASE("online, messages, error, exit: always in this order; the exit code says how it ended") {
  const struct {
    std::string what;
    std::function<absl::Status(WorkerScope&)> entry;
    Log events;  // between online and exit
    int exit_code;
    absl::StatusCode status;
  } rows[] = {
      {"a natural end",
       [](WorkerScope&) { return absl::OkStatus(); },
       {},
       0,
       absl::StatusCode::kOk},
      {"messages before the end",
       [](WorkerScope& self) -> absl::Status {
         for (int i = 0; i < 200; ++i) self.PostMessage(i).IgnoreError();
         return absl::OkStatus();
       },
       {"200 messages"},
       0,
       absl::StatusCode::kOk},
      {"messages and an error",
       [](WorkerScope& self) -> absl::Status {
         for (int i = 0; i < 200; ++i) self.PostMessage(i).IgnoreError();
         return absl::DataLossError("three bytes");
       },
       {"200 messages", "error DATA_LOSS three bytes"},
       1,
       absl::StatusCode::kDataLoss},
      {"exitCode = n",
       [](WorkerScope& self) {
         CHECK(self.exit_code() == 0);
         self.set_exit_code(7);
         CHECK(self.exit_code() == 7);
         return absl::OkStatus();
       },
       {},
       7,
       absl::StatusCode::kOk},
      {"exit(n), and what waits returns",
       [](WorkerScope& self) {
         self.Exit(9);
         CHECK(self.stop_token().stop_requested());
         return self.Receive().status();
       },
       {},
       9,
       absl::StatusCode::kCancelled},
      {"exit(n) in a handler of the loop",
       [](WorkerScope& self) {
         self.OnMessage([](MessageEvent) {});
         self.loop().PostAfter(absl::ZeroDuration(), [&self] { self.Exit(11); });
         return absl::OkStatus();
       },
       {},
       11,
       absl::StatusCode::kOk},
      {"an error after exit(n)",
       [](WorkerScope& self) {
         self.Exit(9);
         return DataCloneError("late");
       },
       {"error DataCloneError late"},
       1,
       absl::StatusCode::kInvalidArgument},
      {"a cancellation that nobody asked for",
       [](WorkerScope&) { return absl::CancelledError("so"); },
       {"error CANCELLED so"},
       1,
       absl::StatusCode::kCancelled},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    Log log;
    absl::StatusOr<Worker> worker = Worker::Start(row.entry);
    REQUIRE(worker.ok());
    LogEvents(*worker, log);
    EventLoop::Current().Run();
    // 200 messages in a row count as one event.
    Log events;
    int expected = 0;
    for (const std::string& event : log) {
      if (event == "message " + std::to_string(expected)) {
        if (++expected == 200) events.push_back("200 messages");
      } else {
        events.push_back(event);
      }
    }
    Log whole = {"online"};
    whole.insert(whole.end(), row.events.begin(), row.events.end());
    whole.push_back("exit " + std::to_string(row.exit_code));
    CHECK(events == whole);
    CHECK(worker->exit_code() == row.exit_code);
    CHECK(worker->error().has_value() == (row.exit_code == 1));
    CHECK(worker->Join().code() == row.status);
  }
}

TEST_CASE("Terminate gives exit code 1 and no error, if what waits just passes it on") {
  for (const bool through_loop : {false, true}) {
    Log log;
    absl::StatusOr<Worker> worker = Worker::Start([&](WorkerScope& self) {
      if (!through_loop) return UntilStopped(self);
      self.OnMessage([](MessageEvent) {});
      return absl::OkStatus();
    });
    LogEvents(*worker, log);
    CHECK(worker->exit_code() == std::nullopt);
    worker->OnOnline([&] {
      log.push_back("online");
      CHECK(worker->Terminate());
    });
    EventLoop::Current().Run();
    CHECK(log == Log{"online", "exit 1"});
    CHECK_FALSE(worker->error().has_value());
    CHECK_FALSE(worker->Terminate());
  }
}

TEST_CASE("an error while stopping is still one") {
  Log log;
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) {
    self.Receive().IgnoreError();
    return absl::InternalError("the file is half written");
  });
  LogEvents(*worker, log);
  worker->Terminate();
  EventLoop::Current().Run();
  CHECK(log == Log{"online", "error INTERNAL the file is half written", "exit 1"});
}

TEST_CASE("a worker whose parent closes the port and that nothing keeps ends with code 0") {
  Log log;
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) {
    self.OnMessage([](MessageEvent) {});
    return absl::OkStatus();
  });
  LogEvents(*worker, log);
  worker->OnOnline([&] { worker->port().Close(); });
  EventLoop::Current().Run();
  CHECK(log == Log{"exit 0"});
}

TEST_CASE("posted before online: queued; posted after the exit: kUnavailable, nothing detached") {
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) {
    int sum = 0;
    for (int i = 0; i < 3; ++i) sum += *self.Receive()->As<int>();
    return self.PostMessage(sum);
  });
  for (int i = 1; i <= 3; ++i) CHECK(worker->PostMessage(i).ok());
  CHECK(worker->Join().ok());
  CHECK(*worker->Receive()->As<int>() == 6);
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  CHECK(absl::IsUnavailable(worker->PostMessage(buffer, {.transfer = {&buffer}})));
  CHECK_FALSE(buffer.detached());
}

TEST_CASE("without a handler for messages the exit still comes, and the messages stay") {
  std::optional<int> code;
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope& self) { return self.PostMessage(5); });
  worker->OnExit([&](int exit_code) { code = exit_code; });
  EventLoop::Current().Run();
  CHECK(code == 0);
  CHECK(*worker->Receive()->As<int>() == 5);
}

TEST_CASE("handlers that come after their event are called all the same, once") {
  absl::StatusOr<Worker> worker =
      Worker::Start([](WorkerScope&) { return absl::DataLossError("lost"); });
  CHECK(absl::IsDataLoss(worker->Join()));
  Log log;
  LogEvents(*worker, log);
  CHECK(log.empty());  // never inside the call
  EventLoop::Current().Run();
  CHECK(log == Log{"online", "error DATA_LOSS lost", "exit 1"});
  LogEvents(*worker, log);
  EventLoop::Current().Run();
  CHECK(log.size() == 6);
}

TEST_CASE("a handler may destroy its worker; nothing comes after that") {
  for (const bool at_online : {true, false}) {
    Log log;
    std::optional<Worker> worker = *Worker::Start(&UntilStopped);
    LogEvents(*worker, log);
    const auto destroy = [&] {
      log.push_back("destroy");
      worker.reset();
    };
    if (at_online) {
      worker->OnOnline(destroy);
    } else {
      worker->OnExit([&](int) { destroy(); });
      worker->Terminate();
    }
    EventLoop::Current().Run();
    CHECK(log == (at_online ? Log{"destroy"} : Log{"online", "destroy"}));
  }
}

TEST_CASE("events follow a handle that moves") {
  Log log;
  Worker moved;
  {
    absl::StatusOr<Worker> worker =
        Worker::Start([](WorkerScope& self) { return self.PostMessage(1); });
    LogEvents(*worker, log);
    moved = *std::move(worker);
  }
  EventLoop::Current().Run();
  CHECK(log == Log{"online", "message 1", "exit 0"});
}

TEST_CASE("a port that has gone elsewhere, or a new handler, does not hold the exit back") {
  Log log;
  absl::StatusOr<Worker> worker = Worker::Start(&UntilStopped);
  LogEvents(*worker, log);
  auto [here, there] = MessageChannel::Create();
  worker->OnMessage<int>([](int) {});
  CHECK(here.PostMessage(worker->port(), {.transfer = {&worker->port()}}).ok());
  worker->Terminate();
  EventLoop::Current().Run();
  CHECK(log == Log{"online", "exit 1"});
}

TEST_CASE(
    "a close handler of the port's owner is told, before the exit, and does not hold it back") {
  for (const bool first : {true, false}) {
    CAPTURE(first);
    Log log;
    absl::StatusOr<Worker> worker =
        Worker::Start([](WorkerScope& self) { return self.PostMessage(1); });
    const auto on_close = [&] { log.push_back("close"); };
    if (first) worker->port().OnClose(on_close);
    LogEvents(*worker, log);
    if (!first) worker->port().OnClose(on_close);
    EventLoop::Current().Run();
    CHECK(log == Log{"online", "message 1", "close", "exit 0"});
  }
}

TEST_CASE("a worker that is not wanted does not keep the loop going") {
  const auto token = std::make_shared<int>(0);
  absl::StatusOr<Worker> worker = Worker::Start(&UntilStopped);
  worker->OnMessage([token](MessageEvent) {});
  worker->OnExit([token](int) {});
  worker->Unref();
  EventLoop::Current().Run();  // returns
  CHECK_FALSE(worker->exited());
  worker->Ref();
  worker->Terminate();
  EventLoop::Current().Run();
  CHECK(worker->exited());
  worker = absl::CancelledError();
  EventLoop::Current().Run();
  CHECK(token.use_count() == 1);
}

TEST_CASE("a message that is none, or a handler that fails, is told; the next is handled") {
  Log log;
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) -> absl::Status {
    self.PostMessage(std::string("no number")).IgnoreError();
    return self.PostMessage(2);
  });
  LogEvents(*worker, log);
  worker->OnMessageError([&](absl::Status status, MessageEvent) {
    log.push_back(absl::IsDataLoss(status) ? "messageerror" : "other");
  });
  EventLoop::Current().Run();
  CHECK(log == Log{"online", "messageerror", "message 2", "exit 0"});
}

TEST_CASE("an error is an Error value in a message, and a status again") {
  const WorkerError inner = {.message = "no such file",
                             .type = "std::out_of_range",
                             .stack = "std::out_of_range: no such file"};
  WorkerError error = WorkerError::FromStatus(absl::DataLossError("bad: header"));
  error.cause = std::make_shared<const WorkerError>(inner);
  auto [a, b] = MessageChannel::Create();
  CHECK(a.PostMessage(error).ok());
  absl::StatusOr<MessageEvent> event = b.Receive();
  const Value value = event->value();
  CHECK(value.kind() == ValueKind::kError);
  CHECK(std::string(value.error_name()) == "Error");
  CHECK(value.error_message() == "bad: header");
  CHECK(value.error_stack() == "DATA_LOSS: bad: header");
  CHECK(std::string(value.error_cause().error_name()) == "RangeError");
  const absl::StatusOr<WorkerError> back = event->As<WorkerError>();
  REQUIRE(back.ok());
  CHECK(back->type == "DATA_LOSS");
  CHECK(back->ToStatus() == absl::DataLossError("bad: header"));
  CHECK(back->cause->type == "std::out_of_range");
  CHECK(back->cause->message == "no such file");
  CHECK(absl::IsUnknown(back->cause->ToStatus()));

  CHECK(IsDataCloneError(WorkerError::FromStatus(DataCloneError("it")).ToStatus()));
  Graph graph;
  CHECK(WorkerError::FromValue(graph.String("thrown text")).message == "thrown text");
  const Value engine = graph.Error("TypeError", "x is not a function");
  graph.SetErrorStack(engine, "TypeError: x is not a function\n    at f (a.js:1:2)");
  CHECK(WorkerError::FromValue(engine).type == "TypeError");
  CHECK(std::string(WorkerError::FromValue(engine).ToValue(graph).error_name()) == "TypeError");
  // A cause that is its own cause ends.
  const Value round = graph.Error("Error", "round");
  graph.SetErrorCause(round, round);
  CHECK(WorkerError::FromValue(round).cause != nullptr);
}

}  // namespace
}  // namespace worker_events_test
}  // namespace sabre
