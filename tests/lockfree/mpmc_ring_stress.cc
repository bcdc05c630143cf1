#include "sabre/lockfree/mpmc_ring.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/stress.h"

namespace sabre {
namespace {

struct Value {
  std::size_t producer = 0;
  int number = 0;
};

TEST_CASE("an MpmcRing loses and doubles nothing, and keeps the order of each producer") {
  constexpr std::size_t kProducers = 2;
  constexpr std::size_t kConsumers = 2;
  const int rounds = test::Rounds(30'000);
  for (const std::size_t capacity : {2u, 64u}) {
    CAPTURE(capacity);
    MpmcRing<std::unique_ptr<Value>> ring(capacity);
    std::vector<std::vector<int>> seen(kProducers,
                                       std::vector<int>(static_cast<std::size_t>(rounds)));
    std::atomic<int> left{static_cast<int>(kProducers) * rounds};
    std::atomic<int> mistakes{0};
    std::vector<std::function<void()>> bodies;
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
      bodies.emplace_back([&, producer] {
        for (int i = 0; i < rounds; ++i) {
          auto value = std::make_unique<Value>(Value{producer, i});
          while (!ring.TryPush(std::move(value))) std::this_thread::yield();
          if (ring.size() > ring.capacity()) mistakes.fetch_add(1);
        }
      });
    }
    for (std::size_t consumer = 0; consumer < kConsumers; ++consumer) {
      bodies.emplace_back([&] {
        std::vector<int> next(kProducers, 0);
        while (left.load() > 0) {
          const std::optional<std::unique_ptr<Value>> value = ring.TryPop();
          if (!value.has_value()) {
            std::this_thread::yield();
            continue;
          }
          left.fetch_sub(1);
          const Value& v = **value;
          if (v.number < next[v.producer]) mistakes.fetch_add(1);
          next[v.producer] = v.number + 1;
          // Each number of a producer reaches one consumer, so no two threads write one element.
          seen[v.producer][static_cast<std::size_t>(v.number)] += 1;
        }
      });
    }
    test::Together(bodies);
    for (const std::vector<int>& numbers : seen) {
      for (const int times : numbers) mistakes += times != 1;
    }
    CHECK(mistakes.load() == 0);
    CHECK(ring.empty());
  }
}

}  // namespace
}  // namespace sabre
