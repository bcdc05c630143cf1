#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sabre/clone/structured_clone.h"
#include "tests/fuzz/checks.h"

namespace sabre::fuzz {
namespace {

// A value written and read, or the reason why not.
struct Rewritten {
  std::string reason;
  ByteBuffer bytes = {};
  Graph graph = {};
};
Rewritten Rewrite(Value value, Dialect dialect, std::uint32_t version = 15) {
  absl::StatusOr<ByteBuffer> bytes = Encode(value, {.dialect = dialect, .version = version});
  if (!bytes.ok()) return {absl::StrCat("not written: ", bytes.status().ToString())};
  absl::StatusOr<Graph> graph = Decode<Graph>(
      *bytes, {.dialect = dialect, .max_memory = SIZE_MAX, .refuse_trailing_bytes = true});
  if (!graph.ok()) return {absl::StrCat("not read again: ", graph.status().ToString())};
  return {"", *std::move(bytes), *std::move(graph)};
}

// The same again and again. The first writing may change what a dialect or version cannot say, the second the
// form of an array; then the bytes stay.
Rewritten Settled(Value value, Dialect dialect, std::uint32_t version = 15) {
  Rewritten once = Rewrite(value, dialect, version);
  if (!once.reason.empty()) return once;
  Rewritten twice = Rewrite(once.graph.root(), dialect, version);
  if (!twice.reason.empty()) return twice;
  Rewritten again = Rewrite(twice.graph.root(), dialect, version);
  if (!again.reason.empty()) return again;
  if (!std::equal(twice.bytes.begin(), twice.bytes.end(), again.bytes.begin(), again.bytes.end())) {
    again.reason = "written differently each time";
  } else if (!DeepEquals(once.graph.root(), again.graph.root())) {
    again.reason = "changed by the second writing";
  } else if (once.graph.node_count() < again.graph.node_count()) {
    again.reason = "objects that were one are two";
  }
  return again;
}

}  // namespace

std::string CheckRewrite(std::span<const std::uint8_t> bytes) {
  const Input input(bytes);
  const absl::StatusOr<Graph> read = Decode<Graph>(input.bytes, input.options);
  if (!read.ok()) return "";
  const Value value = read->root();

  for (const Dialect dialect : {Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    if (Rewritten other = Settled(value, dialect); !other.reason.empty()) {
      return "in a dialect of Node " + other.reason;
    }
  }
  if (Rewritten older = Settled(value, Dialect::kV8, 13); !older.reason.empty()) {
    return "in version 13 " + older.reason;
  }

  const Rewritten settled = Settled(value, Dialect::kV8);
  if (!settled.reason.empty()) return settled.reason;
  if (!DeepEquals(value, settled.graph.root())) return "changed by writing";
  if (read->node_count() < settled.graph.node_count()) return "objects that were one are two";

  const absl::StatusOr<Graph> clone = StructuredClone(value);
  if (!clone.ok()) return absl::StrCat("not cloned: ", clone.status().ToString());
  if (!DeepEquals(value, clone->root())) return "changed by cloning";
  const Rewritten copy = Settled(clone->root(), Dialect::kV8);
  if (!copy.reason.empty()) return "the clone is " + copy.reason;
  if (!std::equal(settled.bytes.begin(), settled.bytes.end(), copy.bytes.begin(),
                  copy.bytes.end())) {
    return "the clone is written differently";
  }
  return "";
}

}  // namespace sabre::fuzz
