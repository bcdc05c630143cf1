#include "sabre/memory/wait_async.h"

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"
#include "tests/memory/manual_executor.h"

namespace sabre {
namespace {

using test::ManualExecutor;

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

bool Is(const std::optional<AsyncWait::Result>& result, WaitResult expected) {
  return result.has_value() && result->ok() && **result == expected;
}
// Whether it was cancelled, for a reason whose text contains `why`.
bool IsCancelled(const std::optional<AsyncWait::Result>& result, const char* why) {
  return result.has_value() && absl::IsCancelled(result->status()) &&
         std::string(result->status().message()).find(why) != std::string::npos;
}

TEST_CASE("Bad waits are refused in the order shared, index, executor") {
  const Int32Array unshared = *Int32Array::Create(1);
  const Int32Array cells = SharedCells(1);
  CHECK(absl::IsInvalidArgument(atomics::TryWaitAsync(unshared, 7, 0).status()));
  CHECK(absl::IsInvalidArgument(atomics::TryWaitAsync(Int32Array(), 0, 0).status()));
  CHECK(absl::IsOutOfRange(atomics::TryWaitAsync(cells, 1, 0).status()));
  // Also where the values differ and no wait would take place.
  CHECK(absl::IsFailedPrecondition(atomics::TryWaitAsync(cells, 0, 5).status()));
  ManualExecutor executor;
  CHECK(absl::IsOutOfRange(atomics::TryWaitAsync(cells, 1, 0).status()));
  CHECK(atomics::TryWaitAsync(cells, 0, 5).ok());
  executor.Close();
  CHECK(absl::IsFailedPrecondition(atomics::TryWaitAsync(cells, 0, 0).status()));
  CHECK(atomics::WaiterCount(cells, 0) == 0);
}

TEST_CASE("An agent that may not block may wait asynchronously") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  Agent::Current().set_can_block(false);
  const AsyncWait wait = atomics::WaitAsync(cells, 0, 0);
  Agent::Current().set_can_block(true);
  CHECK(atomics::Notify(cells, 0) == 1);
  executor.Turn();
  CHECK(Is(wait.result(), WaitResult::kOk));
}

TEST_CASE("A wait that need not wait has its result at once; the value comes before the timeout") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  const struct {
    std::int32_t expected;
    absl::Duration timeout;
    WaitResult result;
  } rows[] = {{1, absl::InfiniteDuration(), WaitResult::kNotEqual},
              {1, absl::ZeroDuration(), WaitResult::kNotEqual},
              {1, -absl::InfiniteDuration(), WaitResult::kNotEqual},
              {0, absl::ZeroDuration(), WaitResult::kTimedOut},
              {0, -absl::Nanoseconds(1), WaitResult::kTimedOut},
              {0, -absl::InfiniteDuration(), WaitResult::kTimedOut}};
  for (const auto& row : rows) {
    AsyncWait wait = atomics::WaitAsync(cells, 0, row.expected, row.timeout);
    CHECK_FALSE(wait.async());
    CHECK(Is(wait.result(), row.result));
    CHECK_FALSE(wait.Cancel());
    std::optional<AsyncWait::Result> told;
    wait.OnComplete([&](AsyncWait::Result result) { told = std::move(result); });
    CHECK_FALSE(told.has_value());
    executor.Turn();
    CHECK(Is(told, row.result));
  }
  CHECK(executor.alive() == 0);
}

TEST_CASE("Notify counts a pending wait and completes it on the executor, not before") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(2);
  AsyncWait wait = atomics::WaitAsync(cells, 1, 0);
  int calls = 0;
  wait.OnComplete([&](const AsyncWait::Result& result) { calls += Is(result, WaitResult::kOk); });
  CHECK(wait.async());
  CHECK(atomics::WaiterCount(cells, 1) == 1);
  CHECK(atomics::Notify(cells, 0) == 0);
  CHECK(atomics::Notify(cells, 1, 0) == 0);
  executor.Turn();
  CHECK_FALSE(wait.result().has_value());

  std::size_t woken = 0;
  std::thread([&] { woken = atomics::Notify(cells, 1); }).join();
  CHECK(woken == 1);
  CHECK(calls == 0);
  CHECK_FALSE(wait.result().has_value());
  executor.Turn();
  CHECK(calls == 1);
  CHECK(Is(wait.result(), WaitResult::kOk));
  CHECK(wait.async());
  CHECK_FALSE(wait.Cancel());
  CHECK(atomics::Notify(cells, 1) == 0);
}

