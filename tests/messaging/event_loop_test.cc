#include "sabre/messaging/event_loop.h"

#include <doctest/doctest.h>

#include <memory>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/memory/agent.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

TEST_CASE("a loop that nothing keeps alive returns from Run") {
  EventLoop::Current().Run();
  EventLoop::Current().RunFor(absl::Hours(1));
}

TEST_CASE("the loop of a thread is its agent's executor") {
  CHECK(Agent::Current().executor() == &EventLoop::Current());
}

TEST_CASE("posted work runs in order, and what it posts runs too") {
  EventLoop& loop = EventLoop::Current();
  std::vector<int> ran;
  loop.Post([&] {
    ran.push_back(1);
    loop.Post([&] { ran.push_back(3); });
  });
  loop.Post([&] { ran.push_back(2); });
  CHECK(ran.empty());
  loop.Run();
  CHECK(ran == std::vector<int>{1, 2, 3});
}

TEST_CASE("timers run when they are due, in order of due time, then of making") {
  EventLoop& loop = EventLoop::Current();
  std::vector<int> ran;
  const TimePoint began = StdSync::Now();
  loop.PostAfter(absl::Milliseconds(4), [&] { ran.push_back(4); });
  loop.PostAfter(absl::Milliseconds(2), [&] { ran.push_back(2); });
  loop.PostAfter(absl::ZeroDuration(), [&] { ran.push_back(0); });
  loop.PostAfter(-absl::Seconds(1), [&] { ran.push_back(1); });
  loop.Run();
  CHECK(ran == std::vector<int>{0, 1, 2, 4});
  CHECK(StdSync::Now() - began >= std::chrono::milliseconds(4));
}

TEST_CASE("a cancelled timer does not run and does not keep the loop alive") {
  EventLoop& loop = EventLoop::Current();
  bool ran = false;
  const EventLoop::TimerId timer = loop.PostAfter(absl::Hours(1), [&] { ran = true; });
  CHECK(loop.CancelTimer(timer));
  CHECK_FALSE(loop.CancelTimer(timer));
  CHECK_FALSE(loop.CancelTimer(0));
  loop.Run();
  CHECK_FALSE(ran);
}

TEST_CASE("a timer that makes itself anew without delay does not starve the others") {
  EventLoop& loop = EventLoop::Current();
  int turns = 0;
  bool posted = false;
  struct Again {
    EventLoop& loop;
    int& turns;
    bool& posted;
    void operator()() const {
      if (++turns == 1) loop.Post([p = &posted] { *p = true; });
      if (!posted) loop.PostAfter(absl::ZeroDuration(), Again{loop, turns, posted});
    }
  };
  loop.PostAfter(absl::ZeroDuration(), Again{loop, turns, posted});
  loop.Run();
  CHECK(posted);
  CHECK(turns == 2);
}

TEST_CASE("work that posts itself anew does not starve timers") {
  EventLoop& loop = EventLoop::Current();
  int posts = 0;
  int posts_at_timer = -1;
  struct Again {
    EventLoop& loop;
    int& posts;
    void operator()() const {
      if (++posts < 100) loop.Post(Again{loop, posts});
    }
  };
  loop.Post(Again{loop, posts});
  loop.PostAfter(absl::ZeroDuration(), [&] { posts_at_timer = posts; });
  loop.Run();
  CHECK(posts == 100);
  CHECK(posts_at_timer <= 2);
}

TEST_CASE("work may run its loop") {
  EventLoop& loop = EventLoop::Current();
  std::vector<int> ran;
  loop.Post([&] {
    loop.RunFor(absl::ZeroDuration());
    ran.push_back(1);
  });
  loop.Post([&] { ran.push_back(2); });
  loop.Run();
  CHECK(ran == std::vector<int>{2, 1});
}

TEST_CASE("a stop request that reaches a run inside a run ends both") {
  EventLoop& loop = EventLoop::Current();
  loop.Ref();
  loop.Post([&] {
    loop.Stop();
    loop.Run();
  });
  loop.Run();
  loop.Unref();
}

