#include "sabre/memory/trace.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/memory/trace_log.h"
#include "lib/platform/clock.h"
#include "sabre/memory/agent.h"

namespace sabre {
namespace internal {

StdSync::Atomic<std::uint64_t> trace_state{0};

constexpr TracePoint kTraceUserPoint{"", TraceCategory::kUser, "value"};

namespace {

constexpr int kNumberShift = 16;  // of trace_state
// What the first span of a thread takes.
constexpr std::size_t kThreadBytes = sizeof(ThreadTrace) + 64 + sizeof(TraceChunk);
static_assert(kThreadBytes <= 8 * 1024, "trace.h says how much one thread needs");

struct Traces {
  StdSync::Mutex mutex;
  std::unique_ptr<TraceLog> log;  // [mutex] the one that runs
  std::uint64_t last_number = 0;  // [mutex]
  // Relaxed at both ends: counts, which nobody orders anything by. A span that comes late to its trace may
  // be counted with the next.
  StdSync::Atomic<std::uint64_t> dropped{0};
  StdSync::Atomic<std::uint64_t> last_arrow{0};
};

// Never destroyed: threads may outlive main.
Traces& AllTraces() {
  static Traces& traces = *new Traces;
  return traces;
}

// Where the calling thread writes: with no destructor, so that it is there to the thread's very end.
struct Writer {
  static constexpr std::uint64_t kEnded = UINT64_MAX;

  std::uint64_t number = 0;     // of the trace; kEnded: the thread has come to its end
  TraceChunk* chunk = nullptr;  // null: no room is left
};
constinit thread_local Writer writer;

// What the calling thread keeps alive: the spans that it has still to close.
struct Kept {
  // Before this object, so that it outlives it.
  const Agent& agent = Agent::Current();
  std::vector<std::shared_ptr<ThreadTrace>> traces;  // the last one is the writer's

