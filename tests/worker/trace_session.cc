// A program that does a bit of everything that a trace shows, and writes the trace. For trace_test.py.
//
//   trace_session FILE
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/trace.h"
#include "sabre/messaging/broadcast_channel.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "sabre/worker/locks.h"
#include "sabre/worker/worker.h"

namespace {

using namespace sabre;

constexpr int kMessages = 100;

void Require(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "trace_session: %s\n", what);
  std::exit(1);
}

// Answers each number on its loop, by way of a span of the program's own.
absl::Status EchoOnLoop(WorkerScope& self) {
  self.OnMessage([&self](MessageEvent event) {
    const TraceSpan span("echo");
    Require(self.PostMessage(*event.As<int>()).ok(), "an answer is posted");
  });
  return absl::OkStatus();
}

// Takes what comes, one by one.
absl::Status TakeAll(WorkerScope& self) {
  for (;;) {
    const absl::Status taken = self.Receive().status();
    if (absl::IsUnavailable(taken) || absl::IsCancelled(taken)) return absl::OkStatus();
    if (!taken.ok()) return taken;
  }
}

void MessagesOnLoops() {
  absl::StatusOr<Worker> worker = Worker::Start(EchoOnLoop, {.name = "echo \xff \"on\" loop"});
  Require(worker.ok(), "a worker starts");
  int answers = 0;
  worker->OnMessage([&](MessageEvent) {
    answers += 1;
    if (answers == kMessages) EventLoop::Current().Stop();
  });
  for (int i = 0; i < kMessages; ++i) Require(worker->PostMessage(i).ok(), "a post");
  EventLoop::Current().Run();
  Require(answers == kMessages, "all answers");
  worker->Terminate();
  Require(worker->Join().ok(), "the end of a worker");
}

// A queue of two: the sender waits for room, the receiver for messages.
void BlockingCalls() {
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 2}});
  absl::StatusOr<Worker> worker =
      Worker::Start([port = std::move(channel.port2)](WorkerScope&) mutable -> absl::Status {
        for (int i = 0; i < kMessages; ++i) Require(port.Receive().ok(), "a message");
        return absl::OkStatus();
      });
  Require(worker.ok(), "a worker starts");
  for (int i = 0; i < kMessages; ++i) Require(channel.port1.PostWait(i).ok(), "a post");
  Require(worker->Join().ok(), "the end of a worker");
}

void SharedMemory() {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(64));
  Require(atomics::Wait(cells, 3, 0, absl::Microseconds(1)) == WaitResult::kTimedOut, "a wait");
  const atomics::Mutex mutex = *atomics::Mutex::Over(cells, 0);
  const absl::StatusOr<atomics::UnlockToken> token = mutex.Lock();
  absl::StatusOr<Worker> worker = Worker::Start([mutex](WorkerScope&) -> absl::Status {
    return mutex.LockIfAvailable(absl::Microseconds(1)).status();
  });
  Require(worker.ok() && worker->Join().ok(), "a worker that waits for a mutex");
}

void Others() {
  // A broadcast has an arrow to each thread that receives it.
  BroadcastChannel news = BroadcastChannel::Create("news");
  BroadcastChannel reader = BroadcastChannel::Create("news");
  Require(news.PostMessage(1).ok() && reader.Receive().ok(), "a broadcast");
  // Transferred with a message in it, whose arrow follows.
  auto [port1, port2] = MessageChannel::Create();
  Require(port1.PostMessage(1).ok(), "a post");
  absl::StatusOr<Worker> worker = Worker::Start(TakeAll, {.name = "takes all"});
  Require(worker.ok(), "a worker starts");
  Require(worker->PostMessage(port2, {.transfer = {&port2}}).ok(), "a port in a message");
  worker->Terminate();
  Require(worker->Join().ok(), "the end of a worker");
  // One that nobody receives has no arrow.
  Require(absl::IsUnavailable(port1.PostMessage(2)), "a post to nobody");
  absl::StatusOr<Lock> lock = RequestLock("a lock");
  Require(lock.ok(), "a lock");
  absl::StatusOr<Worker> other = Worker::Start([](WorkerScope&) -> absl::Status {
    Require(absl::IsDeadlineExceeded(
                RequestLock("a lock", {.timeout = absl::Microseconds(1)}).status()),
            "a lock that is taken");
    return absl::OkStatus();
  });
  Require(other.ok() && other->Join().ok(), "a worker that waits for a lock");
}

}  // namespace

int main(int argc, char** argv) {
  Require(argc == 2, "usage: trace_session FILE");
  Agent::Current().set_name("main");
  Require(StartTrace({.process_name = "trace \\ session"}).ok(), "a trace starts");
  MessagesOnLoops();
  BlockingCalls();
  SharedMemory();
  Others();
  const absl::StatusOr<TraceStats> stats = StopTraceTo(argv[1]);
  Require(stats.ok() && stats->dropped == 0, "the trace is written");
  std::printf("%llu events, %llu threads\n", static_cast<unsigned long long>(stats->events),
              static_cast<unsigned long long>(stats->threads));
  return 0;
}
