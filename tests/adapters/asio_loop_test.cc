#include <doctest/doctest.h>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/adapters/asio.h"
#include "sabre/messaging/message_channel.h"
#include "tests/support/aborts.h"

// This Asio has coroutines with g++, not with clang.
#if defined(ASIO_HAS_CO_AWAIT)
#include <asio/experimental/awaitable_operators.hpp>
#endif

namespace sabre {
namespace asio_loop_test {
namespace {

// An io_context with Sabre in it, of the calling thread.
struct AsioWithSabre {
  AsioWithSabre() {
    absl::StatusOr<AsioLoop> attached = AsioLoop::Attach(context);
    REQUIRE(attached.ok());
    sabre.emplace(*std::move(attached));
  }
  // Until there is nothing to do but wait.
  void RunWhatIsReady() {
    while (context.run_for(std::chrono::milliseconds(1)) > 0) {
    }
  }

  asio::io_context context;
  std::optional<AsioLoop> sabre;
};

// Each test in a thread of its own: the loop it leaves behind ends with it.
void InThread(const std::function<void()>& test) { std::thread(test).join(); }

// Receives until the channel ends.
struct ReceiveAll {
  void operator()(std::error_code error, MessageEvent event) {
    if (error) {
      end = error;
      return;
    }
    got.push_back(*event.As<int>());
    Next();
  }
  void Next() {
    async_receive(port, [this](std::error_code error, MessageEvent event) {
      (*this)(error, std::move(event));
    });
  }

