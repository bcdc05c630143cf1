// The forms of message handlers, what happens to messages that cannot be handled, and messages of all sizes.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/messaging/message_queue.h"
#include "sabre/clone/byte_buffer.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {

struct HandlerOrder {
  int id = 0;
  std::string text;
};
SABRE_DESCRIBE(HandlerOrder, id, text)

namespace {

// What a handler did, in one word each.
using Log = std::vector<std::string>;

TEST_CASE("a handler may take the event or the value, and return nothing or a status") {
  using Set = void (*)(MessagePort&, Log&);
  const Set forms[] = {
      [](MessagePort& port, Log& log) {
        port.OnMessage([&log](MessageEvent event) { log.push_back(*event.As<std::string>()); });
      },
      [](MessagePort& port, Log& log) {
        port.OnMessage([&log](MessageEvent& event) { log.push_back(*event.As<std::string>()); });
      },
      [](MessagePort& port, Log& log) {
        port.OnMessage([&log](MessageEvent event) {
          log.push_back(*event.As<std::string>());
          return absl::OkStatus();
        });
      },
      [](MessagePort& port, Log& log) {
        port.OnMessage<std::string>([&log](std::string text) { log.push_back(std::move(text)); });
      },
      [](MessagePort& port, Log& log) {
        port.OnMessage<std::string>([&log](const std::string& text) {
          log.push_back(text);
          return absl::OkStatus();
        });
      },
      [](MessagePort& port, Log& log) {
        port.OnMessage(MessagePort::MessageHandler(
            [&log](MessageEvent event) { log.push_back(*event.As<std::string>()); }));
      },
  };
  for (const Set set : forms) {
    auto [a, b] = MessageChannel::Create();
    Log log;
    set(b, log);
    CHECK(a.PostMessage(std::string("one")).ok());
    CHECK(a.PostMessage(std::string("two")).ok());
    a.Close();
    EventLoop::Current().Run();
    CHECK(log == Log{"one", "two"});
  }
}

TEST_CASE(
    "a message that is no T, and a handler that fails, are reported; the next message comes") {
  auto [a, b] = MessageChannel::Create();
  Log log;
  b.OnMessageError([&log](absl::Status status, MessageEvent event) {
    log.push_back(absl::IsDataLoss(status) ? "no order" : std::string(status.message()));
    log.push_back(event.As<std::string>().value_or("-"));
  });
  b.OnMessage<HandlerOrder>([&log](HandlerOrder order) {
    if (order.id < 0) return absl::InvalidArgumentError("negative");
    log.push_back(order.text);
    return absl::OkStatus();
  });
  CHECK(a.PostMessage(HandlerOrder{1, "first"}).ok());
  CHECK(a.PostMessage(std::string("what?")).ok());
  CHECK(a.PostMessage(HandlerOrder{-1, "second"}).ok());
  CHECK(a.PostMessage(HandlerOrder{3, "third"}).ok());
  a.Close();
  EventLoop::Current().Run();
  CHECK(log == Log{"first", "no order", "what?", "negative", "-", "third"});
}

TEST_CASE("without an error handler the next message comes all the same") {
  auto [a, b] = MessageChannel::Create();
  int got = 0;
  b.OnMessage<int>([&got](int value) { got += value; });
  CHECK(a.PostMessage(std::string("no number")).ok());
  CHECK(a.PostMessage(5).ok());
  a.Close();
  EventLoop::Current().Run();
  CHECK(got == 5);
}

TEST_CASE("a handler that has taken the event and fails leaves one without a value") {
  for (const std::size_t size : {5, 5000}) {
    auto [a, b] = MessageChannel::Create();
    CHECK(a.PostMessage(std::string(size, 'x')).ok());
    a.Close();
    int reported = 0;
    b.OnMessage([](MessageEvent) { return absl::InternalError("no"); });
    b.OnMessageError([&](const absl::Status&, MessageEvent event) {
      reported += 1;
      CHECK(event.byte_length() == 0);
      CHECK(absl::IsDataLoss(event.As<std::string>().status()));
    });
    EventLoop::Current().Run();
    CHECK(reported == 1);
  }
}

TEST_CASE("what handlers hold ends with their use, be it their own port") {
  MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 1}});
  const auto port = std::make_shared<MessagePort>(std::move(channel.port2));
  const std::weak_ptr<int> held = [&] {
    const auto value = std::make_shared<int>(0);
    port->OnMessage([value, port](MessageEvent&) {});
    port->OnMessageError([value, port](const absl::Status&, const MessageEvent&) {});
    port->OnClose([value, port] { *value = 1; });
    port->OnDrain([value, port] {});
    return std::weak_ptr<int>(value);
  }();
  EventLoop::Current().Poll();
  CHECK(port.use_count() == 5);
  channel.port1.Close();
  EventLoop::Current().Run();
  CHECK(held.expired());
  CHECK(port.use_count() == 1);
}

