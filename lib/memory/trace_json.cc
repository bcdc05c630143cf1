// The Trace Event Format:
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/trace_log.h"

namespace sabre::internal {
namespace {

// Text goes out in pieces of about this size.
constexpr std::size_t kPieceBytes = std::size_t{1} << 16;

// The bytes of the UTF-8 character at the beginning of `text`; 0 if there is none that is well formed.
std::size_t CharacterBytes(absl::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Too long for what it says, a surrogate, or beyond U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90)) {
    return 0;
  }
  return length;
}

// `text` as a JSON string.
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = CharacterBytes(text);
    if (length == 0) {
      quoted += "\\ufffd";
    } else if (text[0] == '"' || text[0] == '\\') {
      quoted += {'\\', text[0]};
    } else if (static_cast<unsigned char>(text[0]) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(text[0]));
      quoted += escaped;
    } else {
      quoted.append(text.data(), length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return quoted + "\"";
}

const char* CategoryName(TraceCategory category) {
  switch (category) {
    case TraceCategory::kMessages:
      return "message";
    case TraceCategory::kWaits:
      return "wait";
    case TraceCategory::kLoops:
      return "loop";
    case TraceCategory::kWorkers:
      return "worker";
    case TraceCategory::kUser:
      return "user";
  }
  StdSync::Unreachable("TraceCategory");
}

// Where an arrow begins.
struct ArrowStart {
  std::uint64_t agent_id;
  std::int64_t begin;
  const TracePoint* point;
};

// An arrow on its way to one thread; of a broadcast there are several from one start.
struct ArrowPath {
  std::uint64_t number = 0;  // in the text
  bool ends = false;         // a span says that it ends there
  bool started = false;      // its start is written
};

class TraceWriter {
 public:
  TraceWriter(const TraceLog& log, TraceStats& stats,
              absl::FunctionRef<void(absl::string_view)> sink)
      : log_(log), stats_(stats), sink_(sink) {}

  void Write() {
    text_ = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[";
    Name("process_name", 0, log_.process_name);
    // Spans close while this runs: each is looked at once.
    for (const std::shared_ptr<ThreadTrace>& thread : log_.threads) WriteThread(*thread);
    for (const Arrival& arrival : arrivals_) NoteArrival(arrival);
    for (const Arrival& arrival : arrivals_) WriteArrival(arrival);
    absl::StrAppend(&text_, "\n],\"otherData\":{\"events\":", stats_.events,
                    ",\"dropped_events\":", stats_.dropped, ",\"threads\":", stats_.threads,
                    "}}\n");
    sink_(text_);
  }

 private:
  struct Arrival {
    std::uint64_t arrow;
    std::uint64_t agent_id;
    std::int64_t begin;
    TraceArrow kind;
  };

  void WriteThread(const ThreadTrace& thread) {
    stats_.threads += 1;
    Name("thread_name", thread.agent_id,
         thread.name.empty() ? absl::StrCat("agent ", thread.agent_id) : thread.name);
    for (const std::unique_ptr<TraceChunk>& chunk : thread.chunks) {
      const std::size_t size = chunk->size();
      for (std::size_t i = 0; i < size; ++i) WriteSpan(thread, chunk->slot(i));
    }
  }

  void WriteSpan(const ThreadTrace& thread, const TraceSlot& slot) {
    const TraceHead head = slot.head.Get();
    // Threads go on while this runs.
    if (head.begin < log_.began || head.begin > log_.ended) return;
    stats_.events += 1;
    const TracePoint& point = *head.point;
    const std::int64_t end = slot.End();
    const bool open = end == TraceSlot::kOpen || end > log_.ended;
    Begin('X', thread.agent_id, head.begin);
    absl::StrAppend(&text_, ",\"dur\":", Micros((open ? log_.ended : end) - head.begin),
                    ",\"cat\":\"", CategoryName(point.category),
                    "\",\"name\":", Quoted(head.name != nullptr ? head.name : point.name));
    if (open) {
      absl::StrAppend(&text_, ",\"args\":{\"unfinished\":true}");
    } else if (point.value != nullptr) {
      absl::StrAppend(&text_, ",\"args\":{\"", point.value, "\":", slot.value.Get(), "}");
    }
    text_ += '}';
    if (open || slot.value.Get() == 0) return;
    if (point.arrow == TraceArrow::kBegins) {
      starts_.emplace(slot.value.Get(), ArrowStart{thread.agent_id, head.begin, &point});
    } else if (point.arrow != TraceArrow::kNone) {
      arrivals_.push_back({slot.value.Get(), thread.agent_id, head.begin, point.arrow});
    }
  }

  void NoteArrival(const Arrival& arrival) {
    ArrowPath& path = paths_[{arrival.arrow, arrival.agent_id}];
    if (path.number == 0) path.number = paths_.size();
    path.ends = path.ends || arrival.kind == TraceArrow::kEnds;
  }

  void WriteArrival(const Arrival& arrival) {
    const auto start = starts_.find(arrival.arrow);
    if (start == starts_.end()) return;
    ArrowPath& path = paths_[{arrival.arrow, arrival.agent_id}];
    const ArrowStart& from = start->second;
    if (!path.started) Arrow('s', from.agent_id, from.begin, *from.point, path.number);
    path.started = true;
    const bool last = arrival.kind == TraceArrow::kEnds || !path.ends;
    Arrow(last ? 'f' : 't', arrival.agent_id, arrival.begin, *from.point, path.number);
  }

  void Arrow(char phase, std::uint64_t agent_id, std::int64_t at, const TracePoint& point,
             std::uint64_t number) {
    Begin(phase, agent_id, at);
    absl::StrAppend(&text_, ",\"id\":", number, ",\"cat\":\"", CategoryName(point.category),
                    "\",\"name\":\"", point.name, "\"");
    // To the span around it, not the next one.
    text_ += phase == 'f' ? ",\"bp\":\"e\"}" : "}";
  }

  void Name(const char* what, std::uint64_t agent_id, const std::string& name) {
    absl::StrAppend(&text_, first_ ? "\n" : ",\n", "{\"ph\":\"M\",\"pid\":1,\"tid\":", agent_id,
                    ",\"name\":\"", what, "\",\"args\":{\"name\":", Quoted(name), "}}");
    first_ = false;
  }

  void Begin(char phase, std::uint64_t agent_id, std::int64_t at) {
    if (text_.size() > kPieceBytes) {
      sink_(text_);
      text_.clear();
    }
    absl::StrAppend(&text_, ",\n{\"ph\":\"", std::string(1, phase),
                    "\",\"pid\":1,\"tid\":", agent_id, ",\"ts\":", Micros(at - log_.began));
  }

  // Nanoseconds as microseconds, which the format has.
  static std::string Micros(std::int64_t nanos) {
    return absl::StrCat(nanos / 1000, ".", absl::Dec(nanos % 1000, absl::kZeroPad3));
  }

  const TraceLog& log_;
  TraceStats& stats_;
  const absl::FunctionRef<void(absl::string_view)> sink_;
  std::string text_;
  bool first_ = true;
  absl::flat_hash_map<std::uint64_t, ArrowStart> starts_;
  absl::flat_hash_map<std::pair<std::uint64_t, std::uint64_t>, ArrowPath> paths_;
  std::vector<Arrival> arrivals_;
};

}  // namespace

void WriteTraceJson(const TraceLog& log, TraceStats& stats,
                    absl::FunctionRef<void(absl::string_view)> sink) {
  TraceWriter(log, stats, sink).Write();
}

}  // namespace sabre::internal
