// The threads of the platform room, in the hands of the seeded scheduler.
#include <cerrno>
#include <new>

#include "lib/platform/thread.h"
#include "tests/seeded/scheduler.h"

namespace sabre::platform {

struct Thread::State {
  int id;
};

Thread::Thread() noexcept = default;
Thread::~Thread() { seeded::Expect(!joinable(), "a thread is joined before its handle ends"); }

std::size_t AvailableParallelism() noexcept { return 2; }

ThreadLimits LimitsOfThreads() noexcept {
  return {.least_stack_size = 0, .cpus = 2, .least_nice = -20, .most_nice = 19};
}

int CurrentThreadClock() noexcept { return 0; }
std::int64_t ReadThreadClock(int) noexcept { return 0; }

ThreadRefusal Thread::Start(Entry entry, void* argument, const ThreadWishes&) noexcept {
  seeded::Point();
  // Systems do refuse threads.
  if (seeded::Chance(64)) return {EAGAIN};
  state_ = std::make_unique<State>();
  state_->id = seeded::Spawn([entry, argument] { entry(argument); });
  return {};
}

void Thread::Join() noexcept {
  seeded::AwaitEnd(state_->id);
  state_.reset();
}

}  // namespace sabre::platform
