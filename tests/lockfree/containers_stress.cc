// TreiberStack, SeqLock, BlockingQueue, and what is placed in shared bytes, with many threads at
// once.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "sabre/lockfree/blocking_queue.h"
#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/seq_lock.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/lockfree/treiber_stack.h"
#include "sabre/memory/shared_array_buffer.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

TEST_CASE("a TreiberStack loses and doubles nothing while threads push and pop") {
  constexpr std::size_t kThreads = 3;
  const int rounds = test::Rounds(20'000);
  for (const std::size_t capacity : {1u, 2u, 16u}) {
    CAPTURE(capacity);
    TreiberStack<std::unique_ptr<int>> stack(capacity);
    std::vector<std::atomic<int>> times(kThreads * static_cast<std::size_t>(rounds));
    std::vector<std::function<void()>> bodies;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      bodies.emplace_back([&, thread] {
        for (int i = 0; i < rounds; ++i) {
          auto value = std::make_unique<int>(static_cast<int>(thread) * rounds + i);
          // As often as not there is no room: then somebody's value makes some.
          while (!stack.TryPush(std::move(value))) {
            if (const auto popped = stack.TryPop()) times[static_cast<std::size_t>(**popped)] += 1;
          }
        }
      });
    }
    test::Together(bodies);
    std::size_t left = 0;
    for (; const auto popped = stack.TryPop(); ++left)
      times[static_cast<std::size_t>(**popped)] += 1;
    CHECK(left <= capacity);
    int mistakes = 0;
    for (const std::atomic<int>& count : times) mistakes += count.load() != 1;
    CHECK(mistakes == 0);
    for (std::size_t i = 0; i < capacity; ++i) CHECK(stack.TryPush(std::make_unique<int>(0)));
    CHECK_FALSE(stack.TryPush(std::make_unique<int>(0)));
  }
}

TEST_CASE("loads of a SeqLock are whole while two threads store") {
  struct Wide {
    std::uint64_t words[5];
  };
  const int rounds = test::Rounds(20'000);
  SeqLock<Wide> lock;
  std::atomic<int> writers{2};
  std::atomic<int> mistakes{0};
  const auto write = [&](std::uint64_t from) {
    for (int i = 0; i < rounds; ++i) {
      const std::uint64_t n = from + 2 * static_cast<std::uint64_t>(i);
      lock.Store({{n, n, n, n, n}});
    }
    writers.fetch_sub(1);
  };
  const auto read = [&] {
    while (writers.load() > 0) {
      const Wide value = lock.Load();
      for (const std::uint64_t word : value.words) {
        if (word != value.words[0]) mistakes.fetch_add(1);
      }
      std::this_thread::yield();
    }
  };
  test::Together({[&] { write(0); }, [&] { write(1); }, read, read});
  CHECK(mistakes.load() == 0);
}

TEST_CASE("every value that a BlockingQueue has taken is given out once, up to the close") {
  constexpr std::size_t kPushers = 2;
  constexpr std::size_t kPoppers = 3;
  const int rounds = test::Rounds(40);
  for (int round = 0; round < rounds; ++round) {
    BlockingQueue<MpmcRing<int>> queue(2);
    std::atomic<int> taken{0};
    std::atomic<int> given{0};
    std::atomic<int> ends{0};
    std::vector<std::function<void()>> bodies;
    for (std::size_t i = 0; i < kPushers; ++i) {
      bodies.emplace_back([&] {
        for (int n = 1; queue.Push(int{n}) == PushResult::kPushed; ++n) taken.fetch_add(n);
      });
    }
    for (std::size_t i = 0; i < kPoppers; ++i) {
      bodies.emplace_back([&, i] {
        int value = 0;
        PopResult result = PopResult::kEmpty;
        while (result != PopResult::kClosed) {
          // One of them is impatient.
          result = i == 0 ? queue.Pop(value, StdSync::Now() + std::chrono::microseconds(50))
                          : queue.Pop(value);
          if (result == PopResult::kPopped) given.fetch_add(value);
        }
        ends.fetch_add(1);
      });
    }
    bodies.emplace_back([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(100 + 37 * (round % 20)));
      queue.Close();
    });
    test::Together(bodies);
    CHECK(taken.load() == given.load());
    CHECK(ends.load() == static_cast<int>(kPoppers));
    CHECK(queue.empty());
  }
}

// Each thread has a handle of its own to a container in a SharedArrayBuffer.
template <class Container>
void CarriesAcrossHandles() {
  const int rounds = test::Rounds(5'000);
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(Container::BytesFor(4));
  REQUIRE(Container::Create(buffer.ExclusiveSpan(), 4));
  std::uint64_t sum = 0;
  test::Together({[&] {
                    auto container = Container::Attach(buffer.ExclusiveSpan());
                    for (int i = 1; i <= rounds; ++i) {
                      while (!container->TryPush(static_cast<std::uint64_t>(i))) {
                        std::this_thread::yield();
                      }
                    }
                  },
                  [&] {
                    auto container = Container::Attach(buffer.ExclusiveSpan());
                    for (int i = 0; i < rounds;) {
                      if (const auto value = container->TryPop()) {
                        sum += *value;
                        i += 1;
                      } else {
                        std::this_thread::yield();
                      }
                    }
                  }});
  const auto n = static_cast<std::uint64_t>(rounds);
  CHECK(sum == n * (n + 1) / 2);
}
TEST_CASE_TEMPLATE("a container in shared bytes carries values between two handles", C,
                   SpscRing<std::uint64_t>, MpmcRing<std::uint64_t>, TreiberStack<std::uint64_t>) {
  CarriesAcrossHandles<C>();
}

TEST_CASE("who attaches while another thread formats finds a whole ring or none") {
  for (int round = 0; round < test::Rounds(300); ++round) {
    const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(SpscRing<int>::BytesFor(8));
    std::size_t capacity = 0;
    int value = 0;
    test::Together({[&] {
                      auto ring = SpscRing<int>::Create(buffer.ExclusiveSpan(), 8);
                      static_cast<void>(ring->TryPush(7));
                    },
                    [&] {
                      auto ring = SpscRing<int>::Attach(buffer.ExclusiveSpan());
                      while (!ring) {
                        std::this_thread::yield();
                        ring = SpscRing<int>::Attach(buffer.ExclusiveSpan());
                      }
                      capacity = ring->capacity();
                      while (value == 0) value = ring->TryPop().value_or(0);
                    }});
    CHECK(capacity == 8);
    CHECK(value == 7);
  }
}

}  // namespace
}  // namespace sabre