TEST_CASE(
    "A store without Notify completes nothing; a location is a byte, whatever view names it") {
  ManualExecutor executor;
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(64);
  const BigInt64Array wide = *BigInt64Array::Over(buffer);
  const Int32Array narrow = *Int32Array::Over(buffer);
  const AsyncWait wait = atomics::WaitAsync(wide, 5, 0);
  atomics::Store(wide, 5, 1);
  executor.Turn();
  CHECK_FALSE(wait.result().has_value());
  CHECK(atomics::Notify(narrow, 11) == 0);
  CHECK(atomics::Notify(narrow, 10) == 1);
  executor.Turn();
  CHECK(Is(wait.result(), WaitResult::kOk));
}

TEST_CASE("Waits complete in the order in which they began, by several notifications or one") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  for (const std::size_t at_once : {std::size_t{1}, std::size_t{2}, atomics::kAll}) {
    std::vector<int> order;
    for (int i = 0; i < 5; ++i) {
      atomics::WaitAsync(cells, 0, 0).OnComplete([&order, i](const AsyncWait::Result&) {
        order.push_back(i);
      });
    }
    std::size_t woken = 0;
    while (woken < 5) woken += atomics::Notify(cells, 0, at_once);
    CHECK(woken == 5);
    executor.Turn();
    CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
  }
}

TEST_CASE("Threads that sleep and pending waits stand in one queue") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  const AsyncWait first = atomics::WaitAsync(cells, 0, 0);
  WaitResult second = WaitResult::kTimedOut;
  std::thread sleeper([&] { second = atomics::Wait(cells, 0, 0); });
  while (atomics::WaiterCount(cells, 0) < 2) std::this_thread::yield();
  const AsyncWait third = atomics::WaitAsync(cells, 0, 0);

  CHECK(atomics::NotifyOne(cells, 0) == 1);
  executor.Turn();
  CHECK(Is(first.result(), WaitResult::kOk));
  CHECK(atomics::WaiterCount(cells, 0) == 2);
  CHECK(atomics::NotifyOne(cells, 0) == 1);
  sleeper.join();
  CHECK(second == WaitResult::kOk);
  executor.Turn();
  CHECK_FALSE(third.result().has_value());
  CHECK(atomics::NotifyAll(cells, 0) == 1);
  executor.Turn();
  CHECK(Is(third.result(), WaitResult::kOk));
}

TEST_CASE("A timeout ends the wait, and takes no notification with it") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  const AsyncWait early = atomics::WaitAsync(cells, 0, 0, absl::Microseconds(500));
  const AsyncWait late = atomics::WaitAsync(cells, 0, 0, absl::Milliseconds(2));
  const AsyncWait never = atomics::WaitAsync(cells, 0, 0);
  executor.Advance(absl::Microseconds(500));
  CHECK(atomics::WaiterCount(cells, 0) == 2);
  executor.Turn();
  CHECK(Is(early.result(), WaitResult::kTimedOut));
  CHECK_FALSE(late.result().has_value());
  CHECK(atomics::Notify(cells, 0, 1) == 1);
  // Its time passes before its completion has run: it was notified all the same.
  executor.Advance(absl::Milliseconds(2));
  executor.Turn();
  CHECK(Is(late.result(), WaitResult::kOk));
  executor.Advance(absl::Hours(1'000'000));
  executor.Turn();
  CHECK_FALSE(never.result().has_value());
  CHECK(atomics::Notify(cells, 0) == 1);
  executor.Turn();
  CHECK(executor.alive() == 0);
}

TEST_CASE("Cancel ends the wait once; the notification is the next one's") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  AsyncWait first = atomics::WaitAsync(cells, 0, 0);
  const AsyncWait second = atomics::WaitAsync(cells, 0, 0);
  int calls = 0;
  first.OnComplete([&](const AsyncWait::Result&) { calls += 1; });
  CHECK(first.Cancel());
  CHECK_FALSE(first.Cancel());
  CHECK(calls == 0);
  CHECK(atomics::Notify(cells, 0, 1) == 1);
  CHECK(atomics::Notify(cells, 0, 1) == 0);
  executor.Turn();
  CHECK(calls == 1);
  CHECK(IsCancelled(first.result(), "Cancel was called"));
  CHECK(Is(second.result(), WaitResult::kOk));
}