  ~Kept() { writer = {Writer::kEnded, nullptr}; }
};
Kept& KeptByThread() {
  thread_local Kept kept;
  return kept;
}

// Traces::mutex is held, as Stop changes the chunks of other threads.
bool AllClosed(const std::shared_ptr<ThreadTrace>& trace) {
  for (const std::unique_ptr<TraceChunk>& chunk : trace->chunks) {
    for (std::size_t i = 0; i < chunk->size(); ++i) {
      if (chunk->slot(i).End() == TraceSlot::kOpen) return false;
    }
  }
  return true;
}

bool Charge(TraceLog& log, std::size_t bytes) noexcept {
  if (log.bytes_left < bytes) return false;
  log.bytes_left -= bytes;
  return true;
}

// A chunk with room, in trace `number`. Null: there is none, or the trace is over.
TraceChunk* NextChunk(std::uint64_t number) noexcept {
  if (writer.number == Writer::kEnded) return nullptr;
  Kept& kept = KeptByThread();
  Traces& traces = AllTraces();
  std::lock_guard<StdSync::Mutex> lock(traces.mutex);
  if (traces.log == nullptr || traces.log->number != number) return nullptr;
  TraceLog& log = *traces.log;
  const bool first = writer.number != number;
  writer = {number, nullptr};
  if (!Charge(log, first ? kThreadBytes + kept.agent.name().size() : sizeof(TraceChunk))) {
    return nullptr;
  }
  std::unique_ptr<TraceChunk> chunk(new (std::nothrow) TraceChunk);
  if (chunk == nullptr) return nullptr;
  if (first) {
    kept.traces.erase(std::remove_if(kept.traces.begin(), kept.traces.end(), AllClosed),
                      kept.traces.end());
    kept.traces.push_back(std::make_shared<ThreadTrace>());
    kept.traces.back()->agent_id = kept.agent.id();
    kept.traces.back()->name = kept.agent.name();
    log.threads.push_back(kept.traces.back());
  }
  writer.chunk = chunk.get();
  kept.traces.back()->chunks.push_back(std::move(chunk));
  return writer.chunk;
}

}  // namespace

TraceSlot* OpenTraceSlot(const TracePoint& point, const char* name) noexcept {
  // Relaxed: what belongs to a trace is found under a lock.
  const std::uint64_t number = trace_state.load(StdSync::kRelaxed) >> kNumberShift;
  if (number == 0) return nullptr;  // it has just ended
  const TraceHead head{&point, name, platform::NowNanos()};
  if (writer.number == number) {
    TraceSlot* const slot = writer.chunk != nullptr ? writer.chunk->Open(head) : nullptr;
    if (slot != nullptr) [[likely]]
      return slot;
  }
  const bool full = writer.number == number && writer.chunk == nullptr;
  TraceChunk* const chunk = full ? nullptr : NextChunk(number);
  if (chunk != nullptr) return chunk->Open(head);
  // Relaxed: see Traces.
  AllTraces().dropped.fetch_add(1, StdSync::kRelaxed);
  return nullptr;
}

void CloseTraceSlot(TraceSlot& slot, std::uint64_t value) noexcept {
  slot.Close(platform::NowNanos(), value);
}

std::uint64_t MakeTraceArrow() noexcept {
  // Relaxed: see Traces.
  return AllTraces().last_arrow.fetch_add(1, StdSync::kRelaxed) + 1;
}

namespace {

// Ends the trace that runs, writes it, and gives the memory back that no thread can come back to.
absl::StatusOr<TraceStats> EndTrace(absl::FunctionRef<void(absl::string_view)> sink) {
  Traces& traces = AllTraces();
  std::unique_ptr<TraceLog> log;
  TraceStats stats;
  {
    std::lock_guard<StdSync::Mutex> lock(traces.mutex);
    if (traces.log == nullptr) return absl::FailedPreconditionError("StopTrace: no trace runs");
    // Relaxed: see OpenTraceSlot.
    trace_state.store(0, StdSync::kRelaxed);
    log = std::move(traces.log);
    stats.dropped = traces.dropped.load(StdSync::kRelaxed);
  }
  log->ended = platform::NowNanos();
  // Without the lock: nobody changes which chunks there are, only what is in them.
  WriteTraceJson(*log, stats, sink);
  std::lock_guard<StdSync::Mutex> lock(traces.mutex);
  for (const std::shared_ptr<ThreadTrace>& thread : log->threads) {
    auto& chunks = thread->chunks;
    // But the last, to which its thread may come back.
    chunks.erase(std::remove_if(chunks.begin(), chunks.end() - 1,
                                [](const auto& chunk) { return chunk->Settled(); }),
                 chunks.end() - 1);
  }
  return stats;
}

}  // namespace
}  // namespace internal

absl::Status StartTrace(const TraceOptions& options) {
  if (options.categories == TraceCategory{}) {
    return absl::InvalidArgumentError("StartTrace: categories is empty");
  }
  if (options.max_bytes < internal::kThreadBytes) {
    return absl::InvalidArgumentError(absl::StrCat("StartTrace: max_bytes is ", options.max_bytes,
                                                   "; one thread needs ", internal::kThreadBytes));
  }
  internal::Traces& traces = internal::AllTraces();
  std::lock_guard<StdSync::Mutex> lock(traces.mutex);
  if (traces.log != nullptr) return absl::FailedPreconditionError("StartTrace: a trace runs");
  traces.log = std::make_unique<internal::TraceLog>();
  traces.log->number = ++traces.last_number;
  traces.log->process_name = options.process_name;
  traces.log->bytes_left = options.max_bytes;
  traces.log->began = platform::NowNanos();
  traces.dropped.store(0, StdSync::kRelaxed);
  internal::trace_state.store(
      traces.last_number << internal::kNumberShift | static_cast<std::uint64_t>(options.categories),
      StdSync::kRelaxed);
  return absl::OkStatus();
}

absl::StatusOr<std::string> StopTrace(TraceStats* stats) {
  std::string json;
  absl::StatusOr<TraceStats> ended =
      internal::EndTrace([&](absl::string_view text) { json.append(text.data(), text.size()); });
  if (!ended.ok()) return std::move(ended).status();
  if (stats != nullptr) *stats = *ended;
  return json;
}

absl::StatusOr<TraceStats> StopTraceTo(const std::string& path) {
  int error = 0;
  std::FILE* file = nullptr;
  absl::StatusOr<TraceStats> ended = internal::EndTrace([&](absl::string_view text) {
    if (error != 0) return;
    errno = 0;
    // Here, so that a call without a trace touches no file.
    if (file == nullptr) file = std::fopen(path.c_str(), "wb");
    if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size()) {
      error = errno != 0 ? errno : EIO;
    }
  });
  errno = 0;
  if (file != nullptr && std::fclose(file) != 0 && error == 0) error = errno != 0 ? errno : EIO;
  if (ended.ok() && error != 0) {
    return absl::ErrnoToStatus(error, absl::StrCat("StopTraceTo: cannot write ", path));
  }
  return ended;
}

}  // namespace sabre
