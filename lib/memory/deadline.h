// lib/memory/deadline.h: from absl::Duration to points on the monotonic clock.
#ifndef SABRE_LIB_MEMORY_DEADLINE_H_
#define SABRE_LIB_MEMORY_DEADLINE_H_

#include "absl/time/time.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// The point `timeout` from now. Zero and less: a point that has passed. What does not fit into the
// clock (infinity above all): kNever.
inline TimePoint DeadlineAfter(absl::Duration timeout) noexcept {
  if (timeout <= absl::ZeroDuration()) return TimePoint::min();
  // 292 years: the range of 64-bit nanoseconds.
  if (timeout >= absl::Hours(24 * 365 * 250)) return kNever;
  return StdSync::Now() + absl::ToChronoNanoseconds(timeout);
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_DEADLINE_H_
