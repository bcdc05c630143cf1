#include "tests/faults/faults.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <iterator>
#include <map>
#include <mutex>
#include <new>

namespace sabre::test {
namespace {

struct Plan {
  std::atomic<bool> active{false};
  std::atomic<int> error{0};
  std::atomic<int> first{0};  // the number of the first call that is refused
  std::atomic<int> last{0};   // the number after that of the last
  std::atomic<int> calls{0};
  std::atomic<int> refused{0};
  std::atomic<pthread_t> thread{};
};
std::array<Plan, kCalls> plans;
Plan& PlanOf(Call call) { return plans[static_cast<std::size_t>(call)]; }

std::mutex mappings_mutex;
std::map<void*, std::size_t>& Mappings() {
  static std::map<void*, std::size_t> mappings;
  return mappings;
}
std::atomic<std::size_t> live_threads{0};
std::atomic<int> interrupted_waits{0};

// Whether this call is refused; its error is in errno then.
bool Refused(Call call) {
  Plan& plan = PlanOf(call);
  if (!plan.active) return false;
  const int number = plan.calls.fetch_add(1);
  if (number < plan.first || number >= plan.last) return false;
  plan.refused.fetch_add(1);
  errno = plan.error;
  return true;
}

}  // namespace

Refusal::Refusal(Call call, int error, int after, int times) : call_(call) {
  Plan& plan = PlanOf(call);
  plan.error = error;
  plan.first = after;
  plan.last = times < INT32_MAX - after ? after + times : INT32_MAX;
  plan.calls = 0;
  plan.refused = 0;
  plan.thread = pthread_self();
  plan.active = true;
}

Refusal::~Refusal() { PlanOf(call_).active = false; }

int Refusal::refused() const { return PlanOf(call_).refused; }

Holdings Holdings::Now() {
  Holdings now;
  {
    const std::lock_guard lock(mappings_mutex);
    now.mappings = Mappings().size();
    for (const auto& [address, size] : Mappings()) now.mapped_bytes += size;
  }
  now.threads = live_threads;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd");
  now.descriptors = static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors)));
  return now;
}

int InterruptedWaits() { return interrupted_waits; }

}  // namespace sabre::test

// The linker turns the library's calls of f into __wrap_f, and ours of __real_f into f.
using sabre::test::Call;
using sabre::test::Refused;

extern "C" {

void* __real_mmap64(void* address, std::size_t size, int protection, int flags, int fd, off64_t at);
void* __wrap_mmap64(void* address, std::size_t size, int protection, int flags, int fd, off64_t at);
void* __wrap_mmap64(void* address, std::size_t size, int protection, int flags, int fd,
                    off64_t at) {
  const bool fixed = (flags & MAP_FIXED) != 0;
  if (Refused(fixed ? Call::kDecommit : Call::kReserve)) return MAP_FAILED;
  void* const mapped = __real_mmap64(address, size, protection, flags, fd, at);
  if (mapped != MAP_FAILED && !fixed) {
    const std::lock_guard lock(sabre::test::mappings_mutex);
    sabre::test::Mappings()[mapped] = size;
  }
  return mapped;
}

int __real_munmap(void* address, std::size_t size);
int __wrap_munmap(void* address, std::size_t size);
int __wrap_munmap(void* address, std::size_t size) {
  {
    // Before the system does it: another thread may get the same address at once.
    const std::lock_guard lock(sabre::test::mappings_mutex);
    const auto mapping = sabre::test::Mappings().find(address);
    if (mapping != sabre::test::Mappings().end() && mapping->second == size) {
      sabre::test::Mappings().erase(mapping);
    }
  }
  return __real_munmap(address, size);
}

int __real_madvise(void* address, std::size_t size, int advice);
int __wrap_madvise(void* address, std::size_t size, int advice);
int __wrap_madvise(void* address, std::size_t size, int advice) {
  return Refused(Call::kAdvise) ? -1 : __real_madvise(address, size, advice);
}

int __real_mprotect(void* address, std::size_t size, int protection);
int __wrap_mprotect(void* address, std::size_t size, int protection);
int __wrap_mprotect(void* address, std::size_t size, int protection) {
  return Refused(Call::kCommit) ? -1 : __real_mprotect(address, size, protection);
}

int __real_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*entry)(void*), void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*entry)(void*), void* argument);
int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*entry)(void*), void* argument) {
  if (Refused(Call::kThread)) return errno;
  const int error = __real_pthread_create(thread, attributes, entry, argument);
  if (error == 0) sabre::test::live_threads.fetch_add(1);
  return error;
}

