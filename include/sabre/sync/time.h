// sabre/sync/time.h: the points in time that blocking primitives take.
#ifndef SABRE_SYNC_TIME_H_
#define SABRE_SYNC_TIME_H_

#include <chrono>

namespace sabre {

// A point on the monotonic clock, in nanoseconds. `std::chrono::steady_clock::now()` converts to it.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

// The deadline that never passes.
inline constexpr TimePoint kNever = TimePoint::max();

}  // namespace sabre

#endif  // SABRE_SYNC_TIME_H_
