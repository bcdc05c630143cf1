// Scenarios of the rooms messaging and worker: ports that are closed and transferred while others use them,
// loops that are woken and stopped, the lives of workers.
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"
#include "tests/seeded/scenario.h"

namespace sabre {

struct SeededParcel {
  MessagePort port;
};
SABRE_DESCRIBE(SeededParcel, port)

}  // namespace sabre

namespace sabre::seeded {
namespace {

int IntOf(absl::StatusOr<MessageEvent>& event) { return *event->As<int>(); }

// One thread posts and closes, another receives and may close first.
void PortClose() {
  MessageChannel channel = MessageChannel::Create();
  const bool receiver_closes = Chance(2);
  int posted = 0;
  int received = 0;
  {
    const Actor poster([&, port = std::make_shared<MessagePort>(std::move(channel.port1))] {
      while (posted < 4) {
        const absl::Status status = port->PostMessage(posted);
        if (!status.ok()) {
          Expect(receiver_closes &&
                     (absl::IsUnavailable(status) || absl::IsFailedPrecondition(status)),
                 "only a close ends the posting");
          return Reached("a post finds the channel closed");
        }
        posted += 1;
      }
      port->Close();
    });
    for (;;) {
      absl::StatusOr<MessageEvent> event = channel.port2.Receive();
      if (!event.ok()) {
        Expect(absl::IsUnavailable(event.status()), "only the close ends the receiving");
        Reached("the close comes after the last message");
        break;
      }
      Expect(IntOf(event) == received, "messages arrive in order, each once");
      received += 1;
      if (receiver_closes && received == 2) {
        channel.port2.Close();
        break;
      }
    }
  }
  Expect(receiver_closes ? received == 2 : received == 4 && posted == 4,
         "what was posted before the close arrives");
}

// A port goes to another thread, and maybe on to a third, while messages to it are on their way.
void PortTransfer() {
  constexpr int kMessages = 4;
  MessageChannel data = MessageChannel::Create();
  MessageChannel first = MessageChannel::Create();
  MessageChannel second = MessageChannel::Create();
  int next = 0;
  const auto pass_on = [&next](MessagePort from, MessagePort to, int share) {
    absl::StatusOr<MessageEvent> parcel = from.Receive();
    if (!parcel.ok()) return;
    absl::StatusOr<SeededParcel> received = parcel->As<SeededParcel>();
    Expect(received.ok(), "a port arrives");
    MessagePort port = std::move(received->port);
    const int until = next + (kMessages - next) / share;
    while (next < until) {
      absl::StatusOr<MessageEvent> event = port.Receive();
      Expect(event.ok() && IntOf(event) == next, "messages come in order, none is lost on the way");
      next += 1;
    }
    SeededParcel on{std::move(port)};
    if (next < kMessages) {
      Expect(to.PostMessage(on, {.transfer = {&on.port}}).ok(), "a port can be sent on");
    }
  };
  {
    const Actor poster([&] {
      for (int i = 0; i < kMessages; ++i) {
        Expect(data.port1.PostMessage(i).ok(), "a port on its way can be posted to");
      }
    });
    auto sent = std::make_shared<MessageChannel>(std::move(first));
    auto sent_on = std::make_shared<MessageChannel>(std::move(second));
    const Actor one(
        [&, sent, sent_on] { pass_on(std::move(sent->port2), std::move(sent_on->port1), 2); });
    const Actor other([&, sent_on] { pass_on(std::move(sent_on->port2), MessagePort(), 1); });
    if (Chance(2)) {
      absl::StatusOr<MessageEvent> event = data.port2.Receive();
      Expect(event.ok() && IntOf(event) == next, "the first is first");
      next += 1;
    }
    SeededParcel parcel{std::move(data.port2)};
    Expect(sent->port1.PostMessage(parcel, {.transfer = {&parcel.port}}).ok(),
           "a port can be sent");
  }
}

// Two posters wait for room in a small queue, whose receiver takes some, and maybe closes or sends its port on.
void PortRoom() {
  constexpr int kEach = 3;
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 1}});
  MessageChannel road = MessageChannel::Create();
  const bool closes = Chance(3);
  const bool travels = !closes && Chance(2);
  int posted[2] = {};
  const auto post = [&](int who) {
    while (posted[who] < kEach) {
      const absl::Status status = channel.port1.PostWait(who * 10 + posted[who]);
      if (!status.ok()) {
        Expect(closes && absl::IsUnavailable(status), "only a close ends the waiting");
        return Reached("a wait for room ends with the channel");
      }
      posted[who] += 1;
    }
  };
  int next[2] = {};
  const auto receive = [&](MessagePort& port, int count) {
    for (int i = 0; i < count; ++i) {
      Expect(port.queued_messages() <= 1, "never more than the capacity");
      absl::StatusOr<MessageEvent> event = port.Receive();
      Expect(event.ok(), "a poster that waits is woken");
      const int value = IntOf(event);
      Expect(value % 10 == next[value / 10], "each poster's messages arrive in order");
      next[value / 10] += 1;
    }
  };
  {
    const Actor one([&] { post(0); });
    const Actor other([&] { post(1); });
    if (!travels) {
      receive(channel.port2, closes ? 2 : 2 * kEach);
      if (closes) channel.port2.Close();
    } else {
      receive(channel.port2, 2);
      SeededParcel parcel{std::move(channel.port2)};
      Expect(road.port1.PostMessage(parcel, {.transfer = {&parcel.port}}).ok(),
             "a port can be sent");
      MessagePort port = std::move(road.port2.Receive()->As<SeededParcel>()->port);
      receive(port, 2 * kEach - 2);
      Reached("the port travels while posters wait");
    }
  }
  Expect(closes || next[0] + next[1] == 2 * kEach, "all arrives");
}

