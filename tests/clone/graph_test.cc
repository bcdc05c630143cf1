// tests/clone/graph_test.cc: values: built, walked, changed, compared, printed.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "tests/clone/canonical.h"
#include "tests/support/aborts.h"

namespace sabre {
namespace {

using testing::Canonical;

std::string Keys(Value value) {
  std::string keys;
  for (const auto& [key, item] : value.entries()) {
    keys += key.is_number() ? std::to_string(static_cast<int>(key.AsNumber())) : key.AsString();
    keys += ' ';
  }
  return keys;
}

TEST_CASE("An object is built in one expression and looked up by name") {
  ArrayBuffer pixels = *ArrayBuffer::Create(4);
  Graph graph;
  const Value frame = graph.Object({{"id", 7},
                                    {"name", "caf\xc3\xa9"},
                                    {"on", true},
                                    {"none", nullptr},
                                    {"pixels", pixels},
                                    {"view", *Uint16Array::Over(pixels)},
                                    {"when", absl::FromUnixMillis(5)},
                                    {"big", BigInt::FromInt64(-3)},
                                    {"tags", graph.Array({"a", 2, graph.Set({1, 1})})}});
  CHECK(frame.size() == 9);
  CHECK(frame.Get("id").AsNumber() == 7);
  CHECK(frame.Get("name").AsString() == "caf\xc3\xa9");
  CHECK(frame.Get("on").AsBool());
  CHECK(frame.Get("none").is_null());
  CHECK(frame.Get("pixels").array_buffer() == pixels);
  CHECK(frame.Get("view").view().length == 2);
  CHECK(frame.Get("when").AsNumber() == 5);
  CHECK(frame.Get("big").AsBigInt().ToString() == "-3");
  CHECK(frame.Get("tags").At(2).size() == 1);
  CHECK(frame.Get("nothing").Get("here").At(3).is_undefined());
  for (const std::string& key : {std::string("caf\xc3\xa9"), std::string("\xe2\x82\xac"),
                                 std::string(300, 'x') + "\xc3\xa9"}) {
    const Value named = graph.Object({{key, key}});
    CHECK(named.Get(key).IsText(key));
    CHECK(graph.Map({{key, 1}}).MapGet(key).AsNumber() == 1);
    CHECK_FALSE(named.Get(key).IsText("x"));
    CHECK(graph.Boxed(named.Get(key)).AsString() == key);
    CHECK(graph.Array({std::u16string_view(u"wide"), key}).At(0).AsString() == "wide");
  }
  CHECK_FALSE(frame.Has("nothing"));
  CHECK(frame.Get("id").size() == 0);
  CHECK(test::Aborts([&] { graph.Boxed(Value()); }));
  CHECK(frame.Has("none"));
}

TEST_CASE("Index keys come first, ascending; the others stay in the order of insertion") {
  Graph graph;
  const Value object = graph.Object({{"b", 1}, {"2", 2}, {"a", 3}, {"10", 4}, {"1", 5}, {"01", 6}});
  CHECK(Keys(object) == "1 2 10 b a 01 ");
  CHECK(object.At(10).AsNumber() == 4);
  graph.SetProperty(object, "b", 9);
  graph.SetIndex(object, 0, "zero");
  CHECK(Keys(object) == "0 1 2 10 b a 01 ");
  CHECK(graph.DeleteProperty(object, "a"));
  CHECK(graph.DeleteProperty(object, "2"));
  CHECK_FALSE(graph.DeleteProperty(object, "a"));
  CHECK(Keys(object) == "0 1 10 b 01 ");
}

TEST_CASE("Objects of many properties keep their keys while they change") {
  Graph graph;
  const Value object = graph.Object();
  const auto name = [](int i) { return "key \xe2\x82\xac " + std::to_string(i); };
  for (int i = 0; i < 2000; ++i) graph.SetProperty(object, name(i), i);
  for (int i = 0; i < 2000; i += 2) CHECK(graph.DeleteProperty(object, name(i)));
  CHECK(object.size() == 1000);
  for (int i = 0; i < 2000; ++i) {
    CHECK(object.Get(name(i)).NumberOr(-1) == (i % 2 == 0 ? -1 : i));
  }
}

TEST_CASE("Keys that come and go take no more memory") {
  Graph graph;
  const Value object = graph.Object(), map = graph.Map();
  std::size_t used = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 14; ++i) {
      graph.SetProperty(object, "k" + std::to_string(i), i);
      graph.MapSet(map, i, i);
    }
    for (int i = 10; i < 14; ++i) {
      CHECK(graph.DeleteProperty(object, "k" + std::to_string(i)));
      CHECK(graph.MapDelete(map, i));
    }
    if (round == 0) used = graph.memory_used();
  }
  // But for the characters of the keys.
  CHECK(graph.memory_used() < used + 32 * 1024);
}

