#include <doctest/doctest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/adapters/epoll.h"
#include "sabre/messaging/file_descriptor.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {
namespace epoll_loop_test {
namespace {

constexpr std::uint64_t kSabre = 1;
constexpr std::uint64_t kOther = 2;

// A loop as one writes it: an epoll set with Sabre in it.
class OwnLoop {
 public:
  OwnLoop() : set_(epoll_create1(EPOLL_CLOEXEC)), sabre_(EpollLoop::Attach(set_.get(), kSabre)) {
    REQUIRE(sabre_.ok());
  }

  // Waits once, and runs what is ready. Returns what was.
  std::vector<std::uint64_t> Wait(int timeout_ms = -1) {
    epoll_event events[8];
    const int count = epoll_wait(set_.get(), events, 8, timeout_ms);
    std::vector<std::uint64_t> ready;
    for (int i = 0; i < count; ++i) {
      ready.push_back(events[i].data.u64);
      if (events[i].data.u64 == kSabre) sabre_->Run();
    }
    return ready;
  }
  void RunWhileAlive() {
    while (sabre_->alive()) Wait();
  }
  // Until the set has nothing to report.
  void RunWhatIsReady() {
    while (!Wait(0).empty()) {
    }
  }
  void Add(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kOther;
    REQUIRE(epoll_ctl(set_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  }

  int set() const { return set_.get(); }
  absl::StatusOr<EpollLoop>& sabre() { return sabre_; }

 private:
  FileDescriptor set_;
  absl::StatusOr<EpollLoop> sabre_;
};

TEST_CASE("epoll: the messages of another thread come in order, then the end of the channel") {
  static constexpr int kMessages = 10'000;
  std::thread([] {
    OwnLoop own;
    auto [here, there] = MessageChannel::Create();
    std::vector<int> got;
    bool closed = false;
    here.OnMessage([&got](MessageEvent event) { got.push_back(*event.As<int>()); });
    here.OnClose([&closed] { closed = true; });
    std::thread poster([port = std::move(there)]() mutable {
      for (int i = 0; i < kMessages; ++i) REQUIRE(port.PostMessage(i).ok());
    });
    own.RunWhileAlive();
    poster.join();
    CHECK(closed);
    REQUIRE(got.size() == kMessages);
    for (int i = 0; i < kMessages; ++i) REQUIRE(got[static_cast<std::size_t>(i)] == i);
  }).join();
}

TEST_CASE("epoll: a set that Sabre is in reports nothing while nothing happens") {
  std::thread([] {
    OwnLoop own;
    std::vector<MessageChannel> channels;
    int got = 0;
    for (int i = 0; i < 100; ++i) {
      channels.push_back(MessageChannel::Create());
      channels.back().port1.OnMessage([&got](MessageEvent) { ++got; });
    }
    EventLoop::Current().PostAfter(absl::Hours(1), [] {});
    own.RunWhatIsReady();
    CHECK(own.sabre()->alive());
    CHECK(own.Wait(200).empty());

    // One report for however many messages of however many ports.
    for (MessageChannel& channel : channels) CHECK(channel.port2.PostMessage(1).ok());
    CHECK(own.Wait() == std::vector{kSabre});
    CHECK(got == 100);
    CHECK(own.Wait(50).empty());

    // A timer wakes the set by itself.
    bool ran = false;
    EventLoop::Current().PostAfter(absl::Milliseconds(5), [&ran] { ran = true; });
    while (!ran) CHECK(own.Wait() == std::vector{kSabre});
  }).join();
}

TEST_CASE("epoll: a port that is never empty leaves other descriptors their turns") {
  std::thread([] {
    OwnLoop own;
    const FileDescriptor other(eventfd(1, EFD_CLOEXEC));  // always readable
    own.Add(other.get());
    auto [here, there] = MessageChannel::Create();
    MessagePort& feeder = there;
    int messages = 0;
    here.OnMessage([&messages, &feeder](MessageEvent) {
      ++messages;
      REQUIRE(feeder.PostMessage(0).ok());
    });
    REQUIRE(feeder.PostMessage(0).ok());
    int turns_of_other = 0;
    while (messages < 1000) {
      for (const std::uint64_t ready : own.Wait()) turns_of_other += ready == kOther ? 1 : 0;
    }
    CHECK(turns_of_other * MessagePort::kMessagesPerTurn >= 1000 - MessagePort::kMessagesPerTurn);
  }).join();
}

TEST_CASE("epoll: out of the set nothing is reported; put in again, what came meanwhile runs") {
  std::thread([] {
    OwnLoop own;
    own.RunWhatIsReady();
    int ran = 0;
    EventLoop& loop = EventLoop::Current();
    {
      const EpollLoop taken = *std::move(own.sabre());
      std::thread([&] { loop.Post([&ran] { ++ran; }); }).join();
    }
    CHECK(own.Wait(50).empty());
    own.sabre() = EpollLoop::Attach(own.set(), kSabre);
    REQUIRE(own.sabre().ok());
    own.RunWhatIsReady();
    CHECK(ran == 1);

    // The same beside runs of the thread's own.
    loop.Post([&ran] { ++ran; });
    loop.Run();
    std::thread([&] { loop.Post([&ran] { ++ran; }); }).join();
    while (ran < 3) own.Wait();
    own.RunWhatIsReady();
    CHECK(own.Wait(50).empty());
  }).join();
}

TEST_CASE("epoll: a set that is none is refused") {
  std::thread([] {
    const absl::Status refused = EpollLoop::Attach(-1, kSabre).status();
    CHECK(refused.message().find("EpollLoop: the set") == 0);
  }).join();
}

#if defined(__cpp_exceptions)
TEST_CASE("epoll: an exception of a handler leaves Run, and the next message is handled") {
  std::thread([] {
    OwnLoop own;
    auto [here, there] = MessageChannel::Create();
    std::vector<int> got;
    here.OnMessage([&got](MessageEvent event) {
      got.push_back(*event.As<int>());
      if (got.size() == 1) throw std::runtime_error("first");
    });
    CHECK(there.PostMessage(1).ok());
    CHECK(there.PostMessage(2).ok());
    there.Close();
    CHECK_THROWS_AS(own.RunWhileAlive(), std::runtime_error);
    own.RunWhileAlive();
    CHECK(got == std::vector{1, 2});
  }).join();
}
#endif

}  // namespace
}  // namespace epoll_loop_test
}  // namespace sabre