// Receive against a post, its deadline and a stop request.
void ReceiveGivesUp() {
  MessageChannel channel = MessageChannel::Create();
  std::stop_source stop;
  int received = 0;
  bool stopped = false;
  {
    const Actor receiver([&] {
      Agent::Current().set_stop_token(stop.get_token());
      for (int tries = 0; tries < 2 && received < 2;) {
        absl::StatusOr<MessageEvent> event = channel.port2.Receive(absl::Milliseconds(1));
        if (event.ok()) {
          Expect(IntOf(event) == received, "messages arrive in order, each once");
          received += 1;
        } else if (absl::IsDeadlineExceeded(event.status())) {
          Reached("a receive times out");
          tries += 1;
        } else {
          Expect(absl::IsCancelled(event.status()), "the channel is open");
          stopped = true;
          return;
        }
      }
    });
    const Actor stopper([&] { stop.request_stop(); });
    for (int i = 0; i < 2; ++i) Expect(channel.port1.PostMessage(i).ok(), "the channel is open");
  }
  if (stopped) Reached("a receive is stopped");
  if (received == 2) Reached("all was received");
  for (; received < 2; ++received) {
    absl::StatusOr<std::optional<MessageEvent>> event = channel.port2.TryReceive();
    Expect(event.ok() && event->has_value() && *(*event)->As<int>() == received,
           "what a receive that gave up did not take is still there");
  }
}

// Work that two threads post to a loop, timers, and a stop.
void LoopWork() {
  EventLoop& loop = EventLoop::Current();
  int ran[2] = {};
  std::vector<int> timers;
  const bool stops = Chance(2);
  bool foreign_stop = false;
  {
    const auto post = [&](int who) {
      for (int i = 0; i < 2; ++i) {
        const bool taken = loop.Post([&, who, i] {
          Expect(ran[who] == i, "work runs once, in the order in which a thread posted it");
          ran[who] += 1;
          loop.Unref();
        });
        Expect(taken, "a living loop takes work");
      }
    };
    for (int i = 0; i < 4; ++i) loop.Ref();
    const Actor one([&] { post(0); });
    const Actor other([&] {
      post(1);
      if (!stops) return;
      foreign_stop = true;
      loop.Stop();
    });
    for (const int delay : {2, 1, 2}) {
      loop.PostAfter(absl::Milliseconds(delay), [&, delay] { timers.push_back(delay); });
    }
    const EventLoop::TimerId cancelled =
        loop.PostAfter(absl::Microseconds(1), [] { Expect(false, "a cancelled timer is silent"); });
    loop.CancelTimer(cancelled);
    loop.Run();
    if (ran[0] + ran[1] < 4 || timers.size() < 3) {
      Expect(foreign_stop, "a loop that nobody stops does all its work");
      Reached("a stop leaves work behind");
      loop.Run();
      // The request may also have come after the loop had returned for lack of work.
    }
  }
  if (ran[0] + ran[1] < 4 || timers.size() < 3) loop.Run();
  Expect(ran[0] == 2 && ran[1] == 2, "all work has run");
  Expect(timers == std::vector<int>{1, 2, 2}, "timers run in the order of their times");
}

