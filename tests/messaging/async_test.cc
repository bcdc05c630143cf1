// tests/messaging/async_test.cc: coroutines that wait for ports.
#include "sabre/messaging/async.h"

#include <doctest/doctest.h>

#include <coroutine>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"

namespace async_test {

struct Parcel {
  sabre::MessagePort port;
};
SABRE_DESCRIBE(Parcel, port)

namespace {

using namespace sabre;  // NOLINT: a test

// What a coroutine has come to.
struct Log {
  std::vector<int> values;
  absl::Status end;
  bool ended = false;
  std::shared_ptr<int> alive = std::make_shared<int>(0);  // each coroutine holds a reference
};

Async Collect(MessagePort& port, Log& log) {
  const std::shared_ptr<int> alive = log.alive;
  for (;;) {
    absl::StatusOr<MessageEvent> event = co_await port.Next();
    if (!event.ok()) {
      log.end = event.status();
      log.ended = true;
      co_return;
    }
    log.values.push_back(*event->As<int>());
  }
}

// Each test has a thread, a loop and an agent of its own.
template <class Body>
void OnThread(Body body) {
  std::thread(body).join();
}

TEST_CASE(
    "A coroutine takes what is there at once, waits on the loop for more, and hears of the close") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    Log log;
    REQUIRE(a.PostMessage(1).ok());
    Collect(b, log);
    CHECK(log.values == std::vector<int>{1});
    REQUIRE(a.PostMessage(2).ok());
    CHECK(log.values.size() == 1);
    std::thread other([&port = a] {
      for (int i = 3; i < 6; ++i) CHECK(port.PostMessage(i).ok());
      port.Close();
    });
    EventLoop::Current().Run();
    other.join();
    CHECK(log.values == std::vector<int>{1, 2, 3, 4, 5});
    CHECK(absl::IsUnavailable(log.end));
    CHECK(log.alive.use_count() == 1);
  });
}

TEST_CASE("A pending Next keeps the loop going, unless the port is unreferenced") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    Log log;
    b.Unref();
    Collect(b, log);
    EventLoop::Current().Run();
    CHECK_FALSE(log.ended);
    a.Close();
    EventLoop::Current().Poll();
    CHECK(log.ended);
  });
}

TEST_CASE("While one Next is pending the port is received from in no other way") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    Log first, second;
    Collect(b, first);
    Collect(b, second);
    CHECK(second.end == absl::FailedPreconditionError("MessagePort: port has a pending Next"));
    CHECK(absl::IsFailedPrecondition(b.TryReceive().status()));
    CHECK(absl::IsFailedPrecondition(b.Receive().status()));
    CHECK(absl::IsFailedPrecondition(Select().Add(b, 1)));
    // A handler takes over.
    int handled = 0;
    b.OnMessage([&](MessageEvent event) { handled = *event.As<int>(); });
    REQUIRE(a.PostMessage(3).ok());
    a.Close();
    EventLoop::Current().Run();
    CHECK(first.end == absl::FailedPreconditionError("MessagePort: port has a message handler"));
    CHECK(first.values.empty());
    CHECK(handled == 3);
    Log third;
    Collect(b, third);
    CHECK(third.end == first.end);
    MessagePort none;
    Log fourth;
    Collect(none, fourth);
    CHECK(absl::IsFailedPrecondition(fourth.end));
  });
}

TEST_CASE("A stop request ends every wait, whether it was before, during or after the suspension") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    auto [full, unread] = MessageChannel::Create({.capacity = {.messages = 1}});
    std::stop_source stop;
    Agent::Current().set_stop_token(stop.get_token());
    Log log;
    Collect(b, log);
    REQUIRE(full.PostMessage(1).ok());
    absl::Status room;
    [](MessagePort& port, absl::Status& result) -> Async { result = co_await port.Room(); }(full,
                                                                                            room);
    std::thread other([&] { stop.request_stop(); });
    EventLoop::Current().Run();
    other.join();
    // The request ends Run, maybe before the coroutines have had their turn.
    EventLoop::Current().Poll();
    CHECK(log.ended);
    CHECK(absl::IsCancelled(log.end));
    CHECK(absl::IsCancelled(room));
    Log later;
    REQUIRE(a.PostMessage(1).ok());
    Collect(b, later);
    CHECK(absl::IsCancelled(later.end));
    CHECK(later.values.empty());
  });
}

TEST_CASE("Room comes when the receiver has made it, and ends with the channel") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create({.capacity = {.messages = 2}});
    std::vector<int> seen;
    std::vector<absl::Status> rooms;
    int posted = 0;
    [](MessagePort& port, int& count, std::vector<absl::Status>& results) -> Async {
      while (count < 10) {
        results.push_back(co_await port.Room());
        if (!results.back().ok()) co_return;
        if (port.PostMessage(count).ok()) ++count;
      }
    }(a, posted, rooms);
    CHECK(posted == 2);
    for (int i = 0; i < 5; ++i) {
      absl::StatusOr<std::optional<MessageEvent>> event = b.TryReceive();
      REQUIRE(event->has_value());
      seen.push_back(*(*event)->As<int>());
      EventLoop::Current().Poll();
    }
    CHECK(seen == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(posted == 7);
    b.Close();
    EventLoop::Current().Run();
    CHECK(absl::IsUnavailable(rooms.back()));
    CHECK(posted == 7);
  });
}

