// Exits with 0 if what was installed does its work. One function a room.
#include <cstdio>
#include <thread>

#include "jobs.h"

namespace {

bool QueueWorks() {
  Jobs jobs;
  int sum = 0;
  std::thread worker([&] {
    for (int i = 0; i < 10; ++i) sum += jobs.Take();
  });
  bool added = true;
  for (int i = 0; i < 10; ++i) added &= jobs.Add(i);
  worker.join();
  return added && sum == 45;
}

}  // namespace

int main() {
  const bool works = QueueWorks();
  std::puts(works ? "the installed library works" : "the installed library does not work");
  return works ? 0 : 1;
}
