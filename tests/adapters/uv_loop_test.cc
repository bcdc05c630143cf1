#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/adapters/libuv.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace uv_loop_test {
namespace {

// A libuv loop with Sabre in it. At its end libuv has nothing left open.
class UvWithSabre {
 public:
  UvWithSabre() {
    REQUIRE(uv_loop_init(&uv_) == 0);
    absl::StatusOr<UvLoop> attached = UvLoop::Attach(&uv_);
    REQUIRE(attached.ok());
    sabre_.emplace(*std::move(attached));
  }
  ~UvWithSabre() {
    sabre_.reset();
    uv_run(&uv_, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&uv_) == 0);
  }
  uv_loop_t* uv() { return &uv_; }
  void Detach() { sabre_.reset(); }

 private:
  uv_loop_t uv_{};
  std::optional<UvLoop> sabre_;
};

// A repeating timer of libuv.
class UvTimer {
 public:
  UvTimer(uv_loop_t* loop, std::function<void()> work, std::uint64_t every_ms)
      : work_(std::move(work)) {
    uv_timer_init(loop, timer_);
    timer_->data = this;
    uv_timer_start(
        timer_, [](uv_timer_t* t) { static_cast<UvTimer*>(t->data)->work_(); }, every_ms, every_ms);
  }
  ~UvTimer() {
    uv_close(reinterpret_cast<uv_handle_t*>(timer_),
             [](uv_handle_t* t) { delete reinterpret_cast<uv_timer_t*>(t); });
  }
  void Stop() { uv_timer_stop(timer_); }

 private:
  std::function<void()> work_;
  uv_timer_t* const timer_ = new uv_timer_t;
};

TEST_CASE("libuv: the messages of another thread come in order, then the end of the channel") {
  static constexpr int kMessages = 10'000;
  std::thread([] {
    UvWithSabre uv;
    auto [here, there] = MessageChannel::Create();
    std::vector<int> got;
    bool closed = false;
    here.OnMessage([&got](MessageEvent event) { got.push_back(*event.As<int>()); });
    here.OnClose([&closed] { closed = true; });
    std::thread poster([port = std::move(there)]() mutable {
      for (int i = 0; i < kMessages; ++i) REQUIRE(port.PostMessage(i).ok());
    });
    CHECK(uv_run(uv.uv(), UV_RUN_DEFAULT) == 0);
    poster.join();
    CHECK(closed);
    REQUIRE(got.size() == kMessages);
    for (int i = 0; i < kMessages; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
  }).join();
}

TEST_CASE("libuv: an open port keeps uv_run going, unless it is unreferenced") {
  std::thread([] {
    UvWithSabre uv;
    uv_run(uv.uv(), UV_RUN_DEFAULT);  // nothing does

    auto [here, there] = MessageChannel::Create();
    int got = 0;
    here.OnMessage([&got](MessageEvent) { ++got; });
    CHECK(uv_loop_alive(uv.uv()) != 0);
    here.Unref();
    CHECK(uv_loop_alive(uv.uv()) == 0);
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    here.Ref();
    CHECK(uv_loop_alive(uv.uv()) != 0);

    // From a callback of libuv, too.
    MessagePort& peer = there;
    UvTimer timer(
        uv.uv(),
        [&] {
          timer.Stop();
          CHECK(peer.PostMessage(1).ok());
          peer.Close();
        },
        1);
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(got == 1);

    bool ran = false;
    EventLoop::Current().PostAfter(absl::Milliseconds(2), [&ran] { ran = true; });
    CHECK(uv_loop_alive(uv.uv()) != 0);
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(ran);
    const EventLoop::TimerId never = EventLoop::Current().PostAfter(absl::Hours(1), [] {});
    CHECK(uv_loop_alive(uv.uv()) != 0);
    EventLoop::Current().CancelTimer(never);
    CHECK(uv_loop_alive(uv.uv()) == 0);
  }).join();
}

TEST_CASE("libuv: a loop that has nothing to do keeps no second uv_run, either") {
  std::thread([] {
    for (int i = 0; i < 2; ++i) {
      UvWithSabre uv;
      CHECK(uv_run(uv.uv(), UV_RUN_DEFAULT) == 0);
    }
    // What another thread has queued runs, although it keeps nothing alive.
    EventLoop& loop = EventLoop::Current();
    bool ran = false;
    std::thread([&] { loop.Post([&ran] { ran = true; }); }).join();
    UvWithSabre uv;
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(ran);
  }).join();
}

TEST_CASE("libuv: a loop that is in a loop already is refused, and goes on in it") {
  std::thread([] {
    UvWithSabre uv;
    uv_loop_t other;
    REQUIRE(uv_loop_init(&other) == 0);
    CHECK(absl::IsFailedPrecondition(UvLoop::Attach(&other).status()));
    CHECK(uv_loop_close(&other) == 0);
    auto [here, there] = MessageChannel::Create();
    int got = 0;
    here.OnMessage([&got](MessageEvent) { ++got; });
    CHECK(there.PostMessage(1).ok());
    there.Close();
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(got == 1);
  }).join();
}

TEST_CASE("libuv: a worker that is in uv_run ends when Terminate posts uv_stop to it") {
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) -> absl::Status {
    UvWithSabre uv;
    EventLoop& loop = self.loop();
    const std::stop_callback on_stop(self.stop_token(),
                                     [&] { loop.Post([&uv] { uv_stop(uv.uv()); }); });
    self.OnMessage<int>([&self](int number) { return self.PostMessage(number + 1); });
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(self.stop_token().stop_requested());
    return absl::OkStatus();
  });
  REQUIRE(worker.ok());
  CHECK(worker->PostMessage(1).ok());
  CHECK(*worker->Receive()->As<int>() == 2);
  CHECK(worker->Terminate());
  CHECK(worker->Join().ok());
}

