#include "sabre/sync/waiter_index.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

struct Node : Waiter<StdSync> {
  Node() : Waiter<StdSync>([](Waiter<StdSync>&, WaitOutcome) {}) {}
};

TEST_CASE("an index answers as a map of queues does, through growth, collisions and removals") {
  std::mt19937 random(7);
  WaiterIndex<StdSync> index;
  std::deque<Node> nodes(3000);
  std::vector<Node*> idle;
  for (Node& node : nodes) idle.push_back(&node);
  std::map<std::uint64_t, std::deque<Waiter<StdSync>*>> expected;
  std::size_t mistakes = 0;
  for (int step = 0; step < 60'000; ++step) {
    // The first two thirds fill it, the last third empties it.
    const std::uint32_t fill = step < 40'000 ? 60 : 30;
    const std::uint64_t key = 4 * (random() % 700);  // byte indices of 32-bit cells
    if (random() % 100 < fill && !idle.empty()) {
      index.PushBack(*idle.back(), key);
      expected[key].push_back(idle.back());
      idle.pop_back();
    } else if (random() % 2 == 0) {
      Waiter<StdSync>* const front = index.PopFront(key);
      std::deque<Waiter<StdSync>*>& queue = expected[key];
      mistakes += front != (queue.empty() ? nullptr : queue.front());
      if (front != nullptr) {
        idle.push_back(static_cast<Node*>(front));
        queue.pop_front();
      }
    } else if (std::deque<Waiter<StdSync>*>& queue = expected[key]; !queue.empty()) {
      const auto any = queue.begin() + static_cast<std::ptrdiff_t>(random() % queue.size());
      index.Erase(**any);
      idle.push_back(static_cast<Node*>(*any));
      queue.erase(any);
    }
  }
  CHECK(mistakes == 0);
  std::size_t left = 0;
  for (const auto& [key, queue] : expected) left += queue.size();
  std::size_t found = 0;
  while (Waiter<StdSync>* any = index.Any()) {
    index.Erase(*any);
    found += 1;
  }
  CHECK(left > 0);
  CHECK(found == left);
}

TEST_CASE("every key of 64 bits has its own queue") {
  WaiterIndex<StdSync> index;
  const std::vector<std::uint64_t> keys = {0, 1, 1ull << 32, 1ull << 63, ~0ull, ~0ull - 1};
  std::deque<Node> nodes(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) index.PushBack(nodes[i], keys[i]);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CHECK(index.PopFront(keys[i]) == &nodes[i]);
    CHECK(index.PopFront(keys[i]) == nullptr);
  }
  CHECK(index.Any() == nullptr);
}

}  // namespace
}  // namespace sabre
