#include "sabre/messaging/message_port.h"

#include <doctest/doctest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

struct PortTestFrame {
  int id = 0;
  ArrayBuffer pixels;
  SharedArrayBuffer flags;
};
SABRE_DESCRIBE(PortTestFrame, id, pixels, flags)

struct PortTestParcel {
  std::string label;
  MessagePort port;
};
SABRE_DESCRIBE(PortTestParcel, label, port)

namespace {

int ReceiveInt(MessagePort& port) {
  absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(10));
  REQUIRE(event.ok());
  return *event->As<int>();
}

TEST_CASE("messages arrive in the order in which they were posted, in both directions") {
  auto [a, b] = MessageChannel::Create();
  for (int i = 0; i < 5; ++i) CHECK(a.PostMessage(i).ok());
  CHECK(b.PostMessage(std::string("back")).ok());
  for (int i = 0; i < 5; ++i) CHECK(ReceiveInt(b) == i);
  CHECK(*a.Receive()->As<std::string>() == "back");
  CHECK_FALSE(a.TryReceive()->has_value());
}

TEST_CASE("a transferred buffer moves, a shared one is shared, the struct arrives") {
  auto [a, b] = MessageChannel::Create();
  PortTestFrame frame{7, *ArrayBuffer::Create(16), *SharedArrayBuffer::Create(4)};
  const std::byte* const bytes = frame.pixels.Span().data();
  CHECK(a.PostMessage(frame, {.transfer = {&frame.pixels}}).ok());
  CHECK(frame.pixels.detached());
  absl::StatusOr<MessageEvent> event = b.Receive();
  REQUIRE(event.ok());
  absl::StatusOr<PortTestFrame> got = event->As<PortTestFrame>();
  REQUIRE(got.ok());
  CHECK(got->id == 7);
  CHECK(got->pixels.Span().data() == bytes);
  CHECK(got->flags == frame.flags);
  // Asked a second time, the same objects.
  CHECK(event->As<PortTestFrame>()->pixels == got->pixels);
}

TEST_CASE("a failed post detaches nothing") {
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  auto [a, b] = MessageChannel::Create();
  CHECK(IsDataCloneError(a.PostMessage(buffer, {.transfer = {&buffer, &buffer}})));
  CHECK_FALSE(buffer.detached());
  b.Close();
  CHECK(absl::IsUnavailable(a.PostMessage(buffer, {.transfer = {&buffer}})));
  CHECK_FALSE(buffer.detached());
  a.Close();
  CHECK(absl::IsFailedPrecondition(a.PostMessage(buffer, {.transfer = {&buffer}})));
  CHECK_FALSE(buffer.detached());
  MessagePort none;
  CHECK(absl::IsFailedPrecondition(none.PostMessage(buffer, {.transfer = {&buffer}})));
  CHECK_FALSE(buffer.detached());
}

TEST_CASE("everything posted before a close reaches the peer; the closer's own queue is dropped") {
  auto [a, b] = MessageChannel::Create();
  CHECK(a.PostMessage(1).ok());
  CHECK(a.PostMessage(2).ok());
  CHECK(b.PostMessage(3).ok());
  a.Close();
  a.Close();
  CHECK(ReceiveInt(b) == 1);
  CHECK(ReceiveInt(b) == 2);
  CHECK(absl::IsUnavailable(b.Receive().status()));
  CHECK(absl::IsUnavailable(b.TryReceive().status()));
  CHECK(absl::IsUnavailable(a.TryReceive().status()));
}

TEST_CASE("a destroyed port closes the channel") {
  MessagePort kept;
  {
    auto [a, b] = MessageChannel::Create();
    kept = std::move(b);
    CHECK(a.PostMessage(1).ok());
  }
  CHECK(ReceiveInt(kept) == 1);
  CHECK(absl::IsUnavailable(kept.Receive().status()));
}

TEST_CASE("Receive gives up at its deadline and not before") {
  auto [a, b] = MessageChannel::Create();
  const TimePoint began = StdSync::Now();
  CHECK(absl::IsDeadlineExceeded(b.Receive(absl::Milliseconds(3)).status()));
  CHECK(StdSync::Now() - began >= std::chrono::milliseconds(3));
  CHECK(absl::IsDeadlineExceeded(b.Receive(absl::ZeroDuration()).status()));
  CHECK(a.PostMessage(5).ok());
  CHECK(*b.Receive(absl::ZeroDuration())->As<int>() == 5);
}