// A loop that only a reference keeps going sleeps until somebody stops it, however that meets its sleep.
void LoopStop() {
  EventLoop& loop = EventLoop::Current();
  loop.Ref();
  const int turns = 2;
  for (int turn = 0; turn < turns; ++turn) {
    const Actor stopper([&] { loop.Stop(); });
    if (Chance(2)) {
      loop.Run();
    } else {
      loop.RunFor(absl::Hours(1));
    }
  }
  loop.Unref();
}

// The same work in a foreign loop, which sleeps on the descriptor: it is readable whenever Poll has something
// to do, so all gets done.
void LoopForeign() {
  EventLoop& loop = EventLoop::Current();
  const absl::StatusOr<int> fd = loop.native_handle();
  Expect(fd.ok(), "there is a descriptor");
  loop.Poll();
  int left = 5;
  int fruitless = 0;
  const auto work = [&left] { left -= 1; };
  {
    const auto post = [&] {
      for (int i = 0; i < 2; ++i) Expect(loop.Post(work), "a living loop takes work");
    };
    const Actor one(post);
    const Actor other(post);
    if (Chance(2)) {
      loop.PostAfter(absl::Microseconds(1), work);
    } else {
      loop.Post([&] { loop.Post(work); });
    }
    while (left > 0) {
      AwaitReadable(*fd);
      if (loop.Poll() == 0) fruitless += 1;
    }
  }
  // A bell for work that an earlier Poll has run; not one after the other for nothing.
  Expect(fruitless <= 6, "the descriptor is not readable all the time");
}

// A loop ends with its thread while others post to it.
void LoopEnds() {
  struct Counts {
    int posted = 0;
    int ran = 0;
    int destroyed = 0;
  };
  Counts counts;
  struct Witness {
    explicit Witness(Counts& c) : counts(&c) {}
    Witness(Witness&& other) noexcept : counts(std::exchange(other.counts, nullptr)) {}
    ~Witness() {
      if (counts != nullptr) counts->destroyed += 1;
    }
    Counts* counts;
  };
  {
    std::shared_ptr<Executor::Remote> remote;
    Parker known;
    const Actor ends([&] {
      remote = EventLoop::Current().remote();
      known.Unpark();
      EventLoop::Current().RunFor(absl::Microseconds(2));
    });
    known.Park();
    const auto post = [remote, &counts] {
      for (int i = 0; i < 2; ++i) {
        counts.posted += 1;
        const bool taken = remote->Post([w = Witness(counts)] { w.counts->ran += 1; });
        if (!taken) Reached("the loop was gone");
      }
    };
    const Actor other(post);
    post();
  }
  Expect(counts.destroyed == counts.posted, "all work is destroyed, run or unrun, whoever does it");
  if (counts.ran == counts.posted) Reached("all work ran");
  if (counts.ran < counts.posted) Reached("some work did not run");
}

// A worker echoes messages; the parent ends it, another thread may terminate it at any moment.
void WorkerLife() {
  absl::StatusOr<Worker> started = Worker::Start([](WorkerScope& self) -> absl::Status {
    for (;;) {
      absl::StatusOr<MessageEvent> event = self.Receive();
      if (absl::IsCancelled(event.status())) return absl::AbortedError("terminated");
      if (!event.ok()) return absl::OkStatus();
      if (!self.PostMessage(IntOf(event)).ok()) return absl::OkStatus();
    }
  });
  if (!started.ok()) {
    Expect(absl::IsResourceExhausted(started.status()), "only the system refuses a worker");
    return Reached("the system refuses a thread");
  }
  Worker& worker = *started;
  const bool terminated_from_outside = Chance(2);
  int requests = 0;
  int echoed = 0;
  int exits = 0;
  {
    std::optional<Actor> killer;
    if (terminated_from_outside) {
      killer.emplace([&] { requests += worker.Terminate() ? 1 : 0; });
    }
    worker.OnMessage([&](MessageEvent event) {
      Expect(exits == 0, "no message comes after the exit");
      Expect(*event.As<int>() == echoed, "messages come back in order");
      echoed += 1;
      if (echoed == 2 && !terminated_from_outside) worker.port().Close();
    });
    worker.OnExit([&](int code) {
      const absl::Status status = worker.Join();
      Expect(status.ok() || absl::IsAborted(status), "the exit status is what the entry returned");
      Expect(code == 0 ? status.ok() : worker.termination().requested,
             "the exit code says whether it ended by itself and well");
      exits += 1;
    });
    for (int i = 0; i < 2; ++i) {
      if (!worker.PostMessage(i).ok()) Reached("the worker is gone before it was asked");
    }
    EventLoop::Current().Run();
  }
  Expect(exits == 1, "the loop runs until the worker has exited");
  Expect(worker.exited(), "an exit handler runs after the exit");
  requests += worker.Terminate() ? 1 : 0;
  Expect(requests <= 1, "only one request terminates");
  Expect(terminated_from_outside || echoed == 2, "a worker that nobody terminates answers");
  if (echoed == 2) Reached("all is echoed");
  if (echoed < 2) Reached("it is terminated before");
}

