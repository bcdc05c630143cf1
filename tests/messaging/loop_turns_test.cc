// tests/messaging/loop_turns_test.cc: how a loop's time is shared out, measured and handed to others.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"

namespace loop_turns_test {

using namespace sabre;  // NOLINT: a test

namespace {

TEST_CASE("RunOnce runs one turn, waits for it, and says when there is none") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    CHECK(loop.RunOnce() == 0);
    int ran = 0;
    loop.Post([&] {
      ++ran;
      loop.Post([&] { ++ran; });
    });
    CHECK(loop.RunOnce() == 1);
    CHECK(ran == 1);
    CHECK(loop.RunOnce() == 1);
    CHECK(ran == 2);
    loop.PostAfter(absl::Milliseconds(2), [&] { ++ran; });
    CHECK(loop.RunOnce() == 1);
    CHECK(ran == 3);
    loop.Ref();
    CHECK(loop.RunOnce(absl::Milliseconds(1)) == 0);
    loop.Stop();
    CHECK(loop.RunOnce() == 0);
    std::thread other([&] { loop.Post([&] { loop.Unref(); }); });
    CHECK(loop.RunOnce() == 1);
    other.join();
  }).join();
}

TEST_CASE("The batch limit bounds what comes between two looks at the timers") {
  for (const std::size_t limit : {std::size_t{0}, std::size_t{3}, EventLoop::kBatchLimit}) {
    CAPTURE(limit);
    std::thread([limit] {
      EventLoop& loop = EventLoop::Current();
      loop.set_batch_limit(limit);
      std::size_t ran = 0;
      std::thread([&] {
        for (std::size_t i = 0; i < 2 * EventLoop::kBatchLimit; ++i) loop.Post([&] { ++ran; });
      }).join();
      std::size_t before_timer = 0;
      loop.PostAfter(absl::ZeroDuration(), [&] { before_timer = ran; });
      loop.Run();
      CHECK(before_timer == (limit == 0 ? 1 : limit));
      CHECK(ran == 2 * EventLoop::kBatchLimit);
    }).join();
  }
}

TEST_CASE("A busy port leaves room for other ports and other work") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    auto [busy, from_busy] = MessageChannel::Create();
    auto [calm, from_calm] = MessageChannel::Create();
    constexpr int kMessages = 5'000;
    for (int i = 0; i < kMessages; ++i) REQUIRE(busy.PostMessage(i).ok());
    REQUIRE(calm.PostMessage(1).ok());
    int handled = 0;
    int at_calm = -1;
    int at_work = -1;
    int at_timer = -1;
    from_busy.OnMessage([&](MessageEvent) { ++handled; });
    from_calm.OnMessage([&](MessageEvent) { at_calm = handled; });
    loop.Post([&] { at_work = handled; });
    loop.PostAfter(absl::ZeroDuration(), [&] { at_timer = handled; });
    busy.Close();
    calm.Close();
    loop.Run();
    CHECK(handled == kMessages);
    for (const int at : {at_calm, at_work, at_timer}) {
      CHECK(at >= 0);
      CHECK(at <= 2 * MessagePort::kMessagesPerTurn);
    }
  }).join();
}

TEST_CASE("Another thread reads how busy the loop is") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    const EventLoop::Utilization before = loop.utilization();
    // It works until somebody has seen it work.
    loop.PostAfter(absl::Milliseconds(1), [&] {
      const EventLoop::Utilization at_work = loop.utilization();
      CHECK(at_work.idle > absl::ZeroDuration());
      std::thread([&] {
        while (loop.utilization().Since(at_work).active < absl::Milliseconds(1)) {
        }
        CHECK(loop.utilization().idle == at_work.idle);
      }).join();
    });
    loop.Run();
    // And sleeps until somebody has seen it sleep.
    loop.Ref();
    const EventLoop::Utilization awake = loop.utilization();
    std::thread other([&] {
      while (loop.utilization().Since(awake).idle < absl::Milliseconds(1)) {
      }
      loop.Post([&] { loop.Unref(); });
    });
    loop.Run();
    other.join();
    const EventLoop::Utilization all = loop.utilization().Since(before);
    CHECK(all.idle >= absl::Milliseconds(2));
    CHECK(all.active >= absl::Milliseconds(1));
    CHECK(all.utilization() > 0);
    CHECK(all.utilization() < 1);
    CHECK(loop.metrics().idle <= loop.utilization().idle);
  }).join();
}

