// Exits with 0 if what was installed does its work. One function a room.
#include <cstdio>
#include <string>
#include <thread>

#include "jobs.h"
#ifdef __linux__
#include <unistd.h>

#include "sabre/adapters/epoll.h"
#endif

struct Order {
  int id = 0;
  std::string item;
  sabre::ArrayBuffer picture;
};
SABRE_DESCRIBE(Order, id, item, picture)

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

bool MemoryWorks() {
  const auto buffer = sabre::SharedArrayBuffer::Create(16);
  const auto cells = sabre::Int32Array::Over(*buffer);
  return sabre::atomics::Add(*cells, 1, 5) == 0 && cells->Get(1) == 5 &&
         sabre::atomics::Wait(*cells, 0, 0, absl::ZeroDuration()) == sabre::WaitResult::kTimedOut;
}

bool CloneWorks() {
  Order order{7, "lamp", *sabre::ArrayBuffer::Create(3)};
  const auto copy = sabre::StructuredClone(order, {.transfer = {&order.picture}});
  return copy.ok() && copy->item == "lamp" && copy->picture.byte_length() == 3 &&
         order.picture.detached();
}

bool WorkerWorks() {
  auto worker = sabre::Worker::Start([](sabre::WorkerScope& self) -> absl::Status {
    auto event = self.Receive();
    if (!event.ok()) return event.status();
    return self.PostMessage(event->value());
  });
  if (!worker.ok() || !worker->PostMessage(std::string("hello")).ok()) return false;
  return *worker->Receive()->As<std::string>() == "hello" && worker->Join().ok();
}

// The adapters are installed, though sabre.h has none of them.
bool AdapterWorks() {
#ifdef __linux__
  const int set = epoll_create1(0);
  int got = 0;
  {
    absl::StatusOr<sabre::EpollLoop> loop = sabre::EpollLoop::Attach(set, 1);
    auto [here, there] = sabre::MessageChannel::Create();
    here.OnMessage([&got](sabre::MessageEvent) { ++got; });
    if (!loop.ok() || !there.PostMessage(1).ok()) return false;
    there.Close();
    epoll_event event{};
    while (loop->alive() && epoll_wait(set, &event, 1, -1) >= 0) loop->Run();
  }
  close(set);
  return got == 1;
#else
  return true;
#endif
}

bool PoolWorks() {
  auto pool = sabre::WorkerPool::Create({.max_threads = 2});
  sabre::Task<int> task = pool->Run([](int n) { return n + 1; }, 41);
  return *task.Await() == 42;
}

}  // namespace

int main() {
  const bool works = QueueWorks() && MemoryWorks() && CloneWorks() && WorkerWorks() &&
                     AdapterWorks() && PoolWorks();
  std::puts(works ? "the installed library works" : "the installed library does not work");
  return works ? 0 : 1;
}
