// A program that uses the containers and links nothing of Sabre.
#include <cstdio>
#include <thread>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/mpsc_queue.h"
#include "sabre/lockfree/spsc_ring.h"

namespace {

template <class Ring>
bool CarriesOne() {
  Ring ring(2);
  std::thread producer([&] {
    while (!ring.TryPush(7)) {
    }
  });
  std::optional<int> value;
  while (!value.has_value()) value = ring.TryPop();
  producer.join();
  return *value == 7;
}

struct Item : sabre::MpscNode<> {
  int value = 0;
};

bool QueueCarriesOne() {
  sabre::MpscQueue<Item> queue;
  Item item;
  std::thread producer([&] {
    item.value = 7;
    queue.Push(item);
  });
  Item* popped = nullptr;
  while (popped == nullptr) popped = queue.Pop();
  producer.join();
  return popped == &item && popped->value == 7;
}

}  // namespace

int main() {
  const bool results[] = {CarriesOne<sabre::SpscRing<int>>(), CarriesOne<sabre::MpmcRing<int>>(),
                          QueueCarriesOne()};
  int passed = 0;
  for (const bool result : results) passed += result;
  std::printf("%d passed, %d failed\n", passed, 3 - passed);
  return passed == 3 ? 0 : 1;
}
