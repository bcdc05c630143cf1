// Backpressure: what a bounded queue takes, who waits for room, who is told when it has drained.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {

struct LimitsParcel {
  MessagePort port;
};
SABRE_DESCRIBE(LimitsParcel, port)

namespace {

using Level = QueueLimits::Level;

// Bytes that a message of this int counts.
constexpr std::size_t kIntBytes = QueueLimits::kBytesPerMessage + 4;

TEST_CASE(
    "a queue takes what its limits say, in messages or in bytes, and an empty one any message") {
  struct Row {
    Level capacity;
    std::size_t text;  // characters of each message
    int fit;
  };
  for (const Row& row :
       {Row{{.messages = 1}, 1, 1}, Row{{.messages = 3}, 1, 3}, Row{{.messages = 0}, 1, 1},
        Row{{.bytes = 1000}, 200, 3}, Row{{.bytes = 100}, 5000, 1},
        Row{{.messages = 2, .bytes = 1000}, 200, 2}, Row{{.messages = 9, .bytes = 700}, 200, 2}}) {
    CAPTURE(row.capacity.messages);
    CAPTURE(row.capacity.bytes);
    auto [a, b] = MessageChannel::Create({.capacity = row.capacity});
    const std::string text(row.text, 'x');
    int posted = 0;
    absl::Status status;
    while (posted < 100 && (status = a.PostMessage(text)).ok()) ++posted;
    CHECK(posted == row.fit);
    CHECK(absl::IsResourceExhausted(status));
    CHECK(b.queued_messages() == static_cast<std::size_t>(posted));
    CHECK(a.outgoing_messages() == b.queued_messages());
    CHECK(a.outgoing_bytes() == b.queued_bytes());
    // The other direction has limits of its own.
    CHECK(b.PostMessage(1).ok());
    // Each message that is received makes room for one.
    for (int i = 0; i < 3; ++i) {
      CHECK(*b.Receive()->As<std::string>() == text);
      CHECK(a.PostMessage(text).ok());
      CHECK(absl::IsResourceExhausted(a.PostMessage(text)));
    }
    CHECK(a.posted_messages() == b.received_messages() + b.queued_messages());
  }
}

TEST_CASE("a message counts for its bytes and what it transfers, not for what it shares") {
  auto [a, b] = MessageChannel::Create();
  ArrayBuffer moved = *ArrayBuffer::Create(1000);
  SharedArrayBuffer shared = *SharedArrayBuffer::Create(1000);
  CHECK(a.PostMessage(1).ok());
  CHECK(b.queued_bytes() == kIntBytes);
  CHECK(a.PostMessage(1, {.transfer = {&moved}}).ok());
  CHECK(b.queued_bytes() == 2 * kIntBytes + 1000 + QueueLimits::kBytesPerAttachment);
  CHECK(b.Receive().ok());
  CHECK(b.Receive().ok());
  CHECK(b.queued_bytes() == 0);
  CHECK(a.PostMessage(shared).ok());
  CHECK(b.queued_bytes() < 1000);
  b.Close();
  CHECK(b.queued_bytes() == 0);
}

TEST_CASE("a post that finds no room detaches nothing") {
  auto [a, b] = MessageChannel::Create({.capacity = {.messages = 1}});
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  auto [c, d] = MessageChannel::Create();
  CHECK(a.PostMessage(0).ok());
  CHECK(absl::IsResourceExhausted(a.PostMessage(buffer, {.transfer = {&buffer, &c}})));
  CHECK(absl::IsDeadlineExceeded(
      a.PostWait(buffer, {.transfer = {&buffer, &c}}, absl::Milliseconds(1))));
  CHECK_FALSE(buffer.detached());
  CHECK(c.PostMessage(1).ok());
  CHECK(b.Receive().ok());
  CHECK(a.PostMessage(buffer, {.transfer = {&buffer, &c}}).ok());
  CHECK(buffer.detached());
  CHECK(absl::IsFailedPrecondition(c.PostMessage(1)));
}

TEST_CASE("PostWait waits for room, and no longer than until its deadline") {
  auto [a, b] = MessageChannel::Create({.capacity = {.messages = 2}});
  CHECK(a.PostWait(0).ok());
  CHECK(a.PostWait(1).ok());
  CHECK(absl::IsDeadlineExceeded(a.PostWait(2, {}, absl::ZeroDuration())));
  CHECK(absl::IsDeadlineExceeded(a.PostWait(2, {}, absl::Milliseconds(2))));
  Agent::Current().set_can_block(false);
  CHECK(absl::IsFailedPrecondition(a.PostWait(2)));
  Agent::Current().set_can_block(true);
  bool ok = true;
  std::thread poster([&ok, &port = a] {
    for (int i = 2; i < 500; ++i) ok = ok && port.PostWait(i).ok();
  });
  for (int i = 0; i < 500; ++i) {
    CHECK(b.queued_messages() <= 2);
    CHECK(*b.Receive(absl::Seconds(10))->As<int>() == i);
  }
  poster.join();
  CHECK(ok);
}

// A thread that waits for room in a queue that stays full, until `end` is called.
template <class End>
absl::StatusCode EndOfWait(MessagePort& port, std::stop_token stop, End end) {
  absl::StatusCode code = absl::StatusCode::kOk;
  REQUIRE(port.PostMessage(0).ok());
  std::thread poster([&] {
    Agent::Current().set_stop_token(stop);
    code = port.PostWait(1).code();
  });
  end();
  poster.join();
  return code;
}

TEST_CASE(
    "a wait for room ends with the channel, with a stop request, and with the port's transfer") {
  const QueueLimits limits = {.capacity = {.messages = 1}};
  {
    auto [a, b] = MessageChannel::Create(limits);
    CHECK(EndOfWait(a, {}, [&port = b] { port.Close(); }) == absl::StatusCode::kUnavailable);
  }
  {
    auto [a, b] = MessageChannel::Create(limits);
    CHECK(EndOfWait(a, {}, [&port = a] { port.Close(); }) == absl::StatusCode::kFailedPrecondition);
  }
  {
    auto [a, b] = MessageChannel::Create(limits);
    std::stop_source stop;
    CHECK(EndOfWait(a, stop.get_token(), [&] { stop.request_stop(); }) ==
          absl::StatusCode::kCancelled);
  }
  {
    auto [a, b] = MessageChannel::Create(limits);
    auto [c, d] = MessageChannel::Create();
    CHECK(EndOfWait(a, {}, [&to = c, &port = a] {
            CHECK(to.PostMessage(0, {.transfer = {&port}}).ok());
          }) == absl::StatusCode::kFailedPrecondition);
  }
}

TEST_CASE("posters wait on while the port they post to is transferred") {
  auto [a, b] = MessageChannel::Create({.capacity = {.messages = 1}});
  auto [c, d] = MessageChannel::Create();
  REQUIRE(a.PostMessage(0).ok());
  bool posted = false;
  std::thread poster([&posted, &port = a] { posted = port.PostWait(1).ok(); });
  LimitsParcel parcel{std::move(b)};
  REQUIRE(c.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
  MessagePort moved = std::move(d.Receive()->As<LimitsParcel>()->port);
  for (int i = 0; i < 2; ++i) CHECK(*moved.Receive(absl::Seconds(10))->As<int>() == i);
  poster.join();
  CHECK(posted);
}

TEST_CASE("needs_drain from high water to low water; OnDrain once for each fall") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create(
      {.capacity = {.messages = 10}, .high_water = {.messages = 4}, .low_water = {.messages = 1}});
  int drains = 0;
  a.OnDrain([&] { ++drains; });
  const auto post = [&port = a](int count) {
    for (int i = 0; i < count; ++i) CHECK(port.PostMessage(i).ok());
  };
  const auto receive = [&port = b](int count) {
    for (int i = 0; i < count; ++i) CHECK(port.Receive().ok());
  };
  post(3);
  CHECK_FALSE(a.needs_drain());
  post(2);
  CHECK(a.needs_drain());
  receive(3);
  CHECK(a.needs_drain());
  loop.Poll();
  CHECK(drains == 0);
  receive(1);
  CHECK_FALSE(a.needs_drain());
  post(3);
  CHECK(a.needs_drain());
  receive(3);
  CHECK_FALSE(a.needs_drain());
  loop.RunFor(absl::ZeroDuration());
  CHECK(drains == 2);
  // The handler may fill the queue again.
  a.OnDrain([&, &port = a] {
    ++drains;
    if (drains < 5) {
      for (int i = 0; i < 4; ++i) CHECK(port.PostMessage(i).ok());
    } else {
      port.Close();
    }
  });
  b.OnMessage([](MessageEvent) {});
  post(4);
  loop.Run();
  CHECK(drains == 5);
}

TEST_CASE("a drain handler keeps its loop going until the channel is closed or it is removed") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create({.capacity = {.messages = 1}});
  a.OnDrain([] {});
  loop.PostAfter(absl::ZeroDuration(), [&port = a] { port.OnDrain(nullptr); });
  loop.Run();
  a.OnDrain([] {});
  a.Unref();
  loop.Run();
  a.Ref();
  loop.PostAfter(absl::ZeroDuration(), [&port = b] { port.Close(); });
  loop.Run();
}

