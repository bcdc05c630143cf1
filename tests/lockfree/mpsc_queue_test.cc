#include "sabre/lockfree/mpsc_queue.h"

#include <doctest/doctest.h>

#include <deque>

namespace sabre {
namespace {

struct Item : MpscNode<> {
  explicit Item(int v) : value(v) {}
  int value;
};

TEST_CASE("an empty MpscQueue pops nothing, however often it is asked") {
  MpscQueue<Item> queue;
  CHECK(queue.Pop() == nullptr);
  CHECK(queue.Pop() == nullptr);
}

TEST_CASE("nodes leave an MpscQueue in the order in which they came") {
  MpscQueue<Item> queue;
  std::deque<Item> items;
  for (int i = 0; i < 100; ++i) queue.Push(items.emplace_back(i));
  for (int i = 0; i < 100; ++i) {
    const Item* item = queue.Pop();
    REQUIRE(item != nullptr);
    CHECK(item->value == i);
  }
  CHECK(queue.Pop() == nullptr);
}

TEST_CASE("a popped node belongs to the caller, who may push it again") {
  MpscQueue<Item> queue;
  Item a(1);
  Item b(2);
  for (int i = 0; i < 10; ++i) {
    queue.Push(a);
    CHECK(queue.Pop() == &a);
    queue.Push(a);
    queue.Push(b);
    CHECK(queue.Pop() == &a);
    queue.Push(a);
    CHECK(queue.Pop() == &b);
    CHECK(queue.Pop() == &a);
    CHECK(queue.Pop() == nullptr);
  }
}

TEST_CASE("a popped node may be destroyed while others are queued") {
  MpscQueue<Item> queue;
  Item last(2);
  {
    Item first(1);
    queue.Push(first);
    queue.Push(last);
    CHECK(queue.Pop() == &first);
  }
  CHECK(queue.Pop() == &last);
  CHECK(queue.Pop() == nullptr);
}

}  // namespace
}  // namespace sabre
