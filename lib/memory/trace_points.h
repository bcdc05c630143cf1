// lib/memory/trace_points.h: the places of the library that a trace shows.
#ifndef SABRE_LIB_MEMORY_TRACE_POINTS_H_
#define SABRE_LIB_MEMORY_TRACE_POINTS_H_

#include <cstdint>

#include "sabre/memory/trace.h"

namespace sabre::internal {

// What a span has to do with the arrow whose number is its value.
enum class TraceArrow : std::uint8_t { kNone, kBegins, kPasses, kEnds };

// TracePoint
struct TracePoint {
  const char* name;
  TraceCategory category;
  const char* value = nullptr;  // what the span's value is; null: nothing to show
  TraceArrow arrow = TraceArrow::kNone;
};

inline constexpr TracePoint kTracePost{"post", TraceCategory::kMessages, nullptr,
                                       TraceArrow::kBegins};
inline constexpr TracePoint kTraceReceive{"receive", TraceCategory::kMessages, nullptr,
                                          TraceArrow::kPasses};
inline constexpr TracePoint kTraceHandler{"handler", TraceCategory::kMessages, nullptr,
                                          TraceArrow::kEnds};

inline constexpr TracePoint kTraceWaitOnCell{"atomics::Wait", TraceCategory::kWaits, "byte_index"};
inline constexpr TracePoint kTraceMutexLock{"Mutex::Lock", TraceCategory::kWaits, "byte_index"};
inline constexpr TracePoint kTraceConditionWait{"Condition::Wait", TraceCategory::kWaits,
                                                "byte_index"};
inline constexpr TracePoint kTraceSemaphoreAcquire{"Semaphore::Acquire", TraceCategory::kWaits,
                                                   "byte_index"};
inline constexpr TracePoint kTraceBarrierWait{"Barrier::Wait", TraceCategory::kWaits, "byte_index"};
inline constexpr TracePoint kTraceWaitMessage{"wait for a message", TraceCategory::kWaits};
inline constexpr TracePoint kTraceWaitRoom{"wait for room", TraceCategory::kWaits};
inline constexpr TracePoint kTraceWaitSelect{"wait in Select", TraceCategory::kWaits};
inline constexpr TracePoint kTraceWaitLock{"wait for a lock by name", TraceCategory::kWaits};
inline constexpr TracePoint kTraceWaitThread{"wait for another thread's handler",
                                             TraceCategory::kWaits};
inline constexpr TracePoint kTraceTaskAwait{"Task::Await", TraceCategory::kWaits};
inline constexpr TracePoint kTraceJoin{"Worker::Join", TraceCategory::kWaits, "agent"};
inline constexpr TracePoint kTraceLoopAsleep{"loop asleep", TraceCategory::kWaits};

inline constexpr TracePoint kTraceTurn{"turn", TraceCategory::kLoops, "ran"};

inline constexpr TracePoint kTraceWorkerStart{"Worker::Start", TraceCategory::kWorkers, nullptr,
                                              TraceArrow::kBegins};
inline constexpr TracePoint kTraceWorker{"worker", TraceCategory::kWorkers, nullptr,
                                         TraceArrow::kEnds};

// TracedSpan
//
// A TraceSpan of the library: TracedSpan span(kTraceTurn);
class TracedSpan : public TraceSpan {
 public:
  explicit TracedSpan(const TracePoint& point, std::uint64_t value = 0) noexcept
      : TraceSpan(point.category, point, value) {}
};

std::uint64_t MakeTraceArrow() noexcept;

// The number of a new arrow, for the value of the span in which it begins and of those to which it goes.
// 0, which is none, while the category is not traced.
inline std::uint64_t NewTraceArrow(TraceCategory category) noexcept {
  if (!Traced(category)) [[likely]]
    return 0;
  return MakeTraceArrow();
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_TRACE_POINTS_H_
