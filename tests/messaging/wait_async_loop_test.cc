// atomics::WaitAsync on a real event loop.
#include <doctest/doctest.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/memory/atomics.h"
#include "sabre/memory/wait_async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

bool Is(const std::optional<AsyncWait::Result>& result, WaitResult expected) {
  return result.has_value() && result->ok() && **result == expected;
}

TEST_CASE("a pending wait keeps the loop going until another thread notifies") {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = SharedCells(1);
  const AsyncWait wait = atomics::WaitAsync(cells, 0, 0);
  std::thread other([&] {
    atomics::Store(cells, 0, 1);
    while (atomics::Notify(cells, 0) == 0) {
    }
  });
  loop.Run();
  other.join();
  CHECK(Is(wait.result(), WaitResult::kOk));
}

TEST_CASE("its timeout is a timer of the loop, and keeps it going") {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = SharedCells(1);
  const AsyncWait wait = atomics::WaitAsync(cells, 0, 0, absl::Milliseconds(2.5));
  const TimePoint began = StdSync::Now();
  loop.Run();
  CHECK(StdSync::Now() - began >= std::chrono::milliseconds(2));
  CHECK(Is(wait.result(), WaitResult::kTimedOut));
}

TEST_CASE(
    "without keep_alive the loop ends beside it, timeout or not; it is served in a later run") {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = SharedCells(1);
  for (const absl::Duration timeout : {absl::InfiniteDuration(), absl::Duration(absl::Hours(1))}) {
    AsyncWait wait = atomics::WaitAsync(cells, 0, 0, timeout, {.keep_alive = false});
    loop.Run();
    CHECK_FALSE(wait.result().has_value());
    // A timer beside it still counts.
    bool ran = false;
    loop.PostAfter(absl::Milliseconds(1), [&] { ran = true; });
    loop.Run();
    CHECK(ran);
    CHECK(atomics::Notify(cells, 0) == 1);
    loop.Run();
    CHECK(Is(wait.result(), WaitResult::kOk));
  }
}

TEST_CASE("a completion is not run by Notify in the loop's own thread, but by the loop") {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = SharedCells(1);
  std::vector<int> order;
  atomics::WaitAsync(cells, 0, 0).OnComplete([&](const AsyncWait::Result&) { order.push_back(2); });
  loop.Post([&] {
    CHECK(atomics::Notify(cells, 0) == 1);
    order.push_back(1);
  });
  loop.Run();
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("a callback may run the loop for the completions behind it") {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = SharedCells(1);
  std::vector<int> order;
  atomics::WaitAsync(cells, 0, 0).OnComplete([&](const AsyncWait::Result&) {
    loop.RunFor(absl::ZeroDuration());
    order.push_back(1);
  });
  atomics::WaitAsync(cells, 0, 0).OnComplete([&](const AsyncWait::Result&) { order.push_back(2); });
  CHECK(atomics::Notify(cells, 0) == 2);
  loop.Run();
  CHECK(order == std::vector<int>{2, 1});
}

TEST_CASE("a thread that ends with pending waits swallows no notification") {
  const Int32Array cells = SharedCells(1);
  std::optional<AsyncWait> left;
  std::thread([&] {
    EventLoop::Current();
    for (const bool keep_alive : {true, false}) {
      left = atomics::WaitAsync(cells, 0, 0, absl::Hours(1), {.keep_alive = keep_alive});
    }
    EventLoop::Current().RunFor(absl::ZeroDuration());
    CHECK(atomics::WaiterCount(cells, 0) == 2);
  }).join();
  CHECK(atomics::WaiterCount(cells, 0) == 0);
  CHECK(absl::IsCancelled(left->result()->status()));
  const AsyncWait here = atomics::WaitAsync(cells, 0, 0);
  CHECK(atomics::Notify(cells, 0, 1) == 1);
  EventLoop::Current().Run();
  CHECK(Is(here.result(), WaitResult::kOk));
}

TEST_CASE("loops that end while others notify: what is counted is what is reported") {
  for (int round = 0; round < 200; ++round) {
    const Int32Array cells = SharedCells(1);
    std::size_t notified = 0;
    std::size_t ok = 0;
    std::thread loop_thread([&] {
      std::vector<AsyncWait> waits;
      EventLoop& loop = EventLoop::Current();
      for (int i = 0; i < 3; ++i) waits.push_back(atomics::WaitAsync(cells, 0, 0));
      loop.RunFor(absl::Microseconds(round % 5 * 10));
      // Cancelled or notified: each is over, and its loop knows after one more turn.
      for (AsyncWait& wait : waits) wait.Cancel();
      loop.Run();
      for (const AsyncWait& wait : waits) ok += Is(wait.result(), WaitResult::kOk) ? 1 : 0;
    });
    std::thread notifier([&] {
      for (int i = 0; i < 50; ++i) notified += atomics::Notify(cells, 0, 1);
    });
    loop_thread.join();
    notifier.join();
    CHECK(notified == ok);
  }
}

}  // namespace
}  // namespace sabre
