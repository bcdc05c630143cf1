#include "sabre/sync/event_count.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a Notify between PrepareWait and CommitWait is not slept through") {
  EventCount<> events;
  const auto key = events.PrepareWait();
  events.NotifyOne();
  CHECK(events.CommitWait(key));
}

TEST_CASE("a Notify before PrepareWait wakes nobody") {
  EventCount<> events;
  events.NotifyAll();
  const TimePoint deadline = StdSync::Now() + milliseconds(1);
  CHECK_FALSE(events.CommitWait(events.PrepareWait(), deadline));
  CHECK(StdSync::Now() >= deadline);
}

TEST_CASE("a wait that was cancelled or has timed out leaves nothing behind") {
  EventCount<> events;
  events.PrepareWait();
  events.CancelWait();
  CHECK_FALSE(events.CommitWait(events.PrepareWait(), StdSync::Now()));
  events.NotifyAll();
  CHECK_FALSE(events.CommitWait(events.PrepareWait(), StdSync::Now() + milliseconds(1)));
  // A Notify that finds nobody does nothing at all: the state of the world stays what it was.
  const auto before = events.PrepareWait();
  events.CancelWait();
  events.NotifyAll();
  CHECK(events.PrepareWait() == before);
  events.CancelWait();
}

TEST_CASE("Notify wakes a thread that sleeps") {
  EventCount<> events;
  std::atomic<bool> condition{false};
  std::thread waiter([&] {
    while (!condition.load()) {
      const auto key = events.PrepareWait();
      if (condition.load()) {
        events.CancelWait();
      } else {
        events.CommitWait(key);
      }
    }
  });
  std::this_thread::sleep_for(milliseconds(2));
  condition.store(true);
  events.NotifyOne();
  waiter.join();
  CHECK(condition.load());
}

}  // namespace
}  // namespace sabre
