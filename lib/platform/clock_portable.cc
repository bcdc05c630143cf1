#include "lib/platform/clock.h"

#include <chrono>

namespace sabre::platform {

std::int64_t NowNanos() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int32_t CurrentCpu() noexcept { return -1; }

}  // namespace sabre::platform
