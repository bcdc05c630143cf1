#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/broadcast_channel.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/thread_messages.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {
namespace broadcast_stress {

TEST_CASE("two who speak and three who listen: all hear all, in one order") {
  const int count = test::Rounds(3'000);
  std::vector<BroadcastChannel> listeners;
  for (int i = 0; i < 3; ++i) listeners.push_back(BroadcastChannel::Create("order"));
  std::vector<int> heard[3];
  const auto listen = [&](std::size_t me) {
    while (heard[me].size() < static_cast<std::size_t>(2 * count)) {
      absl::StatusOr<MessageEvent> event = listeners[me].Receive(absl::Seconds(120));
      if (!event.ok()) return;
      heard[me].push_back(*event->As<int>());
    }
  };
  const auto speak = [&](int who) {
    BroadcastChannel channel = BroadcastChannel::Create("order", {.receives = false});
    for (int i = 0; i < count; ++i) {
      if (!channel.PostMessage(2 * i + who).ok()) return;
    }
  };
  test::Together({[&] { listen(0); }, [&] { listen(1); }, [&] { listen(2); }, [&] { speak(0); },
                  [&] { speak(1); }});
  REQUIRE(heard[0].size() == static_cast<std::size_t>(2 * count));
  CHECK(heard[0] == heard[1]);
  CHECK(heard[0] == heard[2]);
  int next[2] = {0, 1};
  bool in_order = true;
  for (const int value : heard[0]) {
    in_order = in_order && value == next[value % 2];
    next[value % 2] += 2;
  }
  CHECK(in_order);
}

TEST_CASE("channels come and go while others speak: what is heard is whole and in order") {
  const int rounds = test::Rounds(400);
  std::atomic<bool> right{true};
  const auto come_and_go = [&](bool with_loop) {
    for (int i = 0; i < rounds; ++i) {
      BroadcastChannel channel = BroadcastChannel::Create("fair", {.capacity = {.messages = 16}});
      int last = -1;
      const auto note = [&](const std::string& text) {
        const int value = std::stoi(text);
        if (value <= last) right.store(false);
        last = value;
      };
      if (with_loop) {
        channel.OnMessage<std::string>([&](const std::string& text) {
          note(text);
          channel.Close();
        });
        EventLoop::Current().RunFor(absl::Milliseconds(1));
      } else {
        for (int j = 0; j < 3; ++j) {
          absl::StatusOr<MessageEvent> event = channel.Receive(absl::Milliseconds(1));
          if (event.ok()) note(*event->As<std::string>());
        }
      }
    }
  };
  std::atomic<int> left{2};
  test::Together({[&] {
                    come_and_go(false);
                    left -= 1;
                  },
                  [&] {
                    come_and_go(true);
                    left -= 1;
                  },
                  [&] {
                    BroadcastChannel channel =
                        BroadcastChannel::Create("fair", {.receives = false});
                    for (int i = 0; left.load() > 0; ++i) {
                      const std::string padding(i % 100 == 0 ? 5'000 : 0, ' ');
                      if (!channel.PostMessage(std::to_string(i) + padding).ok())
                        right.store(false);
                    }
                  }});
  CHECK(right.load());
}

TEST_CASE("threads by their numbers: each message is answered, whatever becomes of the thread") {
  const int rounds = test::Rounds(60);
  int answered = 0;
  for (int round = 0; round < rounds; ++round) {
    std::atomic<std::uint64_t> id{0};
    std::atomic<int> handled{0};
    std::atomic<int> confirmed{0};
    std::thread target([&] {
      EventLoop& loop = EventLoop::Current();
      OnThreadMessage([&](MessageEvent event, std::uint64_t) {
        handled += 1;
        if (*event.As<int>() == 20) loop.Stop();
      });
      id.store(Agent::Current().id());
      loop.RunFor(absl::Milliseconds(20));
      if (round % 2 == 0) OnThreadMessage(nullptr);
    });
    while (id.load() == 0) std::this_thread::yield();
    const auto send = [&] {
      for (int i = 1; i <= 20; ++i) {
        // Its end is the answer of those that nobody came to.
        if (PostMessageToThread(id.load(), i).ok()) confirmed += 1;
      }
    };
    test::Together({send, [&] {
                      for (int i = 0; i < 20; ++i) {
                        PostMessageToThreadAsync(id.load(), 0, {}, absl::InfiniteDuration(),
                                                 [&](const absl::Status& status) {
                                                   if (status.ok()) confirmed += 1;
                                                   answered += 1;
                                                 });
                      }
                      EventLoop::Current().Run();
                    }});
    target.join();
    CHECK(confirmed.load() == handled.load());
  }
  CHECK(answered == 20 * rounds);
}

}  // namespace broadcast_stress
}  // namespace
}  // namespace sabre
