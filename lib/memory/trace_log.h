// lib/memory/trace_log.h: a trace in memory, before it is text.
#ifndef SABRE_LIB_MEMORY_TRACE_LOG_H_
#define SABRE_LIB_MEMORY_TRACE_LOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "lib/kernel/trace_chunk.h"
#include "lib/memory/trace_points.h"
#include "sabre/memory/trace.h"

namespace sabre::internal {

struct TraceHead {
  const TracePoint* point = nullptr;
  const char* name = nullptr;  // null: the point's
  std::int64_t begin = 0;      // nanoseconds of the monotonic clock
};

struct TraceSlot final : kernel::TraceSlot<TraceHead> {};

using TraceChunk = kernel::TraceChunk<TraceSlot, TraceHead, 128>;

// The spans of one thread, in the order in which they began.
struct ThreadTrace {
  std::uint64_t agent_id = 0;
  std::string name;
  std::vector<std::unique_ptr<TraceChunk>> chunks;
};

struct TraceLog {
  std::uint64_t number = 0;
  std::string process_name;
  std::size_t bytes_left = 0;  // of TraceOptions::max_bytes
  std::int64_t began = 0;
  std::int64_t ended = 0;
  std::vector<std::shared_ptr<ThreadTrace>> threads;
};

// Gives the text of `log` to `sink`, piece by piece, and counts it in `stats`. `dropped` is already there.
void WriteTraceJson(const TraceLog& log, TraceStats& stats,
                    absl::FunctionRef<void(absl::string_view)> sink);

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_TRACE_LOG_H_
