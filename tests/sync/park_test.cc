#include "sabre/sync/park.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

using std::chrono::milliseconds;

TimePoint Past() { return StdSync::Now() - milliseconds(1); }

TEST_CASE("a token that is already there is taken, even after the deadline") {
  Parker parker;
  parker.Unpark();
  CHECK(parker.Park(Past()));
}

TEST_CASE("a token is taken once") {
  Parker parker;
  parker.Unpark();
  CHECK(parker.Park());
  CHECK_FALSE(parker.Park(Past()));
}

TEST_CASE("tokens do not add up") {
  Parker parker;
  parker.Unpark();
  parker.Unpark();
  CHECK(parker.Park());
  CHECK_FALSE(parker.Park(Past()));
}

TEST_CASE("Park gives up at its deadline, not before") {
  Parker parker;
  // From shorter than any spin to longer than any.
  for (const auto wait : {std::chrono::microseconds(1), std::chrono::microseconds(30),
                          std::chrono::microseconds(200), std::chrono::microseconds(5000)}) {
    const TimePoint deadline = StdSync::Now() + wait;
    CHECK_FALSE(parker.Park(deadline));
    CHECK(StdSync::Now() >= deadline);
  }
}

TEST_CASE("deadlines at the ends of the clock are legal") {
  Parker parker;
  CHECK_FALSE(parker.Park(TimePoint::min()));
  CHECK_FALSE(parker.Park(TimePoint{}));
  parker.Unpark();
  CHECK(parker.Park(TimePoint::max() - std::chrono::nanoseconds(1)));
}

TEST_CASE("a Park that gave up leaves the parker as it was") {
  Parker parker;
  CHECK_FALSE(parker.Park(StdSync::Now() + milliseconds(1)));
  parker.Unpark();
  CHECK(parker.Park());
  CHECK_FALSE(parker.Park(Past()));
}

TEST_CASE("Park sleeps until the Unpark of another thread, and sees what that thread wrote") {
  for (const auto delay : {milliseconds(0), milliseconds(1), milliseconds(20)}) {
    Parker parker;
    int written = 0;
    std::thread notifier([&] {
      std::this_thread::sleep_for(delay);
      written = 42;
      parker.Unpark();
    });
    CHECK(parker.Park());
    CHECK(written == 42);
    notifier.join();
  }
}

TEST_CASE("neither a signal nor a wake-up next door ends a Park") {
  struct sigaction ignore = {};
  struct sigaction previous = {};
  ignore.sa_handler = [](int) {};  // and no SA_RESTART: the system call fails with EINTR
  REQUIRE(sigaction(SIGUSR1, &ignore, &previous) == 0);
  Parker parker;
  std::atomic<bool> taken{false};
  std::atomic<bool> returned{false};
  std::thread waiter([&] {
    taken.store(parker.Park(StdSync::Now() + std::chrono::hours(1)));
    returned.store(true);
  });
  // Where parkers share a bucket of sleepers, some of these share the waiter's.
  std::vector<Parker> others(512);
  std::thread next_door([&] {
    for (Parker& other : others) other.Park();
  });
  for (Parker& other : others) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    pthread_kill(waiter.native_handle(), SIGUSR1);
    other.Unpark();
  }
  next_door.join();
  CHECK_FALSE(returned.load());
  parker.Unpark();
  waiter.join();
  CHECK(taken.load());
  sigaction(SIGUSR1, &previous, nullptr);
}

}  // namespace
}  // namespace sabre
