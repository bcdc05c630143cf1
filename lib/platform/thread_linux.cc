#include "lib/platform/thread.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace sabre::platform {
namespace {

constexpr std::size_t kShownBytes = 15;

// As many whole UTF-8 characters of `name` as are shown.
std::size_t ShownLength(const std::string& name) noexcept {
  if (name.size() <= kShownBytes) return name.size();
  std::size_t length = kShownBytes;
  // A byte 10xxxxxx goes on with a character that has begun before.
  while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0) == 0x80) --length;
  // Text that is not UTF-8 is cut anywhere.
  return kShownBytes - length < 4 ? length : kShownBytes;
}

int SetOwnAffinity(const std::vector<int>& cpus) noexcept {
  cpu_set_t wished;
  CPU_ZERO(&wished);
  for (const int cpu : cpus) {
    if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
    CPU_SET(static_cast<unsigned>(cpu), &wished);
  }
  if (const int error = pthread_setaffinity_np(pthread_self(), sizeof wished, &wished);
      error != 0) {
    return error;
  }
  // The system grants what it can and says nothing of the rest.
  cpu_set_t granted;
  if (const int error = pthread_getaffinity_np(pthread_self(), sizeof granted, &granted);
      error != 0) {
    return error;
  }
  return CPU_EQUAL(&wished, &granted) ? 0 : EINVAL;
}

}  // namespace

struct Thread::State {
  Entry entry;
  void* argument;
  char name[kShownBytes + 1];
  // What only the new thread can do, until it has answered; null: nothing.
  const ThreadWishes* wishes;
  ThreadRefusal refusal;
  sem_t answered;
  pthread_t thread;

  ThreadRefusal Fulfil() const noexcept {
    if (!wishes->cpu_affinity.empty()) {
      if (const int error = SetOwnAffinity(wishes->cpu_affinity); error != 0) {
        return {error, ThreadRefusal::Wish::kCpuAffinity};
      }
    }
    // On Linux 0 is the calling thread, not the process.
    if (wishes->nice.has_value() && setpriority(PRIO_PROCESS, 0, *wishes->nice) != 0) {
      return {errno, ThreadRefusal::Wish::kNice};
    }
    return {};
  }

  static void* Run(void* self) {
    auto* const state = static_cast<State*>(self);
    pthread_setname_np(pthread_self(), state->name);
    if (state->wishes != nullptr) {
      state->refusal = state->Fulfil();
      const bool refused = state->refusal.error != 0;
      sem_post(&state->answered);
      if (refused) return nullptr;
    }
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

ThreadLimits LimitsOfThreads() noexcept {
  // -20 to 19, of which a process without privileges may take what it has and RLIMIT_NICE allows.
  return {.least_stack_size = static_cast<std::size_t>(PTHREAD_STACK_MIN),
          .cpus = static_cast<int>(std::min<long>(sysconf(_SC_NPROCESSORS_CONF), CPU_SETSIZE)),
          .least_nice = -20,
          .most_nice = 19};
}

int CurrentThreadClock() noexcept {
  clockid_t clock;
  return pthread_getcpuclockid(pthread_self(), &clock) == 0 ? clock : CLOCK_THREAD_CPUTIME_ID;
}

std::int64_t ReadThreadClock(int clock) noexcept {
  timespec time;
  if (clock_gettime(clock, &time) != 0) return 0;
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

ThreadRefusal Thread::Start(Entry entry, void* argument, const ThreadWishes& wishes) noexcept {
  std::unique_ptr<State> state(new (std::nothrow) State{.entry = entry, .argument = argument});
  if (state == nullptr) return {ENOMEM};
  const std::size_t shown = ShownLength(wishes.name);
  std::memcpy(state->name, wishes.name.data(), shown);
  state->name[shown] = '\0';
  if (!wishes.cpu_affinity.empty() || wishes.nice.has_value()) {
    state->wishes = &wishes;
    sem_init(&state->answered, /*pshared=*/0, /*value=*/0);
  }
  pthread_attr_t attributes;
  if (const int error = pthread_attr_init(&attributes); error != 0) return {error};
  int error = 0;
  if (wishes.stack_size != 0) error = pthread_attr_setstacksize(&attributes, wishes.stack_size);
  if (error == 0) error = pthread_create(&state->thread, &attributes, &State::Run, state.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) return {error};
  ThreadRefusal refusal;
  if (state->wishes != nullptr) {
    while (sem_wait(&state->answered) != 0) {  // a signal
    }
    refusal = state->refusal;
  }
  if (refusal.error != 0) {
    pthread_join(state->thread, nullptr);
  } else {
    state_ = std::move(state);
  }
  return refusal;
}

void Thread::Join() noexcept {
  pthread_join(state_->thread, nullptr);
  state_.reset();
}

}  // namespace sabre::platform
