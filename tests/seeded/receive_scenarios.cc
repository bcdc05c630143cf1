// Scenarios of receiving: a Select while its ports come and go, coroutines that are stopped or destroyed while
// they wait.
#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

// Two ports in a Select, a poster each, who closes at the end. One port may leave for a moment, or for good.
void SelectPorts() {
  MessageChannel channels[2] = {MessageChannel::Create(), MessageChannel::Create()};
  const bool lets_go = Chance(2);
  const bool destroys = Chance(2);
  int next[2] = {};
  int closed = 0;
  {
    const auto post = [&](int who) {
      for (int i = 0; i < 2; ++i) {
        const absl::Status sent = channels[who].port1.PostMessage(i);
        Expect(sent.ok() || (destroys && absl::IsUnavailable(sent)), "the channel is open");
      }
      channels[who].port1.Close();
    };
    Select select;
    for (const int i : {0, 1}) {
      Expect(select.Add(channels[i].port2, static_cast<Select::Key>(i)).ok(), "a free port");
    }
    const Actor one([&] { post(0); });
    const Actor other([&] { post(1); });
    for (int taken = 0;;) {
      absl::StatusOr<Select::Selected> selected = select.Next(absl::Milliseconds(1));
      if (absl::IsDeadlineExceeded(selected.status())) {
        Reached("a Select times out");
        continue;
      }
      if (!selected.ok()) {
        Expect(absl::IsUnavailable(selected.status()), "nobody stops it");
        break;
      }
      int& expected = next[selected->key];
      if (!selected->message.has_value()) {
        Expect(expected == 2, "the close comes last");
        closed += 1;
        continue;
      }
      Expect(*selected->message->As<int>() == expected, "messages come in order, each once");
      expected += 1;
      if (++taken != 1) continue;
      if (destroys) {
        channels[0].port2 = MessagePort();
      } else if (lets_go && select.Remove(channels[0].port2)) {
        Expect(select.Add(channels[0].port2, 0).ok(), "a port that was let go is free");
      }
    }
  }
  if (destroys) {
    Expect(next[1] == 2 && closed >= 1, "the other port is not disturbed");
    Reached("a port is destroyed");
  } else {
    Expect(next[0] == 2 && next[1] == 2 && closed == 2, "all is received, each close once");
  }
}

// A Select against a stop request, and its end while ports become ready.
void SelectStops() {
  MessageChannel channel = MessageChannel::Create();
  std::stop_source stop;
  bool received = false;
  {
    const Actor receiver([&] {
      Agent::Current().set_stop_token(stop.get_token());
      Select select;
      Expect(select.Add(channel.port2, 7).ok(), "a free port");
      absl::StatusOr<Select::Selected> selected = select.Next();
      received = selected.ok();
      Expect(received || absl::IsCancelled(selected.status()), "a message or a stop");
    });
    const Actor stopper([&] { stop.request_stop(); });
    Expect(channel.port1.PostMessage(1).ok(), "the channel is open");
  }
  if (received) return Reached("received");
  Reached("stopped");
  absl::StatusOr<std::optional<MessageEvent>> event = channel.port2.TryReceive();
  Expect(event.ok() && event->has_value(), "what a Select that was stopped did not take is there");
}

struct Owned {
  struct promise_type {
    Owned get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept {}
  };
  std::coroutine_handle<promise_type> handle;
};

Owned Take(MessagePort& port, int& next, absl::Status& end) {
  for (;;) {
    absl::StatusOr<MessageEvent> event = co_await port.Next();
    if (!event.ok()) {
      end = event.status();
      co_return;
    }
    Expect(*event->As<int>() == next, "messages come in order, each once");
    next += 1;
  }
}

// A coroutine waits for messages; it is destroyed at some moment, and what it has not received is still there.
void CoroutineDestroyed() {
  MessageChannel channel = MessageChannel::Create();
  int next = 0;
  absl::Status end;
  {
    const Actor poster([&] {
      for (int i = 0; i < 3; ++i) {
        Expect(channel.port1.PostMessage(i).ok(), "the channel is open");
      }
    });
    const Owned owned = Take(channel.port2, next, end);
    EventLoop::Current().RunOnce(absl::Microseconds(2));
    if (Chance(2)) EventLoop::Current().Poll();
    owned.handle.destroy();
  }
  EventLoop::Current().Poll();
  Expect(end.ok(), "nothing has ended it");
  if (next < 3) Reached("destroyed before the end");
  if (next > 0) Reached("it has received");
  for (; next < 3; ++next) {
    absl::StatusOr<std::optional<MessageEvent>> event = channel.port2.TryReceive();
    Expect(event.ok() && event->has_value() && *(*event)->As<int>() == next,
           "what a destroyed coroutine did not receive is still there");
  }
}

// Two coroutines on two loops, one message of room, a stop request at some moment.
void CoroutinesTalk() {
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 1}});
  std::stop_source stop;
  const bool stops = Chance(2);
  int next = 0;
  absl::Status end;
  bool room_cancelled = false;
  {
    const Actor receiver([&] {
      MessagePort port = std::move(channel.port2);
      const Owned owned = Take(port, next, end);
      EventLoop::Current().Run();
      owned.handle.destroy();
    });
    const Actor poster([&] {
      if (stops) Agent::Current().set_stop_token(stop.get_token());
      MessagePort port = std::move(channel.port1);
      const auto post = [](MessagePort& to, bool& cancelled) -> Async {
        for (int i = 0; i < 3;) {
          if (to.PostMessage(i).ok()) {
            ++i;
          } else if (absl::Status room = co_await to.Room(); !room.ok()) {
            cancelled = absl::IsCancelled(room);
            co_return;
          }
        }
      };
      post(port, room_cancelled);
      EventLoop::Current().Run();
      if (stops) EventLoop::Current().Poll();
    });
    if (stops) stop.request_stop();
  }
  Expect(absl::IsUnavailable(end), "the receiver hears of the close");
  Expect(stops || next == 3, "all is posted and received");
  if (room_cancelled) Reached("a wait for room is cancelled");
  if (next == 3) Reached("all is received");
}

}  // namespace

const std::vector<Scenario>& ReceiveScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"select-ports",
       "a Select receives everything in order and each close once, while ports come and go",
       SelectPorts,
       {"a Select times out", "a port is destroyed"}},
      {"select-stop",
       "a Select that is stopped takes no message with it",
       SelectStops,
       {"received", "stopped"}},
      {"coroutine-destroyed",
       "a coroutine that is destroyed while it waits takes no message with it",
       CoroutineDestroyed,
       {"destroyed before the end", "it has received"}},
      {"coroutines-talk",
       "coroutines wait for messages and for room, until all is done or a stop",
       CoroutinesTalk,
       {"a wait for room is cancelled", "all is received"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
