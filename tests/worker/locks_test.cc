#include "sabre/worker/locks.h"

#include <doctest/doctest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/sync/std_sync.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace {
namespace locks_test {

// Until so many wait for `name`. A thread that is about to wait cannot say so itself.
void AwaitPending(std::string_view name, std::size_t count) {
  for (;;) {
    std::size_t pending = 0;
    for (const LockInfo& info : QueryLocks().pending) pending += info.name == name ? 1 : 0;
    if (pending == count) return;
    StdSync::ThreadYield();
  }
}

bool NobodyHoldsOrWaits() {
  const LockSnapshot snapshot = QueryLocks();
  return snapshot.held.empty() && snapshot.pending.empty();
}

TEST_CASE("a lock is held until its handle ends, and is somebody else's then") {
  {
    absl::StatusOr<Lock> lock = RequestLock("config");
    REQUIRE(lock.ok());
    CHECK(lock->held());
    CHECK(static_cast<bool>(*lock));
    CHECK(lock->name() == "config");
    CHECK(lock->mode() == LockMode::kExclusive);
    CHECK_FALSE(lock->lost_token().stop_requested());
    const LockSnapshot snapshot = QueryLocks();
    REQUIRE(snapshot.held.size() == 1);
    CHECK(snapshot.held[0].name == "config");
    CHECK(snapshot.held[0].mode == LockMode::kExclusive);
    CHECK(snapshot.held[0].agent_id == Agent::Current().id());
    CHECK(snapshot.pending.empty());
    Lock moved = *std::move(lock);
    CHECK(moved.held());
    CHECK_FALSE(lock->held());
    Lock other = *RequestLock("elsewhere");
    other = std::move(moved);
    // The target's own lock was given back.
    CHECK(QueryLocks().held.size() == 1);
    CHECK(other.name() == "config");
    CHECK(other.Release().ok());
    CHECK_FALSE(other.held());
    CHECK(absl::IsFailedPrecondition(other.Release()));
    other = *RequestLock("config");
  }
  CHECK(NobodyHoldsOrWaits());
}

TEST_CASE("an empty Lock says so") {
  Lock none;
  CHECK_FALSE(none.held());
  CHECK(none.name() == "");
  CHECK(none.mode() == LockMode::kExclusive);
  CHECK_FALSE(none.lost_token().stop_possible());
  CHECK(absl::IsFailedPrecondition(none.Release()));
}

TEST_CASE("what a request says at once, by mode and option") {
  struct Case {
    const char* what;
    LockMode held;
    LockOptions options;
    absl::StatusCode code;
    bool gets_it;
  };
  const auto shared = LockMode::kShared;
  const auto exclusive = LockMode::kExclusive;
  const Case cases[] = {
      {"a second reader",
       shared,
       {.mode = shared, .if_available = true},
       absl::StatusCode::kOk,
       true},
      {"a writer beside a reader", shared, {.if_available = true}, absl::StatusCode::kOk, false},
      {"a reader beside a writer",
       exclusive,
       {.mode = shared, .if_available = true},
       absl::StatusCode::kOk,
       false},
      {"no time",
       exclusive,
       {.timeout = absl::ZeroDuration()},
       absl::StatusCode::kDeadlineExceeded,
       false},
      {"less than no time",
       exclusive,
       {.timeout = -absl::InfiniteDuration()},
       absl::StatusCode::kDeadlineExceeded,
       false},
      {"a little time",
       exclusive,
       {.timeout = absl::Milliseconds(2)},
       absl::StatusCode::kDeadlineExceeded,
       false},
      {"steal and if_available",
       exclusive,
       {.if_available = true, .steal = true},
       absl::StatusCode::kUnimplemented,
       false},
      {"steal to share",
       exclusive,
       {.mode = shared, .steal = true},
       absl::StatusCode::kUnimplemented,
       false},
  };
  for (const Case& row : cases) {
    CAPTURE(row.what);
    const Lock held = *RequestLock("a", {.mode = row.held});
    const absl::StatusOr<Lock> lock = RequestLock("a", row.options);
    CHECK(lock.status().code() == row.code);
    CHECK((lock.ok() && lock->held()) == row.gets_it);
    CHECK(held.held());
  }
  CHECK(NobodyHoldsOrWaits());
}

TEST_CASE("names: any text but what begins with '-'") {
  for (const char* name : {"", "a", "a-", "ä", "\n"}) {
    CAPTURE(name);
    CHECK(RequestLock(name).ok());
  }
  CHECK(RequestLock(std::string_view("a\0b", 3))->name() == std::string_view("a\0b", 3));
  for (const char* name : {"-", "-a"}) {
    const absl::Status refused = RequestLock(name).status();
    CHECK(absl::IsUnimplemented(refused));
    CHECK(std::string(refused.message()).find(name) != std::string::npos);
  }
}

TEST_CASE("requests are granted in order: a writer holds back the readers behind it") {
  std::vector<std::string> order;
  StdSync::Mutex order_mutex;
  std::vector<std::thread> threads;
  Lock first = *RequestLock("queue");
  std::size_t waiting = 0;
  const auto request = [&](const char* who, LockMode mode) {
    threads.emplace_back([&, who, mode] {
      const Lock lock = *RequestLock("queue", {.mode = mode});
      const std::lock_guard<StdSync::Mutex> guard(order_mutex);
      order.push_back(who);
    });
    AwaitPending("queue", ++waiting);
  };
  request("reader", LockMode::kShared);
  request("reader", LockMode::kShared);
  request("writer", LockMode::kExclusive);
  request("late reader", LockMode::kShared);
  const LockSnapshot snapshot = QueryLocks();
  REQUIRE(snapshot.pending.size() == 4);
  CHECK(snapshot.pending[1].mode == LockMode::kShared);
  CHECK(snapshot.pending[2].mode == LockMode::kExclusive);
  CHECK(first.Release().ok());
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<std::string>{"reader", "reader", "writer", "late reader"});
  CHECK(NobodyHoldsOrWaits());
}

