#include "sabre/lockfree/mpmc_ring.h"

#include <doctest/doctest.h>

#include <memory>

namespace sabre {
namespace {

TEST_CASE(
    "an MpmcRing holds its capacity, a power of two and at least 2, and says when it is full") {
  CHECK(MpmcRing<int>(0).capacity() == 2);
  CHECK(MpmcRing<int>(1).capacity() == 2);
  MpmcRing<int> eight(5);
  CHECK(eight.capacity() == 8);
  for (int i = 0; i < 8; ++i) CHECK(eight.TryPush(i));
  CHECK_FALSE(eight.TryPush(8));
  CHECK(eight.size() == 8);
}

TEST_CASE("values leave an MpmcRing in the order in which they came, lap after lap") {
  MpmcRing<int> ring(4);
  int pushed = 0;
  int popped = 0;
  for (int lap = 0; lap < 10; ++lap) {
    for (int i = 0; i < 3; ++i) CHECK(ring.TryPush(pushed++));
    for (int i = 0; i < 3; ++i) CHECK(ring.TryPop() == popped++);
    CHECK(ring.empty());
    CHECK_FALSE(ring.TryPop().has_value());
  }
}

TEST_CASE("a push that an MpmcRing refuses leaves the value with the caller") {
  MpmcRing<std::unique_ptr<int>> ring(2);
  CHECK(ring.TryPush(std::make_unique<int>(1)));
  CHECK(ring.TryPush(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  CHECK_FALSE(ring.TryPush(std::move(third)));
  REQUIRE(third != nullptr);
  CHECK(*third == 3);
}

TEST_CASE("an MpmcRing keeps no part of a popped value, and destroys what it still holds") {
  const auto value = std::make_shared<int>(1);
  {
    MpmcRing<std::shared_ptr<int>> ring(2);
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
