#include "sabre/lockfree/spsc_ring.h"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <thread>

#include "tests/support/stress.h"

namespace sabre {
namespace {

TEST_CASE("an SpscRing loses, doubles and reorders nothing between two threads") {
  const int rounds = test::Rounds(60'000);
  for (const std::size_t capacity : {1u, 2u, 64u}) {
    CAPTURE(capacity);
    // Values on the heap: a slot that is read while it is written is seen by every sanitizer.
    SpscRing<std::unique_ptr<int>> ring(capacity);
    int mistakes = 0;
    test::Together({[&] {
                      for (int i = 0; i < rounds; ++i) {
                        auto value = std::make_unique<int>(i);
                        while (!ring.TryPush(std::move(value))) std::this_thread::yield();
                      }
                    },
                    [&] {
                      for (int i = 0; i < rounds; ++i) {
                        std::optional<std::unique_ptr<int>> value;
                        while (!(value = ring.TryPop()).has_value()) std::this_thread::yield();
                        mistakes += *value == nullptr || **value != i;
                      }
                    }});
    CHECK(mistakes == 0);
    CHECK(ring.empty());
  }
}

}  // namespace
}  // namespace sabre
