// Scenarios of the lives of workers: their events, their children, and their ends, by themselves or because
// somebody terminates them in whatever they wait for.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "sabre/messaging/thread_messages.h"
#include "sabre/worker/async_lock.h"
#include "sabre/worker/locks.h"
#include "sabre/worker/stuck_worker.h"
#include "sabre/worker/worker.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

// A worker posts and fails, or is terminated; its parent hears of each thing once and in order.
void WorkerEvents() {
  const bool fails = Chance(2);
  const bool terminates = Chance(2);
  std::string heard;
  absl::StatusOr<Worker> worker = Worker::Start([fails](WorkerScope& self) -> absl::Status {
    for (int i = 0; i < 2; ++i) {
      if (!self.PostMessage(i).ok()) break;
    }
    return fails ? absl::DataLossError("on purpose") : absl::OkStatus();
  });
  if (!worker.ok()) return;
  {
    std::optional<Actor> killer;
    if (terminates) killer.emplace([&] { worker->Terminate(); });
    worker->OnExit([&](int code) {
      heard += code == 0 ? 'x' : 'X';
      Expect(worker->exit_code() == code && worker->exited(), "an exit is told after the exit");
    });
    worker->OnMessage([&](MessageEvent event) { heard += *event.As<int>() == 0 ? '0' : '1'; });
    // The messages may take longer than the news of the exit.
    if (Chance(2)) worker->port().set_messages_per_turn(1);
    worker->OnError([&](const WorkerError& error) {
      heard += 'e';
      Expect(error.message == "on purpose", "the error is the entry's");
    });
    worker->OnOnline([&] { heard += 'o'; });
    EventLoop::Current().Run();
  }
  const bool stopped = worker->termination().requested;
  // A request that comes when the entry has returned may be too late to change the exit code.
  Expect(fails ? heard == "o01eX" : heard == "o01x" || (stopped && heard == "o01X"),
         "online, messages, error, exit: each once, in this order");
  Reached(stopped ? "terminated" : "it ends by itself");
}

// For workers of whom nobody shall complain: virtual time may take any leap.
WorkerOptions Patient() { return {.stuck_after = absl::InfiniteDuration()}; }

// A worker whose handle is out of reach ends with its parent, which exits after it; a grandchild too.
void WorkerNested() {
  struct Life {
    bool began = false;
    bool ended = false;
  };
  Life child;
  Life grandchild;
  // The handles outlive the threads that made them.
  Worker handles[2];
  const bool fails = Chance(2);
  absl::StatusOr<Worker> parent = Worker::Start(
      [&](WorkerScope&) -> absl::Status {
        absl::StatusOr<Worker> started = Worker::Start(
            [&](WorkerScope& self) -> absl::Status {
              child.began = true;
              absl::StatusOr<Worker> nested = Worker::Start(
                  [&](WorkerScope& inner) -> absl::Status {
                    grandchild.began = true;
                    inner.Receive().IgnoreError();
                    Expect(!child.ended, "a parent ends after its children");
                    grandchild.ended = true;
                    return absl::OkStatus();
                  },
                  Patient());
              if (nested.ok()) handles[1] = *std::move(nested);
              self.OnMessage([](MessageEvent) {});
              return absl::OkStatus();
            },
            Patient());
        if (started.ok()) handles[0] = *std::move(started);
        return fails ? absl::InternalError("on purpose") : absl::OkStatus();
      },
      Patient());
  if (!parent.ok()) return;
  {
    const Actor killer([&] {
      if (Chance(2)) parent->Terminate();
    });
    Expect(absl::IsInternal(parent->Join()) == fails, "the status is the entry's");
  }
  for (Worker& handle : handles) {
    if (handle.thread_id() == 0) continue;
    Expect(handle.exited(), "children have ended when their parent has");
    Reached("a child ends with its parent");
    if (&handle == &handles[1]) Reached("a grandchild ends with its parent");
  }
  Expect(grandchild.began == grandchild.ended, "what has begun has ended");
  if (child.began) Reached("a child runs");
}

Int32Array Cells() { return *Int32Array::Over(*SharedArrayBuffer::Create(64)); }

// Everything in which a worker may sleep. Returns whether it ended as a stop request ends it.
bool SleepIn(int call, WorkerScope& self) {
  switch (call) {
    case 0:
      return absl::IsCancelled(self.Receive().status());
    case 1: {
      MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 1}});
      Expect(channel.port1.PostMessage(1).ok(), "there is room for one");
      return absl::IsCancelled(channel.port1.PostWait(2));
    }
    case 2: {
      Select select;
      Expect(select.Add(self.parent_port(), 1).ok(), "a free port");
      return absl::IsCancelled(select.Next().status());
    }
    case 3:
      return atomics::Wait(Cells(), 0, 0) == WaitResult::kTerminated;
    case 4: {
      const absl::StatusOr<Lock> held = RequestLock("twice");
      // Held by this very agent: the second request waits for the first.
      return absl::IsCancelled(held.ok() ? RequestLock("twice").status() : held.status());
    }
    case 5: {
      absl::StatusOr<Worker> other =
          Worker::Start([](WorkerScope& inner) { return inner.Receive().status(); }, Patient());
      // The system may refuse it; the next sleep will do.
      return other.ok() ? absl::IsCancelled(other->Join()) : SleepIn(0, self);
    }
    case 6: {
      // A thread that is there and does not answer.
      std::uint64_t id = 0;
      Parker known;
      Parker done;
      const Actor silent([&] {
        OnThreadMessage([](MessageEvent, std::uint64_t) {});
        id = Agent::Current().id();
        known.Unpark();
        done.Park();
      });
      known.Park();
      const absl::Status status = PostMessageToThread(id, 1);
      done.Unpark();
      return absl::IsCancelled(status);
    }
    case 7:
      self.loop().Ref();
      self.loop().Run();
      self.loop().Unref();
      return self.stop_token().stop_requested();
    case 8: {
      absl::Status end;
      const auto wait = [](MessagePort& port, absl::Status& result) -> Async {
        result = (co_await port.Next()).status();
      };
      wait(self.parent_port(), end);
      self.loop().Run();
      // The request has ended Run. The coroutine has a turn when it has heard of it, too.
      while (end.ok()) {
        Point(/*yields=*/true);
        self.loop().Poll();
      }
      return absl::IsCancelled(end);
    }
    default: {
      absl::StatusOr<Lock> held = RequestLock("desk", {.if_available = true});
      RequestLockAsync("desk").OnComplete([](absl::StatusOr<Lock>) {});
      self.loop().Run();
      return self.stop_token().stop_requested();
    }
  }
}