TEST_CASE("a thief takes the lock at once, and the robbed one learns of it") {
  Lock robbed = *RequestLock("a");
  bool told = false;
  const std::stop_callback tell(robbed.lost_token(), [&] { told = true; });
  absl::StatusOr<Lock> thief = RequestLock("a", {.steal = true});
  REQUIRE(thief.ok());
  CHECK(told);
  CHECK_FALSE(robbed.held());
  CHECK(robbed.name() == "a");
  CHECK(absl::IsCancelled(robbed.Release()));
  CHECK(thief->held());
  // Also from those who share, and from nobody.
  Lock reader1 = *RequestLock("b", {.mode = LockMode::kShared});
  Lock reader2 = *RequestLock("b", {.mode = LockMode::kShared});
  CHECK(RequestLock("b", {.steal = true})->held());
  CHECK_FALSE((reader1.held() || reader2.held()));
  CHECK(RequestLock("c", {.steal = true})->held());
}

TEST_CASE(
    "a stop request ends the wait: of the options' token, of the agent's; before and during") {
  for (const bool agents : {false, true}) {
    CAPTURE(agents);
    const Lock held = *RequestLock("a");
    std::stop_source stop;
    absl::Status status;
    std::thread waiter([&] {
      if (agents) Agent::Current().set_stop_token(stop.get_token());
      LockOptions options;
      if (!agents) options.stop_token = stop.get_token();
      status = RequestLock("a", options).status();
      // Asked already: nothing is requested, free or not.
      CHECK(absl::IsCancelled(RequestLock("free", options).status()));
    });
    AwaitPending("a", 1);
    stop.request_stop();
    waiter.join();
    CHECK(absl::IsCancelled(status));
    CHECK(std::string(status.message()).find(agents ? "thread" : "stop_token") !=
          std::string::npos);
  }
  CHECK(NobodyHoldsOrWaits());
}

TEST_CASE("a thread that may not block gets what is free, and an error for what is not") {
  const Lock held = *RequestLock("a");
  std::thread([] {
    Agent::Current().set_can_block(false);
    CHECK(RequestLock("free")->held());
    CHECK(absl::IsFailedPrecondition(RequestLock("a").status()));
    CHECK_FALSE(RequestLock("a", {.if_available = true})->held());
    CHECK(absl::IsDeadlineExceeded(RequestLock("a", {.timeout = absl::ZeroDuration()}).status()));
  }).join();
  CHECK(QueryLocks().held.size() == 1);
}

TEST_CASE("a thread that ends lets go of what it holds, wherever the handle is") {
  auto leaked = std::make_unique<Lock>();
  std::thread([&] { *leaked = *RequestLock("a"); }).join();
  CHECK_FALSE(leaked->held());
  CHECK(leaked->lost_token().stop_requested());
  CHECK(RequestLock("a", {.if_available = true})->held());
  CHECK(absl::IsCancelled(leaked->Release()));
  CHECK(NobodyHoldsOrWaits());
}

TEST_CASE("a thread whose agent has ended gets no lock, which nobody would take from it") {
  struct Late {
    ~Late() { *status = RequestLock("late").status(); }
    absl::Status* status = nullptr;
  };
  absl::Status status;
  std::thread([&] {
    thread_local Late late;  // made before the agent, so it ends after it
    late.status = &status;
    CHECK(RequestLock("early")->held());
  }).join();
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(NobodyHoldsOrWaits());
}

TEST_CASE("a worker that ends lets go: the parent that waits gets the lock") {
  absl::StatusOr<Worker> worker = Worker::Start([](WorkerScope& self) -> absl::Status {
    static Lock* const leaked = new Lock(*RequestLock("shared"));
    if (!leaked->held()) return absl::InternalError("not held");
    if (absl::Status sent = self.PostMessage(1); !sent.ok()) return sent;
    // Terminated while it waits for what it holds itself.
    return RequestLock("shared").status();
  });
  REQUIRE(worker.ok());
  REQUIRE(worker->Receive(absl::Seconds(30)).ok());
  CHECK_FALSE(RequestLock("shared", {.if_available = true})->held());
  CHECK(worker->Terminate());
  CHECK(RequestLock("shared")->held());
  CHECK(absl::IsCancelled(worker->Join()));
  CHECK(NobodyHoldsOrWaits());
}

}  // namespace locks_test
}  // namespace
}  // namespace sabre
