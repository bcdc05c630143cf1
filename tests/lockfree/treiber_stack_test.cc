#include "sabre/lockfree/treiber_stack.h"

#include <doctest/doctest.h>

#include <memory>
#include <utility>

namespace sabre {
namespace {

TEST_CASE("a TreiberStack holds exactly its capacity, and says when it is full") {
  for (const std::size_t capacity : {1u, 2u, 3u, 8u}) {
    CAPTURE(capacity);
    TreiberStack<std::size_t> stack(capacity);
    CHECK(stack.capacity() == capacity);
    for (int round = 0; round < 3; ++round) {
      CHECK(stack.empty());
      for (std::size_t i = 0; i < capacity; ++i) CHECK(stack.TryPush(i));
      CHECK_FALSE(stack.TryPush(capacity));
      CHECK_FALSE(stack.empty());
      for (std::size_t i = capacity; i-- > 0;) CHECK(stack.TryPop() == i);
      CHECK_FALSE(stack.TryPop().has_value());
    }
  }
  CHECK(TreiberStack<int>(0).capacity() == 1);
}

TEST_CASE("the last value leaves a TreiberStack first, whatever was there before") {
  TreiberStack<int> stack(3);
  CHECK(stack.TryPush(1));
  CHECK(stack.TryPush(2));
  CHECK(stack.TryPop() == 2);
  CHECK(stack.TryPush(3));
  CHECK(stack.TryPush(4));
  CHECK(stack.TryPop() == 4);
  CHECK(stack.TryPop() == 3);
  CHECK(stack.TryPop() == 1);
}

TEST_CASE("a push that a TreiberStack refuses leaves the value with the caller") {
  TreiberStack<std::unique_ptr<int>> stack(1);
  CHECK(stack.TryPush(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  CHECK_FALSE(stack.TryPush(std::move(second)));
  REQUIRE(second != nullptr);
  CHECK(*second == 2);
  CHECK(**stack.TryPop() == 1);
}

TEST_CASE("a TreiberStack keeps no part of a popped value, and destroys what it still holds") {
  const auto value = std::make_shared<int>(1);
  {
    TreiberStack<std::shared_ptr<int>> stack(2);
    CHECK(stack.TryPush(value));
    CHECK(value.use_count() == 2);
    CHECK(stack.TryPop() == value);
    CHECK(value.use_count() == 1);
    CHECK(stack.TryPush(value));
    TreiberStack<std::shared_ptr<int>> moved(std::move(stack));
    CHECK(moved.TryPop() == value);
    CHECK(moved.TryPush(value));
  }
  CHECK(value.use_count() == 1);
}

}  // namespace
}  // namespace sabre