TEST_CASE("a port whose loop has ended with its thread gets a handler on another") {
  auto [a, b] = MessageChannel::Create();
  std::thread([&port = b] { port.OnMessage([](MessageEvent&) {}); }).join();
  CHECK(a.PostMessage(7).ok());
  a.Close();
  Log log;
  b.OnMessage<int>([&](int value) { log.push_back(std::to_string(value)); });
  b.OnClose([&] { log.push_back("close"); });
  EventLoop::Current().Run();
  CHECK(log == Log{"7", "close"});
}

TEST_CASE("a handler that is removed leaves the messages to calls, and lets the loop end") {
  auto [a, b] = MessageChannel::Create();
  int got = 0;
  b.OnMessage<int>([&got, &port = b](int value) {
    got = value;
    port.OnMessage(nullptr);
  });
  CHECK(a.PostMessage(1).ok());
  CHECK(a.PostMessage(2).ok());
  EventLoop::Current().Run();
  CHECK(got == 1);
  CHECK(*b.Receive()->As<int>() == 2);
  b.OnMessage<int>([&got](int value) { got = value; });
  CHECK(a.PostMessage(3).ok());
  a.Close();
  EventLoop::Current().Run();
  CHECK(got == 3);
}

TEST_CASE("messages_per_turn says after how many messages other work has its turn") {
  EventLoop& loop = EventLoop::Current();
  for (const int limit : {1, 7, 0}) {
    auto [a, b] = MessageChannel::Create();
    int handled = 0;
    std::vector<int> seen;
    for (int i = 0; i < 20; ++i) CHECK(a.PostMessage(i).ok());
    b.set_messages_per_turn(limit);
    b.OnMessage([&](MessageEvent) { ++handled; });
    a.Close();
    while (handled < 20) {
      loop.Poll();
      seen.push_back(handled);
    }
    loop.Run();
    const int step = limit == 0 ? 1 : limit;
    for (std::size_t i = 1; i < seen.size(); ++i) CHECK(seen[i] - seen[i - 1] <= step);
  }
}

TEST_CASE("messages of all sizes arrive as they were, in order, also when events are moved about") {
  auto [a, b] = MessageChannel::Create();
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  for (const std::size_t size : {500, 1000, 1020, 1024, 1030, 2000, 4096, 20'000, 1'000'000}) {
    sizes.push_back(size);
  }
  const auto text = [](std::size_t size) {
    return std::string(size, static_cast<char>('a' + size % 26));
  };
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size : sizes) CHECK(a.PostMessage(text(size)).ok());
    std::vector<MessageEvent> events;
    for (std::size_t i = 0; i < sizes.size(); ++i) events.push_back(*b.Receive());
    bool right = true;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      right = right && *events[i].As<std::string>() == text(sizes[i]) &&
              events[i].byte_length() >= sizes[i];
    }
    CHECK(right);
  }
}