// A worker whose entry has returned lives on in its loop, for the sake of a handler, until it is terminated
// or its port closes.
void WorkerIdle() {
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) -> absl::Status {
    self.OnMessage([&self](MessageEvent event) {
      Expect(self.PostMessage(*event.As<int>() + 1).ok() || self.stop_token().stop_requested(),
             "the parent's port is open");
    });
    return absl::OkStatus();
  });
  if (!worker.ok()) return;
  const int posts = Chance(2) ? 1 : 0;
  for (int i = 0; i < posts; ++i) {
    Expect(worker->PostMessage(i).ok(), "nobody has ended it");
    absl::StatusOr<MessageEvent> event = worker->Receive();
    Expect(event.ok() && IntOf(event) == i + 1, "it answers");
  }
  if (Chance(2)) {
    worker->Terminate();
    Reached("terminated");
  } else {
    worker->port().Close();
    Reached("its port closes");
  }
  Expect(worker->Join().ok(), "its entry has ended well");
}

// Terminate, Join and the exit of the entry by itself, from three sides.
void WorkerJoin() {
  int ended = 0;
  absl::StatusOr<Worker> worker = Worker::Start([&ended](WorkerScope& self) -> absl::Status {
    // It has something to do on its loop, and may be stopped before it gets there.
    self.loop().PostAfter(absl::Microseconds(3), [&ended] { ended = 1; });
    return absl::NotFoundError("its own word");
  });
  if (!worker.ok()) return;
  int requests = 0;
  {
    const Actor one([&] { requests += worker->Terminate() ? 1 : 0; });
    const Actor other([&] { requests += worker->Terminate() ? 1 : 0; });
    const absl::Status early = worker->Join(absl::Microseconds(1));
    Expect(absl::IsDeadlineExceeded(early) || absl::IsNotFound(early), "a join has two ends");
    if (absl::IsDeadlineExceeded(early)) Reached("a join is given up");
    Expect(absl::IsNotFound(worker->Join()), "the status is the entry's");
    if (requests == 0) Reached("it exits by itself");
  }
  Expect(requests <= 1, "only one request terminates");
  Expect(ended == 0, "an entry that fails leaves its loop unrun");
}

}  // namespace

const std::vector<Scenario>& MessagingScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"port-close",
       "what was posted before a close arrives, in order, and then the close",
       PortClose,
       {"a post finds the channel closed", "the close comes after the last message"}},
      {"port-transfer", "a port that travels loses no message and no order", PortTransfer, {}},
      {"port-room",
       "nobody waits beside room, and the queue is never over its capacity",
       PortRoom,
       {"a wait for room ends with the channel", "the port travels while posters wait"}},
      {"port-receive",
       "a receive that gives up takes no message with it",
       ReceiveGivesUp,
       {"a receive times out", "a receive is stopped", "all was received"}},
      {"loop-work",
       "work and timers run once and in order, also across a stop",
       LoopWork,
       {"a stop leaves work behind"}},
      {"loop-stop", "a sleeping loop hears a stop", LoopStop, {}},
      {"loop-foreign",
       "the descriptor is readable whenever Poll has something to do",
       LoopForeign,
       {}},
      {"loop-end",
       "work that is posted to a loop that ends is destroyed once",
       LoopEnds,
       {"the loop was gone", "all work ran", "some work did not run"}},
      {"worker-life",
       "a worker exits once, after its last message, whoever ends it",
       WorkerLife,
       {"the system refuses a thread", "the worker is gone before it was asked", "all is echoed",
        "it is terminated before"}},
      {"worker-idle",
       "a worker that waits for messages in its loop ends when it is told to",
       WorkerIdle,
       {"terminated", "its port closes"}},
      {"worker-join",
       "terminate, join and exit meet in any order",
       WorkerJoin,
       {"a join is given up", "it exits by itself"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
