// tests/clone/battery_test.cc: the battery of web-platform-tests, and the order in which a transfer goes
// wrong, through bytes and from graph to graph.
//
// After html/webappapis/structured-clone (structured-clone-battery-of-tests.js and its neighbours) of
// https://github.com/web-platform-tests/wpt.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "doctest/doctest.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/typed_array.h"

namespace battery_test {

using namespace sabre;  // NOLINT: a test

// A value whose codec does something to `victim` while it is written, as a getter could.
struct Meddler {
  ArrayBuffer* victim = nullptr;
  int* writes = nullptr;
};

// Reads back nothing of what it has written.
struct OneWay {
  ArrayBuffer buffer;
};

}  // namespace battery_test

template <>
struct sabre::Codec<battery_test::Meddler> {
  static bool Write(Serializer& out, const battery_test::Meddler& meddler) {
    if (meddler.writes != nullptr) ++*meddler.writes;
    if (meddler.victim != nullptr && !meddler.victim->Transfer().ok()) return false;
    out.WriteInt32(1);
    return true;
  }
};

template <>
struct sabre::Codec<battery_test::OneWay> {
  static bool Write(Serializer& out, const battery_test::OneWay& value) {
    return out.WriteArrayBuffer(value.buffer);
  }
  static bool Read(Deserializer& in, battery_test::OneWay&) { return in.FailExpected("nothing"); }
};