TEST_CASE("a queue that is dropped ends what is in it") {
  const auto count = [](bool close_first) {
    auto [kept, sent] = MessageChannel::Create();
    {
      auto [a, b] = MessageChannel::Create();
      CHECK(a.PostMessage(std::string(5000, 'x')).ok());
      CHECK(a.PostMessage(0, {.transfer = {&sent}}).ok());
      CHECK(a.PostMessage(1).ok());
      CHECK(b.Receive().ok());  // the rest has been taken by the receiver now
      if (close_first) b.Close();
    }
    return kept.PostMessage(1).code();
  };
  CHECK(count(false) == absl::StatusCode::kUnavailable);
  CHECK(count(true) == absl::StatusCode::kUnavailable);
}

TEST_CASE("a queue with a port in it, whose queue has a port in it, and so on, ends on any stack") {
  MessageChannel inner = MessageChannel::Create();
  const MessagePort first = std::move(inner.port1);
  std::vector<MessagePort> posters;
  for (int i = 0; i < 100'000; ++i) {
    MessageChannel outer = MessageChannel::Create();
    REQUIRE(outer.port1.PostMessage(0, {.transfer = {&inner.port2}}).ok());
    posters.push_back(std::move(outer.port1));
    inner.port2 = std::move(outer.port2);
  }
  CHECK(first.queued_messages() == 0);
  inner.port2.Close();
  CHECK(absl::IsUnavailable(posters.front().PostMessage(1)));
}

TEST_CASE("memory that is not counted does not go into the queue with a shorter message") {
  internal::MessageQueue queue;
  ByteBuffer bytes;
  std::memset(bytes.Extend(60'000), 1, 60'000);
  const std::uint8_t* const memory = bytes.data();
  bytes.Clear();
  std::memset(bytes.Extend(2000), 2, 2000);
  queue.Push(bytes, 2064);
  CHECK(bytes.data() == memory);
  std::optional<MessageEvent> event;
  queue.PopFront(event);
  CHECK(event->byte_length() == 2000);
  // One that fills its memory is not copied.
  std::memset(bytes.Extend(48'000), 3, 48'000);
  queue.Push(bytes, 50'064);
  CHECK(bytes.capacity() == 0);
}

TEST_CASE("a port that was moved away after its message was prepared: the message is refused") {
  auto [a, b] = MessageChannel::Create();
  MessageChannel other = MessageChannel::Create();
  absl::StatusOr<PreparedMessage> message =
      PreparedMessage::Prepare(1, {.transfer = {&other.port1}});
  REQUIRE(message.ok());
  const MessagePort moved = std::move(other.port1);
  CHECK(IsDataCloneError(a.Post(*std::move(message))));
  CHECK(other.port2.PostMessage(1).ok());
  CHECK(b.queued_messages() == 0);
}

TEST_CASE("a port may be closed by another thread while its owner receives") {
  for (int round = 0; round < 50; ++round) {
    auto [a, b] = MessageChannel::Create();
    for (int i = 0; i < 10; ++i) CHECK(a.PostMessage(i).ok());
    std::thread closer([&port = b] { port.Close(); });
    int next = 0;
    for (;;) {
      absl::StatusOr<MessageEvent> event = b.Receive();
      if (!event.ok()) {
        CHECK(absl::IsUnavailable(event.status()));
        break;
      }
      CHECK(*event->As<int>() == next);
      next += 1;
    }
    closer.join();
    CHECK(absl::IsUnavailable(a.PostMessage(1)));
  }
}

TEST_CASE(
    "a post that races with the other end's close either fails and keeps, or sends and detaches") {
  for (int round = 0; round < 200; ++round) {
    auto [a, b] = MessageChannel::Create();
    ArrayBuffer buffer = *ArrayBuffer::Create(8);
    std::thread closer([&port = b] { port.Close(); });
    const absl::Status posted = a.PostMessage(1, {.transfer = {&buffer}});
    CHECK(buffer.detached() == posted.ok());
    closer.join();
  }
}

}  // namespace
}  // namespace sabre
