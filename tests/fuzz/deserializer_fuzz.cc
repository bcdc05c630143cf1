// tests/fuzz/deserializer_fuzz.cc: any bytes are read or refused; what is read can be written, and
// reads as the same value again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sabre/clone/structured_clone.h"

namespace fuzz {

struct Item {
  int id = 0;
  std::string name;
  std::optional<double> weight;
  std::vector<sabre::Uint16Array> views;
  std::map<std::string, std::vector<std::int64_t>> table;
  std::shared_ptr<Item> next;
};
SABRE_DESCRIBE(Item, id, name, weight, views, table, next)

static absl::StatusOr<sabre::Graph> Rewrite(sabre::Value value, sabre::Dialect dialect) {
  absl::StatusOr<sabre::ByteBuffer> written = sabre::Encode(value, {.dialect = dialect});
  if (!written.ok()) std::abort();
  absl::StatusOr<sabre::Graph> read = sabre::Decode<sabre::Graph>(
      *written, {.dialect = dialect, .max_memory = std::size_t{1} << 30});
  if (!read.ok()) std::abort();
  return read;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // The first byte chooses the dialect.
  const auto dialect = static_cast<sabre::Dialect>(data[0] % 3);
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  if (absl::StatusOr<sabre::Graph> graph = sabre::Decode<sabre::Graph>(bytes, {.dialect = dialect});
      graph.ok()) {
    absl::StatusOr<sabre::Graph> again = fuzz::Rewrite(graph->root(), dialect);
    // Node's dialects keep the bytes of a view, not its buffer: the first rewriting makes them so.
    absl::StatusOr<sabre::Graph> third = fuzz::Rewrite(again->root(), dialect);
    const sabre::Value before = dialect == sabre::Dialect::kV8 ? graph->root() : again->root();
    if (!sabre::DeepEquals(before, third->root())) std::abort();
    if (graph->root().ToDebugString().size() > 4096) std::abort();
  }
  if (absl::StatusOr<fuzz::Item> item = sabre::Decode<fuzz::Item>(bytes, {.dialect = dialect});
      item.ok()) {
    if (!sabre::Encode(*item, {.dialect = dialect}).ok()) std::abort();
    for (std::shared_ptr<fuzz::Item> next = item->next; next != nullptr;) {
      next = std::exchange(next->next, nullptr);  // a cycle would leak
    }
  }
  return 0;
}
