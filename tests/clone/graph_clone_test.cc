// tests/clone/graph_clone_test.cc: copies from graph to graph, and how graphs keep keys and numbers.
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "tests/clone/canonical.h"
#include "tests/clone/random_value.h"

namespace sabre {
namespace graph_clone_test {
namespace {

using testing::Canonical;
using testing::FromHex;
using testing::RandomValue;
using testing::ReadTable;

absl::StatusOr<Graph> ThroughBytes(Value value) {
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value);
  if (!message.ok()) return std::move(message).status();
  return Decode<Graph>(std::move(*message).Commit(), TrustedBytes());
}

// What is wrong with the clone of `value`, or nothing.
std::string Differences(Value value) {
  const std::string before = Canonical(value);
  absl::StatusOr<Graph> clone = StructuredClone(value);
  absl::StatusOr<Graph> sent = ThroughBytes(value);
  if (clone.ok() != sent.ok()) {
    return "one is refused: " + clone.status().ToString() + sent.status().ToString();
  }
  if (!clone.ok()) return clone.status() == sent.status() ? "" : clone.status().ToString();
  constexpr std::size_t kAll = 1u << 20;
  if (!DeepEquals(clone->root(), sent->root())) return "not equal";
  if (clone->root().ToDebugString(kAll) != sent->root().ToDebugString(kAll)) {
    return clone->root().ToDebugString(kAll);
  }
  if (Canonical(clone->root()) != Canonical(sent->root())) return Canonical(clone->root());
  if (Canonical(value) != before) return "the value has changed";
  // What was copied is as good as what was read.
  absl::StatusOr<ByteBuffer> first = Encode(clone->root()), second = Encode(sent->root());
  if (first.ok() != second.ok()) return first.status().ToString();
  if (first.ok() && testing::ToHex({first->data(), first->size()}) !=
                        testing::ToHex({second->data(), second->size()})) {
    return "other bytes";
  }
  return "";
}

TEST_CASE("A clone is what a message would have given its receiver: values of every kind") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    Graph graph;
    const Value value = RandomValue(graph, seed,
                                    {.resizable_buffers = true,
                                     .float16 = true,
                                     .regexp_sets = true,
                                     .shared_memory = seed % 2 == 0,
                                     .error_cycles = true});
    CHECK(Differences(value) == "");
    // Read from bytes, its objects share their keys.
    absl::StatusOr<Graph> sent = ThroughBytes(value);
    REQUIRE(sent.ok());
    CHECK(Differences(sent->root()) == "");
  }
}

TEST_CASE("A clone is what a message would have given its receiver: what Node wrote") {
  int compared = 0;
  for (const std::vector<std::string>& row : ReadTable("golden.tsv")) {
    REQUIRE(row.size() == 6);
    CAPTURE(row[0]);
    for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize}) {
      absl::StatusOr<Graph> graph = Decode<Graph>(FromHex(row[4]), {.dialect = dialect});
      if (!graph.ok()) continue;
      ++compared;
      CHECK(Differences(graph->root()) == "");
    }
  }
  CHECK(compared > 200);
}

TEST_CASE("Objects that share their keys are changed one by one") {
  Graph graph;
  const Value list = graph.Array();
  for (int i = 0; i < 4; ++i)
    graph.Append(list, graph.Object({{"a", i}, {"b", "x"}, {"c", nullptr}}));
  absl::StatusOr<Graph> read = ThroughBytes(list);
  REQUIRE(read.ok());
  for (Graph* const owner : {&graph, &*read}) {
    const Value objects = owner == &graph ? list : owner->root();
    owner->SetProperty(objects.At(0), "d", 1);
    CHECK(owner->DeleteProperty(objects.At(1), "a"));
    owner->SetIndex(objects.At(2), 7, "seven");
    owner->SetProperty(objects.At(2), "a", "again");
    CHECK(objects.ToDebugString() == R"([{"a": 0, "b": "x", "c": null, "d": 1}, )"
                                     R"({"b": "x", "c": null}, )"
                                     R"({7: "seven", "a": "again", "b": "x", "c": null}, )"
                                     R"({"a": 3, "b": "x", "c": null}])");
    CHECK(objects.At(2).At(7).AsString() == "seven");
    CHECK(objects.At(3).Get("c").is_null());
    CHECK_FALSE(objects.At(3).Has("d"));
    CHECK(Differences(objects) == "");
  }
}

