// The std library cannot name a thread or size its stack: both wishes are ignored.
#include "lib/platform/thread.h"

#include <cerrno>
#include <new>
#include <system_error>
#include <thread>

namespace sabre::platform {

struct Thread::State {
  std::thread thread;
};

Thread::Thread() noexcept = default;
Thread::~Thread() = default;

std::size_t AvailableParallelism() noexcept {
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? count : 1;
}

namespace {

// std::thread reports a refusal by an exception; a build without them ends there.
#if defined(__cpp_exceptions)
int StartThread(std::thread& thread, Thread::Entry entry, void* argument) noexcept {
  try {
    thread = std::thread(entry, argument);
    return 0;
  } catch (const std::system_error& refused) {
    return refused.code().value();
  }
}
#else
int StartThread(std::thread& thread, Thread::Entry entry, void* argument) noexcept {
  thread = std::thread(entry, argument);
  return 0;
}
#endif

}  // namespace

int Thread::Start(Entry entry, void* argument, const std::string&, std::size_t) noexcept {
  std::unique_ptr<State> state(new (std::nothrow) State);
  if (state == nullptr) return ENOMEM;
  const int error = StartThread(state->thread, entry, argument);
  if (error == 0) state_ = std::move(state);
  return error;
}

void Thread::Join() noexcept {
  state_->thread.join();
  state_.reset();
}

}  // namespace sabre::platform
