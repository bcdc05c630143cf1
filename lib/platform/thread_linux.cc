#include "lib/platform/thread.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace sabre::platform {

struct Thread::State {
  Entry entry;
  void* argument;
  std::string name;
  pthread_t thread;

  static void* Run(void* self) {
    const auto* const state = static_cast<State*>(self);
    pthread_setname_np(pthread_self(), state->name.c_str());
    state->entry(state->argument);
    return nullptr;
  }
};

Thread::Thread() noexcept = default;
Thread::~Thread() = default;

std::size_t AvailableParallelism() noexcept {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&allowed)));
  }
  return static_cast<std::size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
}

int Thread::Start(Entry entry, void* argument, const std::string& name,
                  std::size_t stack_size) noexcept {
  std::unique_ptr<State> state(new (std::nothrow) State{entry, argument, name.substr(0, 15), {}});
  if (state == nullptr) return ENOMEM;
  pthread_attr_t attributes;
  if (const int error = pthread_attr_init(&attributes); error != 0) return error;
  int error = 0;
  if (stack_size != 0) {
    const std::size_t least = std::max(stack_size, static_cast<std::size_t>(PTHREAD_STACK_MIN));
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    error = pthread_attr_setstacksize(&attributes, (least + page - 1) / page * page);
  }
  if (error == 0) error = pthread_create(&state->thread, &attributes, &State::Run, state.get());
  pthread_attr_destroy(&attributes);
  if (error == 0) state_ = std::move(state);
  return error;
}

void Thread::Join() noexcept {
  pthread_join(state_->thread, nullptr);
  state_.reset();
}

}  // namespace sabre::platform