namespace battery_test {
namespace {

using Options = StructuredSerializeOptions;

ArrayBuffer Bytes(std::size_t size, BufferOptions options = {}) {
  ArrayBuffer buffer = *ArrayBuffer::Create(size, options);
  for (std::size_t i = 0; i < size; ++i) buffer.Span()[i] = static_cast<std::byte>(i + 1);
  return buffer;
}

absl::StatusOr<Graph> ThroughMessage(Value value, const Options& options) {
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value, options);
  if (!message.ok()) return std::move(message).status();
  return Decode<Graph>(std::move(*message).Commit(), TrustedBytes());
}
absl::StatusOr<Graph> FromGraphToGraph(Value value, const Options& options) {
  return StructuredClone(value, options);
}

struct Way {
  const char* name;
  absl::StatusOr<Graph> (*clone)(Value value, const Options& options);
};
constexpr Way kWays[] = {{"through a message", ThroughMessage},
                         {"from graph to graph", FromGraphToGraph}};

// The values of the battery, each alone.
std::vector<Value> Battery(Graph& graph) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double numbers[] = {
      0.2,     0,          -0.0,        std::nan(""), kInfinity,     -kInfinity,   0x1p53,
      -0x1p53, 0x1p53 + 2, -0x1p53 - 2, 2147483647,   -2147483648.0, 4294967295.0, 5e-324};
  const std::u16string strings[] = {u"",
                                    {u'\xd800'},
                                    {u'\xdc00'},
                                    {u'\0'},
                                    u"\U0010ffff",
                                    u"caf\u00e9",
                                    std::u16string(300, u'\u20ac')};
  const std::uint64_t limbs[] = {0xa728'0000'0000'0010, 0x1f4, 0, 7};
  std::vector<Value> values = {Value(), nullptr, true, false};
  for (const double number : numbers) values.push_back(number);
  for (const std::u16string& text : strings) values.push_back(graph.String(text));
  values.push_back(graph.BigInt(BigInt()));
  values.push_back(graph.BigInt(BigInt::FromInt64(-9007199254740994)));
  values.push_back(graph.BigInt(BigInt(/*negative=*/true, limbs)));
  const std::size_t primitives = values.size();
  const std::vector<Value> all = values;
  values.push_back(graph.Array(std::span<const Value>(all)));
  const Value object = graph.Object({{"undefined", Value()},
                                     {"NaN", std::nan("")},
                                     {"-0", -0.0},
                                     {"0", 0},
                                     {"0.2", 0.2},
                                     {"", ""},
                                     {"__proto__", nullptr},
                                     {"4294967294", 1},
                                     {"4294967295", 2}});
  values.push_back(object);
  for (std::size_t i = 2; i < primitives; ++i) values.push_back(graph.Boxed(all[i]));
  for (const double time : {0.0, -0.0, -8.64e15, 8.64e15, std::nan("")}) {
    values.push_back(graph.Date(time));
  }
  for (const std::uint32_t flags :
       {0u, 1u, 2u, 4u, 8u, 16u, 32u, 128u, 256u, 1u | 2 | 4 | 8 | 16}) {
    values.push_back(graph.RegExp("foo", flags));
  }
  for (const char* source : {"", "\\/", "\\n", "[/]\xe2\x82\xac"})
    values.push_back(graph.RegExp(source));
  values.push_back(graph.Error("Error", Value()));
  for (const char* name : {"Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError",
                           "TypeError", "URIError"}) {
    const Value error = graph.Error(name, "message");
    graph.SetErrorStack(error, "stack");
    graph.SetErrorCause(error, graph.Object({{"name", name}}));
    values.push_back(error);
  }
  const Value sparse = graph.Array();
  graph.SetLength(sparse, 10);
  values.push_back(sparse);
  const Value named = graph.Array({"foo"});
  graph.SetProperty(named, "bar", 1);
  graph.SetIndex(named, 5, graph.Array());
  values.push_back(named);
  values.push_back(graph.Object({{"0", "foo"}, {"length", 1}}));
  const Value circle = graph.Array();
  graph.Append(circle, circle);
  values.push_back(circle);
  const Value ring = graph.Object();
  graph.SetProperty(ring, "x", ring);
  values.push_back(ring);
  const Value twice = graph.Object({{"n", 1}});
  values.push_back(graph.Array({twice, twice}));
  values.push_back(graph.Object({{"a", twice}, {"b", twice}}));
  const Value key = graph.Object();
  values.push_back(graph.Map({{"k", 1}, {key, graph.Set({key, -0.0, "v"})}, {std::nan(""), key}}));
  values.push_back(graph.Set());
  const Value map = graph.Map();
  graph.MapSet(map, map, graph.Set({map}));
  values.push_back(map);
  values.push_back(graph.Buffer(ArrayBuffer(*ArrayBuffer::Create(0))));
  const ArrayBuffer bytes = Bytes(8);
  values.push_back(graph.Array({bytes, *Uint8Array::Over(bytes, 1, 3), *Float32Array::Over(bytes),
                                *DataView::Over(bytes, 2), bytes}));
  const ArrayBuffer resizable = Bytes(5, {.max_byte_length = 16});
  values.push_back(
      graph.Array({*Uint16Array::Over(resizable, 2), *Uint8Array::Over(resizable, 1, 2),
                   *DataView::Over(resizable), resizable}));
  const SharedArrayBuffer shared = *SharedArrayBuffer::Create(8, {.max_byte_length = 32});
  values.push_back(
      graph.Array({shared, *Int32Array::Over(shared), *Int32Array::Over(shared, 4, 1)}));
  values.push_back(graph.Buffer(*Bytes(3).TransferToImmutable()));
  return values;
}

TEST_CASE("Each value of the battery comes back equal: alone, in an Array, in an Object") {
  Graph graph;
  const std::vector<Value> values = Battery(graph);
  for (const Way& way : kWays) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (const Value value :
           {values[i], graph.Array({values[i]}), graph.Object({{"p", values[i]}}),
            graph.Array({values[i], graph.Map({{values[i], values[i]}}), values[i]})}) {
        CAPTURE(way.name);
        CAPTURE(i);
        absl::StatusOr<Graph> clone = way.clone(value, {});
        REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
        const Value copy = clone->root();
        CHECK(DeepEquals(copy, value));
        CHECK(copy.ToDebugString() == value.ToDebugString());
        CHECK(copy.Same(value) == !value.has_identity());
        if (copy.At(1).kind() == ValueKind::kMap && copy.At(0).has_identity()) {
          CHECK(copy.At(0).Same(copy.At(2)));
          CHECK(copy.At(1).MapGet(copy.At(0)).Same(copy.At(0)));
        }
      }
    }
  }
}

