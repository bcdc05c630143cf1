#include "sabre/messaging/broadcast_channel.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/typed_array.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/file_descriptor.h"
#include "sabre/messaging/select.h"

namespace sabre {

struct BroadcastTestPost {
  std::string text;
  SharedArrayBuffer shared;
  ArrayBuffer immutable;
};
SABRE_DESCRIBE(BroadcastTestPost, text, shared, immutable)

struct BroadcastTestParcel {
  MessagePort port;
};
SABRE_DESCRIBE(BroadcastTestParcel, port)

namespace {
namespace broadcast_test {

// What is queued, as numbers.
std::vector<int> Drain(BroadcastChannel& channel) {
  std::vector<int> values;
  for (;;) {
    absl::StatusOr<std::optional<MessageEvent>> event = channel.TryReceive();
    if (!event.ok() || !event->has_value()) return values;
    values.push_back(*(*event)->As<int>());
  }
}

TEST_CASE("all of a name hear it, but not the one that speaks, nor those of another name") {
  BroadcastChannel a = BroadcastChannel::Create("news");
  BroadcastChannel b = BroadcastChannel::Create("news");
  BroadcastChannel c = BroadcastChannel::Create("news");
  BroadcastChannel other = BroadcastChannel::Create("News");
  CHECK(a.name() == "news");
  CHECK(a.PostMessage(1).ok());
  CHECK(b.PostMessage(2).ok());
  BroadcastChannel late = BroadcastChannel::Create("news");
  CHECK(a.PostMessage(3).ok());
  CHECK(Drain(a) == std::vector<int>{2});
  CHECK(Drain(b) == std::vector<int>{1, 3});
  CHECK(Drain(c) == std::vector<int>{1, 2, 3});
  CHECK(Drain(late) == std::vector<int>{3});
  CHECK(Drain(other).empty());
  // Nobody to hear is no error.
  CHECK(other.PostMessage(4).ok());
}

TEST_CASE("each receiver has the value for itself; shared and immutable bytes are the same bytes") {
  BroadcastChannel sender = BroadcastChannel::Create("bytes");
  BroadcastChannel receivers[2] = {BroadcastChannel::Create("bytes"),
                                   BroadcastChannel::Create("bytes")};
  const BroadcastTestPost post{std::string(5'000, 'x'), *SharedArrayBuffer::Create(4),
                               *ArrayBuffer::Create(8)->TransferToImmutable()};
  CHECK(sender.PostMessage(post).ok());
  for (BroadcastChannel& receiver : receivers) {
    absl::StatusOr<MessageEvent> event = receiver.Receive(absl::Seconds(30));
    REQUIRE(event.ok());
    absl::StatusOr<BroadcastTestPost> got = event->As<BroadcastTestPost>();
    REQUIRE(got.ok());
    CHECK(got->text == post.text);
    CHECK(got->shared == post.shared);
    CHECK(got->immutable.ConstSpan().data() == post.immutable.ConstSpan().data());
    got->text.clear();
  }
  // Long and short bytes without attachments, and those that only one receives.
  for (const std::size_t length : {1, 119, 121, 100'000}) {
    CHECK(sender.PostMessage(std::string(length, 'y')).ok());
    for (BroadcastChannel& receiver : receivers) {
      CHECK(*receiver.Receive(absl::Seconds(30))->As<std::string>() == std::string(length, 'y'));
    }
  }
  receivers[1].Close();
  CHECK(sender.PostMessage(post).ok());
  CHECK(receivers[0].Receive(absl::Seconds(30))->As<BroadcastTestPost>()->text == post.text);
}

TEST_CASE("what only one can have is refused, and nothing is detached") {
  BroadcastChannel sender = BroadcastChannel::Create("one");
  BroadcastChannel receiver = BroadcastChannel::Create("one");
  auto [port1, port2] = MessageChannel::Create();
  CHECK(IsDataCloneError(sender.PostMessage(BroadcastTestParcel{std::move(port1)})));
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  absl::StatusOr<PreparedMessage> with_list =
      PreparedMessage::Prepare(buffer, {.transfer = {&buffer}});
  REQUIRE(with_list.ok());
  CHECK(IsDataCloneError(sender.Post(*std::move(with_list))));
  CHECK_FALSE(buffer.detached());
  // In the value it is copied.
  CHECK(sender.PostMessage(buffer).ok());
  CHECK_FALSE(buffer.detached());
  CHECK(receiver.Receive(absl::Seconds(30))->As<ArrayBuffer>()->byte_length() == 8);
  FileDescriptor standard_output(1);
  const absl::Status refused = sender.PostMessage(standard_output);
  static_cast<void>(standard_output.Release());
  CHECK(IsDataCloneError(refused));
  CHECK(Drain(receiver).empty());
}

TEST_CASE("a closed channel neither sends nor receives; what was queued is gone") {
  BroadcastChannel a = BroadcastChannel::Create("end");
  BroadcastChannel b = BroadcastChannel::Create("end");
  CHECK(a.PostMessage(1).ok());
  b.Close();
  b.Close();
  CHECK(absl::IsUnavailable(b.TryReceive().status()));
  CHECK(absl::IsUnavailable(b.Receive().status()));
  CHECK(absl::IsFailedPrecondition(b.PostMessage(2)));
  CHECK(a.PostMessage(3).ok());
  CHECK(Drain(a).empty());
  BroadcastChannel none;
  CHECK(none.name() == "");
  CHECK(none.missed() == 0);
  CHECK(absl::IsFailedPrecondition(none.PostMessage(2)));
  CHECK(absl::IsFailedPrecondition(none.TryReceive().status()));
  none.Close();
  // Assigned to: the channel that was there before is closed.
  none = BroadcastChannel::Create("end");
  none = BroadcastChannel::Create("elsewhere");
  CHECK(a.PostMessage(4).ok());
  CHECK(Drain(none).empty());
}

TEST_CASE("a slow receiver misses what finds its queue full, and counts it; others hear all") {
  BroadcastChannel sender = BroadcastChannel::Create("much", {.receives = false});
  BroadcastChannel slow = BroadcastChannel::Create("much", {.capacity = {.messages = 2}});
  BroadcastChannel small = BroadcastChannel::Create("much", {.capacity = {.bytes = 200}});
  BroadcastChannel quick = BroadcastChannel::Create("much");
  for (int i = 0; i < 5; ++i) CHECK(sender.PostMessage(i).ok());
  CHECK(slow.missed() == 3);
  CHECK(Drain(slow) == std::vector<int>{0, 1});
  CHECK(small.missed() >= 1);
  CHECK(Drain(small).size() + small.missed() == 5);
  CHECK(Drain(quick).size() == 5);
  CHECK(quick.missed() == 0);
  // An empty queue takes one of any size.
  CHECK(sender.PostMessage(std::string(1'000, 'x')).ok());
  CHECK(small.Receive(absl::Seconds(30))->byte_length() > 1'000);
  // One that is only posted to has no queue.
  CHECK(quick.PostMessage(1).ok());
  CHECK(sender.missed() == 0);
  CHECK(sender.port().queued_messages() == 0);
}

Async Collect(BroadcastChannel& channel, std::vector<int>& values) {
  for (;;) {
    absl::StatusOr<MessageEvent> event = co_await channel.Next();
    if (!event.ok()) co_return;
    values.push_back(*event->As<int>());
    if (values.size() == 2) channel.Close();
  }
}

TEST_CASE("a coroutine receives, until the channel is closed") {
  BroadcastChannel sender = BroadcastChannel::Create("coroutine");
  BroadcastChannel receiver = BroadcastChannel::Create("coroutine");
  std::vector<int> values;
  CHECK(sender.PostMessage(1).ok());
  Collect(receiver, values);
  for (const int i : {2, 3}) CHECK(sender.PostMessage(i).ok());
  EventLoop::Current().Run();
  CHECK(values == std::vector<int>{1, 2});
}

TEST_CASE("handlers on a loop, a Select, and a thread that sleeps all receive") {
  EventLoop& loop = EventLoop::Current();
  BroadcastChannel sender = BroadcastChannel::Create("ways");
  BroadcastChannel handled = BroadcastChannel::Create("ways");
  BroadcastChannel selected = BroadcastChannel::Create("ways");
  BroadcastChannel sleeping = BroadcastChannel::Create("ways");
  int slept = 0;
  std::thread sleeper([&] { slept = *sleeping.Receive(absl::Seconds(60))->As<int>(); });
  std::vector<int> got;
  handled.OnMessage<int>([&](int value) {
    got.push_back(value);
    if (value == 2) handled.Close();
  });
  for (const int i : {1, 2, 3}) CHECK(sender.PostMessage(i).ok());
  // Its close ends what keeps the loop going.
  loop.Run();
  CHECK(got == std::vector<int>{1, 2});
  sleeper.join();
  CHECK(slept == 1);
  Select select;
  CHECK(select.Add(selected.port(), 7).ok());
  absl::StatusOr<Select::Selected> next = select.Next(absl::Seconds(30));
  REQUIRE(next.ok());
  CHECK(next->key == 7);
  CHECK(*next->message->As<int>() == 1);
}

TEST_CASE("the receiving end can go to another thread; the channel goes on speaking") {
  BroadcastChannel speaker = BroadcastChannel::Create("away");
  BroadcastChannel moved = BroadcastChannel::Create("away");
  auto [here, there] = MessageChannel::Create();
  CHECK(speaker.PostMessage(1).ok());
  CHECK(here.PostMessage(0, {.transfer = {&moved.port()}}).ok());
  CHECK(absl::IsFailedPrecondition(moved.TryReceive().status()));
  CHECK(IsDataCloneError(here.PostMessage(0, {.transfer = {&moved.port()}})));
  CHECK(moved.PostMessage(9).ok());
  CHECK(speaker.PostMessage(2).ok());
  std::thread([&, &port = there] {
    absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(30));
    REQUIRE(event.ok());
    MessagePort end = MessagePort::FromTransferred(std::move(event->attachments().objects[0]));
    CHECK(*end.Receive(absl::Seconds(30))->As<int>() == 1);
    CHECK(*end.Receive(absl::Seconds(30))->As<int>() == 2);
    CHECK(absl::IsUnavailable(end.PostMessage(5)));
    CHECK_FALSE(end.needs_drain());
  }).join();
  // Closed there: the channel has left the name.
  CHECK(absl::IsFailedPrecondition(moved.PostMessage(9)));
  CHECK(Drain(speaker) == std::vector<int>{9});
  speaker.Close();
  CHECK(IsDataCloneError(here.PostMessage(0, {.transfer = {&speaker.port()}})));
}

}  // namespace broadcast_test
}  // namespace
}  // namespace sabre
