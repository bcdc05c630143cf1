#include "sabre/lockfree/blocking_queue.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/spsc_ring.h"

namespace sabre {
namespace {

TimePoint In(std::chrono::milliseconds time) { return StdSync::Now() + time; }

TEST_CASE_TEMPLATE("a BlockingQueue gives up when it is told to", Ring, SpscRing<int>,
                   MpmcRing<int>) {
  BlockingQueue<Ring> queue(2);
  int value = -1;
  CHECK(queue.TryPop(value) == PopResult::kEmpty);
  CHECK(queue.Pop(value, In(std::chrono::milliseconds(1))) == PopResult::kEmpty);
  CHECK(queue.Pop(value, TimePoint()) == PopResult::kEmpty);
  CHECK(value == -1);
  CHECK(queue.TryPush(1) == PushResult::kPushed);
  CHECK(queue.Push(2) == PushResult::kPushed);
  CHECK(queue.size() == 2);
  CHECK(queue.TryPush(3) == PushResult::kFull);
  CHECK(queue.Push(3, In(std::chrono::milliseconds(1))) == PushResult::kFull);
  CHECK(queue.Pop(value) == PopResult::kPopped);
  CHECK(value == 1);
  CHECK(queue.Push(3) == PushResult::kPushed);
  CHECK(queue.TryPop(value) == PopResult::kPopped);
  CHECK(value == 2);
  CHECK(queue.Pop(value, TimePoint()) == PopResult::kPopped);
  CHECK(value == 3);
  CHECK(queue.empty());
}

TEST_CASE_TEMPLATE("a closed BlockingQueue refuses, gives what it holds, and then says so", Ring,
                   SpscRing<int>, MpmcRing<int>) {
  BlockingQueue<Ring> queue(2);
  CHECK(queue.TryPush(1) == PushResult::kPushed);
  CHECK_FALSE(queue.closed());
  queue.Close();
  queue.Close();
  CHECK(queue.closed());
  CHECK(queue.TryPush(2) == PushResult::kClosed);
  CHECK(queue.Push(2) == PushResult::kClosed);
  int value = 0;
  CHECK(queue.Pop(value) == PopResult::kPopped);
  CHECK(value == 1);
  CHECK(queue.Pop(value) == PopResult::kClosed);
  CHECK(queue.TryPop(value) == PopResult::kClosed);
  CHECK(value == 1);
}

TEST_CASE("a refused push leaves the value with the caller") {
  BlockingQueue<MpmcRing<std::unique_ptr<int>>> queue(2);
  for (int i = 0; i < 2; ++i) CHECK(queue.Push(std::make_unique<int>(i)) == PushResult::kPushed);
  auto value = std::make_unique<int>(7);
  CHECK(queue.TryPush(std::move(value)) == PushResult::kFull);
  REQUIRE(value != nullptr);
  queue.Close();
  CHECK(queue.Push(std::move(value)) == PushResult::kClosed);
  REQUIRE(value != nullptr);
  CHECK(*value == 7);
}

TEST_CASE("a thread that waits is woken by a value, by room, and by the close") {
  BlockingQueue<SpscRing<int>> queue(1);
  std::vector<int> got;
  PopResult last = PopResult::kEmpty;
  std::thread popper([&] {
    int value = 0;
    while ((last = queue.Pop(value)) == PopResult::kPopped) got.push_back(value);
  });
  for (int i = 0; i < 100; ++i) CHECK(queue.Push(int{i}) == PushResult::kPushed);
  queue.Close();
  popper.join();
  CHECK(last == PopResult::kClosed);
  REQUIRE(got.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(got[static_cast<std::size_t>(i)] == i);
}

}  // namespace
}  // namespace sabre
