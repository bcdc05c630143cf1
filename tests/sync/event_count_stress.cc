#include "sabre/sync/event_count.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/sync/std_sync.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

// A blocking queue: what an EventCount is for.
class Queue {
 public:
  void Push(int value) {
    Until(not_full_, [&] { return ring_.TryPush(value); });
    not_empty_.NotifyOne();
  }
  int Pop() {
    std::optional<int> value;
    Until(not_empty_, [&] { return (value = ring_.TryPop()).has_value(); });
    not_full_.NotifyOne();
    return *value;
  }

 private:
  template <class Attempt>
  static void Until(EventCount<>& events, Attempt attempt) {
    while (!attempt()) {
      const auto key = events.PrepareWait();
      if (attempt()) {
        events.CancelWait();
        return;
      }
      events.CommitWait(key);
    }
  }

  MpmcRing<int> ring_{2};
  EventCount<> not_empty_;
  EventCount<> not_full_;
};

TEST_CASE(
    "threads that sleep on an empty and on a full queue are always woken, and no value is lost") {
  const int rounds = test::Rounds(20'000);
  constexpr int kSides = 2;
  Queue queue;
  std::atomic<std::int64_t> sum{0};
  std::vector<std::function<void()>> bodies;
  for (int side = 0; side < kSides; ++side) {
    bodies.emplace_back([&] {
      for (int i = 1; i <= rounds; ++i) queue.Push(i);
    });
    bodies.emplace_back([&] {
      for (int i = 1; i <= rounds; ++i) sum.fetch_add(queue.Pop());
    });
  }
  test::Together(bodies);
  CHECK(sum.load() == std::int64_t{kSides} * rounds * (rounds + 1) / 2);
}

}  // namespace
}  // namespace sabre
