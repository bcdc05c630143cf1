#include "sabre/sync/waiter_list.h"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "sabre/sync/std_sync.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

using List = WaiterList<StdSync>;

TEST_CASE("Notify after Store is never lost, whatever the order of the store") {
  const int rounds = test::Rounds(10'000);
  for (const std::memory_order order : {std::memory_order_relaxed, std::memory_order_seq_cst}) {
    List list;
    std::atomic<int> cell{0};
    std::atomic<int> seen{0};
    // A lost wake-up leaves the waiter asleep for ever, and the test in its timeout.
    test::Together({[&] {
                      for (int i = 0; i < rounds; ++i) {
                        while (cell.load() == i) {
                          list.Wait(
                              0, [&] { return cell.load(order) == i; }, kNever);
                        }
                        seen.store(i + 1);
                      }
                    },
                    [&] {
                      for (int i = 0; i < rounds; ++i) {
                        cell.store(i + 1, order);
                        list.Notify(0, 1);
                        while (seen.load() <= i) std::this_thread::yield();
                      }
                    }});
    CHECK(seen.load() == rounds);
  }
}

TEST_CASE("what was written before Notify is seen after the wait that it ends") {
  const int rounds = test::Rounds(10'000);
  List list;
  int written = 0;  // plain: what leads from its write to its read is the list alone
  int mistakes = 0;
  std::atomic<int> queued{0};
  test::Together({[&] {
                    for (int i = 0; i < rounds; ++i) {
                      const auto enters = [&] {
                        queued.store(i + 1);
                        return true;
                      };
                      mistakes += list.Wait(0, enters, kNever) != WaitOutcome::kNotified;
                      mistakes += written != i + 1;
                    }
                  },
                  [&] {
                    for (int i = 0; i < rounds; ++i) {
                      while (queued.load() <= i) std::this_thread::yield();
                      written += 1;
                      while (list.Notify(0, 1) == 0) std::this_thread::yield();
                    }
                  }});
  CHECK(mistakes == 0);
}

TEST_CASE("every wait has one outcome: notifications, timeouts and cancellations add up") {
  const int rounds = test::Rounds(10'000);
  constexpr int kWaiters = 3;
  struct Wait {
    List::BlockingWaiter waiter;
    std::atomic<int> cancellers{0};
  };
  List list;
  std::array<std::atomic<Wait*>, kWaiters> current{};
  std::atomic<int> running{kWaiters};
  std::array<std::atomic<int>, 4> outcomes{};
  std::size_t notified = 0;
  int cancelled = 0;

  std::vector<std::function<void()>> bodies;
  for (std::size_t id = 0; id < kWaiters; ++id) {
    bodies.emplace_back([&, id] {
      for (int i = 0; i < rounds; ++i) {
        Wait wait;
        list.Enqueue(wait.waiter, 4 * (id % 2), [] { return true; });
        current[id].store(&wait);
        const TimePoint deadline = StdSync::Now() + std::chrono::microseconds(i % 80);
        outcomes[static_cast<std::size_t>(list.Await(wait.waiter, deadline))].fetch_add(1);
        // A canceller that saw this wait must be done with it before it ends.
        if (current[id].exchange(nullptr) == nullptr) {
          while (wait.cancellers.load() == 0) std::this_thread::yield();
        }
      }
      running.fetch_sub(1);
    });
  }
  bodies.emplace_back([&] {
    for (List::Key key = 0; running.load() > 0; key = 4 - key) {
      notified += list.Notify(key, 1);
      std::this_thread::yield();
    }
  });
  bodies.emplace_back([&] {
    for (std::size_t id = 0; running.load() > 0; id = (id + 1) % kWaiters) {
      if (Wait* wait = current[id].exchange(nullptr); wait != nullptr) {
        cancelled += list.Cancel(wait->waiter, WaitOutcome::kCancelled);
        wait->cancellers.store(1);
      }
      std::this_thread::yield();
    }
  });
  test::Together(bodies);

  const auto count = [&](WaitOutcome outcome) {
    return outcomes[static_cast<std::size_t>(outcome)].load();
  };
  CHECK(count(WaitOutcome::kNotEqual) == 0);
  CHECK(count(WaitOutcome::kNotified) == static_cast<int>(notified));
  CHECK(count(WaitOutcome::kCancelled) == cancelled);
  CHECK(count(WaitOutcome::kNotified) + count(WaitOutcome::kCancelled) +
            count(WaitOutcome::kTimedOut) ==
        kWaiters * rounds);
  CHECK(list.Notify(0, SIZE_MAX) == 0);
  CHECK(list.Notify(4, SIZE_MAX) == 0);
  // A run that never reached one of them would say nothing about it.
  CHECK(count(WaitOutcome::kNotified) > 0);
  CHECK(count(WaitOutcome::kCancelled) > 0);
  CHECK(count(WaitOutcome::kTimedOut) > 0);
}

}  // namespace
}  // namespace sabre
