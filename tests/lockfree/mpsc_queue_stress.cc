#include "sabre/lockfree/mpsc_queue.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/stress.h"

namespace sabre {
namespace {

struct Item : MpscNode<> {
  Item(std::size_t p, int n) : producer(p), number(n) {}
  std::size_t producer;
  int number;
};

TEST_CASE(
    "an MpscQueue loses nothing and keeps the order of each producer, whose nodes may die at "
    "once") {
  constexpr std::size_t kProducers = 3;
  const int rounds = test::Rounds(30'000);
  MpscQueue<Item> queue;
  int mistakes = 0;
  std::vector<std::function<void()>> bodies;
  for (std::size_t producer = 0; producer < kProducers; ++producer) {
    bodies.emplace_back([&, producer] {
      for (int i = 0; i < rounds; ++i) queue.Push(*std::make_unique<Item>(producer, i).release());
    });
  }
  bodies.emplace_back([&] {
    std::vector<int> next(kProducers, 0);
    for (int left = static_cast<int>(kProducers) * rounds; left > 0; --left) {
      std::unique_ptr<Item> item;
      while (item == nullptr) {
        item.reset(queue.Pop());
        if (item == nullptr) std::this_thread::yield();
      }
      mistakes += item->number != next[item->producer]++;
    }
  });
  test::Together(bodies);
  CHECK(mistakes == 0);
  CHECK(queue.Pop() == nullptr);
}

}  // namespace
}  // namespace sabre
