// lib/platform/clock.h: cheap answers to "when" and "where".
#ifndef SABRE_LIB_PLATFORM_CLOCK_H_
#define SABRE_LIB_PLATFORM_CLOCK_H_

#include <cstdint>

namespace sabre::platform {

// The monotonic clock in nanoseconds, the same as std::chrono::steady_clock.
std::int64_t NowNanos() noexcept;

// The number of the CPU that runs the caller, at this moment. -1: unknown here.
std::int32_t CurrentCpu() noexcept;

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_CLOCK_H_