TEST_CASE("the water marks have defaults") {
  struct Row {
    QueueLimits limits;
    int high;  // messages at which a drain is needed
    int low;   // and at which it is not any more
  };
  for (const Row& row : {Row{{.capacity = {.messages = 8}}, 8, 4},
                         Row{{.capacity = {.messages = 8}, .high_water = {.messages = 20}}, 8, 4},
                         Row{{.high_water = {.messages = 6}}, 6, 3},
                         Row{{.high_water = {.messages = 6}, .low_water = {.messages = 6}}, 6, 3},
                         Row{{.high_water = {.messages = 0}}, 1, 0},
                         Row{{.capacity = {.messages = 8}, .low_water = {.messages = 7}}, 8, 7}}) {
    auto [a, b] = MessageChannel::Create(row.limits);
    int posted = 0;
    while (posted < 100 && !a.needs_drain()) CHECK(a.PostMessage(posted++).ok());
    CHECK(posted == row.high);
    while (a.needs_drain()) {
      CHECK(b.Receive().ok());
      --posted;
    }
    CHECK(posted == row.low);
  }
  auto [a, b] = MessageChannel::Create();
  for (int i = 0; i < 1000; ++i) CHECK(a.PostMessage(i).ok());
  CHECK_FALSE(a.needs_drain());
}

}  // namespace
}  // namespace sabre
