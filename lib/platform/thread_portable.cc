// The std library cannot name a thread, size its stack or read its clock: those wishes are ignored. It can
// neither choose its CPUs nor its priority: those are refused.
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

ThreadLimits LimitsOfThreads() noexcept {
  return {.least_stack_size = 0, .cpus = 0, .least_nice = 1, .most_nice = 0};
}

int CurrentThreadClock() noexcept { return 0; }
std::int64_t ReadThreadClock(int) noexcept { return 0; }

namespace {

// std::thread reports a refusal by an exception; a build without them ends there.
#if defined(__cpp_exceptions)
int StartThread(std::thread& thread, Thread::Entry entry, void* argument) noexcept {
  try {
    thread = std::thread(entry, argument);
    return 0;
  } catch (const std::system_error& refused) {
    return refused.code().value();
  } catch (const std::bad_alloc&) {
    return ENOMEM;
  }
}
#else
int StartThread(std::thread& thread, Thread::Entry entry, void* argument) noexcept {
  thread = std::thread(entry, argument);
  return 0;
}
#endif

}  // namespace

ThreadRefusal Thread::Start(Entry entry, void* argument, const ThreadWishes& wishes) noexcept {
  if (!wishes.cpu_affinity.empty()) return {ENOTSUP, ThreadRefusal::Wish::kCpuAffinity};
  if (wishes.nice.has_value()) return {ENOTSUP, ThreadRefusal::Wish::kNice};
  std::unique_ptr<State> state(new (std::nothrow) State);
  if (state == nullptr) return {ENOMEM};
  const int error = StartThread(state->thread, entry, argument);
  if (error == 0) state_ = std::move(state);
  return {error};
}

void Thread::Join() noexcept {
  state_->thread.join();
  state_.reset();
}

}  // namespace sabre::platform
