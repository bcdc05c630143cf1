// tests/clone/node_test.cc: real Node on the other end, where there is one.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/structured_clone.h"
#include "tests/clone/canonical.h"

namespace node_test {

struct Point {
  double x = 0;
  double y = 0;
  std::optional<std::string> label;
};
SABRE_DESCRIBE(Point, x, y, label)

namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::Canonical;
using sabre::testing::FromHex;
using sabre::testing::ToHex;

// What `node -e SCRIPT` prints, or nothing if there is no Node.
std::string Node(const std::string& script) {
  const std::string command = "node -e '" + script + "' 2>&1";
  std::string out;
  if (FILE* const pipe = popen(command.c_str(), "r")) {
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
    pclose(pipe);
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

bool NodeIsHere() {
  if (std::system("node --version > /dev/null 2>&1") == 0) return true;
  MESSAGE("no node on this machine: the live checks are skipped");
  return false;
}

TEST_CASE("Node reads what Sabre writes") {
  if (!NodeIsHere()) return;
  Graph graph;
  const Value shared =
      graph.Object({{"deep", graph.Array({1, -0.0, "\xe2\x82\xac", nullptr, true})}});
  const Value root = graph.Object({{"n", 1.5},
                                   {"text", "caf\xc3\xa9"},
                                   {"big", BigInt::FromInt64(INT64_MIN)},
                                   {"date", graph.Date(1234)},
                                   {"map", graph.Map({{"k", shared}, {shared, 2}})},
                                   {"set", graph.Set({1, "a"})},
                                   {"view", Uint16Array::Create(3)->AsView()},
                                   {"7", "seven"},
                                   {"re", graph.RegExp("a+", 1)},
                                   {"boxed", graph.Boxed(graph.String("s"))},
                                   {"shared", shared}});
  graph.SetProperty(root, "self", root);
  const Value sparse = graph.Array({1});
  graph.SetIndex(sparse, 100, 2);
  graph.SetProperty(root, "sparse", sparse);
  const Value error = graph.Error("RangeError", "bad");
  graph.SetErrorStack(error, "S");
  graph.SetErrorCause(error, shared);
  graph.SetProperty(root, "error", error);
  absl::StatusOr<ByteBuffer> bytes = Encode(root, {.dialect = Dialect::kNodeSerialize});
  REQUIRE(bytes.ok());
  CHECK(Node("const v = require(\"v8\").deserialize(Buffer.from(\"" + ToHex(*bytes) +
             "\", \"hex\"));"
             "const e = {7: \"seven\", n: 1.5, text: \"caf\\u00e9\", big: -(2n ** 63n)};"
             "const s = {deep: [1, -0, \"\\u20ac\", null, true]};"
             "Object.assign(e, {date: new Date(1234), map: new Map([[\"k\", s], [s, 2]]),"
             "  set: new Set([1, \"a\"]), view: new Uint16Array(3), re: /a+/g,"
             "  boxed: new String(\"s\"), shared: s});"
             "e.self = e; e.sparse = [1]; e.sparse[100] = 2; "
             "const err = v.error; delete v.error;"
             "require(\"assert\").deepStrictEqual(v, e);"
             "require(\"assert\")(err instanceof RangeError && err.cause === v.shared &&"
             "  err.stack === \"S\" && v.map.get(\"k\") === v.shared);"
             "console.log(\"equal\", Object.keys(v).join());") ==
        "equal 7,n,text,big,date,map,set,view,re,boxed,shared,self,sparse");
}

TEST_CASE("Node reads what a codec writes") {
  if (!NodeIsHere()) return;
  absl::StatusOr<ByteBuffer> bytes =
      Encode(std::vector<Point>{{1, 2.5, "p"}, {-0.0, 1e300, std::nullopt}},
             {.dialect = Dialect::kNodeSerialize});
  REQUIRE(bytes.ok());
  CHECK(Node("console.log(JSON.stringify(require(\"v8\").deserialize(Buffer.from(\"" +
             ToHex(*bytes) + "\", \"hex\"))))") ==
        R"([{"x":1,"y":2.5,"label":"p"},{"x":0,"y":1e+300}])");
}

TEST_CASE("Sabre reads what Node writes") {
  if (!NodeIsHere()) return;
  const std::string hex = Node(
      "const o = {a: [1, 2.5, , \"\\u20ac\"], m: new Map([[{}, new Set([1n])]]),"
      "  d: new Date(5), u: new Float32Array([1.5]), b: Buffer.from(\"hi\")}; o.o = o;"
      "console.log(require(\"v8\").serialize(o).toString(\"hex\"))");
  absl::StatusOr<Graph> graph = Decode<Graph>(FromHex(hex), {.dialect = Dialect::kNodeSerialize});
  REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
  CHECK(graph->root().ToDebugString() ==
        "{\"a\": [1, 2.5, <1 holes>, \"\xe2\x82\xac\"], \"m\": Map{{} => Set{1n}}, \"d\": Date(5), "
        "\"u\": Float32Array(1), \"b\": Uint8Array(2), \"o\": [Circular]}");
  // And what Sabre makes of it, Node takes for the same again.
  absl::StatusOr<ByteBuffer> again = Encode(*graph, {.dialect = Dialect::kNodeSerialize});
  REQUIRE(again.ok());
  CHECK(Node("const v8 = require(\"v8\"), h = x => Buffer.from(x, \"hex\");"
             "require(\"assert\").deepStrictEqual(v8.deserialize(h(\"" +
             ToHex(*again) + "\")), v8.deserialize(h(\"" + hex + "\"))); console.log(\"equal\")") ==
        "equal");

  const std::string points = Node(
      "console.log(require(\"v8\").serialize([{y: 2, x: 1, z: {}}, {x: 0.5, y: -1, label: \"q\"}])"
      ".toString(\"hex\"))");
  absl::StatusOr<std::vector<Point>> read =
      Decode<std::vector<Point>>(FromHex(points), {.dialect = Dialect::kNodeSerialize});
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  CHECK((*read)[0].y == 2);
  CHECK((*read)[1].label == "q");
}

// What Node 26 writes of `const b = new ArrayBuffer(2).transferToImmutable(); [b, new Uint8Array(b, 1), b]`
// if it is told to have immutable buffers.
TEST_CASE("An immutable buffer reads as one") {
  const std::vector<std::uint8_t> bytes = FromHex("ff0f 4103 4302070b 5e01 5642010100 5e01 240003");
  absl::StatusOr<Graph> graph = Decode<Graph>(bytes);
  REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
  const ArrayBuffer buffer = graph->root().At(0).array_buffer();
  CHECK(buffer.immutable());
  CHECK(buffer.ConstSpan()[1] == std::byte{0x0b});
  CHECK(graph->root().At(1).view().buffer == BufferHandle(buffer));
  CHECK(graph->root().At(2).Same(graph->root().At(0)));

  using Three = std::tuple<ArrayBuffer, Uint8Array, ArrayBuffer>;
  absl::StatusOr<Three> three = Decode<Three>(bytes);
  REQUIRE_MESSAGE(three.ok(), three.status().ToString());
  CHECK(std::get<0>(*three).immutable());
  CHECK(std::get<0>(*three) == std::get<2>(*three));
  CHECK(std::get<1>(*three).Get(0) == 11);
  // Longer than the bytes that are there; and Codec passes over one in a field that nobody asked for.
  CHECK(absl::IsDataLoss(Decode<Graph>(FromHex("ff0f 4303 0102")).status()));
  absl::StatusOr<Point> point =
      Decode<Point>(FromHex("ff0f 6f 220171 4301ff 220178 4902 220179 4904 7b03"));
  REQUIRE_MESSAGE(point.ok(), point.status().ToString());
  CHECK(point->y == 2);
}

}  // namespace
}  // namespace node_test
