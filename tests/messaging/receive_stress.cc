// tests/messaging/receive_stress.cc: Select and coroutines while ports come, go and are closed.
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "tests/support/stress.h"

namespace receive_stress {
namespace {

using namespace sabre;  // NOLINT: a test

TEST_CASE(
    "Many ports in a Select, several posters: each port's messages in order, then its close") {
  constexpr int kPosters = 3;
  constexpr int kPortsEach = 20;
  const int rounds = test::Rounds(20);
  const int messages = 40;
  std::vector<std::vector<MessagePort>> sending(kPosters);
  std::map<Select::Key, MessagePort> receiving;
  for (int round = 0; round < rounds; ++round) {
    Select select;
    for (int poster = 0; poster < kPosters; ++poster) {
      sending[poster].clear();
      for (int i = 0; i < kPortsEach; ++i) {
        MessageChannel channel = MessageChannel::Create();
        const Select::Key key = static_cast<Select::Key>(poster * kPortsEach + i);
        REQUIRE(select.Add(channel.port2, key).ok());
        receiving.insert_or_assign(key, std::move(channel.port2));
        sending[poster].push_back(std::move(channel.port1));
      }
    }
    std::vector<std::thread> posters;
    for (std::vector<MessagePort>& ports : sending) {
      posters.emplace_back([&ports] {
        for (int i = 0; i < messages; ++i) {
          for (MessagePort& port : ports) {
            if (!port.PostMessage(i).ok()) return;
          }
        }
        for (MessagePort& port : ports) port.Close();
      });
    }
    std::map<Select::Key, int> next;
    int closed = 0;
    bool right = true;
    int taken = 0;
    for (;;) {
      absl::StatusOr<Select::Selected> selected = select.Next(absl::Seconds(60));
      if (!selected.ok()) {
        right = right && absl::IsUnavailable(selected.status());
        break;
      }
      int& expected = next[selected->key];
      if (!selected->message.has_value()) {
        right = right && expected == messages;
        closed += 1;
        continue;
      }
      right = right && *selected->message->As<int>() == expected;
      expected += 1;
      // Now and then a port leaves for a moment, while it is being posted to.
      if (++taken % 7 == 0) {
        MessagePort& port = receiving.at(selected->key);
        right = right && select.Remove(port) && select.Add(port, selected->key).ok();
      }
    }
    for (std::thread& poster : posters) poster.join();
    REQUIRE(right);
    REQUIRE(closed == kPosters * kPortsEach);
  }
}

TEST_CASE("A Select goes, or lets ports go, while they become ready") {
  for (int round = 0; round < test::Rounds(1'000); ++round) {
    std::vector<MessageChannel> channels;
    for (int i = 0; i < 3; ++i) channels.push_back(MessageChannel::Create());
    auto select = std::make_unique<Select>();
    for (MessageChannel& channel : channels) REQUIRE(select->Add(channel.port2, 0).ok());
    // Nothing yet: from here on each is armed.
    REQUIRE(absl::IsDeadlineExceeded(select->Next(absl::ZeroDuration()).status()));
    test::Together({[&] {
                      for (MessageChannel& channel : channels) {
                        channel.port1.PostMessage(1).IgnoreError();  // one may be closed by now
                      }
                    },
                    [&] {
                      select->Remove(channels[0].port2);
                      channels[1].port2 = MessagePort();
                      select = nullptr;
                    }});
    for (const int i : {0, 2}) {
      absl::StatusOr<MessageEvent> event = channels[i].port2.Receive(absl::Seconds(60));
      REQUIRE(event.ok());
      REQUIRE(*event->As<int>() == 1);
    }
  }
}

TEST_CASE(
    "Coroutines on two loops answer each other under backpressure, and are destroyed while they "
    "wait") {
  const int rounds = test::Rounds(20);
  const int messages = 300;
  for (int round = 0; round < rounds; ++round) {
    MessageChannel channel = MessageChannel::Create({.capacity = {.messages = 3}});
    const auto sum = [](MessagePort& port, int& next, bool& right) -> Async {
      for (;;) {
        absl::StatusOr<MessageEvent> event = co_await port.Next();
        if (!event.ok()) co_return;
        right = right && *event->As<int>() == next;
        next += 1;
      }
    };
    const auto post_all = [](MessagePort& port, int count, bool& done) -> Async {
      for (int i = 0; i < count;) {
        if (port.PostMessage(i).ok()) {
          ++i;
        } else if (!(co_await port.Room()).ok()) {
          co_return;
        }
      }
      done = true;
    };
    int next[2] = {};
    bool right[2] = {true, true};
    // One side stops in the midst of it: its coroutines go with its loop.
    const bool leaves = round % 2 == 1;
    const auto side = [&](MessagePort& port, int id) {
      MessagePort own = std::move(port);
      EventLoop& loop = EventLoop::Current();
      sum(own, next[id], right[id]);
      bool posted = false;
      post_all(own, messages, posted);
      while (next[id] < messages || !posted) {
        if (leaves && id == 0 && next[0] > messages / 2) break;
        // Nothing is left to wait for once the other side has left.
        if (loop.RunOnce(absl::Seconds(60)) == 0) break;
      }
    };
    test::Together({[&] { side(channel.port1, 0); }, [&] { side(channel.port2, 1); }});
    REQUIRE(right[0]);
    REQUIRE(right[1]);
    if (!leaves) REQUIRE(next[0] + next[1] == 2 * messages);
    if (leaves) REQUIRE(next[0] > messages / 2);
  }
}

}  // namespace
}  // namespace receive_stress
