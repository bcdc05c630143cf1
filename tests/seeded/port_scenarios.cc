// Scenarios of ports that are moved, destroyed and closed by one thread while another waits for them, and of
// what a queue with limits tells its poster.
#include <memory>
#include <optional>
#include <utility>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

MessagePort TakePort(absl::StatusOr<MessageEvent> event) {
  Expect(event.ok() && event->attachments().objects.size() == 1, "a port arrives");
  return MessagePort::FromTransferred(std::move(event->attachments().objects[0]));
}

// A port is transferred, or closed, while another thread waits in it for room.
void PortMovedFromPoster() {
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 1}});
  MessageChannel road = MessageChannel::Create();
  const bool closes = Chance(2);
  Parker ended;
  {
    const Actor poster([&] {
      absl::Status status;
      for (int i = 0; i < 3 && status.ok(); ++i) status = channel.port1.PostWait(i);
      Expect(status.ok() || absl::IsFailedPrecondition(status), "the port has gone elsewhere");
      Reached(status.ok() ? "all is posted before" : "a wait ends with its port");
      ended.Unpark();
    });
    int received = 0;
    const auto receive = [&] {
      absl::StatusOr<MessageEvent> event = channel.port2.Receive();
      Expect(event.ok() && *event->As<int>() == received, "messages come in order, each once");
      received += 1;
    };
    for (int i = Chance(2) ? 1 : 3; i > 0; --i) receive();
    // Either ends the wait by itself: nobody makes room meanwhile.
    if (closes) {
      channel.port1.Close();
      ended.Park();
    } else {
      // The handle stays where it is, empty, for the thread that waits in it.
      Expect(road.port1.PostMessage(1, {.transfer = {&channel.port1}}).ok(), "it can be sent");
      MessagePort moved = TakePort(road.port2.Receive());
      ended.Park();
      while (received < static_cast<int>(moved.posted_messages())) receive();
      Expect(moved.PostWait(received).ok(), "a port goes on in its new place");
      receive();
    }
  }
}

// A port with a handler travels from loop to loop while messages come, with its close at the end.
void PortHandlerMoves() {
  constexpr int kMessages = 4;
  MessageChannel channel = MessageChannel::Create();
  MessageChannel road = MessageChannel::Create();
  int next = 0;
  int closes[2] = {};
  const auto handle = [&](MessagePort& port, int& closed) {
    port.OnClose([&closed] { closed += 1; });
    port.OnMessage([&](MessageEvent event) {
      Expect(*event.As<int>() == next, "messages come in order, each once");
      Expect(closed == 0, "the close comes last");
      next += 1;
    });
  };
  {
    const Actor poster([&] {
      for (int i = 0; i < kMessages; ++i) {
        Expect(channel.port1.PostMessage(i).ok(), "the channel is open");
      }
      channel.port1.Close();
    });
    const Actor second([&] {
      MessagePort port = TakePort(road.port2.Receive());
      handle(port, closes[1]);
      EventLoop::Current().Run();
    });
    handle(channel.port2, closes[0]);
    EventLoop::Current().RunFor(absl::Microseconds(Chance(2) ? 1 : 10));
    if (closes[0] != 0) Reached("the close comes before the journey");
    if (closes[0] == 0 && next > 0) Reached("some messages come before the journey");
    Expect(road.port1.PostMessage(1, {.transfer = {&channel.port2}}).ok(), "it can be sent");
    EventLoop::Current().Poll();
  }
  Expect(next == kMessages && closes[1] == 1, "all messages and the close are handled");
}

// A poster that keeps to the water marks is never refused, and never waits for a drain that was before.
void PortDrain() {
  constexpr int kMessages = 6;
  MessageChannel channel = MessageChannel::Create(
      {.capacity = {.messages = 3}, .high_water = {.messages = 3}, .low_water = {.messages = 1}});
  int posted = 0;
  int drains = 0;
  {
    const Actor receiver([&] {
      for (int i = 0; i < kMessages; ++i) {
        Expect(channel.port2.queued_messages() <= 3, "never more than the capacity");
        absl::StatusOr<MessageEvent> event = channel.port2.Receive();
        Expect(event.ok() && *event->As<int>() == i, "messages come in order, each once");
      }
      channel.port2.Close();
    });
    const auto post = [&] {
      while (posted < kMessages && !channel.port1.needs_drain()) {
        Expect(channel.port1.PostMessage(posted).ok(), "below high water there is room");
        posted += 1;
      }
    };
    channel.port1.OnDrain([&] {
      drains += 1;
      post();
    });
    post();
    // Until the channel is closed.
    EventLoop::Current().Run();
  }
  Expect(posted == kMessages, "each fall to low water is told");
  Reached(drains > 0 ? "it waits for a drain" : "it is never full");
}

// A message with a port in it meets a full queue, and then the close: what is refused is not detached, what is
// dropped is closed.
void PortRefused() {
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 1}});
  MessageChannel cargo = MessageChannel::Create();
  Expect(channel.port1.PostMessage(0).ok(), "there is room for one");
  {
    const Actor receiver([&] {
      channel.port2.Receive().IgnoreError();
      channel.port2.Close();
    });
    const absl::Status status = channel.port1.PostMessage(1, {.transfer = {&cargo.port2}});
    if (status.ok()) {
      // It was received by nobody.
      Expect(absl::IsUnavailable(cargo.port1.Receive().status()), "what is dropped is closed");
      Reached("posted, and dropped with the queue");
    } else {
      Expect(absl::IsResourceExhausted(status) || absl::IsUnavailable(status), "full, or closed");
      Expect(cargo.port1.PostMessage(5).ok() && *cargo.port2.Receive()->As<int>() == 5,
             "a post that fails detaches nothing");
      Reached(absl::IsUnavailable(status) ? "closed" : "full");
    }
  }
}

}  // namespace

const std::vector<Scenario>& PortScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"port-moved",
       "a thread that waits for room is told when its port goes elsewhere, and takes nothing along",
       PortMovedFromPoster,
       {"a wait ends with its port", "all is posted before"}},
      {"port-handler-moves",
       "a port with a handler travels from loop to loop without a loss",
       PortHandlerMoves,
       {"the close comes before the journey", "some messages come before the journey"}},
      {"port-drain",
       "who keeps to the water marks is never refused and always woken",
       PortDrain,
       {"it waits for a drain", "it is never full"}},
      {"port-refused",
       "what is refused is not detached, and what is dropped is closed",
       PortRefused,
       {"posted, and dropped with the queue", "full", "closed"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
