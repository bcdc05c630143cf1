// tests/messaging/socket_transport_test.cc: ports between two processes that share no memory.
#include "tests/messaging/socket_transport.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"

namespace socket_transport_test {
namespace {

using namespace sabre;  // NOLINT: a test

// A child process and this process's end of a socket to it.
class Child {
 public:
  // `body` runs in the child, with the child's end; what it returns is the exit code.
  template <class Body>
  explicit Child(Body body) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      close(ends[0]);
      alarm(60);
      // Not exit: what the parent has to clean up is the parent's.
      _exit(body(ends[1]));
    }
    close(ends[1]);
    socket_ = ends[0];
  }
  ~Child() {
    if (process_ > 0) Kill();
  }

  int socket() const { return socket_; }
  // Its exit code; minus the number of the signal that ended it.
  int Wait() {
    int status = 0;
    REQUIRE(waitpid(std::exchange(process_, 0), &status, 0) > 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  int Kill() {
    kill(process_, SIGKILL);
    return Wait();
  }

 private:
  pid_t process_;
  int socket_;
};

TEST_CASE("100,000 messages go both ways at once between two processes, in order, none is lost") {
  constexpr int kMessages = 100'000;
  // Both ends: a coroutine posts, a handler on the same loop receives.
  const auto exchange = [](int socket) -> int {
    constexpr kernel::PortLoad kCapacity{.messages = 1'000, .bytes = 64 * 1024};
    MessagePort port = test::PortOverSocket(
        socket, {.capacity = kCapacity, .high_water = kCapacity, .low_water = {500, 32 * 1024}});
    bool right = true;
    int next = 0;
    int posted = 0;
    bool full = false;
    port.OnMessage<int>([&](int value) {
      right = right && value == next;
      next += 1;
      if (next == kMessages && posted == kMessages) EventLoop::Current().Stop();
    });
    const auto post_all = [](MessagePort& to, int& count, int& received, bool& waited) -> Async {
      while (count < kMessages) {
        const absl::Status sent = to.PostMessage(count);
        if (sent.ok()) {
          ++count;
        } else if (absl::IsResourceExhausted(sent)) {
          waited = true;
          if (!(co_await to.Room()).ok()) co_return;
        } else {
          co_return;
        }
      }
      if (received == kMessages) EventLoop::Current().Stop();
    };
    port.OnClose([] { EventLoop::Current().Stop(); });
    post_all(port, posted, next, full);
    EventLoop::Current().Run();
    if (!right || next != kMessages || posted != kMessages) return 1;
    return full ? 0 : 2;
  };
  // Forked while there is no other thread; then a thread, a loop and an agent of its own.
  Child child(exchange);
  std::thread([&] { CHECK(exchange(child.socket()) == 0); }).join();
  CHECK(child.Wait() == 0);
}

TEST_CASE("A process that ends in order has said everything") {
  Child child([](int socket) {
    MessagePort port = test::PortOverSocket(socket);
    for (int i = 0; i < 1'000; ++i) {
      if (!port.PostMessage(std::string(1'000, 'x') + std::to_string(i)).ok()) return 1;
    }
    return 0;
  });
  MessagePort port = test::PortOverSocket(child.socket());
  for (int i = 0; i < 1'000; ++i) {
    absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(30));
    REQUIRE(event.ok());
    REQUIRE(*event->As<std::string>() == std::string(1'000, 'x') + std::to_string(i));
  }
  CHECK(absl::IsUnavailable(port.Receive(absl::Seconds(30)).status()));
  CHECK(child.Wait() == 0);
}

TEST_CASE(
    "The death of the other process is a close: after what it had sent, without a part of a "
    "message") {
  // Two messages, and a third of which only a part goes out before the process hangs.
  for (const std::string& part :
       {std::string(), std::string("\x09\0", 2), std::string("\x09\0\0\0ab", 6)}) {
    CAPTURE(part.size());
    Child child([&](int socket) {
      const std::vector<std::uint8_t> number = {0xff, 0x0f, 'I', 2};
      for (int i = 0; i < 2; ++i) {
        const std::uint32_t length = 4;
        if (write(socket, &length, 4) != 4 || write(socket, number.data(), 4) != 4) return 1;
      }
      if (write(socket, part.data(), part.size()) != static_cast<ssize_t>(part.size())) return 1;
      for (;;) pause();
    });
    MessagePort port = test::PortOverSocket(child.socket());
    for (int i = 0; i < 2; ++i) {
      absl::StatusOr<MessageEvent> event = port.Receive(absl::Seconds(30));
      REQUIRE(event.ok());
      CHECK(*event->As<int>() == 1);
    }
    CHECK_FALSE(port.TryReceive()->has_value());
    CHECK(child.Kill() == -SIGKILL);
    CHECK(absl::IsUnavailable(port.Receive(absl::Seconds(30)).status()));
    CHECK(absl::IsUnavailable(port.PostMessage(1)));
  }
}

TEST_CASE(
    "A process that reads nothing fills what there is, and no more; its death frees who waits") {
  Child child([](int) -> int {
    for (;;) pause();
  });
  constexpr kernel::PortLoad kCapacity{.messages = 100, .bytes = 100'000};
  MessagePort port = test::PortOverSocket(
      child.socket(), {.capacity = kCapacity, .high_water = kCapacity, .low_water = kCapacity});
  absl::Status refused;
  int posted = 0;
  for (; posted < 100'000 && refused.ok(); ++posted)
    refused = port.PostMessage(std::string(5'000, 'x'));
  CHECK(absl::IsResourceExhausted(refused));
  CHECK(port.outgoing_bytes() <= kCapacity.bytes);
  CHECK(port.outgoing_messages() > 0);
  CHECK(
      absl::IsDeadlineExceeded(port.PostWait(std::string(5'000, 'x'), {}, absl::Milliseconds(2))));
  std::thread killer([&] { child.Kill(); });
  CHECK(absl::IsUnavailable(port.PostWait(std::string(5'000, 'x'))));
  killer.join();
}

TEST_CASE("A length that no message has ends the channel") {
  Child child([](int socket) {
    const std::uint32_t length = 0xffff'ffff;
    return write(socket, &length, 4) == 4 ? 0 : 1;
  });
  MessagePort port = test::PortOverSocket(child.socket());
  CHECK(absl::IsUnavailable(port.Receive(absl::Seconds(30)).status()));
  CHECK(child.Wait() == 0);
}

}  // namespace
}  // namespace socket_transport_test
