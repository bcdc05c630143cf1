#include "sabre/worker/locks.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/messaging/event_loop.h"
#include "sabre/sync/std_sync.h"
#include "sabre/worker/async_lock.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {
namespace locks_stress {

// Data that a lock guards: written by one, read by many, and the sanitizer looks on.
struct Guarded {
  int value = 0;
  std::atomic<int> readers{0};
  std::atomic<int> writers{0};
};

// Whether nobody is there who must not be.
bool Use(Guarded& data, LockMode mode) {
  if (mode == LockMode::kShared) {
    data.readers.fetch_add(1);
    const bool alone = data.writers.load() == 0 && data.value >= 0;
    data.readers.fetch_sub(1);
    return alone;
  }
  const bool alone = data.writers.fetch_add(1) == 0 && data.readers.load() == 0;
  data.value += 1;
  data.writers.fetch_sub(1);
  return alone;
}

TEST_CASE("readers and writers of two names: never together, none starves, none is lost") {
  Guarded data[2];
  std::atomic<bool> right{true};
  const int rounds = test::Rounds(1'500);
  const auto work = [&](std::uint32_t seed) {
    for (int i = 0; i < rounds; ++i) {
      seed = seed * 1664525 + 1013904223;
      const int which = static_cast<int>(seed >> 31);
      LockOptions options{.mode = (seed >> 16) % 3 == 0 ? LockMode::kExclusive : LockMode::kShared};
      if ((seed >> 20) % 8 == 0) options.if_available = true;
      if ((seed >> 20) % 8 == 1) options.timeout = absl::Microseconds(seed % 50);
      const absl::StatusOr<Lock> lock = RequestLock(which == 0 ? "a" : "b", options);
      if (!lock.ok() || !lock->held()) continue;
      if (!Use(data[which], options.mode)) right.store(false);
    }
  };
  test::Together({[&] { work(1); }, [&] { work(2); }, [&] { work(3); }});
  CHECK(right.load());
  CHECK(QueryLocks().held.empty());
  CHECK(QueryLocks().pending.empty());
}

TEST_CASE("thieves, stop requests and threads that end: the lock always goes on") {
  std::atomic<int> granted{0};
  std::atomic<int> lost{0};
  for (int round = 0; round < test::Rounds(150); ++round) {
    std::stop_source stop;
    const auto hold = [&](bool leak) {
      absl::StatusOr<Lock> lock = RequestLock("a", {.stop_token = stop.get_token()});
      if (!lock.ok()) return;
      granted += 1;
      // A leak on purpose: the end of the thread lets go.
      if (leak) {
        static std::vector<Lock>* const leaked = new std::vector<Lock>;
        static StdSync::Mutex* const mutex = new StdSync::Mutex;
        const std::lock_guard<StdSync::Mutex> guard(*mutex);
        leaked->push_back(*std::move(lock));
      } else if (!lock->Release().ok()) {
        lost += 1;
      }
    };
    test::Together({[&] { hold(false); }, [&] { hold(true); },
                    [&] {
                      const Lock thief = *RequestLock("a", {.steal = true});
                      if (round % 3 == 0) stop.request_stop();
                    },
                    [&] { hold(false); }});
    REQUIRE(RequestLock("a", {.timeout = absl::Seconds(60)}).ok());
  }
  CHECK(granted.load() > 0);
  CHECK(QueryLocks().held.empty());
}

TEST_CASE("loops and sleepers share a lock") {
  Guarded data;
  std::atomic<bool> right{true};
  const int rounds = test::Rounds(500);
  const auto sleeper = [&] {
    for (int i = 0; i < rounds; ++i) {
      const Lock lock = *RequestLock("a");
      if (!Use(data, LockMode::kExclusive)) right.store(false);
    }
  };
  const auto looper = [&] {
    for (int i = 0; i < rounds; ++i) {
      RequestLockAsync("a").OnComplete([&](absl::StatusOr<Lock> lock) {
        if (!lock.ok() || !Use(data, LockMode::kExclusive)) right.store(false);
      });
      if (i % 16 == 0) EventLoop::Current().Run();
    }
    EventLoop::Current().Run();
  };
  test::Together({sleeper, looper, looper});
  CHECK(right.load());
  CHECK(data.value == 3 * rounds);
}

}  // namespace locks_stress
}  // namespace
}  // namespace sabre