TEST_CASE(
    "A stop request ends the wait: of the options' token or of the agent's, before or later") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  for (const bool of_agent : {false, true}) {
    for (const bool before : {false, true}) {
      std::stop_source stop;
      WaitAsyncOptions options;
      if (of_agent) {
        Agent::Current().set_stop_token(stop.get_token());
      } else {
        options.stop_token = stop.get_token();
      }
      if (before) stop.request_stop();
      const AsyncWait wait = atomics::WaitAsync(cells, 0, 0, absl::InfiniteDuration(), options);
      if (!before) std::thread([&] { stop.request_stop(); }).join();
      CHECK(atomics::Notify(cells, 0) == 0);
      CHECK_FALSE(wait.result().has_value());
      executor.Turn();
      CHECK(IsCancelled(wait.result(), of_agent ? "waiting agent" : "stop_token"));
      Agent::Current().set_stop_token({});
    }
  }
}

TEST_CASE("A pending wait does not keep its buffer; the buffer's end cancels it") {
  ManualExecutor executor;
  std::optional<Int32Array> cells = SharedCells(1);
  AsyncWait wait = atomics::WaitAsync(*cells, 0, 0, absl::Seconds(1));
  AsyncWait other = atomics::WaitAsync(*cells, 0, 0);
  SUBCASE("in this thread") { cells.reset(); }
  SUBCASE("in another") {
    std::thread([last = *std::exchange(cells, std::nullopt)] {}).join();
  }
  CHECK_FALSE(wait.Cancel());
  executor.Advance(absl::Seconds(2));
  executor.Turn();
  CHECK(IsCancelled(wait.result(), "SharedArrayBuffer has ended"));
  CHECK(IsCancelled(other.result(), "SharedArrayBuffer has ended"));
}

TEST_CASE("A buffer that grows keeps its waits, and is waited on where it has grown") {
  ManualExecutor executor;
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(4, {.max_byte_length = 1 << 20});
  const Int32Array tracking = *Int32Array::Over(buffer);
  const AsyncWait first = atomics::WaitAsync(tracking, 0, 0);
  CHECK(absl::IsOutOfRange(atomics::TryWaitAsync(tracking, 1, 0).status()));
  CHECK(absl::IsOutOfRange(atomics::TryNotify(tracking, 1).status()));
  REQUIRE(buffer.Grow(1 << 20).ok());
  const AsyncWait last = atomics::WaitAsync(tracking, (1 << 18) - 1, 0);
  CHECK(atomics::Notify(tracking, (1 << 18) - 1) == 1);
  CHECK(atomics::Notify(tracking, 0) == 1);
  executor.Turn();
  CHECK(Is(first.result(), WaitResult::kOk));
  CHECK(Is(last.result(), WaitResult::kOk));
}

TEST_CASE("Without its handle a wait goes on") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  bool told = false;
  atomics::WaitAsync(cells, 0, 0).OnComplete([&](const AsyncWait::Result& result) {
    told = Is(result, WaitResult::kOk);
  });
  CHECK(atomics::WaiterCount(cells, 0) == 1);
  CHECK(atomics::Notify(cells, 0) == 1);
  executor.Turn();
  CHECK(told);
}

TEST_CASE("An executor that ends takes its waits with it; a notification goes to the next") {
  const Int32Array cells = SharedCells(1);
  const auto token = std::make_shared<int>(0);
  bool ran = false;
  std::optional<AsyncWait> pending;
  std::optional<AsyncWait> timed_out;
  std::optional<AsyncWait> notified;
  {
    ManualExecutor executor;
    for (std::optional<AsyncWait>* wait : {&notified, &pending}) {
      *wait = atomics::WaitAsync(cells, 0, 0);
      (*wait)->OnComplete([token, &ran](const AsyncWait::Result&) { ran = true; });
    }
    timed_out = atomics::WaitAsync(cells, 0, 0, absl::Seconds(1));
    // Over, but the executor has not heard of it when it ends.
    CHECK(atomics::Notify(cells, 0, 1) == 1);
    executor.Advance(absl::Seconds(1));
    CHECK(token.use_count() == 3);
  }
  CHECK_FALSE(ran);
  CHECK(token.use_count() == 1);
  CHECK(atomics::WaiterCount(cells, 0) == 0);
  CHECK(atomics::Notify(cells, 0) == 0);
  // The notification went from one to the other, and no further: one of them has it.
  CHECK(Is(notified->result(), WaitResult::kOk) != Is(pending->result(), WaitResult::kOk));
  CHECK(IsCancelled(notified->result(), "executor has ended") !=
        IsCancelled(pending->result(), "executor has ended"));
  CHECK(Is(timed_out->result(), WaitResult::kTimedOut));
  CHECK_FALSE(pending->Cancel());
}