TEST_CASE("Views view the clone of their buffer, which none of the originals does") {
  for (const Way& way : kWays) {
    Graph graph;
    const ArrayBuffer bytes = Bytes(8, {.max_byte_length = 32});
    const Value list = graph.Array({*Uint8Array::Over(bytes), *DataView::Over(bytes, 4), bytes,
                                    *Uint16Array::Over(bytes, 2, 2)});
    absl::StatusOr<Graph> clone = way.clone(list, {});
    REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
    const Value copy = clone->root();
    ArrayBuffer buffer = copy.At(2).array_buffer();
    CHECK_FALSE(buffer == bytes);
    for (const std::size_t i : {0, 1, 3}) {
      CHECK(copy.At(i).view_buffer().Same(copy.At(2)));
      CHECK(copy.At(i).view().buffer == BufferHandle(buffer));
    }
    REQUIRE(buffer.Resize(20).ok());
    CHECK(copy.At(0).view().length == 20);
    CHECK(copy.At(1).view().length == 16);
    CHECK(copy.At(3).view().length == 2);
    CHECK(bytes.byte_length() == 8);
  }
}

TEST_CASE("A transferred buffer takes its maximum and its views along") {
  for (const Way& way : kWays) {
    Graph graph;
    ArrayBuffer bytes = Bytes(8, {.max_byte_length = 32});
    const std::byte* const place = bytes.Span().data();
    const Value list = graph.Array({*Uint8Array::Over(bytes), *DataView::Over(bytes, 4), bytes});
    absl::StatusOr<Graph> clone = way.clone(list, {.transfer = {&bytes}});
    REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
    CHECK(bytes.detached());
    CHECK(bytes.byte_length() == 0);
    CHECK(list.At(0).view().length == 0);
    ArrayBuffer buffer = clone->root().At(2).array_buffer();
    CHECK(buffer.Span().data() == place);
    CHECK(buffer.max_byte_length() == 32);
    REQUIRE(buffer.Resize(20).ok());
    CHECK(clone->root().At(0).view().length == 20);
    CHECK(clone->root().At(1).view().length == 16);
    // A second time there is nothing to transfer.
    const absl::Status again = way.clone(graph.Array(), {.transfer = {&bytes}}).status();
    CHECK(IsDataCloneError(again));
    CHECK(again.message() == "transfer[0]: an ArrayBuffer is detached");
  }
}

TEST_CASE("What is listed and not in the value is detached all the same") {
  for (const Way& way : kWays) {
    ArrayBuffer bytes = Bytes(8);
    CHECK(way.clone(Value(1), {.transfer = {&bytes}}).ok());
    CHECK(bytes.detached());
  }
}

TEST_CASE("A list that cannot be transferred is refused, and detaches nothing") {
  ArrayBuffer gone = Bytes(4);
  REQUIRE(gone.Transfer().ok());
  ArrayBuffer none;
  ArrayBuffer frozen = *Bytes(4).TransferToImmutable();
  SharedArrayBuffer shared = *SharedArrayBuffer::Create(4);
  ArrayBuffer twice = Bytes(4);
  ArrayBuffer other_handle = twice;
  ArrayBuffer* const null = nullptr;
  const struct {
    std::vector<TransferItem> transfer;
    const char* why;
  } kCases[] = {
      {{&shared}, "[1]: a SharedArrayBuffer is not transferable"},
      {{&frozen}, "[1]: an immutable ArrayBuffer is not transferable"},
      {{null}, "[1]: a null pointer"},
      {{&twice, &twice}, "[2]: listed twice"},
      {{&twice, &other_handle}, "[2]: listed twice"},
      {{&gone}, "[1]: an ArrayBuffer is detached"},
      {{&none}, "[1]: an ArrayBuffer is detached"},
      {{&gone, &none, &gone}, "[3]: listed twice"},
  };
  for (const Way& way : kWays) {
    for (const auto& c : kCases) {
      CAPTURE(way.name);
      CAPTURE(c.why);
      ArrayBuffer first = Bytes(4);
      std::vector<TransferItem> transfer = {&first};
      transfer.insert(transfer.end(), c.transfer.begin(), c.transfer.end());
      Graph graph;
      const Value value = graph.Object({{"first", first}, {"shared", shared}, {"frozen", frozen}});
      const absl::Status status = way.clone(value, {.transfer = transfer}).status();
      CHECK(IsDataCloneError(status));
      CHECK(absl::StrContains(status.message(), c.why));
      CHECK_FALSE(first.detached());
      CHECK_FALSE(twice.detached());
    }
  }
}