TEST_CASE("a blocked Receive is woken by a message, a close, and a stop request") {
  auto [a, b] = MessageChannel::Create();
  absl::StatusCode codes[3] = {};
  std::stop_source stop;
  Int32Array turn = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  std::thread receiver([&, port = std::move(b)]() mutable {
    Agent::Current().set_stop_token(stop.get_token());
    codes[0] = port.Receive().status().code();
    codes[1] = port.Receive().status().code();
    turn.Set(0, 1);
    codes[2] = port.Receive().status().code();
  });
  CHECK(a.PostMessage(1).ok());
  stop.request_stop();
  receiver.join();
  CHECK(codes[0] != absl::StatusCode::kUnavailable);
  CHECK(codes[1] == absl::StatusCode::kCancelled);
  CHECK(codes[2] == absl::StatusCode::kCancelled);

  auto [c, d] = MessageChannel::Create();
  absl::StatusCode closed = absl::StatusCode::kOk;
  std::thread other(
      [&, port = std::move(d)]() mutable { closed = port.Receive().status().code(); });
  c.Close();
  other.join();
  CHECK(closed == absl::StatusCode::kUnavailable);
}

TEST_CASE("a thread that may not block can only try") {
  auto [a, b] = MessageChannel::Create();
  Agent::Current().set_can_block(false);
  CHECK(absl::IsFailedPrecondition(b.Receive().status()));
  CHECK(absl::IsDeadlineExceeded(b.Receive(absl::ZeroDuration()).status()));
  CHECK(a.PostMessage(1).ok());
  CHECK(b.Receive().ok());
  Agent::Current().set_can_block(true);
}

TEST_CASE("a handler gets what is queued, then what comes, then the close, once") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  std::vector<int> got;
  int closes = 0;
  CHECK(a.PostMessage(1).ok());
  b.OnClose([&] { ++closes; });
  b.OnMessage([&](MessageEvent event) { got.push_back(*event.As<int>()); });
  CHECK(got.empty());
  CHECK(absl::IsFailedPrecondition(b.TryReceive().status()));
  loop.Post([&a = a] {
    CHECK(a.PostMessage(2).ok());
    CHECK(a.PostMessage(3).ok());
    a.Close();
  });
  loop.Run();
  CHECK(got == std::vector<int>{1, 2, 3});
  CHECK(closes == 1);
}

TEST_CASE("closing one's own port calls one's own close handler, not its message handler") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  int messages = 0;
  int closes = 0;
  b.OnClose([&] { ++closes; });
  b.OnMessage([&](MessageEvent) { ++messages; });
  CHECK(a.PostMessage(1).ok());
  b.Close();
  CHECK(closes == 0);
  loop.Run();
  CHECK(messages == 0);
  CHECK(closes == 1);
}

