// Workers: their start and end, and what they cost when nothing happens.
#include <condition_variable>
#include <mutex>
#include <utility>

#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"
#include "tests/bench/messaging/measures.h"

namespace sabre::bench {
namespace {

constexpr int kStarts = 200;

// Starts one after the other; `once` returns when it has ended.
template <class F>
Round Starts(F&& once) {
  Round round;
  std::vector<double> starts;
  const Usage usage;
  for (int i = 0; i < kStarts; ++i) {
    const auto began = Clock::now();
    once();
    starts.push_back(Nanos(Clock::now() - began));
    round.nanos += starts.back() / kStarts;
  }
  round.percentile = Quantile(starts, 0.99);
  round.cpu = usage.cpu_nanos() / kStarts;
  round.switches = usage.switches();
  return round;
}

Round WorkerStarts() {
  return Starts([] {
    absl::StatusOr<Worker> worker =
        Worker::Start([](WorkerScope& self) { return self.PostMessage(kSmall.id); });
    if (!worker.ok()) Give(worker.status().ToString());
    if (*worker->Receive()->As<int>() != kSmall.id) Give("a wrong message");
    if (!worker->Join().ok()) Give("a worker failed");
  });
}

Round ThreadStarts() {
  return Starts([] {
    std::mutex mutex;
    std::condition_variable arrived;
    int message = 0;
    std::thread thread([&] {
      std::lock_guard lock(mutex);
      message = kSmall.id;
      arrived.notify_one();
    });
    {
      std::unique_lock lock(mutex);
      arrived.wait(lock, [&] { return message != 0; });
    }
    thread.join();
  });
}

// Ports with handlers on this thread's loop, which sleeps; workers that sleep in their loop, and others that
// sleep in Receive.
Round Idle() {
  constexpr int kPorts = 1'000;  // two ends a channel
  constexpr int kWorkers = 100;
  const absl::Duration span = absl::Seconds(2);
  std::vector<MessageChannel> channels;
  for (int i = 0; i < kPorts / 2; ++i) {
    channels.push_back(MessageChannel::Create());
    channels.back().port1.OnMessage([](MessageEvent) {});
    channels.back().port2.OnMessage([](MessageEvent) {});
  }
  std::vector<Worker> workers;
  for (int i = 0; i < kWorkers; ++i) {
    absl::StatusOr<Worker> worker =
        Worker::Start([in_loop = i % 2 == 0](WorkerScope& self) -> absl::Status {
          if (absl::Status posted = self.PostMessage(0); !posted.ok()) return posted;
          if (in_loop) {
            self.OnMessage([](MessageEvent) {});
          } else {
            static_cast<void>(self.Receive());
          }
          return absl::OkStatus();
        });
    if (!worker.ok()) Give(worker.status().ToString());
    if (!worker->Receive().ok()) Give("a worker did not begin");
    workers.push_back(*std::move(worker));
  }
  EventLoop& loop = EventLoop::Current();
  loop.RunFor(absl::Milliseconds(200));  // until all of them sleep
  Round round;
  const Usage usage;
  loop.RunFor(span);
  round.nanos = absl::ToDoubleNanoseconds(span);
  round.cpu = usage.cpu_nanos();
  round.switches = usage.switches();
  for (Worker& worker : workers) worker.Terminate();
  return round;
}

}  // namespace

void AddWorkers(Measures& measures) {
  measures["worker start"] = WorkerStarts;
  measures["thread start"] = ThreadStarts;
  measures["idle"] = Idle;
}

}  // namespace sabre::bench