TEST_CASE("Objects have any number of keys, shared or not") {
  for (const int count : {1, 11, 12, 63, 64, 65, 66, 300}) {
    CAPTURE(count);
    Graph graph;
    const Value list = graph.Array();
    for (int copy = 0; copy < 3; ++copy) {
      const Value object = graph.Object();
      for (int i = 0; i < count; ++i) {
        const std::string wide = i % 3 == 0 ? "\xe2\x82\xac" : "a key of some length ";
        graph.SetProperty(object, wide + std::to_string(i), i);
      }
      graph.Append(list, object);
    }
    absl::StatusOr<Graph> read = ThroughBytes(list);
    REQUIRE(read.ok());
    CHECK(DeepEquals(read->root(), list));
    CHECK(Differences(read->root()) == "");
    const Value last = read->root().At(2);
    CHECK(last.size() == static_cast<std::size_t>(count));
    CHECK(last.Get("\xe2\x82\xac" + std::string("0")).AsNumber() == 0);
    CHECK_FALSE(last.Has("a key of some length 0"));
    // Deleted in part, of one object only.
    CHECK(read->DeleteProperty(last, "\xe2\x82\xac" + std::string("0")));
    CHECK(last.size() + 1 == read->root().At(1).size());
    CHECK(Differences(read->root()) == "");
  }
}

TEST_CASE("A key that comes twice is refused wherever it comes") {
  const char* const kCases[] = {"6f2201613022016230220161307b03", "6f22016130220161307b02",
                                "6f2201613049003022016130 7b03",
                                "6f2201613022016230220163306302610030 7b04"};
  for (const char* const hex : kCases) {
    CHECK_FALSE(Decode<Graph>(FromHex(std::string("ff0f") + hex)).ok());
  }
  // In a list of many objects that have the keys in common, and at the 70th key.
  std::string bytes =
      "ff0f4103"
      "6f2201613022016230 7b02"
      "6f2201613022016230 7b02"
      "6f220161302201613022016230 7b03"
      "240003";
  CHECK_FALSE(Decode<Graph>(FromHex(bytes)).ok());
  bytes = "ff0f6f";
  for (int i = 0; i < 70; ++i) {
    const char digits[] = {static_cast<char>('0' + i % 10), 0};
    bytes += std::string("2202") + (i < 69 ? "6" : "60") + (i < 69 ? digits : "") + "30";
    bytes += "30";
  }
  CHECK_FALSE(Decode<Graph>(FromHex(bytes + "7b46")).ok());
}

TEST_CASE("Arrays of numbers take anything else, too") {
  const auto numbers = [](Graph& graph) {
    const Value array = graph.Array();
    for (const double number : {1.0, -0.0, 2.5, std::nan(""), -7.0, 4294967296.0}) {
      graph.Append(array, number);
    }
    return array;
  };
  using Change = void (*)(Graph & graph, Value array);
  const std::pair<Change, const char*> kChanges[] = {
      {[](Graph&, Value) {}, "[1, 0, 2.5, NaN, -7, 4294967296]"},
      {[](Graph& g, Value a) { g.Append(a, 3); }, "[1, 0, 2.5, NaN, -7, 4294967296, 3]"},
      {[](Graph& g, Value a) { g.SetIndex(a, 2, 9); }, "[1, 0, 9, NaN, -7, 4294967296]"},
      {[](Graph& g, Value a) { g.Append(a, "x"); }, "[1, 0, 2.5, NaN, -7, 4294967296, \"x\"]"},
      {[](Graph& g, Value a) { g.SetIndex(a, 0, true); }, "[true, 0, 2.5, NaN, -7, 4294967296]"},
      {[](Graph& g, Value a) { g.SetIndex(a, 7, 8); },
       "[1, 0, 2.5, NaN, -7, 4294967296, <1 holes>, 8]"},
      {[](Graph& g, Value a) { g.SetIndex(a, 100, 8); },
       "[1, 0, 2.5, NaN, -7, 4294967296, <94 holes>, 8]"},
      {[](Graph& g, Value a) { g.DeleteIndex(a, 1); }, "[1, <1 holes>, 2.5, NaN, -7, 4294967296]"},
      {[](Graph& g, Value a) { g.SetLength(a, 2); }, "[1, 0]"},
      {[](Graph& g, Value a) { g.SetLength(a, 8); }, "[1, 0, 2.5, NaN, -7, 4294967296, <2 holes>]"},
      {[](Graph& g, Value a) { g.SetProperty(a, "k", 1); },
       "[1, 0, 2.5, NaN, -7, 4294967296, \"k\": 1]"},
      {[](Graph& g, Value a) { g.SetLength(a, 0), g.Append(a, nullptr); }, "[null]"}};
  for (const auto& change : kChanges) {
    CAPTURE(std::string(change.second));
    Graph graph;
    const Value built = numbers(graph);
    absl::StatusOr<Graph> read = ThroughBytes(built);
    REQUIRE(read.ok());
    CHECK(std::signbit(read->root().At(1).AsNumber()));
    change.first(graph, built);
    change.first(*read, read->root());
    CHECK(built.ToDebugString() == change.second);
    CHECK(DeepEquals(built, read->root()));
    CHECK(Differences(built) == "");
    CHECK(Differences(read->root()) == "");
  }
  // The first value of another kind, wherever it stands.
  for (const char* hex : {"41034902490430240003", "410349024e000000000000f03f220161240003",
                          "4102490241014902240001240002", "41024902 2d 240002", "41015502240001"}) {
    absl::StatusOr<Graph> graph = Decode<Graph>(FromHex(std::string("ff0f") + hex));
    REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
    CHECK(Differences(graph->root()) == "");
  }
  CHECK_FALSE(Decode<Graph>(FromHex("ff0f4102490249")).ok());
  CHECK_FALSE(Decode<Graph>(FromHex("ff0f410249024e00")).ok());
}