int __real_pthread_join(pthread_t thread, void** result);
int __wrap_pthread_join(pthread_t thread, void** result);
int __wrap_pthread_join(pthread_t thread, void** result) {
  const int error = __real_pthread_join(thread, result);
  if (error == 0) sabre::test::live_threads.fetch_sub(1);
  return error;
}

int __real_pthread_detach(pthread_t thread);
int __wrap_pthread_detach(pthread_t thread);
int __wrap_pthread_detach(pthread_t thread) {
  const int error = __real_pthread_detach(thread);
  if (error == 0) sabre::test::live_threads.fetch_sub(1);
  return error;
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  // As many as any system call has. Those that the caller did not give are not looked at.
  std::array<long, 6> a;
  va_list arguments;
  va_start(arguments, number);
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  const bool wait = number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
  if (wait && Refused(Call::kFutexWait)) return errno == 0 ? 0 : -1;
  const long result = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (wait && result == -1 && errno == EINTR) sabre::test::interrupted_waits.fetch_add(1);
  return result;
}

void* __real_calloc(std::size_t count, std::size_t size);
void* __wrap_calloc(std::size_t count, std::size_t size);
void* __wrap_calloc(std::size_t count, std::size_t size) {
  return Refused(Call::kCalloc) ? nullptr : __real_calloc(count, size);
}

void* __real_malloc(std::size_t size);
void* __wrap_malloc(std::size_t size);
void* __wrap_malloc(std::size_t size) {
  return Refused(Call::kMalloc) ? nullptr : __real_malloc(size);
}

void* __real_realloc(void* bytes, std::size_t size);
void* __wrap_realloc(void* bytes, std::size_t size);
void* __wrap_realloc(void* bytes, std::size_t size) {
  return Refused(Call::kRealloc) ? nullptr : __real_realloc(bytes, size);
}

int __real_pthread_setaffinity_np(pthread_t thread, std::size_t size, const cpu_set_t* cpus);
int __wrap_pthread_setaffinity_np(pthread_t thread, std::size_t size, const cpu_set_t* cpus);
int __wrap_pthread_setaffinity_np(pthread_t thread, std::size_t size, const cpu_set_t* cpus) {
  return Refused(Call::kSetAffinity) ? errno : __real_pthread_setaffinity_np(thread, size, cpus);
}

int __real_setpriority(__priority_which_t which, id_t who, int priority);
int __wrap_setpriority(__priority_which_t which, id_t who, int priority);
int __wrap_setpriority(__priority_which_t which, id_t who, int priority) {
  return Refused(Call::kSetPriority) ? -1 : __real_setpriority(which, who, priority);
}

// operator new(std::size_t)
void* __real__Znwm(std::size_t size);
void* __wrap__Znwm(std::size_t size);
void* __wrap__Znwm(std::size_t size) {
  const bool here = pthread_equal(sabre::test::PlanOf(Call::kNew).thread, pthread_self()) != 0;
  if (here && Refused(Call::kNew)) throw std::bad_alloc();
  return __real__Znwm(size);
}

// operator new(std::size_t, const std::nothrow_t&)
void* __real__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag);
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag);
void* __wrap__ZnwmRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag) {
  return Refused(Call::kNothrowNew) ? nullptr : __real__ZnwmRKSt9nothrow_t(size, tag);
}

// operator new(std::size_t, std::align_val_t, const std::nothrow_t&)
void* __real__ZnamRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag);
void* __wrap__ZnamRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag);
void* __wrap__ZnamRKSt9nothrow_t(std::size_t size, const std::nothrow_t& tag) {
  return Refused(Call::kNothrowNew) ? nullptr : __real__ZnamRKSt9nothrow_t(size, tag);
}

void* __real__ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::align_val_t alignment,
                                                const std::nothrow_t& tag);
void* __wrap__ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::align_val_t alignment,
                                                const std::nothrow_t& tag);
void* __wrap__ZnwmSt11align_val_tRKSt9nothrow_t(std::size_t size, std::align_val_t alignment,
                                                const std::nothrow_t& tag) {
  return Refused(Call::kNothrowNew)
             ? nullptr
             : __real__ZnwmSt11align_val_tRKSt9nothrow_t(size, alignment, tag);
}

}  // extern "C"