TEST_CASE("keep_alive says whether the wait keeps its executor going, until it is over") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  for (const bool keep_alive : {true, false}) {
    for (const absl::Duration timeout :
         {absl::InfiniteDuration(), absl::Duration(absl::Seconds(1))}) {
      const AsyncWait notified = atomics::WaitAsync(cells, 0, 0, timeout, {keep_alive});
      CHECK(executor.alive() == (keep_alive ? 1 : 0));
      CHECK(atomics::Notify(cells, 0) == 1);
      executor.Turn();
      CHECK(executor.alive() == 0);
    }
    const AsyncWait timed_out = atomics::WaitAsync(cells, 0, 0, absl::Seconds(1), {keep_alive});
    executor.Advance(absl::Seconds(1));
    executor.Turn();
    CHECK(executor.alive() == 0);
    CHECK(Is(timed_out.result(), WaitResult::kTimedOut));
    AsyncWait cancelled = atomics::WaitAsync(cells, 0, 0, absl::Seconds(1), {keep_alive});
    CHECK(cancelled.Cancel());
    executor.Turn();
    CHECK(executor.alive() == 0);
  }
}

TEST_CASE("One callback: another replaces it, and one that comes late is called too") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  std::string calls;
  AsyncWait wait = atomics::WaitAsync(cells, 0, 0);
  wait.OnComplete([&](const AsyncWait::Result&) { calls += 'a'; });
  wait.OnComplete([&](const AsyncWait::Result&) { calls += 'b'; });
  CHECK(atomics::Notify(cells, 0) == 1);
  executor.Turn();
  wait.OnComplete([&](const AsyncWait::Result& result) {
    if (Is(result, WaitResult::kOk)) calls += 'c';
  });
  CHECK(calls == "b");
  executor.Turn();
  CHECK(calls == "bc");
}

TEST_CASE("A callback may wait again, notify, and drop its own handle") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  int rounds = 0;
  std::optional<AsyncWait> wait;
  std::function<void()> again = [&] {
    wait = atomics::WaitAsync(cells, 0, 0);
    wait->OnComplete([&](const AsyncWait::Result&) {
      wait.reset();
      if (++rounds == 3) return;
      again();
      CHECK(atomics::Notify(cells, 0) == 1);
    });
  };
  again();
  CHECK(atomics::Notify(cells, 0) == 1);
  executor.Turn();
  CHECK(rounds == 3);
  CHECK(atomics::WaiterCount(cells, 0) == 0);
}

