// tests/clone/kinds_test.cc: every kind of value: printed, a key of a Map, compared, and passed over by a reader
// that looks for something else.
#include <memory>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/structured_clone.h"

namespace sabre {

struct KindsPoint {
  int x = 0;
};
SABRE_DESCRIBE(KindsPoint, x)
struct KindsLast {
  std::shared_ptr<KindsPoint> last;
};
SABRE_DESCRIBE(KindsLast, last)

namespace {

Value BigOf(Graph& graph, int limbs) {
  return graph.BigInt(
      BigInt(/*negative=*/false, std::vector<std::uint64_t>(static_cast<std::size_t>(limbs), 1)));
}

TEST_CASE("each kind of value is printed") {
  Graph graph;
  const ArrayBuffer bytes = *ArrayBuffer::Create(2);
  const ArrayBuffer many_bytes = *ArrayBuffer::Create(17);
  const Value holes = graph.Array({1});
  graph.SetLength(holes, 4);
  graph.SetProperty(holes, "name", 2);
  const struct {
    Value value;
    const char* text;
  } cases[] = {
      {graph.Boxed(graph.Make(true)), "Boolean object(true)"},
      {graph.Boxed(graph.Make(false)), "Boolean object(false)"},
      {graph.Boxed(graph.Make(7)), "Number object(7)"},
      {graph.Boxed(graph.String("s")), "String object(\"s\")"},
      {graph.Boxed(graph.BigInt(BigInt::FromInt64(-3))), "BigInt object(-3n)"},
      {graph.RegExp("a+", 0), "/a+/"},
      {graph.Buffer(bytes), "ArrayBuffer(2) <0000>"},
      {graph.Buffer(many_bytes), "ArrayBuffer(17) <00000000000000000000000000000000…>"},
      {graph.Buffer(*SharedArrayBuffer::Create(3)), "SharedArrayBuffer(3)"},
      {graph.Date(5.0), "Date(5)"},
      {graph.String("a\nb\x01"), "\"a\\nb \""},
      {holes, "[1, \"name\": 2, <3 holes>]"},
      {BigOf(graph, 65), "<BigInt of 4160 bits>"},
      {graph.Object({{"2", 3}}), "{2: 3}"},
  };
  for (const auto& [value, text] : cases) CHECK(value.ToDebugString() == std::string(text));
  const std::string long_text = graph.String(std::string(300, 'x')).ToDebugString();
  CHECK(long_text.size() < 250);
  CHECK(long_text.find("…") != std::string::npos);
}

TEST_CASE("each kind of value is a key of a Map, large enough to be searched by hash") {
  Graph graph;
  const Value object = graph.Object();
  const std::vector<Value> keys = {graph.Make(true), graph.Make(false), graph.Make(nullptr),
                                   Value(),          graph.Make(1.5),   graph.String("text"),
                                   object,           graph.Date(1.0),   BigOf(graph, 2)};
  const Value map = graph.Map();
  for (int i = 0; i < 40; ++i) graph.MapSet(map, i * 2 + 100, i);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    graph.MapSet(map, keys[i], static_cast<int>(i));
    graph.MapSet(map, keys[i], static_cast<int>(i) + 1);  // found, not added again
  }
  CHECK(map.size() == 40 + keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CHECK(map.MapGet(keys[i]).AsNumber() == static_cast<double>(i + 1));
  }
  CHECK(map.MapGet(BigOf(graph, 2)).AsNumber() == static_cast<double>(keys.size()));
  CHECK(map.MapGet(graph.Date(1.0)).is_undefined());  // another object
  CHECK(DeepEquals(graph.Boxed(BigOf(graph, 2)), graph.Boxed(BigOf(graph, 2))));
  CHECK_FALSE(DeepEquals(graph.Boxed(BigOf(graph, 2)), graph.Boxed(BigOf(graph, 3))));
}

TEST_CASE(
    "a reader that knows one field passes over every kind of value to find what it refers to") {
  for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    CAPTURE(static_cast<int>(dialect));
    Graph graph;
    const Value point = graph.Object({{"x", 41}});
    const ArrayBuffer bytes = *ArrayBuffer::Create(8);
    const Value holes = graph.Array({1});
    graph.SetLength(holes, 100);
    const Value error = graph.Error("RangeError", "no");
    const Value all = graph.Array({true,
                                   false,
                                   nullptr,
                                   Value(),
                                   1,
                                   1.5,
                                   "text",
                                   graph.String(u"\u20ac"),
                                   BigOf(graph, 2),
                                   graph.Date(3.0),
                                   graph.Boxed(graph.Make(true)),
                                   graph.Boxed(graph.Make(2.5)),
                                   graph.Boxed(BigOf(graph, 1)),
                                   graph.Boxed(graph.String("boxed")),
                                   graph.RegExp("a", 1),
                                   holes,
                                   graph.Map({{1, 2}, {"k", graph.Set({3, 2.5})}}),
                                   error,
                                   bytes,
                                   *Uint8Array::Over(bytes),
                                   graph.Object({{"7", 1}, {"k", 2}})});
    // The reader has no field of these names, and the point is inside: what `last` has is its number.
    graph.SetRoot(graph.Object({{"all", all}, {"inside", graph.Array({point})}, {"last", point}}));
    const absl::StatusOr<ByteBuffer> encoded = Encode(graph, {.dialect = dialect});
    REQUIRE(encoded.ok());
    const absl::StatusOr<KindsLast> read = Decode<KindsLast>(*encoded, {.dialect = dialect});
    INFO(read.status().ToString());
    REQUIRE(read.ok());
    CHECK(read->last->x == 41);
  }
}

}  // namespace
}  // namespace sabre
