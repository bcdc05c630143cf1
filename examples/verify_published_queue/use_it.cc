// ported_queue.h in production: the names are those of std, and nothing of the checker is there.
#include <cstdio>
#include <thread>
#include <type_traits>

#include "ported_queue.h"

static_assert(std::is_same_v<sabre::StdNames::plain<int>, int>);

int main() {
  spsc_queue<int> queue;
  std::thread producer([&queue] {
    for (int i = 0; i < 10'000; ++i) queue.enqueue(i);
  });
  bool in_order = true;
  for (int expected = 0; expected < 10'000;) {
    int value = 0;
    if (!queue.dequeue(value)) {
      std::this_thread::yield();
      continue;
    }
    in_order = in_order && value == expected;
    expected += 1;
  }
  producer.join();
  std::puts(in_order ? "in order" : "out of order");
  return in_order ? 0 : 1;
}