// The least that a coroutine needs. Its frame goes with it.
class Coroutine {
 public:
  struct promise_type {
    Coroutine get_return_object() {
      return Coroutine(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit Coroutine(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Coroutine(Coroutine&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Coroutine& operator=(Coroutine&&) = delete;
  ~Coroutine() {
    if (frame_) frame_.destroy();
  }
  bool done() const { return frame_.done(); }

 private:
  std::coroutine_handle<promise_type> frame_;
};

TEST_CASE("A coroutine awaits: it resumes on the executor, or goes on at once") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  std::vector<AsyncWait::Result> results;
  const auto body = [](const Int32Array& on, std::vector<AsyncWait::Result>& to) -> Coroutine {
    to.push_back(co_await atomics::WaitAsync(on, 0, 7));
    to.push_back(co_await atomics::WaitAsync(on, 0, 0));
    to.push_back(co_await atomics::WaitAsync(on, 0, 0, absl::Milliseconds(1)));
    AsyncWait cancelled = atomics::WaitAsync(on, 0, 0);
    cancelled.Cancel();
    to.push_back(co_await std::move(cancelled));
  };
  const Coroutine coroutine = body(cells, results);
  CHECK(results.size() == 1);
  std::thread([&] { CHECK(atomics::Notify(cells, 0) == 1); }).join();
  CHECK(results.size() == 1);
  executor.Turn();
  CHECK(results.size() == 2);
  executor.Advance(absl::Milliseconds(1));
  executor.Turn();
  REQUIRE(coroutine.done());
  REQUIRE(results.size() == 4);
  CHECK(Is(results[0], WaitResult::kNotEqual));
  CHECK(Is(results[1], WaitResult::kOk));
  CHECK(Is(results[2], WaitResult::kTimedOut));
  CHECK(IsCancelled(results[3], "Cancel was called"));
}

TEST_CASE("A coroutine that is destroyed while it awaits cancels its wait") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  bool resumed = false;
  const auto body = [](const Int32Array& on, bool& set) -> Coroutine {
    static_cast<void>(co_await atomics::WaitAsync(on, 0, 0));
    set = true;
  };
  {
    const Coroutine pending = body(cells, resumed);
    const Coroutine notified = body(cells, resumed);
    CHECK(atomics::Notify(cells, 0, 1) == 1);
  }
  CHECK(atomics::WaiterCount(cells, 0) == 0);
  executor.Turn();
  CHECK_FALSE(resumed);
  CHECK(executor.alive() == 0);
}

TEST_CASE(
    "A notification for a coroutine that is destroyed goes to the next, unless it was heard of") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  bool resumed = false;
  const auto body = [](const Int32Array& on, bool& set) -> Coroutine {
    static_cast<void>(co_await atomics::WaitAsync(on, 0, 0));
    set = true;
  };
  std::optional<Coroutine> gone(body(cells, resumed));
  AsyncWait next = atomics::WaitAsync(cells, 0, 0);
  const AsyncWait last = atomics::WaitAsync(cells, 0, 0);
  CHECK(atomics::Notify(cells, 0, 1) == 1);
  gone.reset();
  executor.Turn();
  CHECK_FALSE(resumed);
  REQUIRE(next.result().has_value());
  CHECK(Is(*next.result(), WaitResult::kOk));
  CHECK_FALSE(last.result().has_value());
  CHECK(atomics::Notify(cells, 0) == 1);
}

TEST_CASE("The end of the executor resumes a coroutine, and passes other notifications on") {
  const Int32Array cells = SharedCells(2);
  std::vector<AsyncWait::Result> results;
  const auto body = [](const Int32Array& on, std::size_t index,
                       std::vector<AsyncWait::Result>& to) -> Coroutine {
    to.push_back(co_await atomics::WaitAsync(on, index, 0));
  };
  ManualExecutor after;
  {
    std::optional<ManualExecutor> executor(std::in_place);
    const Coroutine pending = body(cells, 0, results);
    const Coroutine notified = body(cells, 1, results);
    AsyncWait with_callback = atomics::WaitAsync(cells, 1, 0);
    with_callback.OnComplete([](const AsyncWait::Result&) { FAIL("the executor has ended"); });
    CHECK(atomics::Notify(cells, 1) == 2);
    Agent::Current().set_executor(&after);
    const AsyncWait next = atomics::WaitAsync(cells, 1, 0);
    executor.reset();
    REQUIRE(results.size() == 2);
    CHECK(pending.done());
    CHECK(notified.done());
    after.Turn();
    REQUIRE(next.result().has_value());
    CHECK(Is(*next.result(), WaitResult::kOk));
  }
  std::size_t ok = 0;
  for (const AsyncWait::Result& result : results) {
    ok += Is(result, WaitResult::kOk);
    if (!result.ok()) CHECK(IsCancelled(result, "the executor has ended"));
  }
  CHECK(ok == 1);
}

TEST_CASE("No callback, and a callback for what is over") {
  ManualExecutor executor;
  const Int32Array cells = SharedCells(1);
  AsyncWait wait = atomics::WaitAsync(cells, 0, 0);
  wait.OnComplete([](const AsyncWait::Result&) { FAIL("taken away"); });
  wait.OnComplete(nullptr);
  CHECK(atomics::Notify(cells, 0) == 1);
  executor.Turn();
  wait.OnComplete(nullptr);
  int calls = 0;
  wait.OnComplete([&](const AsyncWait::Result& result) { calls += Is(result, WaitResult::kOk); });
  executor.Turn();
  CHECK(calls == 1);
}

}  // namespace
}  // namespace sabre