TEST_CASE("An array without holes is written in dense form wherever its elements lie") {
  Graph graph;
  const Value array = graph.Array();
  graph.SetProperty(array, "x", 1);
  for (std::uint32_t i = 20; i-- > 0;) graph.SetIndex(array, i, i);
  absl::StatusOr<ByteBuffer> bytes = Encode(array);
  REQUIRE(bytes.ok());
  CHECK(bytes->data()[2] == 'A');
  absl::StatusOr<Graph> read = Decode<Graph>(*bytes);
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  CHECK(DeepEquals(read->root(), array));
}

TEST_CASE("Arrays have elements, holes, a length and other properties") {
  Graph graph;
  const Value array = graph.Array({1, 2});
  graph.SetIndex(array, 4, "four");
  graph.SetProperty(array, "name", "x");
  graph.SetIndex(array, 1'000'000'000, "far");
  CHECK(array.size() == 1'000'000'001);
  CHECK_FALSE(array.HasIndex(3));
  CHECK(array.At(4).AsString() == "four");
  CHECK(array.At(1'000'000'000).AsString() == "far");
  CHECK(Keys(array) == "0 1 4 1000000000 name ");
  CHECK(graph.DeleteIndex(array, 0));
  CHECK(Keys(array) == "1 4 1000000000 name ");
  CHECK_FALSE(graph.DeleteIndex(array, 0));
  CHECK_FALSE(graph.DeleteIndex(array, 7));
  graph.SetIndex(array, 1, "one");
  CHECK(array.At(1).AsString() == "one");
  graph.SetLength(array, 2);
  CHECK(Keys(array) == "1 name ");
  graph.Append(array, 5);
  CHECK(array.At(2).AsNumber() == 5);
  absl::StatusOr<Graph> clone = StructuredClone(array);
  REQUIRE(clone.ok());
  CHECK(DeepEquals(clone->root(), array));
}

TEST_CASE("Map and Set keep the order and find equal keys") {
  Graph graph;
  const Value key = graph.Object();
  const Value map =
      graph.Map({{"1", "text"}, {1, "number"}, {key, "object"}, {std::nan(""), "NaN"}});
  CHECK(map.MapGet("1").AsString() == "text");
  CHECK(map.MapGet(Value(1)).AsString() == "number");
  CHECK(map.MapGet(key).AsString() == "object");
  CHECK(map.MapGet(Value(std::nan(""))).AsString() == "NaN");
  CHECK(map.MapGet(graph.Object()).is_undefined());
  graph.MapSet(map, "1", "again");
  CHECK(map.EntryAt(0).value.AsString() == "again");
  CHECK(graph.MapDelete(map, Value(1)));
  CHECK(map.size() == 3);
  const Value set = graph.Set();
  for (int i = 0; i < 100; ++i) graph.SetAdd(set, i % 50);
  CHECK(set.size() == 50);
  graph.SetAdd(set, -0.0);
  CHECK(set.size() == 50);
  // Of many keys a table is made, also when they are read.
  absl::StatusOr<Graph> clone = StructuredClone(set);
  REQUIRE(clone.ok());
  CHECK(clone->root().size() == 50);
  for (int i = 0; i < 100; ++i) CHECK(clone->root().MapHas(Value(i)) == (i < 50));
  CHECK(graph.MapDelete(set, Value(0)));
  CHECK_FALSE(set.MapHas(Value(0)));
  CHECK(set.MapHas(Value(49)));
}

TEST_CASE("Identity and cycles go through the wire") {
  Graph graph;
  const Value shared = graph.Object({{"x", 1}});
  const Value root = graph.Object({{"a", shared}, {"b", graph.Array({shared, shared})}});
  graph.SetProperty(root, "self", root);
  const Value map = graph.Map();
  graph.MapSet(map, map, root);
  graph.SetProperty(root, "map", map);
  const Value error = graph.Error("RangeError", "bad");
  graph.SetErrorCause(error, error);
  graph.SetErrorStack(error, "at home");
  graph.SetProperty(root, "error", error);
  absl::StatusOr<Graph> clone = StructuredClone(root);
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  const Value copy = clone->root();
  CHECK(copy.Get("self").Same(copy));
  CHECK(copy.Get("a").Same(copy.Get("b").At(1)));
  CHECK(copy.Get("map").MapGet(copy.Get("map")).Same(copy));
  CHECK(copy.Get("error").error_cause().Same(copy.Get("error")));
  CHECK(copy.Get("error").error_name() == std::string("RangeError"));
  CHECK(DeepEquals(copy, root));
  CHECK(Canonical(copy) == Canonical(root));
}

TEST_CASE("A graph moves as a whole") {
  Graph graph;
  graph.SetRoot(graph.Array({1, "two"}));
  const Value root = graph.root();
  Graph moved = std::move(graph);
  CHECK(moved.root().Same(root));
  CHECK(root.At(1).AsString() == "two");
}

TEST_CASE("Deep equality sees values, not names or order of properties") {
  Graph a, b;
  const Value x = a.Object({{"p", 1}, {"q", a.Array({std::nan(""), "s"})}});
  const Value y = b.Object({{"q", b.Array({std::nan(""), "s"})}, {"p", 1}});
  CHECK(DeepEquals(x, y));
  b.SetProperty(y, "p", -0.0);
  CHECK_FALSE(DeepEquals(x, y));
  a.SetProperty(x, "p", 0);
  CHECK_FALSE(DeepEquals(x, y));
  b.SetProperty(y, "p", 0);
  CHECK(DeepEquals(x, y));
  b.SetProperty(y, "r", Value());
  CHECK_FALSE(DeepEquals(x, y));
  // Two cycles of different length that look alike from outside.
  const Value one = a.Array();
  a.Append(one, one);
  const Value two = b.Array();
  b.Append(two, b.Array({two}));
  CHECK(DeepEquals(one, two));
}

TEST_CASE("Values print, cycles and size bounded") {
  Graph graph;
  const Value root = graph.Object({{"a", 1.5}, {"b", graph.Array({true, nullptr, "x\"y"})}});
  graph.SetProperty(root, "me", root);
  CHECK(root.ToDebugString() == R"({"a": 1.5, "b": [true, null, "x\"y"], "me": [Circular]})");
  CHECK(graph.Map({{1, graph.Set({"v"})}}).ToDebugString() == R"(Map{1 => Set{"v"}})");
  CHECK(root.ToDebugString(13) == "{\"a\": 1.5,…");
  CHECK(root.ToDebugString(2) == "{\"");
  const Value euro = graph.String("\xe2\x82\xac\xe2\x82\xac");
  for (std::size_t length = 0; length < 10; ++length) {
    CHECK(euro.ToDebugString(length).size() <= length);
  }
  CHECK(graph.RegExp(std::string(300, 'x')).ToDebugString() == "/" + std::string(200, 'x') + "…/");
  const Value wide = graph.Array();
  for (int i = 0; i < 100'000; ++i) graph.Append(wide, wide);
  CHECK(wide.ToDebugString().size() < 2100);
  CHECK(graph.Error("TypeError", "m").ToDebugString() == R"(TypeError: "m")");
}

TEST_CASE("What cannot be cloned says where it is") {
  Graph graph;
  ArrayBuffer gone = *ArrayBuffer::Create(1);
  const Value view = graph.View(Uint8Array::Over(gone)->AsView());
  REQUIRE(gone.Transfer().ok());
  const Value error = graph.Error("Error", "m");
  graph.SetErrorCause(error, gone);
  const Value array = graph.Array();
  graph.SetProperty(array, "more", gone);
  const Value far = graph.Array();
  graph.SetIndex(far, 5000, gone);
  const std::pair<Value, const char*> kCases[] = {
      {graph.Object({{"items", graph.Array({1, graph.Object({{"when", gone}})})}}),
       "data.items[1].when: an ArrayBuffer is detached"},
      {graph.Array({error}), "data[0].cause: an ArrayBuffer is detached"},
      {array, "data.more: an ArrayBuffer is detached"},
      {far, "data[5000]: an ArrayBuffer is detached"},
      {graph.Map({{1, 2}, {3, gone}}), "data.<value 1>: an ArrayBuffer is detached"},
      {graph.Map({{1, 2}, {gone, 3}}), "data.<key 1>: an ArrayBuffer is detached"},
      {graph.Set({1, gone}), "data.<value 1>: an ArrayBuffer is detached"},
      {graph.Object({{"0", view}}), "data[0]: the buffer of a Uint8Array is detached"}};
  for (const auto& [value, message] : kCases) {
    const absl::Status status = StructuredClone(value).status();
    CHECK(IsDataCloneError(status));
    CHECK(status.message() == message);
  }
}

TEST_CASE("Numbers print as JavaScript prints them") {
  Graph graph;
  const std::pair<double, const char*> kNumbers[] = {
      {0, "0"},
      {-0.0, "0"},
      {1e21, "1e+21"},
      {123456789012345680000.0, "123456789012345680000"},
      {1e-7, "1e-7"},
      {0.000001, "0.000001"},
      {-1.5, "-1.5"},
      {5e-324, "5e-324"},
      {100, "100"},
      {1.25e25, "1.25e+25"},
      {std::nan(""), "NaN"},
      {-INFINITY, "-Infinity"}};
  for (const auto& [number, text] : kNumbers) CHECK(Value(number).ToDebugString() == text);
}

TEST_CASE("All kinds of values come back from their bytes") {
  Graph graph;
  const std::vector<Value> values = {Value(),
                                     nullptr,
                                     true,
                                     1.5,
                                     graph.BigInt(BigInt::FromInt64(INT64_MIN)),
                                     graph.String("x"),
                                     graph.String(u"\xd800"),
                                     graph.Object(),
                                     graph.Array(),
                                     graph.Map(),
                                     graph.Set(),
                                     graph.Date(5),
                                     graph.Date(std::nan("")),
                                     graph.Boxed(true),
                                     graph.Boxed(-0.0),
                                     graph.Boxed(graph.BigInt(BigInt::FromUint64(7))),
                                     graph.Boxed(graph.String(u"\u20ac")),
                                     graph.RegExp("a\\/b", 3),
                                     graph.Error("Foo", "m"),
                                     graph.Error("URIError", Value()),
                                     graph.Buffer(*ArrayBuffer::Create(3)),
                                     graph.View(Float64Array::Create(2)->AsView())};
  const Value all = graph.Array(std::span<const Value>(values));
  for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    absl::StatusOr<ByteBuffer> bytes = Encode(all, {.dialect = dialect});
    REQUIRE(bytes.ok());
    absl::StatusOr<Graph> read = Decode<Graph>(*bytes, {.dialect = dialect});
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    CHECK(read->root().size() == values.size());
    CHECK(Canonical(read->root(), dialect != Dialect::kV8) ==
          Canonical(all, dialect != Dialect::kV8));
  }
}

}  // namespace
}  // namespace sabre
