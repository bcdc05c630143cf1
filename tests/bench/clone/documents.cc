#include "tests/bench/clone/documents.h"

#include <simdjson.h>

#include <string_view>

#include "absl/strings/str_cat.h"
#include "sabre/memory/typed_array.h"
#include "tests/bench/clone/measures.h"

namespace sabre::bench {
namespace {

Value Convert(Graph& graph, simdjson::dom::element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY: {
      const Value array = graph.Array();
      for (simdjson::dom::element part : simdjson::dom::array(element)) {
        graph.Append(array, Convert(graph, part));
      }
      return array;
    }
    case simdjson::dom::element_type::OBJECT: {
      const Value object = graph.Object();
      for (simdjson::dom::key_value_pair field : simdjson::dom::object(element)) {
        graph.SetProperty(object, field.key, Convert(graph, field.value));
      }
      return object;
    }
    case simdjson::dom::element_type::STRING:
      return graph.String(std::string_view(element));
    case simdjson::dom::element_type::BOOL:
      return Value(bool(element));
    case simdjson::dom::element_type::NULL_VALUE:
      return Value(nullptr);
    default:
      return Value(double(element));
  }
}

Graph WithRoot(Graph graph, Value root) {
  graph.SetRoot(root);
  return graph;
}

}  // namespace

Graph FromJson(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(json).get(document) != simdjson::SUCCESS) Give("the document is not JSON");
  Graph graph;
  const Value root = Convert(graph, document);
  return WithRoot(std::move(graph), root);
}

Graph Doubles() {
  Graph graph;
  const Value array = graph.Array();
  for (int i = 0; i < kDoubles; ++i) graph.Append(array, i * 1.1 + 0.5);
  return WithRoot(std::move(graph), array);
}

Graph StringMap() {
  Graph graph;
  const Value map = graph.Map();
  for (int i = 0; i < kEntries; ++i) {
    graph.MapSet(map, absl::StrCat("key number ", i), absl::StrCat("value ", i));
  }
  return WithRoot(std::move(graph), map);
}

Graph Floats() {
  absl::StatusOr<Float64Array> array = Float64Array::Create(kFloatBytes / 8);
  if (!array.ok()) Give(array.status().ToString());
  for (std::size_t i = 0; i < kFloatBytes / 8; ++i) array->Set(i, static_cast<double>(i) * 1.1);
  Graph graph;
  const Value view = graph.Make(*array);
  return WithRoot(std::move(graph), view);
}

Graph Small() {
  Graph graph;
  const Value object = graph.Object({{"id", 7}, {"name", "a small struct"}});
  return WithRoot(std::move(graph), object);
}

Graph Records(std::size_t wire_bytes) {
  constexpr std::size_t kRecordBytes = 100;
  Graph graph;
  const Value array = graph.Array();
  for (std::size_t i = 0; i < wire_bytes / kRecordBytes; ++i) {
    const Value tags = graph.Array({"red", static_cast<int>(i % 1000), nullptr});
    graph.Append(array, graph.Object({{"id", static_cast<int>(i)},
                                      {"name", absl::StrCat("a record, number ", i)},
                                      {"share", static_cast<double>(i) * 0.1},
                                      {"tags", tags},
                                      {"last", i % 7 == 0}}));
  }
  return WithRoot(std::move(graph), array);
}

Graph Nested(std::size_t depth) {
  Graph graph;
  Value value = graph.Array();
  for (std::size_t i = 1; i < depth; ++i) value = graph.Array({value});
  return WithRoot(std::move(graph), value);
}

}  // namespace sabre::bench
