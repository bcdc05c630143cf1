#include "absl/strings/str_cat.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"
#include "tests/fuzz/checks.h"
#include "tests/support/heap_meter.h"

namespace sabre::fuzz {

std::string CheckDeserialize(std::span<const std::uint8_t> bytes) {
  const Input input(bytes);
  const testing::HeapMeter meter;
  const absl::StatusOr<Graph> graph = Decode<Graph>(input.bytes, input.options);
  if (meter.peak() > MemoryLimit(input)) {
    return absl::StrCat("reading ", input.bytes.size(), " bytes held ", meter.peak(),
                        " bytes, more than ", MemoryLimit(input));
  }
  if (graph.ok()) {
    if (graph->memory_used() > MemoryLimit(input)) return "the arena passes the limit";
    if (graph->root().ToDebugString().size() > 4096) return "the text for people is too long";
  } else if (graph.status().message().size() > 4096) {
    return "the reason is too long";
  } else if (!absl::IsDataLoss(graph.status()) && !absl::IsResourceExhausted(graph.status())) {
    return absl::StrCat("a reason of an unknown kind: ", graph.status().ToString());
  }
  return "";
}

}  // namespace sabre::fuzz
