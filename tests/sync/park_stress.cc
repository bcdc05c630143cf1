#include "sabre/sync/park.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "sabre/sync/std_sync.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

TEST_CASE("two threads that hand a plain value to and fro lose neither it nor a token") {
  const int rounds = test::Rounds(20'000);
  Parker ping;
  Parker pong;
  int value = 0;
  test::Together({[&] {
                    for (int i = 0; i < rounds; ++i) {
                      value += 1;
                      ping.Unpark();
                      pong.Park();
                    }
                  },
                  [&] {
                    for (int i = 0; i < rounds; ++i) {
                      ping.Park();
                      value += 1;
                      pong.Unpark();
                    }
                  }});
  CHECK(value == 2 * rounds);
}

TEST_CASE("a Parker may be destroyed as soon as Park has returned true") {
  const int rounds = test::Rounds(20'000);
  std::atomic<Parker*> mailbox{nullptr};
  int parked = 0;
  test::Together({[&] {
                    for (int i = 0; i < rounds; ++i) {
                      const auto parker = std::make_unique<Parker>();
                      mailbox.store(parker.get());
                      if (parker->Park()) parked += 1;
                    }
                  },
                  [&] {
                    for (int i = 0; i < rounds; ++i) {
                      Parker* parker = nullptr;
                      while (parker == nullptr) {
                        parker = mailbox.exchange(nullptr);
                        if (parker == nullptr) std::this_thread::yield();
                      }
                      parker->Unpark();
                    }
                  }});
  CHECK(parked == rounds);
}

TEST_CASE("a token that comes at the deadline is taken then or next time, never lost nor doubled") {
  const int rounds = test::Rounds(20'000);
  Parker parker;
  std::atomic<int> given{0};
  std::atomic<int> taken{0};
  int gave_up = 0;
  test::Together({[&] {
                    while (taken.load() < rounds) {
                      if (parker.Park(StdSync::Now() + std::chrono::microseconds(gave_up % 60))) {
                        taken.fetch_add(1);
                      } else {
                        gave_up += 1;
                      }
                    }
                  },
                  [&] {
                    for (int i = 0; i < rounds; ++i) {
                      given.fetch_add(1);
                      parker.Unpark();
                      while (taken.load() < given.load()) std::this_thread::yield();
                    }
                  }});
  CHECK(taken.load() == given.load());
  CHECK_FALSE(parker.Park(StdSync::Now()));
}

}  // namespace
}  // namespace sabre
