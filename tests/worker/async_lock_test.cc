#include "sabre/worker/async_lock.h"

#include <doctest/doctest.h>

#include <coroutine>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/memory/agent.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {
namespace async_lock_test {

// A coroutine that starts at once and destroys itself at its end; destroyed through its handle before.
struct Fire {
  struct promise_type {
    Fire get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  std::coroutine_handle<> handle;
};

std::size_t Held() { return QueryLocks().held.size(); }
std::size_t Pending() { return QueryLocks().pending.size(); }

TEST_CASE("callbacks get the lock in order, each in a turn of the loop") {
  EventLoop& loop = EventLoop::Current();
  std::vector<int> order;
  std::vector<Lock> kept;
  RequestLockAsync("a").OnComplete([&](absl::StatusOr<Lock> lock) {
    REQUIRE(lock.ok());
    CHECK(lock->held());
    order.push_back(1);
    kept.push_back(*std::move(lock));
    loop.Post([&] {
      order.push_back(2);
      kept.clear();
    });
  });
  RequestLockAsync("a").OnComplete([&](absl::StatusOr<Lock> lock) {
    order.push_back(3);
    // Held during the call, and given back at its end.
    CHECK((lock->held() && Held() == 1));
  });
  CHECK(order.empty());
  CHECK(Pending() == 1);
  loop.Run();
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK(Held() == 0);
}

TEST_CASE("results without a lock: a bad name, not available, no time, a deadline, a stop") {
  EventLoop& loop = EventLoop::Current();
  const Lock held = *RequestLock("a");
  std::stop_source stop;
  std::stop_source stopped;
  stopped.request_stop();
  struct Case {
    const char* name;
    LockOptions options;
    absl::StatusCode code;
  };
  const Case cases[] = {
      {"-a", {}, absl::StatusCode::kUnimplemented},
      {"a", {.if_available = true}, absl::StatusCode::kOk},
      {"a", {.timeout = absl::ZeroDuration()}, absl::StatusCode::kDeadlineExceeded},
      {"a", {.timeout = absl::Milliseconds(2)}, absl::StatusCode::kDeadlineExceeded},
      {"a", {.stop_token = stop.get_token()}, absl::StatusCode::kCancelled},
      {"a", {.stop_token = stopped.get_token()}, absl::StatusCode::kCancelled},
  };
  std::size_t answers = 0;
  for (const Case& row : cases) {
    RequestLockAsync(row.name, row.options).OnComplete([&](absl::StatusOr<Lock> lock) {
      CHECK(lock.status().code() == row.code);
      CHECK_FALSE((lock.ok() && lock->held()));
      answers += 1;
    });
  }
  loop.Post([&] { stop.request_stop(); });
  loop.Run();
  CHECK(answers == std::size(cases));
  CHECK(Pending() == 0);
  CHECK(held.held());
}

TEST_CASE("another thread lets go: the loop, which the request keeps going, gets the lock") {
  EventLoop& loop = EventLoop::Current();
  std::stop_source holds;
  std::thread holder([&] {
    const Lock lock = *RequestLock("a");
    holds.request_stop();
    while (Pending() == 0) StdSync::ThreadYield();
  });
  while (!holds.stop_requested()) StdSync::ThreadYield();
  bool got = false;
  RequestLockAsync("a").OnComplete([&](absl::StatusOr<Lock> lock) { got = lock->held(); });
  loop.Run();
  holder.join();
  CHECK(got);
  CHECK(Held() == 0);
}

TEST_CASE("a coroutine waits for its lock; destroyed before, it wants it no more") {
  EventLoop& loop = EventLoop::Current();
  std::vector<std::string> order;
  const auto hold = [&](const char* who) -> Fire {
    absl::StatusOr<Lock> lock = co_await RequestLockAsync("a");
    if (lock.ok() && lock->held()) order.push_back(who);
  };
  Lock first = *RequestLock("a");
  const Fire one = hold("one");
  const Fire two = hold("two");
  hold("three");
  CHECK(Pending() == 3);
  one.handle.destroy();
  CHECK(Pending() == 2);
  CHECK(first.Release().ok());
  // Granted, and not told yet.
  CHECK(Held() == 1);
  two.handle.destroy();
  loop.Run();
  CHECK(order == std::vector<std::string>{"three"});
  CHECK(Held() == 0);
}

TEST_CASE("a handle that is dropped without a callback withdraws the request") {
  {
    const Lock held = *RequestLock("a");
    const AsyncLock pending = RequestLockAsync("a");
    const AsyncLock granted = RequestLockAsync("b");
    AsyncLock moved = RequestLockAsync("c");
    const AsyncLock from(std::move(moved));
    CHECK(Pending() == 1);
    CHECK(Held() == 3);
  }
  CHECK(Pending() == 0);
  CHECK(Held() == 0);
  // One that is over before its callback is given.
  Lock first = *RequestLock("a");
  AsyncLock later = RequestLockAsync("a");
  CHECK(first.Release().ok());
  EventLoop::Current().Run();
  bool got = false;
  std::move(later).OnComplete([&](absl::StatusOr<Lock> lock) { got = lock->held(); });
  CHECK_FALSE(got);
  EventLoop::Current().Run();
  CHECK(got);
  CHECK(Held() == 0);
}

TEST_CASE("a loop that ends: no callback, a coroutine hears kCancelled, and no lock stays") {
  const Lock held = *RequestLock("a");
  bool called = false;
  auto witness = std::make_shared<int>(0);
  std::vector<absl::StatusCode> heard;
  // Outlives the thread: the coroutines refer to it.
  const auto hold = [&](const char* name) -> Fire {
    heard.push_back((co_await RequestLockAsync(name)).status().code());
  };
  std::thread([&] {
    for (const char* name : {"a", "free"}) {
      RequestLockAsync(name).OnComplete([&, witness](absl::StatusOr<Lock>) { called = true; });
      hold(name);
    }
  }).join();
  CHECK_FALSE(called);
  CHECK(witness.use_count() == 1);
  CHECK(heard == std::vector<absl::StatusCode>(2, absl::StatusCode::kCancelled));
  CHECK(Pending() == 0);
  CHECK(Held() == 1);
}

// Belongs to its loop.
Async HoldUntil(const char* name, std::shared_ptr<int> witness, int& got) {
  const absl::StatusOr<Lock> lock = co_await RequestLockAsync(name);
  if (lock.ok() && lock->held()) got += *witness;
}

TEST_CASE("an Async that waits for a lock goes on with it, and ends with its loop") {
  auto witness = std::make_shared<int>(1);
  int got = 0;
  HoldUntil("free", witness, got);
  EventLoop::Current().Run();
  CHECK(got == 1);
  const Lock held = *RequestLock("a");
  std::thread([&] { HoldUntil("a", witness, got); }).join();
  CHECK(got == 1);
  CHECK(witness.use_count() == 1);
  CHECK(Pending() == 0);
}

}  // namespace async_lock_test
}  // namespace
}  // namespace sabre
