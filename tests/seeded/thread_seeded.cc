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

int Thread::Start(Entry entry, void* argument, const std::string&, std::size_t) noexcept {
  seeded::Point();
  // Systems do refuse threads.
  if (seeded::Chance(64)) return EAGAIN;
  state_ = std::make_unique<State>();
  state_->id = seeded::Spawn([entry, argument] { entry(argument); });
  return 0;
}

void Thread::Join() noexcept {
  seeded::AwaitEnd(state_->id);
  state_.reset();
}

}  // namespace sabre::platform
