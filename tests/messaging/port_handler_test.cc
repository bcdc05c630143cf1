// The forms of message handlers, what happens to messages that cannot be handled, and messages of all sizes.
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
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
