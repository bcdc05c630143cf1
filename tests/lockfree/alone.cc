// A program that uses the containers and links nothing of Sabre.
#include <cstdio>
#include <thread>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/mpsc_queue.h"
#include "sabre/lockfree/seq_lock.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/lockfree/treiber_stack.h"

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

// In bytes of our own, at two addresses of which one is as good as the other.
bool PlacedRingCarriesOne() {
  alignas(sabre::kCacheLine) static std::byte area[sabre::SpscRing<int>::BytesFor(2)];
  auto here = sabre::SpscRing<int>::Create(area, 2);
  auto there = sabre::SpscRing<int>::Attach(area);
  return here && there && here->TryPush(7) && there->TryPop() == 7;
}

bool SeqLockHoldsOne() {
  sabre::SeqLock<int> lock;
  std::thread writer([&] { lock.Store(7); });
  while (lock.Load() != 7) {
  }
  writer.join();
  return true;
}

}  // namespace

int main() {
  const bool results[] = {CarriesOne<sabre::SpscRing<int>>(),
                          CarriesOne<sabre::MpmcRing<int>>(),
                          CarriesOne<sabre::TreiberStack<int>>(),
                          QueueCarriesOne(),
                          PlacedRingCarriesOne(),
                          SeqLockHoldsOne()};
  int passed = 0;
  int failed = 0;
  for (const bool result : results) (result ? passed : failed) += 1;
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
