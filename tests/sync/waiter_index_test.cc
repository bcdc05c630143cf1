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

std::deque<Waiter<StdSync>*> QueueOf(WaiterIndex<StdSync>& index, std::uint64_t key) {
  std::deque<Waiter<StdSync>*> queue;
  index.ForEachOf(key, [&](Waiter<StdSync>& waiter) { queue.push_back(&waiter); });
  return queue;
}

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
      if (random() % 4 == 0) {
        index.PushFront(*idle.back(), key);
        expected[key].push_front(idle.back());
      } else {
        index.PushBack(*idle.back(), key);
        expected[key].push_back(idle.back());
      }
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
    if (step % 16 == 0) {
      const std::deque<Waiter<StdSync>*>& queue = expected[key];
      mistakes += index.Front(key) != (queue.empty() ? nullptr : queue.front());
      mistakes += QueueOf(index, key) != queue;
    }
  }
  CHECK(mistakes == 0);
  std::size_t left = 0;
  for (const auto& [key, queue] : expected) left += queue.size();
  // All of them at once: each queue in its order, the queues in any.
  std::map<const Waiter<StdSync>*, std::size_t> places;
  index.ForEach([&](const Waiter<StdSync>& waiter) { places.emplace(&waiter, places.size()); });
  CHECK(places.size() == left);
  for (const auto& [key, queue] : expected) {
    for (std::size_t i = 0; i < queue.size(); ++i) {
      mistakes += !places.contains(queue[i]);
      if (i > 0) mistakes += places[queue[i]] != places[queue[i - 1]] + 1;
    }
  }
  CHECK(mistakes == 0);
  std::size_t found = 0;
  std::map<const Waiter<StdSync>*, std::size_t> left_at;
  index.Clear([&](Waiter<StdSync>& waiter) { left_at.emplace(&waiter, found++); });
  for (const auto& [key, queue] : expected) {
    for (std::size_t i = 1; i < queue.size(); ++i) {
      mistakes += left_at[queue[i]] != left_at[queue[i - 1]] + 1;
    }
  }
  CHECK(mistakes == 0);
  CHECK(left > 0);
  CHECK(found == left);
}

TEST_CASE(
    "who is pushed to the front leaves first, in every place that a queue has in its bucket") {
  // More keys than an index begins with buckets: several queues lie in one.
  for (std::uint64_t pushed = 0; pushed < 40; ++pushed) {
    WaiterIndex<StdSync> index;
    std::deque<Node> nodes(41);
    for (std::uint64_t key = 0; key < 40; ++key) index.PushBack(nodes[key], key);
    index.PushFront(nodes[40], pushed);
    std::size_t mistakes = 0;
    for (std::uint64_t key = 0; key < 40; ++key) {
      if (key == pushed) mistakes += index.PopFront(key) != &nodes[40];
      mistakes += index.PopFront(key) != &nodes[key];
      mistakes += index.PopFront(key) != nullptr;
    }
    CHECK(mistakes == 0);
  }
}

TEST_CASE("an empty index has nobody to visit") {
  WaiterIndex<StdSync> index;
  std::size_t visits = 0;
  index.ForEach([&](const Waiter<StdSync>&) { visits += 1; });
  index.ForEachOf(0, [&](const Waiter<StdSync>&) { visits += 1; });
  CHECK(visits == 0);
  CHECK(index.Front(0) == nullptr);
  Node node;
  index.PushFront(node, 0);
  CHECK(index.Front(0) == &node);
  CHECK(index.PopFront(0) == &node);
  CHECK(index.Front(0) == nullptr);
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
  index.Clear([](Waiter<StdSync>&) { FAIL("nobody is left"); });
}

}  // namespace
}  // namespace sabre