TEST_CASE("Maps are found by their copied keys") {
  Graph graph;
  const Value map = graph.Map();
  std::vector<Value> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(i % 2 == 0 ? graph.Object({{"i", i}}) : graph.String(std::to_string(i)));
    graph.MapSet(map, keys.back(), i);
  }
  absl::StatusOr<Graph> clone = StructuredClone(map);
  REQUIRE(clone.ok());
  CHECK(Differences(map) == "");
  int i = 0;
  for (const Value::Entry entry : clone->root().entries()) {
    CHECK(clone->root().MapGet(entry.key).AsNumber() == i);
    CHECK(clone->root().MapHas(keys[static_cast<std::size_t>(i)]) == (i % 2 != 0));
    ++i;
  }
  clone->MapSet(clone->root(), "one more", 1);
  CHECK(clone->root().MapGet("one more").AsNumber() == 1);
  CHECK(clone->root().MapGet("99").AsNumber() == 99);
}

TEST_CASE("What the list names is moved, all handles and views with it, or nothing is") {
  Graph graph;
  ArrayBuffer listed = *ArrayBuffer::Create(8), other = *ArrayBuffer::Create(4);
  ArrayBuffer absent = *ArrayBuffer::Create(2);
  const ArrayBuffer handle = listed;
  listed.Span()[3] = std::byte{7};
  const Value value = graph.Object({{"a", listed},
                                    {"view", Uint8Array::Over(listed, 2, 4)->AsView()},
                                    {"again", graph.Array({listed, other})},
                                    {"other", other}});
  ArrayBuffer gone = *ArrayBuffer::Create(1);
  REQUIRE(gone.Transfer().ok());
  using List = std::vector<TransferItem>;
  for (const List& list : {List{&listed, &listed}, List{&listed, &gone}, List{&gone, &listed},
                           List{&listed, static_cast<ArrayBuffer*>(nullptr)}}) {
    CHECK(IsDataCloneError(StructuredClone(value, {.transfer = list}).status()));
    CHECK(handle.byte_length() == 8);
  }
  const Value bad = graph.Array({listed, gone});
  CHECK(StructuredClone(bad, {.transfer = {&absent, &listed}}).status().message() ==
        "data[1]: an ArrayBuffer is detached");
  CHECK(handle.byte_length() == 8);
  absl::StatusOr<Graph> clone = StructuredClone(value, {.transfer = {&absent, &listed}});
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  CHECK(handle.detached());
  CHECK(absent.detached());
  CHECK(other.byte_length() == 4);
  const Value copy = clone->root();
  CHECK(copy.Get("a").array_buffer().byte_length() == 8);
  CHECK(copy.Get("a").array_buffer().ConstSpan()[3] == std::byte{7});
  CHECK(copy.Get("again").At(0).Same(copy.Get("a")));
  CHECK(copy.Get("view").view_buffer().Same(copy.Get("a")));
  CHECK(copy.Get("view").view().length == 4);
  CHECK(copy.Get("again").At(1).Same(copy.Get("other")));
  CHECK_FALSE(copy.Get("other").array_buffer() == other);
}

TEST_CASE("Depth is limited, never by the stack") {
  for (const int depth : {100'000, 100'001}) {
    Graph graph;
    Value value = graph.Array();
    for (int i = 1; i < depth; ++i) value = graph.Array({value});
    absl::StatusOr<Graph> clone = StructuredClone(value);
    CHECK(clone.ok() == (depth == 100'000));
    if (!clone.ok()) CHECK(absl::IsResourceExhausted(clone.status()));
  }
}

TEST_CASE("A part of a large graph is cloned and written wherever it lies") {
  Graph graph;
  const Value common = graph.Object({{"common", true}});
  const Value all = graph.Array();
  for (int i = 0; i < 2000; ++i) {
    graph.Append(all, graph.Object({{"i", i}, {"c", common}, {"all", i == 1999 ? all : Value()}}));
  }
  CHECK(Differences(all.At(1000)) == "");
  CHECK(Differences(all.At(1999)) == "");
  CHECK(Differences(common) == "");
}

}  // namespace
}  // namespace graph_clone_test
}  // namespace sabre