TEST_CASE("A transferred port ends the wait; its messages are all with the new owner") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    auto [carrier, carried] = MessageChannel::Create();
    Parcel parcel{std::move(b)};
    Log log;
    Collect(parcel.port, log);
    REQUIRE(a.PostMessage(1).ok());
    REQUIRE(carrier.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
    REQUIRE(a.PostMessage(2).ok());
    EventLoop::Current().Run();
    CHECK(absl::IsFailedPrecondition(log.end));
    CHECK(log.values.empty());
    absl::StatusOr<MessageEvent> event = carried.Receive();
    MessagePort arrived = std::move(event->As<Parcel>()->port);
    Log next;
    Collect(arrived, next);
    CHECK(next.values == std::vector<int>{1, 2});
    // The handle goes while the coroutine waits.
    arrived = MessagePort();
    EventLoop::Current().Run();
    CHECK(next.ended);
  });
}

// A coroutine that its owner may destroy, as those of other libraries.
struct Owned {
  struct promise_type {
    Owned get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};
Owned CollectOwned(MessagePort& port, Log& log) {
  const std::shared_ptr<int> alive = log.alive;
  for (;;) {
    absl::StatusOr<MessageEvent> event = co_await port.Next();
    if (!event.ok()) co_return;
    log.values.push_back(*event->As<int>());
  }
}

TEST_CASE("A coroutine that is destroyed while it waits has received nothing") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    std::stop_source stop;
    Agent::Current().set_stop_token(stop.get_token());
    for (const bool message_first : {false, true}) {
      CAPTURE(message_first);
      Log log;
      const Owned owned = CollectOwned(b, log);
      // It may be in the loop's queue by then.
      if (message_first) REQUIRE(a.PostMessage(1).ok());
      owned.handle.destroy();
      if (!message_first) REQUIRE(a.PostMessage(1).ok());
      EventLoop::Current().Run();
      CHECK(log.values.empty());
      CHECK(log.alive.use_count() == 1);
      CHECK(*(*b.TryReceive())->As<int>() == 1);
    }
  });
}

TEST_CASE("What waits when its loop ends is destroyed with it") {
  Log log;
  auto [a, b] = MessageChannel::Create();
  OnThread([&log, &port = b] {
    Collect(port, log);
    // One that never comes to its loop's turn, too.
    auto [c, d] = MessageChannel::Create();
    CHECK(c.PostMessage(1).ok());
    Collect(d, log);
  });
  CHECK(log.alive.use_count() == 1);
  CHECK(log.values == std::vector<int>{1});
  CHECK(a.PostMessage(1).ok());
  CHECK(*(*b.TryReceive())->As<int>() == 1);
}

TEST_CASE("An exception goes on to whoever runs the loop, before and after the first wait") {
  OnThread([] {
    auto [a, b] = MessageChannel::Create();
    const auto thrower = [](MessagePort& port, std::shared_ptr<int>) -> Async {
      absl::StatusOr<MessageEvent> event = co_await port.Next();
      throw std::runtime_error(event.ok() ? "message" : "close");
    };
    const auto alive = std::make_shared<int>(0);
    std::vector<std::string> thrown;
    const auto run = [&thrown] {
      try {
        EventLoop::Current().Run();
      } catch (const std::runtime_error& error) {
        thrown.emplace_back(error.what());
      }
    };
    REQUIRE(a.PostMessage(1).ok());
    thrower(b, alive);
    run();
    thrower(b, alive);
    a.Close();
    run();
    run();
    CHECK(thrown == std::vector<std::string>{"message", "close"});
    CHECK(alive.use_count() == 1);
  });
}

TEST_CASE("A port that always has something leaves time for other work, and no stack grows") {
  OnThread([] {
    EventLoop& loop = EventLoop::Current();
    auto [a, b] = MessageChannel::Create();
    constexpr int kMessages = 100'000;
    for (int i = 0; i < kMessages; ++i) REQUIRE(a.PostMessage(i).ok());
    a.Close();
    Log log;
    Collect(b, log);
    const std::size_t at_call = log.values.size();
    CHECK(at_call <= MessagePort::kMessagesPerTurn);
    std::size_t at_work = 0;
    loop.Post([&] { at_work = log.values.size(); });
    loop.Run();
    CHECK(at_work > 0);
    CHECK(at_work < 1'000);
    CHECK(log.values.size() == kMessages);
    // Two that answer each other wait in turns, on the loop.
    auto [c, d] = MessageChannel::Create();
    const auto bounce = [](MessagePort port, bool begins) -> Async {
      if (begins) port.PostMessage(0).IgnoreError();
      for (;;) {
        absl::StatusOr<MessageEvent> event = co_await port.Next();
        if (!event.ok() || *event->As<int>() == 50'000) co_return;
        port.PostMessage(*event->As<int>() + 1).IgnoreError();
      }
    };
    bounce(std::move(c), false);
    bounce(std::move(d), true);
    loop.Run();
  });
}

}  // namespace
}  // namespace async_test