TEST_CASE("A value that cannot be cloned is refused, and detaches nothing") {
  ArrayBuffer gone = Bytes(4);
  const Uint8Array over_gone = *Uint8Array::Over(gone);
  REQUIRE(gone.Transfer().ok());
  ArrayBuffer shrunk = Bytes(8, {.max_byte_length = 8});
  const Uint8Array fixed = *Uint8Array::Over(shrunk, 4, 4);
  const Uint8Array tracking = *Uint8Array::Over(shrunk, 6);
  const DataView data_view = *DataView::Over(shrunk, 4, 4);
  REQUIRE(shrunk.Resize(2).ok());
  for (const Way& way : kWays) {
    Graph graph;
    for (const Value bad : {graph.Make(gone), graph.Make(over_gone), graph.Make(fixed),
                            graph.Make(tracking), graph.Make(data_view)}) {
      // With its buffer in the list, a view is out of bounds all the same.
      for (const bool listed : {false, true}) {
        ArrayBuffer first = Bytes(4);
        std::vector<TransferItem> transfer = {&first};
        if (listed) transfer.push_back(&shrunk);
        const Value value = graph.Object({{"first", first}, {"list", graph.Array({1, bad})}});
        const absl::Status status = way.clone(value, {.transfer = transfer}).status();
        CHECK(IsDataCloneError(status));
        CHECK(absl::StartsWith(status.message(), "data.list[1]: "));
        CHECK_FALSE(first.detached());
        CHECK_FALSE(shrunk.detached());
      }
    }
  }
}

TEST_CASE("The list is looked at before the value, and for detached entries after it") {
  ArrayBuffer good = Bytes(4), gone = Bytes(4);
  REQUIRE(gone.Transfer().ok());
  int writes = 0;
  CHECK(IsDataCloneError(
      PreparedMessage::Prepare(Meddler{nullptr, &writes}, {.transfer = {&good, &good}}).status()));
  CHECK(writes == 0);
  CHECK(IsDataCloneError(
      PreparedMessage::Prepare(Meddler{nullptr, &writes}, {.transfer = {&good, &gone}}).status()));
  CHECK(writes == 1);
  // What goes wrong in the value wins over a detached entry.
  for (const Way& way : kWays) {
    Graph graph;
    const absl::Status status =
        way.clone(graph.Object({{"x", gone}}), {.transfer = {&good, &gone}}).status();
    CHECK(absl::StrContains(status.message(), "ArrayBuffer is detached"));
    Value deep = graph.Array();
    for (int i = 0; i < 100'001; ++i) deep = graph.Array({deep});
    CHECK(absl::IsResourceExhausted(way.clone(deep, {.transfer = {&good, &gone}}).status()));
  }
  CHECK_FALSE(good.detached());
  // Detached while the value is written, as by a getter.
  ArrayBuffer victim = Bytes(4);
  const absl::Status late =
      PreparedMessage::Prepare(Meddler{&victim}, {.transfer = {&good, &victim}}).status();
  CHECK(IsDataCloneError(late));
  CHECK(late.message() == "transfer[1]: an ArrayBuffer is detached");
  CHECK_FALSE(good.detached());
}

TEST_CASE("A clone that cannot be read gives the buffers back, with their views") {
  ArrayBuffer moved = Bytes(4), other = Bytes(3, {.max_byte_length = 9});
  const Uint8Array view = *Uint8Array::Over(moved, 1);
  const std::byte* const place = moved.Span().data();
  const absl::Status status =
      StructuredClone(OneWay{moved}, {.transfer = {&other, &moved}}).status();
  CHECK(absl::IsDataLoss(status));
  CHECK_FALSE(moved.detached());
  CHECK(moved.Span().data() == place);
  CHECK(view.Get(0) == 2);
  CHECK(view.size() == 3);
  CHECK(other.byte_length() == 3);
  CHECK(other.max_byte_length() == 9);
  CHECK(StructuredClone(1, {.transfer = {&other, &moved}}).ok());
  CHECK(moved.detached());
}

}  // namespace
}  // namespace battery_test
