#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

TEST_CASE("WaitUntil gives up at its deadline, not before, and holds the mutex") {
  StdSync::Mutex mutex;
  StdSync::CondVar condition;
  const TimePoint deadline = StdSync::Now() + std::chrono::milliseconds(5);
  mutex.lock();
  // Spurious wake-ups are allowed, so a true is no failure yet.
  while (condition.WaitUntil(mutex, deadline)) {
  }
  CHECK(StdSync::Now() >= deadline);
  bool free = true;
  std::thread([&] {
    free = mutex.try_lock();
    if (free) mutex.unlock();
  }).join();
  CHECK_FALSE(free);
  mutex.unlock();
}

TEST_CASE("a deadline in the past does not sleep") {
  StdSync::Mutex mutex;
  StdSync::CondVar condition;
  const std::lock_guard<StdSync::Mutex> lock(mutex);
  CHECK_FALSE(condition.WaitUntil(mutex, StdSync::Now() - std::chrono::seconds(1)));
}

TEST_CASE("NotifyOne wakes a waiter, with a deadline, without one, and with kNever") {
  StdSync::Mutex mutex;
  StdSync::CondVar condition;
  int stage = 0;
  std::thread waiter([&] {
    const std::lock_guard<StdSync::Mutex> lock(mutex);
    while (stage < 1) condition.Wait(mutex);
    stage = 2;
    condition.NotifyAll();
    while (stage < 3) condition.WaitUntil(mutex, kNever);
    stage = 4;
    condition.NotifyAll();
    while (stage < 5) condition.WaitUntil(mutex, StdSync::Now() + std::chrono::hours(1));
    stage = 6;
  });
  {
    const std::lock_guard<StdSync::Mutex> lock(mutex);
    stage = 1;
    condition.NotifyOne();
    while (stage < 2) condition.Wait(mutex);
    stage = 3;
    condition.NotifyOne();
    while (stage < 4) condition.Wait(mutex);
    stage = 5;
    condition.NotifyOne();
  }
  waiter.join();
  CHECK(stage == 6);
}

}  // namespace
}  // namespace sabre