TEST_CASE("many that post themselves do not starve what other threads post") {
  EventLoop& loop = EventLoop::Current();
  bool heard = false;
  struct Again {
    EventLoop& loop;
    bool& heard;
    void operator()() const {
      if (!heard) loop.Post(Again{loop, heard});
    }
  };
  for (int i = 0; i < 400; ++i) loop.Post(Again{loop, heard});
  std::thread other([&] { loop.Post([&heard] { heard = true; }); });
  loop.Run();
  other.join();
  CHECK(heard);
}

TEST_CASE("Stop ends Run after the piece of work it is in; the rest runs next time") {
  EventLoop& loop = EventLoop::Current();
  std::vector<int> ran;
  loop.Post([&] {
    ran.push_back(1);
    loop.Stop();
  });
  loop.Post([&] { ran.push_back(2); });
  loop.Run();
  CHECK(ran == std::vector<int>{1});
  loop.Run();
  CHECK(ran == std::vector<int>{1, 2});
}

TEST_CASE("Ref keeps Run going until Unref") {
  EventLoop& loop = EventLoop::Current();
  loop.Ref();
  loop.RunFor(absl::Milliseconds(2));
  std::thread other([&loop] { loop.Post([&loop] { loop.Unref(); }); });
  loop.Run();
  other.join();
}

TEST_CASE("RunFor returns in time although the loop is kept alive") {
  EventLoop& loop = EventLoop::Current();
  loop.Ref();
  const TimePoint began = StdSync::Now();
  loop.RunFor(absl::Milliseconds(3));
  CHECK(StdSync::Now() - began >= std::chrono::milliseconds(3));
  loop.Unref();
}

TEST_CASE("work that is queued when the thread ends is destroyed unrun, later work is refused") {
  const auto token = std::make_shared<int>(0);
  Executor* executor = nullptr;
  bool ran = false;
  std::thread([&] {
    EventLoop& loop = EventLoop::Current();
    executor = &loop;
    loop.Post([token, &ran] { ran = true; });
    loop.PostAfter(absl::Hours(1), [token] {});
  }).join();
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
}

TEST_CASE("work that is dropped at the end of its loop may own a port whose peer listens there") {
  std::thread([] {
    auto [a, b] = MessageChannel::Create();
    auto listening = std::make_shared<MessagePort>(std::move(b));
    listening->OnMessage([listening](MessageEvent) {});
    EventLoop::Current().RunFor(absl::ZeroDuration());
    EventLoop::Current().Post([owned = std::make_shared<MessagePort>(std::move(a))] {});
    listening->OnMessage([](MessageEvent) {});
  }).join();
}

TEST_CASE("Poll runs what is ready and does not block") {
  EventLoop& loop = EventLoop::Current();
  CHECK(loop.Poll() == 0);
  int ran = 0;
  loop.Post([&] { ++ran; });
  const EventLoop::TimerId far = loop.PostAfter(absl::Hours(1), [&] { ++ran; });
  loop.PostAfter(absl::ZeroDuration(), [&] { ++ran; });
  CHECK(loop.Poll() == 2);
  CHECK(ran == 2);
  loop.CancelTimer(far);
}

TEST_CASE("the longest turn is measured") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    // A timer that a timer makes belongs to the next turn, however late this one is.
    loop.PostAfter(absl::ZeroDuration(), [&loop] {
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
      loop.PostAfter(absl::Milliseconds(1), [] {});
    });
    loop.Run();
    const EventLoop::Metrics metrics = loop.metrics();
    CHECK(metrics.turns == 2);
    CHECK(metrics.longest_turn >= absl::Milliseconds(3));
    CHECK(metrics.active >= metrics.longest_turn);
    // A time to sleep may have passed before the loop comes to it, but not for ever.
    loop.Ref();
    while (loop.metrics().idle == absl::ZeroDuration()) loop.RunFor(absl::Milliseconds(1));
    loop.Unref();
    CHECK(loop.metrics().turns == 2);
  }).join();
}

}  // namespace
}  // namespace sabre