// A stop request meets each blocking call before, while and after it begins to wait.
void WorkerTerminate() {
  static constexpr const char* kCalls[] = {"Receive",
                                           "PostWait",
                                           "Select::Next",
                                           "atomics::Wait",
                                           "RequestLock",
                                           "Join",
                                           "PostMessageToThread",
                                           "EventLoop::Run",
                                           "co_await Next",
                                           "RequestLockAsync"};
  int call = 0;
  while (call + 1 < 10 && !Chance(static_cast<unsigned>(10 - call))) ++call;
  bool right = false;
  absl::StatusOr<Worker> worker = Worker::Start(
      [&](WorkerScope& self) -> absl::Status {
        right = SleepIn(call, self);
        return absl::OkStatus();
      },
      Patient());
  if (!worker.ok()) return;
  // Some of them never end if the request comes to nothing, so each run is a check.
  if (Chance(2)) EventLoop::Current().RunFor(absl::Microseconds(5));
  Expect(worker->Terminate(), "the first request");
  Expect(worker->Join().ok(), "the entry has returned");
  Expect(right, "a stop request ends every blocking call, and the call says so");
  Expect(worker->exit_code() == 1, "the exit code of one that was terminated");
  Reached(kCalls[call]);
}

constexpr absl::Duration kPatience = absl::Milliseconds(1);
int reports_of_stuck = 0;

// A worker that does not look at its token for some time, and then does.
void WorkerStuck() {
  constexpr std::chrono::microseconds kStep(300);
  const bool drops_handle = Chance(2);
  const bool stubborn = Chance(2);
  reports_of_stuck = 0;
  const StuckWorkerHandler before = SetStuckWorkerHandler([](const StuckWorker& worker) {
    Expect(worker.elapsed >= kPatience, "not before its time");
    reports_of_stuck += 1;
  });
  bool goes = !stubborn;
  int told = 0;
  bool exited = false;
  {
    absl::StatusOr<Worker> worker = Worker::Start(
        [&](WorkerScope&) -> absl::Status {
          // In no call of the library that a stop request ends.
          Parker parker;
          while (!goes) parker.Park(StdSync::Now() + kStep);
          exited = true;
          return absl::OkStatus();
        },
        {.stuck_after = kPatience});
    if (!worker.ok()) {
      SetStuckWorkerHandler(before);
      return;
    }
    if (!drops_handle) {
      worker->OnStuck([&](absl::Duration since_stop) {
        Expect(since_stop >= kPatience, "not before its time");
        Expect(told++ == 0, "told once");
        goes = true;
      });
      worker->OnExit([&](int) { Expect(exited, "the last of its events"); });
      worker->Terminate();
      EventLoop::Current().Run();
      Expect(told == 1 || !stubborn, "a worker that does not stop is reported");
      Expect(!worker->stuck(), "one that has exited is stuck no more");
    } else {
      // The destructor waits, and reports it; somebody else lets the worker go.
      const Actor other([&] {
        Parker parker;
        while (stubborn && reports_of_stuck == 0) parker.Park(StdSync::Now() + kStep);
        goes = true;
      });
      const Worker dropped = *std::move(worker);
    }
  }
  Expect(exited, "nobody is left behind");
  SetStuckWorkerHandler(before);
  if (told == 1) Reached("its parent is told");
  Expect(reports_of_stuck <= 1, "reported once");
  if (reports_of_stuck == 1) Reached("the wait for it is reported");
  if (!stubborn && told == 0) Reached("it stops in time");
}

}  // namespace

const std::vector<Scenario>& WorkerScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"worker-events",
       "online, messages, error and exit come once, in this order",
       WorkerEvents,
       {"terminated", "it ends by itself"}},
      {"worker-nested",
       "workers end with their parent, which exits after them",
       WorkerNested,
       {"a child runs", "a child ends with its parent", "a grandchild ends with its parent"}},
      {"worker-terminate",
       "a stop request ends every blocking call",
       WorkerTerminate,
       {"Receive", "PostWait", "Select::Next", "atomics::Wait", "RequestLock", "Join",
        "PostMessageToThread", "EventLoop::Run", "co_await Next", "RequestLockAsync"}},
      {"worker-stuck",
       "a worker that does not stop is reported once, after its time",
       WorkerStuck,
       {"its parent is told", "the wait for it is reported", "it stops in time"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
