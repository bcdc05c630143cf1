#include "sabre/lockfree/spsc_ring.h"

#include <doctest/doctest.h>

#include <memory>

namespace sabre {
namespace {

TEST_CASE("an SpscRing holds its capacity, a power of two, and says when it is full") {
  SpscRing<int> one(1);
  CHECK(one.capacity() == 1);
  CHECK(one.TryPush(1));
  CHECK_FALSE(one.TryPush(2));
  SpscRing<int> four(3);
  CHECK(four.capacity() == 4);
  for (int i = 0; i < 4; ++i) CHECK(four.TryPush(i));
  CHECK_FALSE(four.TryPush(4));
  CHECK(four.size() == 4);
}

TEST_CASE("values leave an SpscRing in the order in which they came, lap after lap") {
  SpscRing<int> ring(4);
  int pushed = 0;
  int popped = 0;
  for (int lap = 0; lap < 10; ++lap) {
    for (int i = 0; i < 3; ++i) CHECK(ring.TryPush(pushed++));
    for (int i = 0; i < 3; ++i) CHECK(ring.TryPop() == popped++);
    CHECK(ring.empty());
    CHECK_FALSE(ring.TryPop().has_value());
  }
}

TEST_CASE("a push that an SpscRing refuses leaves the value with the caller") {
  SpscRing<std::unique_ptr<int>> ring(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  CHECK(ring.TryPush(std::move(first)));
  CHECK_FALSE(ring.TryPush(std::move(second)));
  REQUIRE(second != nullptr);
  CHECK(*second == 2);
  CHECK(**ring.TryPop() == 1);
  CHECK(ring.TryPush(std::move(second)));
}

TEST_CASE("an SpscRing keeps no part of a popped value, and destroys what it still holds") {
  const auto value = std::make_shared<int>(1);
  {
    SpscRing<std::shared_ptr<int>> ring(2);
    CHECK(ring.TryPush(value));
    CHECK(value.use_count() == 2);
    CHECK(ring.TryPop() == value);
    CHECK(value.use_count() == 1);
    CHECK(ring.TryPush(value));
  }
  CHECK(value.use_count() == 1);
}

}  // namespace
}  // namespace sabre