TEST_CASE("a busy port does not starve the loop") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  int handled = 0;
  int handled_at_timer = -1;
  for (int i = 0; i < 5'000; ++i) CHECK(a.PostMessage(i).ok());
  b.OnMessage([&, &port = b](MessageEvent) {
    if (++handled == 5'000) port.Close();
  });
  loop.PostAfter(absl::ZeroDuration(), [&] { handled_at_timer = handled; });
  loop.Run();
  CHECK(handled == 5'000);
  CHECK(handled_at_timer < 5'000);
}

TEST_CASE("a message that waits for a loop which ends is dropped; the sender hears of the close") {
  auto [sender, receiver] = MessageChannel::Create();
  const auto token = std::make_shared<int>(0);
  bool ran = false;
  std::thread([&sender = sender, &ran, token, port = std::move(receiver)]() mutable {
    port.OnMessage([&ran, token](MessageEvent) { ran = true; });
    CHECK(sender.PostMessage(1).ok());
  }).join();
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
  CHECK(absl::IsUnavailable(sender.Receive(absl::Seconds(10)).status()));
}

TEST_CASE("an unref'd port does not keep its loop going") {
  auto [a, b] = MessageChannel::Create();
  b.Unref();
  b.OnMessage([](MessageEvent) {});
  EventLoop::Current().Run();
  b.Ref();
  EventLoop::Current().RunFor(absl::Milliseconds(1));
  b.Unref();
  EventLoop::Current().Run();
}

TEST_CASE("a handler may close, replace or destroy its own port") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  int first = 0;
  int second = 0;
  auto owned = std::make_unique<MessagePort>(std::move(b));
  owned->OnMessage([&](MessageEvent) {
    ++first;
    owned->OnMessage([&](MessageEvent) {
      ++second;
      owned.reset();
    });
  });
  for (int i = 0; i < 4; ++i) CHECK(a.PostMessage(i).ok());
  loop.Run();
  CHECK(first == 1);
  CHECK(second == 1);
  CHECK(absl::IsUnavailable(a.PostMessage(0)));
}

TEST_CASE("a transferred port takes its queue along, and later posts follow") {
  auto [a, b] = MessageChannel::Create();
  auto [c, d] = MessageChannel::Create();
  CHECK(a.PostMessage(1).ok());
  PortTestParcel parcel{"port", std::move(b)};
  CHECK(c.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
  CHECK(a.PostMessage(2).ok());
  CHECK(absl::IsFailedPrecondition(parcel.port.PostMessage(0)));
  CHECK(absl::IsFailedPrecondition(parcel.port.TryReceive().status()));
  absl::StatusOr<PortTestParcel> got = d.Receive()->As<PortTestParcel>();
  REQUIRE(got.ok());
  CHECK(got->label == "port");
  CHECK(a.PostMessage(3).ok());
  for (int i = 1; i <= 3; ++i) CHECK(ReceiveInt(got->port) == i);
  CHECK(got->port.PostMessage(9).ok());
  CHECK(ReceiveInt(a) == 9);
}

TEST_CASE("a port with a handler can be transferred; its old handler is silent") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  auto [c, d] = MessageChannel::Create();
  int old_handler = 0;
  b.OnMessage([&](MessageEvent) { ++old_handler; });
  PortTestParcel parcel{"", std::move(b)};
  CHECK(c.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
  CHECK(a.PostMessage(1).ok());
  loop.Run();
  CHECK(old_handler == 0);
  MessagePort moved = std::move(d.Receive()->As<PortTestParcel>()->port);
  CHECK(ReceiveInt(moved) == 1);
}

TEST_CASE("a port in the value but not in the list, or through its own channel, is refused") {
  auto [a, b] = MessageChannel::Create();
  auto [c, d] = MessageChannel::Create();
  PortTestParcel parcel{"", std::move(c)};
  CHECK(IsDataCloneError(a.PostMessage(parcel)));
  CHECK(IsDataCloneError(a.PostMessage(1, {.transfer = {&a}})));
  CHECK(IsDataCloneError(a.PostMessage(1, {.transfer = {&b}})));
  CHECK(a.PostMessage(1).ok());
  CHECK(ReceiveInt(b) == 1);
  CHECK(parcel.port.PostMessage(2).ok());
  parcel.port.Close();
  CHECK(IsDataCloneError(a.PostMessage(parcel, {.transfer = {&parcel.port}})));
}

TEST_CASE("a port that is dropped with its message closes its channel") {
  auto [a, b] = MessageChannel::Create();
  {
    auto [c, d] = MessageChannel::Create();
    PortTestParcel parcel{"", std::move(b)};
    CHECK(c.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
    d.Close();
    CHECK(absl::IsUnavailable(a.PostMessage(1)));
  }
}

TEST_CASE("a message that is no T says where it is none, and the next one arrives") {
  auto [a, b] = MessageChannel::Create();
  CHECK(a.PostMessage(std::string("text")).ok());
  CHECK(a.PostMessage(5).ok());
  CHECK(absl::IsDataLoss(b.Receive()->As<int>().status()));
  CHECK(ReceiveInt(b) == 5);
}

TEST_CASE("a message can be read as a dynamic value and sent on") {
  auto [a, b] = MessageChannel::Create();
  CHECK(a.PostMessage(std::vector<int>{1, 2, 3}).ok());
  absl::StatusOr<MessageEvent> event = b.Receive();
  REQUIRE(event.ok());
  CHECK(b.PostMessage(event->value()).ok());
  CHECK(*a.Receive()->As<std::vector<int>>() == std::vector<int>{1, 2, 3});
}

}  // namespace
}  // namespace sabre
