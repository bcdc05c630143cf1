#include "lib/platform/clock.h"

#include <sched.h>
#include <time.h>

namespace sabre::platform {

std::int64_t NowNanos() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int32_t CurrentCpu() noexcept { return sched_getcpu(); }

}  // namespace sabre::platform
