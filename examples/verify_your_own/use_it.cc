// The same stack.h in production: std::atomic, real threads, nothing of the checker.
#include <cstdio>
#include <thread>
#include <vector>

#include "stack.h"

int main() {
  Stack<int> stack;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&stack] {
      for (int i = 0; i < 1000; ++i) stack.Push(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::size_t count = stack.PopAll().size();
  std::printf("%zu of 4000\n", count);
  return count == 4000 ? 0 : 1;
}
