// Recorded histories of the containers against their sequential specifications, and the proof that the
// check can fail: containers that are wrong without being data races.
#include "tests/support/linearizability.h"

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "sabre/lockfree/blocking_queue.h"
#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/mpsc_queue.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/lockfree/treiber_stack.h"
#include "tests/support/specifications.h"
#include "tests/support/stress.h"
#include "tests/support/yielding_sync.h"

namespace sabre {
namespace {

using test::Caller;
using test::Excuses;
using test::Explore;
using test::Explored;
using test::History;
using test::IsLinearizable;
using test::kClose;
using test::kNothing;
using test::kOppositeUnderWay;
using test::kPop;
using test::kPush;
using test::kUnbounded;
using test::QueueSpec;
using test::Rounds;
using test::StackSpec;
using test::YieldingSync;

// The containers run under both policies: as they are shipped, and with interruptions.
void CheckLinearizable(const Explored& explored, int rounds, bool interrupted) {
  INFO(explored.counterexample);
  CHECK(explored.counterexample.empty());
  CHECK(explored.histories == rounds);
  if (interrupted) CHECK(explored.overlapping > 0);
}

// Interruptions take time, but each history is worth many that do not overlap.
template <class S>
int RoundsOf() {
  return Rounds(std::is_same_v<S, YieldingSync> ? 1'500 : 5'000);
}

// `calls` calls of each thread; no two push the same value. pushers and poppers: bits of the threads.
template <class Container>
auto PushOrPop(int calls, unsigned pushers, unsigned poppers) {
  return [=](Container& container, Caller& caller) {
    const bool may_push = (pushers >> caller.thread() & 1) != 0;
    const bool may_pop = (poppers >> caller.thread() & 1) != 0;
    for (int i = 0; i < calls; ++i) {
      if (may_push && (!may_pop || caller.Random(2) == 0)) {
        const int value = caller.thread() * 10 + i;
        caller.Call(kPush, value, [&] { return container.Push(value) ? 1 : 0; });
      } else {
        caller.Call(kPop, 0, [&] { return container.Pop().value_or(kNothing); });
      }
    }
  };
}
constexpr unsigned kAll = ~0u;

template <class Ring>
struct RingOf {
  explicit RingOf(std::size_t capacity) : ring(capacity) {}
  bool Push(int value) { return ring.TryPush(std::move(value)); }
  std::optional<int> Pop() { return ring.TryPop(); }
  Ring ring;
};

// Intrusive: the nodes live as long as the history.
template <class S>
struct Mpsc {
  struct Node : MpscNode<S> {
    int value = 0;
  };
  bool Push(int value) {
    Node& node = nodes[static_cast<std::size_t>(value)];
    node.value = value;
    queue.Push(node);
    return true;
  }
  std::optional<int> Pop() {
    const Node* const node = queue.Pop();
    return node == nullptr ? std::nullopt : std::optional<int>(node->value);
  }
  MpscQueue<Node, S> queue;
  std::array<Node, 40> nodes;
};

TEST_CASE_TEMPLATE("an SpscRing is a queue", S, StdSync, YieldingSync) {
  const int rounds = RoundsOf<S>();
  using Ring = RingOf<SpscRing<int, S>>;
  CheckLinearizable(Explore(
                        2, rounds, QueueSpec<1>{}, [] { return std::make_unique<Ring>(1); },
                        PushOrPop<Ring>(6, 0b01, 0b10)),
                    rounds, std::is_same_v<S, YieldingSync>);
  CheckLinearizable(Explore(
                        2, rounds, QueueSpec<2>{}, [] { return std::make_unique<Ring>(2); },
                        PushOrPop<Ring>(6, 0b10, 0b01)),
                    rounds, std::is_same_v<S, YieldingSync>);
}

TEST_CASE_TEMPLATE("an MpmcRing is a queue whose misses may be those of calls under way", S,
                   StdSync, YieldingSync) {
  const int rounds = RoundsOf<S>();
  using Ring = RingOf<MpmcRing<int, S>>;
  for (const int threads : {2, 3, 4}) {
    CAPTURE(threads);
    CheckLinearizable(Explore(
                          threads, rounds, QueueSpec<2, kOppositeUnderWay>{},
                          [] { return std::make_unique<Ring>(2); }, PushOrPop<Ring>(4, kAll, kAll)),
                      rounds, std::is_same_v<S, YieldingSync>);
  }
}

TEST_CASE_TEMPLATE("an MpscQueue is a queue that may look empty while a push is under way", S,
                   StdSync, YieldingSync) {
  const int rounds = RoundsOf<S>();
  for (const int threads : {2, 3, 4}) {
    CAPTURE(threads);
    CheckLinearizable(
        Explore(
            threads, rounds, QueueSpec<kUnbounded, kOppositeUnderWay>{},
            [] { return std::make_unique<Mpsc<S>>(); }, PushOrPop<Mpsc<S>>(4, ~1u, 1u)),
        rounds, std::is_same_v<S, YieldingSync>);
  }
}

// A push is refused while every node is in use: by a value, or by any call that is under way.
constexpr test::Excuses kAnyUnderWay{1u << kPush | 1u << kPop, 0};

TEST_CASE_TEMPLATE("a TreiberStack is a stack that may look full while others are under way", S,
                   StdSync, YieldingSync) {
  const int rounds = RoundsOf<S>();
  using Stack = RingOf<TreiberStack<int, S>>;
  for (const int threads : {2, 3, 4}) {
    CAPTURE(threads);
    CheckLinearizable(
        Explore(
            threads, rounds, StackSpec<2, kAnyUnderWay>{},
            [] { return std::make_unique<Stack>(2); }, PushOrPop<Stack>(4, kAll, kAll)),
        rounds, std::is_same_v<S, YieldingSync>);
  }
}

TEST_CASE("a BlockingQueue is a queue that can be closed") {
  using Queue = BlockingQueue<MpmcRing<int, YieldingSync>, YieldingSync>;
  const int rounds = RoundsOf<YieldingSync>();
  const auto calls = [](Queue& queue, Caller& caller) {
    for (int i = 0; i < 4; ++i) {
      if (caller.Random(8) == 0) {
        caller.Call(kClose, 0, [&] { return queue.Close(), 0; });
      } else if (caller.Random(2) == 0) {
        caller.Call(kPush, caller.thread() * 10 + i, [&]() -> int {
          const PushResult result = queue.TryPush(caller.thread() * 10 + i);
          if (result == PushResult::kClosed) return test::kClosed;
          return result == PushResult::kFull ? test::kFull : test::kPushed;
        });
      } else {
        caller.Call(kPop, 0, [&]() -> int {
          int value = 0;
          const PopResult result = queue.TryPop(value);
          if (result == PopResult::kClosed) return test::kClosed;
          return result == PopResult::kEmpty ? kNothing : value;
        });
      }
    }
  };
  for (const int threads : {2, 3}) {
    CAPTURE(threads);
    CheckLinearizable(Explore(
                          threads, rounds, QueueSpec<2, kOppositeUnderWay>{},
                          [] { return std::make_unique<Queue>(2); }, calls),
                      rounds, true);
  }
}

// What the weaker promises are about: as a plain queue or stack each would be caught.
TEST_CASE("an MpmcRing, an MpscQueue and a TreiberStack do not promise exact misses") {
  using Stack = RingOf<TreiberStack<int, YieldingSync>>;
  CHECK_FALSE(Explore(
                  4, 1'000'000, StackSpec<2, Excuses{1u << kPop, 0}>{},
                  [] { return std::make_unique<Stack>(2); }, PushOrPop<Stack>(4, kAll, kAll))
                  .counterexample.empty());
  using Ring = RingOf<MpmcRing<int, YieldingSync>>;
  CHECK_FALSE(Explore(
                  3, 1'000'000, QueueSpec<2>{}, [] { return std::make_unique<Ring>(2); },
                  PushOrPop<Ring>(4, kAll, kAll))
                  .counterexample.empty());
  using Queue = Mpsc<YieldingSync>;
  CHECK_FALSE(Explore(
                  3, 1'000'000, QueueSpec<kUnbounded>{}, [] { return std::make_unique<Queue>(); },
                  PushOrPop<Queue>(4, ~1u, 1u))
                  .counterexample.empty());
}

// ------------------------------------------------------------------------------ the check itself

// The search, on histories written by hand: thread, kind, argument, result, invoked, returned.
TEST_CASE("a history is linearizable if some order of its calls explains it") {
  struct Case {
    const char* name;
    History history;
    bool expected;
  };
  const Case cases[] = {
      {"none", {}, true},
      {"one after the other", {{0, kPush, 1, 1, 0, 1}, {1, kPop, 0, 1, 2, 3}}, true},
      {"a value from nowhere", {{0, kPush, 1, 1, 0, 1}, {1, kPop, 0, 2, 2, 3}}, false},
      {"taken before the push returned", {{0, kPush, 1, 1, 0, 3}, {1, kPop, 0, 1, 1, 2}}, true},
      {"taken before the push began", {{0, kPush, 1, 1, 2, 3}, {1, kPop, 0, 1, 0, 1}}, false},
      {"empty beside a push", {{0, kPush, 1, 1, 0, 3}, {1, kPop, 0, kNothing, 1, 2}}, true},
      {"empty after a push", {{0, kPush, 1, 1, 0, 1}, {1, kPop, 0, kNothing, 2, 3}}, false},
      {"overlapping pushes, either order",
       {{0, kPush, 1, 1, 0, 2},
        {1, kPush, 2, 1, 1, 3},
        {0, kPop, 0, 2, 4, 5},
        {0, kPop, 0, 1, 6, 7}},
       true},
      {"pushes in order, pops not",
       {{0, kPush, 1, 1, 0, 1},
        {1, kPush, 2, 1, 2, 3},
        {0, kPop, 0, 2, 4, 5},
        {0, kPop, 0, 1, 6, 7}},
       false},
      {"one value twice",
       {{0, kPush, 1, 1, 0, 1}, {0, kPop, 0, 1, 2, 4}, {1, kPop, 0, 1, 3, 5}},
       false},
      {"full with room", {{0, kPush, 1, 1, 0, 1}, {0, kPush, 2, 0, 2, 3}}, false},
      {"full", {{0, kPush, 1, 1, 0, 1}, {0, kPush, 2, 1, 2, 3}, {1, kPush, 3, 0, 4, 5}}, true},
      {"two pops see a push in different places",  // each alone could be explained
       {{0, kPush, 1, 1, 0, 9}, {1, kPop, 0, 1, 1, 2}, {1, kPop, 0, 1, 3, 4}},
       false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.name);
    CHECK(IsLinearizable(one.history, QueueSpec<2>{}) == one.expected);
  }
  const History last_first = {
      {0, kPush, 1, 1, 0, 1}, {0, kPush, 2, 1, 2, 3}, {1, kPop, 0, 2, 4, 5}};
  CHECK(IsLinearizable(last_first, StackSpec<2>{}));
  CHECK_FALSE(IsLinearizable(last_first, QueueSpec<2>{}));
  CHECK(test::Timeline<QueueSpec<2>>({{0, kPush, 1, 1, 5, 9}, {1, kPop, 0, kNothing, 7, 12}}) ==
        "T0  |===|    push 1: done\n"
        "T1    |===|  pop: empty\n");
}

// A queue with a lane a producer. Each lane is first in, first out, and no value is lost or doubled, which
// is all that a test of one producer's order notices.
struct Lanes {
  bool Push(int value) {
    std::lock_guard<std::mutex> lock(mutex);
    lanes[static_cast<std::size_t>(value / 10)].push_back(value);
    return true;
  }
  std::optional<int> Pop() {
    std::lock_guard<std::mutex> lock(mutex);
    for (std::deque<int>& lane : lanes) {
      if (lane.empty()) continue;
      const int value = lane.front();
      lane.pop_front();
      return value;
    }
    return std::nullopt;
  }
  std::mutex mutex;
  std::array<std::deque<int>, 4> lanes;
};

// A stack whose pop looks at the top and takes it in two steps, each of them under the lock.
struct TornStack {
  bool Push(int value) {
    std::lock_guard<std::mutex> lock(mutex);
    values.push_back(value);
    return true;
  }
  std::optional<int> Pop() {
    std::optional<int> top;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (values.empty()) return std::nullopt;
      top = values.back();
    }
    std::this_thread::yield();
    std::lock_guard<std::mutex> lock(mutex);
    if (!values.empty()) values.pop_back();
    return top;
  }
  std::mutex mutex;
  std::vector<int> values;
};

TEST_CASE("a queue that keeps the order of each producer only is caught") {
  const Explored explored = Explore(
      3, 1'000'000, QueueSpec<kUnbounded, kOppositeUnderWay>{},
      [] { return std::make_unique<Lanes>(); }, PushOrPop<Lanes>(4, 0b110, 0b001));
  CHECK(explored.counterexample.find("push 1") != std::string::npos);
}

TEST_CASE("a stack with a pop in two steps is caught") {
  const Explored explored = Explore(
      2, 1'000'000, StackSpec<kUnbounded>{}, [] { return std::make_unique<TornStack>(); },
      PushOrPop<TornStack>(4, kAll, kAll));
  CHECK(explored.counterexample.find("pop") != std::string::npos);
}

}  // namespace
}  // namespace sabre