TEST_CASE("With a descriptor the time between two polls is idle") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    REQUIRE(loop.native_handle().ok());
    loop.Poll();
    const EventLoop::Utilization polled = loop.utilization();
    while (loop.utilization().Since(polled).idle < absl::Milliseconds(1)) {
    }
    loop.Post([&] {
      const EventLoop::Utilization began = loop.utilization();
      while (loop.utilization().Since(began).active < absl::Milliseconds(1)) {
      }
      CHECK(loop.utilization().idle == began.idle);
    });
    CHECK(loop.Poll() == 1);
    CHECK(loop.utilization().Since(polled).idle >= absl::Milliseconds(1));
  }).join();
}

TEST_CASE("A handler that throws: whoever polls gets it, and the descriptor tells of the rest") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    const absl::StatusOr<int> fd = loop.native_handle();
    REQUIRE(fd.ok());
    auto [a, b] = MessageChannel::Create();
    std::vector<int> handled;
    bool closed = false;
    b.OnMessage([&](MessageEvent event) {
      handled.push_back(*event.As<int>());
      if (handled.back() % 2 == 0) throw std::runtime_error(std::to_string(handled.back()));
    });
    b.OnClose([&] { closed = true; });
    for (int i = 0; i < 5; ++i) REQUIRE(a.PostMessage(i).ok());
    a.Close();
    std::vector<std::string> thrown;
    while (!closed) {
      pollfd entry{*fd, POLLIN, 0};
      REQUIRE(poll(&entry, 1, 10'000) == 1);
      try {
        loop.Poll();
      } catch (const std::runtime_error& error) {
        thrown.emplace_back(error.what());
      }
    }
    CHECK(handled == std::vector<int>{0, 1, 2, 3, 4});
    CHECK(thrown == std::vector<std::string>{"0", "2", "4"});
    loop.Poll();
    pollfd entry{*fd, POLLIN, 0};
    CHECK(poll(&entry, 1, 0) == 0);
  }).join();
}

#if !defined(__SANITIZE_THREAD__)
// What `in_child` returns in a forked child, as its exit code; 77 if it hangs.
template <class InChild>
int ExitOfChild(InChild in_child) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(in_child());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 77;
}

TEST_CASE("A forked child has a loop of its own, with nothing of the parent's in it") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    const absl::StatusOr<int> fd = loop.native_handle();
    REQUIRE(fd.ok());
    loop.Poll();
    int ran = 0;
    loop.Post([&] { ++ran; });
    std::thread([&] { loop.Post([&] { ++ran; }); }).join();
    loop.PostAfter(absl::ZeroDuration(), [&] { ++ran; });
    auto [a, b] = MessageChannel::Create();
    b.OnMessage([&](MessageEvent) { ++ran; });
    REQUIRE(a.PostMessage(1).ok());
    const int exit_code = ExitOfChild([&, parents = *fd] {
      loop.Run();
      if (ran != 0) return 1;
      if (loop.metrics().turns != 0) return 2;
      auto [c, d] = MessageChannel::Create();
      int received = 0;
      MessagePort port = std::move(d);
      port.OnMessage([&](MessageEvent event) {
        received = *event.As<int>();
        port.Close();
      });
      if (!c.PostMessage(5).ok()) return 3;
      EventLoop::Current().Run();
      if (received != 5 || ran != 0) return 4;
      const absl::StatusOr<int> own = loop.native_handle();
      if (!own.ok()) return 5;
      loop.Post([&] { ++received; });
      pollfd entry{*own, POLLIN, 0};
      if (poll(&entry, 1, 10'000) != 1 || loop.Poll() != 1) return 6;
      return received == 6 && parents >= 0 ? 0 : 7;
    });
    CHECK(exit_code == 0);
    // The parent has lost nothing, and its descriptor was not read by the child.
    pollfd entry{*fd, POLLIN, 0};
    CHECK(poll(&entry, 1, 10'000) == 1);
    a.Close();
    loop.Run();
    CHECK(ran == 4);
  }).join();
}

TEST_CASE("A fork inside a handler: the child goes on with its own, empty loop") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    REQUIRE(loop.native_handle().ok());
    bool child = false;
    int ran = 0;
    int status = 0;
    loop.Post([&] {
      const pid_t forked = fork();
      child = forked == 0;
      if (child) {
        alarm(20);
      } else {
        waitpid(forked, &status, 0);
      }
    });
    loop.Post([&] { ++ran; });
    loop.Ref();
    loop.PostAfter(absl::Milliseconds(1), [&] { loop.Unref(); });
    loop.Poll();
    if (child) _exit(ran == 0 ? 0 : 1);
    loop.Run();
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(ran == 1);
  }).join();
}
#endif

}  // namespace
}  // namespace loop_turns_test
