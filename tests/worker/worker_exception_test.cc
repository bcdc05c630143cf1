#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace {

TEST_CASE("an exception of the entry becomes the exit status and ends no process") {
  absl::StatusOr<Worker> worker = Worker::Start(
      [](WorkerScope&) -> absl::Status { throw std::runtime_error("the disk is on fire"); });
  const absl::Status status = worker->Join();
  CHECK(absl::IsUnknown(status));
  CHECK(status.message() == "the disk is on fire");

  absl::StatusOr<Worker> odd = Worker::Start([](WorkerScope&) -> absl::Status { throw 7; });
  CHECK(absl::IsUnknown(odd->Join()));
}

TEST_CASE("after a handler has thrown, the next message is handled") {
  EventLoop& loop = EventLoop::Current();
  auto [a, b] = MessageChannel::Create();
  std::vector<int> got;
  b.OnMessage([&](MessageEvent event) {
    got.push_back(*event.As<int>());
    if (got.back() == 1) throw std::runtime_error("one");
  });
  for (int i = 0; i < 3; ++i) CHECK(a.PostMessage(i).ok());
  a.Close();
  CHECK_THROWS_AS(loop.Run(), std::runtime_error);
  CHECK(got == std::vector<int>{0, 1});
  loop.Run();
  CHECK(got == std::vector<int>{0, 1, 2});
}

}  // namespace
}  // namespace sabre
