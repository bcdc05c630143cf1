#include "lib/platform/futex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace sabre::platform {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

bool FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
               TimePoint deadline) noexcept {
  timespec until{};
  timespec* timeout = nullptr;
  if (deadline != kNever) {
    const std::int64_t ns = deadline.time_since_epoch().count();
    if (ns <= 0) return false;
    until.tv_sec = static_cast<time_t>(ns / 1'000'000'000);
    until.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    timeout = &until;
  }
  // FUTEX_WAIT_BITSET takes an absolute time on the monotonic clock, FUTEX_WAIT a relative one, which
  // would drift over interruptions.
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, expected,
                              timeout, nullptr, FUTEX_BITSET_MATCH_ANY);
  return !(result == -1 && errno == ETIMEDOUT);
}

void FutexWakeOne(const std::atomic<std::uint32_t>* word) noexcept {
  syscall(SYS_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
}

}  // namespace sabre::platform
