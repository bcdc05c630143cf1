#include "sabre/messaging/thread_messages.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {
namespace thread_messages_test {

// A thread whose loop runs until the end of this object, after `prepare`.
class Looper {
 public:
  template <class Prepare>
  explicit Looper(Prepare prepare) {
    thread_ = std::thread([this, prepare]() mutable {
      EventLoop& loop = EventLoop::Current();
      prepare();
      loop.Ref();
      remote_ = loop.remote();
      loop_ = &loop;
      id_.store(Agent::Current().id());
      loop.Run();
    });
    while (id_.load() == 0) std::this_thread::yield();
  }
  ~Looper() {
    if (thread_.joinable()) End();
  }
  void End() {
    remote_->Post([this] { loop_->Stop(); });
    thread_.join();
  }
  void Run(EventLoop::Work work) { remote_->Post(std::move(work)); }
  std::uint64_t id() const { return id_.load(); }

 private:
  std::thread thread_;
  std::atomic<std::uint64_t> id_{0};
  EventLoop* loop_ = nullptr;
  std::shared_ptr<Executor::Remote> remote_;
};

TEST_CASE("a message is handled by the thread, which knows who sent it; then the call returns") {
  std::vector<std::string> got;
  std::uint64_t from = 0;
  Looper looper([&] {
    OnThreadMessage([&](MessageEvent event, std::uint64_t source) {
      got.push_back(*event.As<std::string>());
      from = source;
    });
  });
  CHECK(PostMessageToThread(looper.id(), "one").ok());
  // No lock: the return comes after the handler.
  CHECK(got == std::vector<std::string>{"one"});
  CHECK(from == Agent::Current().id());
  CHECK(PostMessageToThread(looper.id(), "two").ok());
  CHECK(got.size() == 2);
}

TEST_CASE("a transferred buffer arrives, and what came with the message is the value's alone") {
  std::size_t length = 0;
  std::size_t objects = 1;
  Looper looper([&] {
    OnThreadMessage([&](MessageEvent event, std::uint64_t) {
      length = event.As<ArrayBuffer>()->byte_length();
      objects = event.attachments().objects.size();
    });
  });
  ArrayBuffer buffer = *ArrayBuffer::Create(16);
  CHECK(PostMessageToThread(looper.id(), buffer, {.transfer = {&buffer}}).ok());
  CHECK(buffer.detached());
  CHECK(length == 16);
  CHECK(objects == 0);
}

TEST_CASE("what can go wrong before anything is sent detaches nothing") {
  ArrayBuffer buffer = *ArrayBuffer::Create(16);
  const std::uint64_t self = Agent::Current().id();
  OnThreadMessage([](MessageEvent, std::uint64_t) {});
  CHECK(absl::IsInvalidArgument(PostMessageToThread(self, buffer, {.transfer = {&buffer}})));
  OnThreadMessage(nullptr);
  OnThreadMessage(nullptr);
  Looper silent([] {});
  for (const std::uint64_t id : {std::uint64_t{0}, ~std::uint64_t{0}, silent.id()}) {
    const absl::Status refused = PostMessageToThread(id, buffer, {.transfer = {&buffer}});
    CHECK(absl::IsNotFound(refused));
    CHECK(std::string(refused.message()).find(std::to_string(id)) != std::string::npos);
  }
  CHECK(
      IsDataCloneError(PostMessageToThread(silent.id(), buffer, {.transfer = {&buffer, &buffer}})));
  std::thread([&] {
    Agent::Current().set_can_block(false);
    CHECK(absl::IsFailedPrecondition(PostMessageToThread(silent.id(), 1)));
    Agent::Current().set_can_block(true);
    std::stop_source stop;
    stop.request_stop();
    Agent::Current().set_stop_token(stop.get_token());
    CHECK(absl::IsCancelled(PostMessageToThread(silent.id(), 1)));
  }).join();
  CHECK_FALSE(buffer.detached());
}

TEST_CASE("a handler that fails: the sender hears why; the next message is handled") {
  Looper looper([] {
    OnThreadMessage([](MessageEvent event, std::uint64_t) {
      const absl::StatusOr<int> value = event.As<int>();
      return *value < 0 ? absl::OutOfRangeError("negative") : absl::OkStatus();
    });
  });
  const absl::Status failed = PostMessageToThread(looper.id(), -1);
  CHECK(absl::IsUnknown(failed));
  CHECK(std::string(failed.message()).find("negative") != std::string::npos);
  CHECK(PostMessageToThread(looper.id(), 1).ok());
}

TEST_CASE("a thread that ends, or removes its handler, before it comes to the message") {
  for (const bool ends : {true, false}) {
    CAPTURE(ends);
    std::atomic<bool> busy{false};
    std::atomic<bool> go_on{false};
    Looper looper([] { OnThreadMessage([](MessageEvent, std::uint64_t) {}); });
    looper.Run([&] {
      busy.store(true);
      while (!go_on.load()) std::this_thread::yield();
      if (!ends) OnThreadMessage(nullptr);
    });
    while (!busy.load()) std::this_thread::yield();
    // Sent for certain, before the thread goes on.
    CHECK(absl::IsDeadlineExceeded(PostMessageToThread(looper.id(), 0, {}, absl::ZeroDuration())));
    absl::Status status;
    std::thread sender([&] {
      PostMessageToThreadAsync(looper.id(), 1, {}, absl::InfiniteDuration(),
                               [&](absl::Status answer) { status = std::move(answer); });
      go_on.store(true);
      EventLoop::Current().Run();
    });
    if (ends) looper.End();
    sender.join();
    // The loop may have come to it before its end, never after the handler was gone.
    CHECK((absl::IsUnavailable(status) || (ends && status.ok())));
  }
}

TEST_CASE("a stop request, or the deadline, ends the wait; the message is handled later") {
  std::atomic<bool> go_on{false};
  std::atomic<int> handled{0};
  Looper looper([&] {
    OnThreadMessage([&](MessageEvent, std::uint64_t) {
      while (!go_on.load()) std::this_thread::yield();
      handled += 1;
    });
  });
  CHECK(absl::IsDeadlineExceeded(PostMessageToThread(looper.id(), 1, {}, absl::Milliseconds(2))));
  std::stop_source stop;
  std::thread sender([&] {
    Agent::Current().set_stop_token(stop.get_token());
    CHECK(absl::IsCancelled(PostMessageToThread(looper.id(), 2)));
  });
  stop.request_stop();
  sender.join();
  go_on.store(true);
  CHECK(PostMessageToThread(looper.id(), 3).ok());
  CHECK(handled.load() >= 2);
}

TEST_CASE("without sleeping: answers come to the sender's loop, which waits for them") {
  EventLoop& loop = EventLoop::Current();
  std::atomic<bool> go_on{false};
  Looper looper([&] {
    OnThreadMessage([&](MessageEvent event, std::uint64_t) {
      while (!go_on.load()) std::this_thread::yield();
      return *event.As<int>() == 2 ? absl::DataLossError("two") : absl::OkStatus();
    });
  });
  std::vector<absl::StatusCode> answers;
  const auto note = [&](absl::Status status) { answers.push_back(status.code()); };
  PostMessageToThreadAsync(looper.id(), 1, {}, absl::Milliseconds(1), note);
  CHECK(answers.empty());
  loop.Run();
  PostMessageToThreadAsync(looper.id(), 2, {}, absl::InfiniteDuration(), note);
  PostMessageToThreadAsync(~std::uint64_t{0}, 3, {}, absl::InfiniteDuration(), note);
  ArrayBuffer none;
  PostMessageToThreadAsync(looper.id(), none, {}, absl::InfiniteDuration(), note);
  loop.Post([&] { go_on.store(true); });
  loop.Run();
  REQUIRE(answers.size() == 4);
  CHECK(answers[0] == absl::StatusCode::kDeadlineExceeded);
  CHECK(answers[1] == absl::StatusCode::kNotFound);
  CHECK(answers[2] == absl::StatusCode::kInvalidArgument);
  CHECK(answers[3] == absl::StatusCode::kUnknown);
}

TEST_CASE("a sender's loop that ends takes the callback along, unrun") {
  std::atomic<bool> go_on{false};
  Looper looper([&] {
    OnThreadMessage([&](MessageEvent, std::uint64_t) {
      while (!go_on.load()) std::this_thread::yield();
    });
  });
  bool called = false;
  auto witness = std::make_shared<int>(0);
  std::thread([&] {
    for (const std::uint64_t id : {looper.id(), ~std::uint64_t{0}}) {
      PostMessageToThreadAsync(id, 1, {}, absl::InfiniteDuration(),
                               [&called, witness](const absl::Status&) { called = true; });
    }
  }).join();
  CHECK(witness.use_count() == 1);
  go_on.store(true);
  looper.End();
  CHECK_FALSE(called);
}

TEST_CASE("a handler replaces another, and may remove itself") {
  int first = 0;
  int second = 0;
  Looper looper([&] {
    OnThreadMessage([&](MessageEvent, std::uint64_t) {
      first += 1;
      OnThreadMessage([&](MessageEvent, std::uint64_t) {
        second += 1;
        OnThreadMessage(nullptr);
      });
    });
  });
  for (int i = 0; i < 2; ++i) CHECK(PostMessageToThread(looper.id(), i).ok());
  CHECK(absl::IsNotFound(PostMessageToThread(looper.id(), 3)));
  CHECK(first == 1);
  CHECK(second == 1);
}

}  // namespace thread_messages_test
}  // namespace
}  // namespace sabre