TEST_CASE("libuv: a port that is never empty leaves libuv's timers their turns") {
  std::thread([] {
    UvWithSabre uv;
    auto [here, there] = MessageChannel::Create();
    MessagePort& receiver = here;
    MessagePort& feeder = there;
    int messages = 0;
    receiver.OnMessage([&messages, &feeder](MessageEvent) {
      ++messages;
      // Refused at the end, when the timer has closed the channel.
      feeder.PostMessage(0).IgnoreError();
    });
    REQUIRE(feeder.PostMessage(0).ok());
    int ticks = 0;
    UvTimer timer(
        uv.uv(),
        [&] {
          if (++ticks < 5) return;
          timer.Stop();
          receiver.Close();
        },
        1);
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(ticks == 5);
    CHECK(messages > 0);
  }).join();
}

TEST_CASE("libuv: an idle loop does not turn") {
  std::thread([] {
    UvWithSabre uv;
    std::vector<MessageChannel> channels;
    for (int i = 0; i < 100; ++i) {
      channels.push_back(MessageChannel::Create());
      channels.back().port1.OnMessage([](MessageEvent) {});
    }
    EventLoop& loop = EventLoop::Current();
    for (std::int64_t turns = -1; turns != loop.metrics().turns;) {
      turns = loop.metrics().turns;
      uv_run(uv.uv(), UV_RUN_NOWAIT);
    }
    // One turn of libuv ends as soon as anything happens: it is the timer.
    bool ticked = false;
    UvTimer timer(
        uv.uv(), [&ticked] { ticked = true; }, 200);
    uv_run(uv.uv(), UV_RUN_ONCE);
    CHECK(ticked);
  }).join();
}

TEST_CASE("libuv: taken out of the loop, also by a handler, it frees itself in libuv's next turn") {
  std::thread([] {
    UvWithSabre uv;
    auto [here, there] = MessageChannel::Create();
    int got = 0;
    here.OnMessage([&](MessageEvent) {
      ++got;
      uv.Detach();
    });
    CHECK(there.PostMessage(1).ok());
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(got == 1);
    CHECK(there.PostMessage(2).ok());
    uv_run(uv.uv(), UV_RUN_DEFAULT);
    CHECK(got == 1);

    // In another loop the queued message is handled.
    UvWithSabre other;
    there.Close();
    uv_run(other.uv(), UV_RUN_DEFAULT);
    CHECK(got == 2);
  }).join();
}

}  // namespace
}  // namespace uv_loop_test
}  // namespace sabre
