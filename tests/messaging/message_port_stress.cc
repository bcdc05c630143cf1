#include "sabre/messaging/message_port.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "tests/support/linearizability.h"
#include "tests/support/specifications.h"
#include "tests/support/stress.h"

namespace sabre {

struct StressPort {
  MessagePort port;
};
SABRE_DESCRIBE(StressPort, port)

namespace {

TEST_CASE("two threads exchange numbers: none lost, none twice, none out of order") {
  auto [a, b] = MessageChannel::Create();
  const int rounds = test::Rounds(20'000);
  std::thread echo([port = std::move(b)]() mutable {
    for (;;) {
      absl::StatusOr<MessageEvent> event = port.Receive();
      if (!event.ok()) return;
      if (!port.PostMessage(*event->As<int>() + 1).ok()) return;
    }
  });
  bool right = true;
  for (int i = 0; i < rounds && right; ++i) {
    right = a.PostMessage(i).ok() && *a.Receive(absl::Seconds(60))->As<int>() == i + 1;
  }
  CHECK(right);
  a.Close();
  echo.join();
}

TEST_CASE(
    "a handler on another thread's loop sees all messages of several posters, each in order") {
  auto [a, b] = MessageChannel::Create();
  const int count = test::Rounds(10'000);
  std::vector<int> last(3, -1);
  bool ordered = true;
  std::thread receiver([&, port = std::move(b)]() mutable {
    int left = 3 * count;
    port.OnMessage([&](MessageEvent event) {
      const int value = *event.As<int>();
      int& previous = last[static_cast<std::size_t>(value % 3)];
      ordered = ordered && value / 3 == previous + 1;
      previous = value / 3;
      if (--left == 0) port.Close();
    });
    EventLoop::Current().Run();
  });
  const auto post = [&port = a, count](int who) {
    for (int i = 0; i < count; ++i) {
      if (!port.PostMessage(i * 3 + who).ok()) return;
    }
  };
  test::Together({[&] { post(0); }, [&] { post(1); }, [&] { post(2); }});
  receiver.join();
  CHECK(ordered);
  CHECK(last == std::vector<int>(3, count - 1));
}

TEST_CASE("a port wanders between threads while messages come: none lost, none out of order") {
  auto [a, b] = MessageChannel::Create();
  const int count = test::Rounds(3'000);
  std::thread poster([&port = a, count] {
    for (int i = 0; i < count; ++i) {
      if (!port.PostMessage(i).ok()) return;
    }
  });
  // Two threads hand the port to each other after every few messages.
  auto [c, d] = MessageChannel::Create();
  const auto take_turns = [count](MessagePort channel, MessagePort first) {
    MessagePort port = std::move(first);
    bool mine = port.identity() != nullptr;
    for (;;) {
      if (!mine) {
        absl::StatusOr<MessageEvent> event = channel.Receive(absl::Seconds(60));
        if (!event.ok()) return -1;
        port = std::move(event->As<StressPort>()->port);
      }
      int last = -1;
      for (int i = 0; i < 7; ++i) {
        absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(60));
        if (!event.ok()) return -2;
        last = *event->As<int>();
        if (last == count - 1) return last;
      }
      StressPort parcel{std::move(port)};
      if (!channel.PostMessage(parcel, {.transfer = {&parcel.port}}).ok()) return -3;
      mine = false;
    }
  };
  int results[2] = {};
  std::thread other([&, port = std::move(d)]() mutable {
    results[0] = take_turns(std::move(port), MessagePort());
  });
  results[1] = take_turns(std::move(c), std::move(b));
  other.join();
  poster.join();
  CHECK((results[0] == count - 1 || results[1] == count - 1));
}

TEST_CASE(
    "posts against close: a post that says OK arrives or was overtaken by the receiver's close") {
  for (int round = 0; round < test::Rounds(500); ++round) {
    auto [a, b] = MessageChannel::Create();
    int posted = 0;
    int received = 0;
    bool ordered = true;
    test::Together({[&, &port = a] {
                      while (posted < 20 && port.PostMessage(posted).ok()) ++posted;
                      port.Close();
                    },
                    [&, &port = b] {
                      while (received < 10) {
                        absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(60));
                        if (!event.ok()) return;
                        ordered = ordered && *event->As<int>() == received;
                        ++received;
                      }
                      port.Close();
                    }});
    REQUIRE(ordered);
    REQUIRE(received <= posted);
    REQUIRE(received == 10);
  }
}

TEST_CASE("buffers are transferred to and fro: the same bytes, one owner at a time") {
  auto [a, b] = MessageChannel::Create();
  const int rounds = test::Rounds(2'000);
  const auto bounce = [rounds](MessagePort& port, ArrayBuffer buffer) {
    for (int i = 0; i < rounds; ++i) {
      if (!buffer.detached()) {
        buffer.Span()[0] = static_cast<std::byte>(i);
        if (!port.PostMessage(buffer, {.transfer = {&buffer}}).ok()) return false;
      }
      absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(60));
      if (!event.ok()) return false;
      buffer = *event->As<ArrayBuffer>();
    }
    return port.PostMessage(buffer, {.transfer = {&buffer}}).ok();
  };
  bool other_ok = false;
  std::thread other([&, &port = b] { other_ok = bounce(port, ArrayBuffer()); });
  CHECK(bounce(a, *ArrayBuffer::Create(64)));
  other.join();
  CHECK(other_ok);
}

TEST_CASE("a channel is a queue that may look empty while a post is under way") {
  const int rounds = test::Rounds(3'000);
  // Not only the order of each poster: a post that began after another had returned arrives after it.
  const auto post_or_receive = [](MessageChannel& channel, test::Caller& caller) {
    for (int i = 0; i < 4; ++i) {
      if (caller.thread() != 0) {
        const int value = caller.thread() * 10 + i;
        caller.Call(test::kPush, value,
                    [&] { return channel.port1.PostMessage(value).ok() ? 1 : 0; });
        continue;
      }
      caller.Call(test::kPop, 0, [&] {
        absl::StatusOr<std::optional<MessageEvent>> event = channel.port2.TryReceive();
        return event->has_value() ? *(*event)->As<int>() : test::kNothing;
      });
    }
  };
  for (const int threads : {2, 3}) {
    CAPTURE(threads);
    const test::Explored explored = test::Explore(
        threads, rounds, test::QueueSpec<test::kUnbounded, test::kOppositeUnderWay>{},
        [] { return std::make_unique<MessageChannel>(MessageChannel::Create()); }, post_or_receive);
    CHECK(explored.counterexample == "");
    CHECK(explored.histories == rounds);
  }
}

// Posts `count` numbers as `who`, waiting for room in one of two ways. Says how many were taken.
int PostNumbers(MessagePort& port, int who, int count) {
  for (int i = 0; i < count; ++i) {
    const int value = i * 3 + who;
    absl::Status status = who == 0 ? port.PostWait(value) : port.PostMessage(value);
    while (absl::IsResourceExhausted(status)) status = port.PostWait(value);
    if (!status.ok()) return i;
  }
  return count;
}

TEST_CASE(
    "bounded queues: ports that wander and close lose nothing, and hold no more than they may") {
  const int channels = test::Rounds(60);
  std::mt19937 random(17);
  for (int round = 0; round < channels; ++round) {
    const std::size_t capacity = 1 + random() % 20;
    auto [a, b] = MessageChannel::Create({.capacity = {.messages = capacity}});
    MessageChannel way = MessageChannel::Create();
    MessagePort& road = way.port1;
    MessagePort& end = way.port2;
    const bool closes = random() % 2 == 0;
    const int count = 200;
    int posted[3] = {};
    std::vector<int> next(3, 0);
    bool right = true;
    int received = 0;
    const int until = closes ? 150 : 3 * count;
    const int stay = 1 + static_cast<int>(random() % 50);
    std::thread receiver([&, &from = end, port = std::move(b)]() mutable {
      while (received < until && right) {
        // The port goes into a message and comes back out of it, with its queue.
        if (received % stay == stay - 1) {
          StressPort parcel{std::move(port)};
          right = road.PostMessage(parcel, {.transfer = {&parcel.port}}).ok();
          port = std::move(from.Receive()->As<StressPort>()->port);
        }
        right = right && port.queued_messages() <= capacity;
        absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(60));
        if (!event.ok()) {
          right = false;
          break;
        }
        const int value = *event->As<int>();
        right = right && value / 3 == next[static_cast<std::size_t>(value % 3)]++;
        received += 1;
      }
    });
    test::Together({[&, &port = a] { posted[0] = PostNumbers(port, 0, count); },
                    [&, &port = a] { posted[1] = PostNumbers(port, 1, count); },
                    [&, &port = a] { posted[2] = PostNumbers(port, 2, count); }});
    receiver.join();
    REQUIRE(right);
    REQUIRE(received == until);
    for (std::size_t who = 0; who < 3; ++who) {
      REQUIRE(next[who] <= posted[who]);
      REQUIRE((closes || next[who] == count));
    }
  }
}

}  // namespace
}  // namespace sabre
