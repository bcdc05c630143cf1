// tests/messaging/port_life_test.cc: the life of a channel, over every transport there is: two queues in one
// process, and a stream socket.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "tests/messaging/socket_transport.h"

namespace port_life_test {

struct Parcel {
  sabre::MessagePort port;
};
SABRE_DESCRIBE(Parcel, port)

namespace {

using namespace sabre;  // NOLINT: a test

struct Transport {
  const char* name;
  MessageChannel (*make)();
  bool carries_attachments;
};

const Transport kTransports[] = {
    {"in process", [] { return MessageChannel::Create(); }, true},
    {"socket",
     [] {
       int ends[2];
       REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
       return MessageChannel{test::PortOverSocket(ends[0]), test::PortOverSocket(ends[1])};
     },
     false},
};

int ReceiveInt(MessagePort& port) {
  absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(10));
  REQUIRE_MESSAGE(event.ok(), event.status().ToString());
  return *event->As<int>();
}

// That the other end is closed may take its time to be known.
template <class Call>
absl::Status UntilItFails(Call call) {
  for (;;) {
    if (absl::Status status = call(); !status.ok()) return status;
    std::this_thread::yield();
  }
}

struct Case {
  const char* name;
  void (*run)(const Transport& transport);
};

const Case kCases[] = {
    {"messages arrive in order, in both directions, whole, of every size",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       for (int i = 0; i < 5; ++i) CHECK(a.PostMessage(i).ok());
       for (const std::size_t size : {0, 1, 100, 300, 70'000, 3'000'000}) {
         const std::string text(size, static_cast<char>('a' + size % 26));
         std::thread poster([&, &port = b] { CHECK(port.PostMessage(text).ok()); });
         CHECK(*a.Receive(absl::Seconds(10))->As<std::string>() == text);
         poster.join();
       }
       for (int i = 0; i < 5; ++i) CHECK(ReceiveInt(b) == i);
       CHECK_FALSE(a.TryReceive()->has_value());
       CHECK(a.posted_messages() == 5);
       CHECK(a.received_messages() == 6);
     }},
    {"what is posted before there is a handler waits for it",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       std::vector<int> handled;
       bool closed = false;
       for (int i = 0; i < 3; ++i) CHECK(a.PostMessage(i).ok());
       b.OnMessage([&](MessageEvent event) { handled.push_back(*event.As<int>()); });
       b.OnClose([&] { closed = true; });
       CHECK(handled.empty());
       CHECK(a.PostMessage(3).ok());
       a.Close();
       EventLoop::Current().Run();
       CHECK(handled == std::vector<int>{0, 1, 2, 3});
       CHECK(closed);
     }},
    {"all that was posted before a close arrives, then the close, once at each end",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       int closed[2] = {};
       std::vector<int> handled;
       a.OnMessage([&](MessageEvent) { handled.push_back(-1); });
       a.OnClose([&] { ++closed[0]; });
       b.OnMessage([&](MessageEvent event) { handled.push_back(*event.As<int>()); });
       b.OnClose([&] { ++closed[1]; });
       CHECK(b.PostMessage(9).ok());
       for (int i = 0; i < 3; ++i) CHECK(a.PostMessage(i).ok());
       a.Close();
       a.Close();
       EventLoop::Current().Run();
       CHECK(handled == std::vector<int>{0, 1, 2});
       CHECK(closed[0] == 1);
       CHECK(closed[1] == 1);
     }},
    {"the queue of the one who closes is dropped; then nobody can post",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       CHECK(b.PostMessage(1).ok());
       a.Close();
       CHECK(absl::IsUnavailable(a.TryReceive().status()));
       CHECK(absl::IsFailedPrecondition(a.PostMessage(1)));
       const absl::Status late = UntilItFails([&, &port = b] { return port.PostMessage(2); });
       CHECK(absl::IsUnavailable(late));
       CHECK(absl::IsUnavailable(b.Receive(absl::Seconds(10)).status()));
     }},
    {"a port that is destroyed closes the channel",
     [](const Transport& transport) {
       MessagePort kept;
       {
         auto [a, b] = transport.make();
         kept = std::move(b);
         CHECK(a.PostMessage(1).ok());
       }
       CHECK(ReceiveInt(kept) == 1);
       CHECK(absl::IsUnavailable(kept.Receive(absl::Seconds(10)).status()));
     }},
    {"a blocked Receive is ended by a message, the close, its deadline and a stop request",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       CHECK(absl::IsDeadlineExceeded(b.Receive(absl::Milliseconds(2)).status()));
       std::stop_source stop;
       std::vector<absl::StatusCode> codes;
       auto [report, heard] = MessageChannel::Create();
       std::thread receiver([&, port = std::move(b), &to = report]() mutable {
         for (int i = 0; i < 3; ++i) {
           if (i == 2) Agent::Current().set_stop_token(stop.get_token());
           CHECK(to.PostMessage(i).ok());
           codes.push_back(port.Receive().status().code());
         }
         Agent::Current().set_stop_token({});
         CHECK(to.PostMessage(3).ok());
         codes.push_back(port.Receive().status().code());
       });
       for (int i = 0; i < 4; ++i) {
         CHECK(ReceiveInt(heard) == i);
         if (i < 2) CHECK(a.PostMessage(i).ok());
         if (i == 2) stop.request_stop();
         if (i == 3) a.Close();
       }
       receiver.join();
       CHECK(codes == std::vector<absl::StatusCode>{absl::StatusCode::kOk, absl::StatusCode::kOk,
                                                    absl::StatusCode::kCancelled,
                                                    absl::StatusCode::kUnavailable});
     }},
    {"a transferred port takes its queue along, later posts follow, and the old handle is of no "
     "use",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       auto [carrier, carried] = MessageChannel::Create();
       CHECK(a.PostMessage(1).ok());
       Parcel parcel{std::move(b)};
       CHECK(carrier.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
       CHECK(a.PostMessage(2).ok());
       for (const absl::Status& refused : {parcel.port.TryReceive().status(),
                                           parcel.port.PostMessage(1), parcel.port.CanTransfer()}) {
         CHECK_FALSE(refused.ok());
       }
       absl::StatusOr<MessageEvent> event = carried.Receive();
       MessagePort arrived = std::move(event->As<Parcel>()->port);
       CHECK(a.PostMessage(3).ok());
       for (int i = 1; i <= 3; ++i) CHECK(ReceiveInt(arrived) == i);
       CHECK(arrived.PostMessage(4).ok());
       CHECK(ReceiveInt(a) == 4);
     }},
    {"a port that is lost on its way closes the channel",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       {
         auto [carrier, carried] = MessageChannel::Create();
         Parcel parcel{std::move(b)};
         CHECK(carrier.PostMessage(parcel, {.transfer = {&parcel.port}}).ok());
       }
       CHECK(absl::IsUnavailable(a.Receive(absl::Seconds(10)).status()));
     }},
    {"a port is not posted through itself, and a failed post detaches nothing",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       Parcel parcel{std::move(a)};
       CHECK(IsDataCloneError(parcel.port.PostMessage(parcel, {.transfer = {&parcel.port}})));
       ArrayBuffer buffer = *ArrayBuffer::Create(8);
       CHECK(IsDataCloneError(b.PostMessage(buffer, {.transfer = {&buffer, &buffer}})));
       CHECK_FALSE(buffer.detached());
       CHECK(parcel.port.PostMessage(1).ok());
       CHECK(ReceiveInt(b) == 1);
       parcel.port.Close();
       const absl::Status late = UntilItFails([&, &port = b] { return port.PostMessage(1); });
       CHECK(absl::IsUnavailable(late));
       CHECK_FALSE(b.PostMessage(buffer, {.transfer = {&buffer}}).ok());
       CHECK_FALSE(buffer.detached());
     }},
    {"what a transport cannot carry is refused, and stays",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       ArrayBuffer buffer = *ArrayBuffer::Create(8);
       auto [other, end] = MessageChannel::Create();
       Parcel parcel{std::move(other)};
       const SharedArrayBuffer shared = *SharedArrayBuffer::Create(8);
       for (const absl::Status& status :
            {a.PostMessage(buffer, {.transfer = {&buffer}}),
             a.PostMessage(parcel, {.transfer = {&parcel.port}}), a.PostMessage(shared)}) {
         CHECK(status.ok() == transport.carries_attachments);
         CHECK(IsDataCloneError(status) != transport.carries_attachments);
       }
       CHECK(buffer.detached() == transport.carries_attachments);
       CHECK(end.PostMessage(1).ok());
       if (transport.carries_attachments) return;
       CHECK(ReceiveInt(parcel.port) == 1);
       // Bytes are copied.
       CHECK(a.PostMessage(buffer).ok());
       CHECK(b.Receive(absl::Seconds(10))->As<ArrayBuffer>()->byte_length() == 8);
     }},
    {"a handler that throws or fails does not stop the next message",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       std::vector<int> handled;
       std::vector<absl::StatusCode> errors;
       b.OnMessage<int>([&](int value) {
         handled.push_back(value);
         if (value == 1) throw value;
         return value == 2 ? absl::InternalError("two") : absl::OkStatus();
       });
       b.OnMessageError([&](absl::Status error, MessageEvent) { errors.push_back(error.code()); });
       for (int i = 0; i < 3; ++i) CHECK(a.PostMessage(i).ok());
       CHECK(a.PostMessage(std::string("no number")).ok());
       CHECK(a.PostMessage(4).ok());
       a.Close();
       int thrown = -1;
       try {
         EventLoop::Current().Run();
       } catch (int value) {
         thrown = value;
       }
       CHECK(thrown == 1);
       EventLoop::Current().Run();
       CHECK(handled == std::vector<int>{0, 1, 2, 4});
       CHECK(errors == std::vector<absl::StatusCode>{absl::StatusCode::kInternal,
                                                     absl::StatusCode::kDataLoss});
     }},
    {"Select and coroutines hear of messages and of the close",
     [](const Transport& transport) {
       auto [a, b] = transport.make();
       auto [c, d] = transport.make();
       Select select;
       CHECK(select.Add(b, 1).ok());
       std::vector<int> values;
       const auto collect = [](MessagePort port, std::vector<int>& into) -> Async {
         for (;;) {
           absl::StatusOr<MessageEvent> event = co_await port.Next();
           into.push_back(event.ok() ? *event->As<int>() : -1);
           if (!event.ok()) co_return;
         }
       };
       collect(std::move(d), values);
       for (int i = 0; i < 3; ++i) {
         CHECK(a.PostMessage(i).ok());
         CHECK(c.PostMessage(i).ok());
       }
       a.Close();
       c.Close();
       EventLoop::Current().Run();
       CHECK(values == std::vector<int>{0, 1, 2, -1});
       for (int i = 0; i <= 3; ++i) {
         absl::StatusOr<Select::Selected> next = select.Next(absl::Seconds(10));
         REQUIRE(next.ok());
         REQUIRE(next->message.has_value() == (i < 3));
         if (i < 3) CHECK(*next->message->As<int>() == i);
       }
       CHECK(absl::IsUnavailable(select.Next().status()));
     }},
};

TEST_CASE("The life of a channel over every transport") {
  for (const Transport& transport : kTransports) {
    for (const Case& row : kCases) {
      INFO(transport.name);
      INFO(row.name);
      // A thread, a loop and an agent of its own each.
      std::thread([&] { row.run(transport); }).join();
    }
  }
}

}  // namespace
}  // namespace port_life_test
