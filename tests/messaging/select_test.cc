// tests/messaging/select_test.cc: one thread that receives from many ports.
#include "sabre/messaging/select.h"

#include <doctest/doctest.h>

#include <memory>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/sync/std_sync.h"

namespace select_test {

struct Parcel {
  sabre::MessagePort port;
};
SABRE_DESCRIBE(Parcel, port)

namespace {

using namespace sabre;  // NOLINT: a test

struct Got {
  Select::Key key;
  int value;
  bool operator==(const Got&) const = default;
};
constexpr int kClose = -1;

Got NextOf(Select& select) {
  absl::StatusOr<Select::Selected> next = select.Next(absl::Seconds(10));
  REQUIRE_MESSAGE(next.ok(), next.status().ToString());
  if (!next->message.has_value()) return {next->key, kClose};
  return {next->key, *next->message->As<int>()};
}

absl::StatusCode CodeOf(Select& select) {
  return select.Next(absl::ZeroDuration()).status().code();
}

TEST_CASE("Messages come with the key of their port, each port's in order, then its close, once") {
  MessageChannel a = MessageChannel::Create();
  MessageChannel b = MessageChannel::Create();
  Select select;
  REQUIRE(a.port1.PostMessage(1).ok());
  REQUIRE(select.Add(a.port2, 10).ok());
  REQUIRE(select.Add(b.port2, 20).ok());
  CHECK(select.size() == 2);
  CHECK(NextOf(select) == Got{10, 1});
  CHECK(CodeOf(select) == absl::StatusCode::kDeadlineExceeded);
  REQUIRE(b.port1.PostMessage(2).ok());
  REQUIRE(b.port1.PostMessage(3).ok());
  b.port1.Close();
  CHECK(NextOf(select) == Got{20, 2});
  CHECK(NextOf(select) == Got{20, 3});
  CHECK(NextOf(select) == Got{20, kClose});
  CHECK(select.size() == 1);
  CHECK(CodeOf(select) == absl::StatusCode::kDeadlineExceeded);
  a.port2.Close();
  CHECK(NextOf(select) == Got{10, kClose});
  CHECK(CodeOf(select) == absl::StatusCode::kUnavailable);
  CHECK(absl::IsUnavailable(select.Next().status()));
}

TEST_CASE("A busy port does not keep the others waiting") {
  std::vector<MessageChannel> channels;
  Select select;
  for (int i = 0; i < 3; ++i) {
    channels.push_back(MessageChannel::Create());
    REQUIRE(select.Add(channels.back().port2, static_cast<Select::Key>(i)).ok());
  }
  for (int i = 0; i < 100; ++i) REQUIRE(channels[0].port1.PostMessage(i).ok());
  for (int i = 0; i < 2; ++i) {
    REQUIRE(channels[1].port1.PostMessage(i).ok());
    REQUIRE(channels[2].port1.PostMessage(i).ok());
  }
  std::vector<Select::Key> keys;
  for (int i = 0; i < 8; ++i) keys.push_back(NextOf(select).key);
  CHECK(keys == std::vector<Select::Key>{0, 1, 2, 0, 1, 2, 0, 0});
  // Also one that becomes ready meanwhile.
  REQUIRE(channels[1].port1.PostMessage(7).ok());
  CHECK(NextOf(select).key == 0);
  CHECK(NextOf(select) == Got{1, 7});
}

TEST_CASE("What a port may not do while it is in a Select, and may again afterwards") {
  MessageChannel a = MessageChannel::Create();
  Select select;
  REQUIRE(select.Add(a.port2, 1).ok());
  REQUIRE(a.port1.PostMessage(5).ok());
  for (const absl::Status& refused :
       {a.port2.TryReceive().status(), a.port2.Receive(absl::Seconds(1)).status(),
        select.Add(a.port2, 2), Select().Add(a.port2, 2)}) {
    CHECK(refused == absl::FailedPreconditionError("MessagePort: port has a Select"));
  }
  CHECK(absl::IsFailedPrecondition(Select().Add(MessagePort(), 0)));
  CHECK(select.Remove(a.port2));
  CHECK_FALSE(select.Remove(a.port2));
  CHECK(select.size() == 0);
  CHECK(*(*a.port2.TryReceive())->As<int>() == 5);
  // Armed, then removed.
  REQUIRE(select.Add(a.port2, 3).ok());
  CHECK(CodeOf(select) == absl::StatusCode::kDeadlineExceeded);
  CHECK(select.Remove(a.port2));
  REQUIRE(a.port1.PostMessage(6).ok());
  CHECK(CodeOf(select) == absl::StatusCode::kUnavailable);
  CHECK(*(*a.port2.TryReceive())->As<int>() == 6);
  {
    Select other;
    REQUIRE(other.Add(a.port2, 4).ok());
    CHECK(CodeOf(other) == absl::StatusCode::kDeadlineExceeded);
  }
  CHECK_FALSE(a.port2.TryReceive()->has_value());
  // A handler takes over.
  REQUIRE(select.Add(a.port2, 5).ok());
  CHECK(CodeOf(select) == absl::StatusCode::kDeadlineExceeded);
  int handled = 0;
  a.port2.OnMessage([&](MessageEvent event) { handled = *event.As<int>(); });
  CHECK(select.size() == 0);
  CHECK(absl::IsFailedPrecondition(select.Add(a.port2, 6)));
  REQUIRE(a.port1.PostMessage(8).ok());
  a.port1.Close();
  EventLoop::Current().Run();
  CHECK(handled == 8);
}

TEST_CASE(
    "A port that is destroyed or transferred leaves without a word; one that is moved stays") {
  for (const bool armed : {false, true}) {
    CAPTURE(armed);
    MessageChannel a = MessageChannel::Create();
    MessageChannel b = MessageChannel::Create();
    MessageChannel c = MessageChannel::Create();
    MessageChannel carrier = MessageChannel::Create();
    Select select;
    auto destroyed = std::make_unique<MessagePort>(std::move(a.port2));
    REQUIRE(select.Add(*destroyed, 1).ok());
    REQUIRE(select.Add(b.port2, 2).ok());
    REQUIRE(select.Add(c.port2, 3).ok());
    if (armed) CHECK(CodeOf(select) == absl::StatusCode::kDeadlineExceeded);
    MessagePort moved = std::move(c.port2);
    destroyed = nullptr;
    Parcel parcel{std::move(b.port2)};
    REQUIRE(b.port1.PostMessage(1).ok());
    REQUIRE(carrier.port1.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
    REQUIRE(b.port1.PostMessage(2).ok());
    CHECK(CodeOf(select) == absl::StatusCode::kDeadlineExceeded);
    CHECK(select.size() == 1);
    absl::StatusOr<MessageEvent> event = carrier.port2.Receive();
    Parcel arrived = *event->As<Parcel>();
    REQUIRE(select.Add(arrived.port, 4).ok());
    CHECK(NextOf(select) == Got{4, 1});
    CHECK(NextOf(select) == Got{4, 2});
    REQUIRE(c.port1.PostMessage(3).ok());
    CHECK(NextOf(select) == Got{3, 3});
    moved = MessagePort();
    arrived.port = MessagePort();
    CHECK(absl::IsUnavailable(select.Next().status()));
  }
}

TEST_CASE(
    "It sleeps until a message, a close, its deadline or a stop request, and may not if it may "
    "not") {
  MessageChannel a = MessageChannel::Create();
  MessageChannel b = MessageChannel::Create();
  std::stop_source stop;
  std::vector<absl::StatusCode> codes;
  std::vector<Got> got;
  MessageChannel heard = MessageChannel::Create();
  std::thread receiver([&, of_a = std::move(a.port2), of_b = std::move(b.port2)] {
    Agent::Current().set_stop_token(stop.get_token());
    Select select;
    REQUIRE(select.Add(of_a, 1).ok());
    REQUIRE(select.Add(of_b, 2).ok());
    const TimePoint began = StdSync::Now();
    codes.push_back(select.Next(absl::Milliseconds(3)).status().code());
    CHECK(StdSync::Now() - began >= std::chrono::milliseconds(3));
    Agent::Current().set_can_block(false);
    codes.push_back(select.Next(absl::Seconds(1)).status().code());
    Agent::Current().set_can_block(true);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(heard.port1.PostMessage(i).ok());
      got.push_back(NextOf(select));
    }
    REQUIRE(heard.port1.PostMessage(3).ok());
    codes.push_back(select.Next().status().code());
    codes.push_back(select.Next().status().code());
  });
  const auto await = [&heard] { REQUIRE(heard.port2.Receive(absl::Seconds(10)).ok()); };
  await();
  REQUIRE(b.port1.PostMessage(7).ok());
  await();
  REQUIRE(a.port1.PostMessage(8).ok());
  await();
  b.port1.Close();
  await();
  stop.request_stop();
  receiver.join();
  CHECK(got == std::vector<Got>{{2, 7}, {1, 8}, {2, kClose}});
  CHECK(codes == std::vector<absl::StatusCode>{
                     absl::StatusCode::kDeadlineExceeded, absl::StatusCode::kFailedPrecondition,
                     absl::StatusCode::kCancelled, absl::StatusCode::kCancelled});
}

}  // namespace
}  // namespace select_test