  MessagePort& port;
  std::vector<int> got = {};
  std::error_code end = {};
};

TEST_CASE("asio: the messages of another thread come in order, then eof") {
  static constexpr int kMessages = 10'000;
  InThread([] {
    AsioWithSabre asio;
    auto [here, there] = MessageChannel::Create();
    ReceiveAll all{here};
    all.Next();
    std::thread poster([port = std::move(there)]() mutable {
      for (int i = 0; i < kMessages; ++i) REQUIRE(port.PostMessage(i).ok());
    });
    asio.context.run();
    poster.join();
    CHECK(all.end == asio::error::eof);
    REQUIRE(all.got.size() == kMessages);
    for (int i = 0; i < kMessages; ++i) REQUIRE(all.got[static_cast<std::size_t>(i)] == i);
  });
}

TEST_CASE("asio: a handler never runs inside the call, whatever is there already") {
  InThread([] {
    AsioWithSabre asio;
    auto [here, there] = MessageChannel::Create();
    CHECK(there.PostMessage(7).ok());
    there.Close();
    ReceiveAll all{here};
    all.Next();
    CHECK(all.got.empty());
    asio.context.run();
    CHECK(all.got == std::vector{7});
    all.Next();
    CHECK(all.got.size() == 1);
    asio.context.restart();
    asio.context.run();
    CHECK(all.end == asio::error::eof);
  });
}

TEST_CASE("asio: futures") {
  InThread([] {
    AsioWithSabre asio;
    auto [here, there] = MessageChannel::Create();
    std::future<MessageEvent> message = async_receive(here, asio::use_future);
    CHECK(there.PostMessage(7).ok());
    asio.context.run();
    CHECK(*message.get().As<int>() == 7);
    there.Close();
    std::future<MessageEvent> end = async_receive(here, asio::use_future);
    asio.context.restart();
    asio.context.run();
    CHECK_THROWS_AS(end.get(), std::system_error);
  });
}

#if defined(ASIO_HAS_CO_AWAIT)
TEST_CASE("asio: coroutines, with a time limit that loses no message") {
  InThread([] {
    using namespace asio::experimental::awaitable_operators;
    AsioWithSabre asio;
    auto [here, there] = MessageChannel::Create();
    MessagePort& port = here;
    MessagePort& peer = there;
    std::vector<int> got;
    int timeouts = 0;
    std::error_code end;
    const auto echo = [&]() -> asio::awaitable<void> {
      const auto executor = co_await asio::this_coro::executor;
      asio::steady_timer timer(executor, std::chrono::milliseconds(1));
      const auto late = co_await (async_receive(port, asio::use_awaitable) ||
                                  timer.async_wait(asio::use_awaitable));
      timeouts += late.index() == 1 ? 1 : 0;
      for (int i = 0; i < 1000; ++i) REQUIRE(peer.PostMessage(i).ok());
      peer.Close();
      for (;;) {
        MessageEvent event =
            co_await async_receive(port, asio::redirect_error(asio::use_awaitable, end));
        if (end) co_return;
        got.push_back(*event.As<int>());
      }
    };
    asio::co_spawn(asio.context, echo, asio::detached);
    asio.context.run();
    CHECK(timeouts == 1);
    CHECK(end == asio::error::eof);
    REQUIRE(got.size() == 1000);
    for (int i = 0; i < 1000; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
  });
}
#endif

#if defined(ASIO_HAS_CO_AWAIT)
TEST_CASE("asio: two ports in turn, of which both have something, lose no message") {
  static constexpr int kMessages = 100;
  InThread([] {
    using namespace asio::experimental::awaitable_operators;
    AsioWithSabre asio;
    MessageChannel channels[2] = {MessageChannel::Create(), MessageChannel::Create()};
    for (int i = 0; i < kMessages; ++i) {
      for (MessageChannel& channel : channels) CHECK(channel.port2.PostMessage(i).ok());
    }
    for (MessageChannel& channel : channels) channel.port2.Close();
    int got[2] = {0, 0};
    const auto receive = [&]() -> asio::awaitable<void> {
      while (got[0] < kMessages && got[1] < kMessages) {
        auto either = co_await (async_receive(channels[0].port1, asio::use_awaitable) ||
                                async_receive(channels[1].port1, asio::use_awaitable));
        const std::size_t which = either.index();
        MessageEvent& event = which == 0 ? std::get<0>(either) : std::get<1>(either);
        CHECK(*event.As<int>() == got[which]);
        got[which] += 1;
      }
    };
    asio::co_spawn(asio.context, receive, asio::detached);
    asio.context.run();
    CHECK(got[0] + got[1] >= kMessages);
    CHECK((got[0] == kMessages || got[1] == kMessages));
  });
}
#endif

TEST_CASE("asio: what is cancelled after its message has come, before the handler, leaves it") {
  for (const bool came_first : {true, false}) {
    InThread([came_first] {
      AsioWithSabre asio;
      auto [here, there] = MessageChannel::Create();
      if (came_first) CHECK(there.PostMessage(7).ok());
      asio::cancellation_signal cancel;
      std::optional<std::error_code> first;
      async_receive(
          here, asio::bind_cancellation_slot(
                    cancel.slot(), [&](std::error_code error, MessageEvent) { first = error; }));
      if (!came_first) {
        asio.RunWhatIsReady();
        CHECK(there.PostMessage(7).ok());
        // The turn of Sabre's loop in which the wait ends.
        CHECK(EventLoop::Current().Poll() == 1);
      }
      cancel.emit(asio::cancellation_type::terminal);
      asio.context.run();
      CHECK(first == asio::error::operation_aborted);
      CHECK((*here.TryReceive()).has_value());
    });
  }
}

TEST_CASE("asio: a cancelled receive has taken no message, and the port goes on") {
  for (const asio::cancellation_type type :
       {asio::cancellation_type::terminal, asio::cancellation_type::partial,
        asio::cancellation_type::total}) {
    InThread([type] {
      AsioWithSabre asio;
      auto [here, there] = MessageChannel::Create();
      asio::cancellation_signal cancel;
      std::optional<std::error_code> first;
      async_receive(
          here, asio::bind_cancellation_slot(
                    cancel.slot(), [&](std::error_code error, MessageEvent) { first = error; }));
      cancel.emit(asio::cancellation_type::none);
      cancel.emit(type);
      CHECK_FALSE(first.has_value());
      asio.context.run();
      CHECK(first == asio::error::operation_aborted);

      // A cancellation that comes too late does nothing.
      CHECK(there.PostMessage(7).ok());
      ReceiveAll all{here};
      async_receive(here, asio::bind_cancellation_slot(cancel.slot(), std::ref(all)));
      there.Close();
      asio.context.restart();
      while (all.got.empty()) asio.context.run_one();
      cancel.emit(type);
      asio.context.run();
      CHECK(all.got == std::vector{7});
      CHECK(all.end == asio::error::eof);
    });
  }
}

TEST_CASE("asio: the handler runs on its associated executor") {
  InThread([] {
    AsioWithSabre asio;
    asio::thread_pool pool(1);
    auto [here, there] = MessageChannel::Create();
    std::promise<std::thread::id> ran_on;
    async_receive(here, asio::bind_executor(pool, [&ran_on](std::error_code, MessageEvent) {
                    ran_on.set_value(std::this_thread::get_id());
                  }));
    CHECK(there.PostMessage(7).ok());
    asio.context.run();
    CHECK(ran_on.get_future().get() != std::this_thread::get_id());
    pool.join();
  });
}

TEST_CASE("asio: the end of the loop, or of the port, completes what is pending") {
  InThread([] {
    std::vector<std::error_code> errors;
    const auto note = [&errors](std::error_code error, MessageEvent) { errors.push_back(error); };
    MessageChannel channel = MessageChannel::Create();
    AsioWithSabre asio;
    {
      auto [here, there] = MessageChannel::Create();
      async_receive(here, note);
    }
    asio.context.run();
    CHECK(errors == std::vector<std::error_code>{asio::error::eof});

    async_receive(channel.port1, note);
    asio.sabre.reset();
    CHECK(errors.size() == 1);
    asio.context.restart();
    asio.context.run();
    REQUIRE(errors.size() == 2);
    CHECK(errors[1] == asio::error::operation_aborted);

    // Nothing was taken, and another io_context goes on.
    CHECK(channel.port2.PostMessage(7).ok());
    AsioWithSabre other;
    std::future<MessageEvent> message = async_receive(channel.port1, asio::use_future);
    other.context.run();
    CHECK(*message.get().As<int>() == 7);

    // An io_context that ends under a pending receive destroys its handler.
    async_receive(channel.port1, note);
    other.sabre.reset();
  });
}

TEST_CASE("asio: run ends when nothing keeps Sabre's loop alive") {
  InThread([] {
    AsioWithSabre asio;
    asio.context.run();
    auto [here, there] = MessageChannel::Create();
    MessagePort& peer = there;
    int got = 0;
    here.OnMessage([&got](MessageEvent) { ++got; });
    here.Unref();
    asio.context.restart();
    asio.context.run();
    here.Ref();
    asio::steady_timer timer(asio.context, std::chrono::milliseconds(1));
    timer.async_wait([&peer](std::error_code) {
      CHECK(peer.PostMessage(1).ok());
      peer.Close();
    });
    asio.context.restart();
    asio.context.run();
    CHECK(got == 1);

    // From a handler of Asio, too.
    bool ran = false;
    asio::post(asio.context, [&ran] {
      EventLoop::Current().PostAfter(absl::Milliseconds(2), [&ran] { ran = true; });
    });
    asio.context.restart();
    asio.context.run();
    CHECK(ran);
  });
}

TEST_CASE("asio: a port that is never empty leaves Asio's timers their turns") {
  InThread([] {
    AsioWithSabre asio;
    auto [here, there] = MessageChannel::Create();
    MessagePort& port = here;
    MessagePort& feeder = there;
    int messages = 0;
    port.OnMessage([&messages, &feeder](MessageEvent) {
      ++messages;
      // Refused at the end, when the timer has closed the channel.
      feeder.PostMessage(0).IgnoreError();
    });
    REQUIRE(feeder.PostMessage(0).ok());
    int ticks = 0;
    asio::steady_timer timer(asio.context);
    const std::function<void()> tick = [&] {
      timer.expires_after(std::chrono::milliseconds(1));
      timer.async_wait([&](std::error_code) {
        if (++ticks < 5) return tick();
        port.Close();
      });
    };
    tick();
    asio.context.run();
    CHECK(ticks == 5);
    CHECK(messages > 0);
  });
}

TEST_CASE("asio: an idle loop runs no handler") {
  InThread([] {
    AsioWithSabre asio;
    std::vector<MessageChannel> channels;
    int got = 0;
    for (int i = 0; i < 100; ++i) {
      channels.push_back(MessageChannel::Create());
      if (i % 2 == 0) {
        channels.back().port1.OnMessage([&got](MessageEvent) { ++got; });
      } else {
        async_receive(channels.back().port1, [&got](std::error_code, MessageEvent) { ++got; });
      }
    }
    asio.RunWhatIsReady();
    CHECK(asio.context.run_for(std::chrono::milliseconds(200)) == 0);
    for (MessageChannel& channel : channels) CHECK(channel.port2.PostMessage(1).ok());
    asio.RunWhatIsReady();
    CHECK(got == 100);
  });
}

TEST_CASE("asio: an exception of a handler leaves run, and the next message is handled") {
  InThread([] {
    AsioWithSabre asio;
    auto [here, there] = MessageChannel::Create();
    int got = 0;
    here.OnMessage([&got](MessageEvent) {
      if (++got == 1) throw std::runtime_error("first");
    });
    CHECK(there.PostMessage(1).ok());
    CHECK(there.PostMessage(2).ok());
    there.Close();
    CHECK_THROWS_AS(asio.context.run(), std::runtime_error);
    asio.context.run();
    CHECK(got == 2);
  });
}

TEST_CASE("asio: a thread without an AsioLoop cannot receive") {
  auto [here, there] = MessageChannel::Create();
  MessagePort& port = here;
  CHECK(test::Aborts([&port] { async_receive(port, [](std::error_code, MessageEvent) {}); }));
}

TEST_CASE("asio: a loop that is in a loop already is refused, and goes on in it") {
  InThread([] {
    AsioWithSabre asio;
    asio::io_context other;
    CHECK(absl::IsFailedPrecondition(AsioLoop::Attach(other).status()));
    auto [here, there] = MessageChannel::Create();
    std::future<MessageEvent> message = async_receive(here, asio::use_future);
    CHECK(there.PostMessage(7).ok());
    asio.context.run();
    CHECK(*message.get().As<int>() == 7);
    // Out of the one, it can go into the other.
    asio.sabre.reset();
    CHECK(AsioLoop::Attach(other).ok());
  });
}

TEST_CASE("asio: statuses are error codes") {
  CHECK_FALSE(internal::AsioError(absl::OkStatus()));
  const std::error_code code = internal::AsioError(absl::FailedPreconditionError(""));
  CHECK(code.category() == status_category());
  CHECK(code.message() == "FAILED_PRECONDITION");
}

}  // namespace
}  // namespace asio_loop_test
}  // namespace sabre
