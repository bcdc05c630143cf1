// sabre/memory/trace.h: what the threads of a program did and what they waited for, for Perfetto to show.
#ifndef SABRE_MEMORY_TRACE_H_
#define SABRE_MEMORY_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// What is traced, to be combined with |.
enum class TraceCategory : std::uint16_t {
  kMessages = 1,  // posts, receipts and handlers, with an arrow from each post to its receipt
  kWaits = 2,     // blocking calls from the moment in which they wait, by name; loops asleep
  kLoops = 4,     // turns of event loops
  kWorkers = 8,   // workers, from their start to their exit
  kUser = 16,     // the program's own TraceSpans
};
constexpr TraceCategory operator|(TraceCategory a, TraceCategory b) noexcept {
  return static_cast<TraceCategory>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

// TraceOptions
struct TraceOptions {
  TraceCategory categories = TraceCategory::kMessages | TraceCategory::kWaits |
                             TraceCategory::kLoops | TraceCategory::kWorkers | TraceCategory::kUser;
  // Bytes for the spans of all threads together, some 40 a span. What does not fit is dropped, the
  // latest spans that is, and counted.
  std::size_t max_bytes = std::size_t{64} << 20;
  // What the process is called in the trace.
  std::string process_name = "sabre";
};

// TraceStats
struct TraceStats {
  std::uint64_t events = 0;   // spans in the trace
  std::uint64_t dropped = 0;  // spans for which there was no room
  std::uint64_t threads = 0;  // that have spans
};

// Begins to trace this process, every thread of it. While no trace runs, a place that would be traced costs
// one load and a branch.
// Errors: kFailedPrecondition if a trace runs; kInvalidArgument if there are no categories, or if max_bytes
//   is less than one thread needs (8 KiB). Blocking: no. Thread-safety: thread-safe.
absl::Status StartTrace(const TraceOptions& options = {});

// Ends the trace and returns it in the Trace Event Format, JSON, which https://ui.perfetto.dev and
// chrome://tracing open. Threads are called by the numbers and names of their agents. A span that has not
// ended (a thread that waits for ever) goes to the end of the trace and says "unfinished". An arrow
// whose one end was dropped is left out. Text that is not UTF-8 has U+FFFD in place of the bad bytes.
// Errors: kFailedPrecondition if no trace runs. Blocking: while it writes the text; the threads go on, and
//   another trace may begin. Thread-safety: thread-safe.
absl::StatusOr<std::string> StopTrace(TraceStats* stats = nullptr);

// The same into a file, which is made or replaced, without holding the text in memory.
// Errors: also those of the system for `path`; the trace has ended then, and is lost. Blocking: for the file,
//   too. Thread-safety: thread-safe.
absl::StatusOr<TraceStats> StopTraceTo(const std::string& path);

namespace internal {

struct TracePoint;
struct TraceSlot;

// The categories that are traced, in the lowest 16 bits, and above them the number of the trace; 0: off.
extern StdSync::Atomic<std::uint64_t> trace_state;

// Relaxed: what belongs to a trace is found under a lock.
inline bool Traced(TraceCategory category) noexcept {
  return (trace_state.load(StdSync::kRelaxed) & static_cast<std::uint64_t>(category)) != 0;
}
// Null: there is no room.
TraceSlot* OpenTraceSlot(const TracePoint& point, const char* name) noexcept;
void CloseTraceSlot(TraceSlot& slot, std::uint64_t value) noexcept;
// Of the program's own spans.
extern const TracePoint kTraceUserPoint;

}  // namespace internal

// TraceSpan
//
// Something that takes time: from the construction to the end of the scope. Spans of one thread nest.
//
//   sabre::TraceSpan span("resize");
//
// Thread-safety: belongs to the thread that made it.
class TraceSpan {
 public:
  // `name` must be there as long as the program: a literal.
  explicit TraceSpan(const char* name) noexcept {
    if (internal::Traced(TraceCategory::kUser)) [[unlikely]] {
      slot_ = internal::OpenTraceSlot(internal::kTraceUserPoint, name);
    }
  }
  // For the library.
  TraceSpan(TraceCategory category, const internal::TracePoint& point,
            std::uint64_t value = 0) noexcept {
    if (internal::Traced(category)) [[unlikely]] {
      slot_ = internal::OpenTraceSlot(point, nullptr);
      value_ = value;
    }
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;
  ~TraceSpan() {
    if (slot_ != nullptr) [[unlikely]]
      internal::CloseTraceSlot(*slot_, value_);
  }

  // A number that the trace shows with the span.
  void set_value(std::uint64_t value) noexcept { value_ = value; }

 private:
  internal::TraceSlot* slot_ = nullptr;
  std::uint64_t value_ = 0;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_TRACE_H_
