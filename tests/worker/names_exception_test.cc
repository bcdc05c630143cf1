// Exceptions of user code that threads find by a name or a number.
#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "sabre/clone/codecs.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/thread_messages.h"
#include "sabre/worker/async_lock.h"

namespace sabre {
namespace {
namespace names_exception_test {

TEST_CASE("a thread's message handler throws: the sender hears of it, and the next is handled") {
  std::atomic<std::uint64_t> id{0};
  int thrown = 0;
  int handled = 0;
  std::thread target([&] {
    EventLoop& loop = EventLoop::Current();
    OnThreadMessage([&](MessageEvent event, std::uint64_t) {
      if (*event.As<int>() < 0) throw std::runtime_error("negative");
      handled += 1;
      loop.Unref();
    });
    loop.Ref();
    id.store(Agent::Current().id());
    while (handled == 0) {
      try {
        loop.Run();
      } catch (const std::runtime_error&) {
        thrown += 1;
      }
    }
  });
  while (id.load() == 0) std::this_thread::yield();
  const absl::Status failed = PostMessageToThread(id.load(), -1);
  CHECK(absl::IsUnknown(failed));
  CHECK(std::string(failed.message()).find("threw") != std::string::npos);
  CHECK(PostMessageToThread(id.load(), 1).ok());
  target.join();
  CHECK(thrown == 1);
  CHECK(handled == 1);
}

TEST_CASE("a callback that has the lock throws: the lock is given back, and the next gets it") {
  EventLoop& loop = EventLoop::Current();
  bool next = false;
  RequestLockAsync("a").OnComplete(
      [](const absl::StatusOr<Lock>&) { throw std::runtime_error("held"); });
  RequestLockAsync("a").OnComplete([&](const absl::StatusOr<Lock>& lock) { next = lock->held(); });
  CHECK_THROWS_AS(loop.Run(), std::runtime_error);
  loop.Run();
  CHECK(next);
  CHECK(QueryLocks().held.empty());
}

}  // namespace names_exception_test
}  // namespace
}  // namespace sabre
