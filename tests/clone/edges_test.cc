// Cases at the edges of the clone room, each of which has gone wrong once.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/structured_clone.h"

namespace sabre {

struct EdgeLink {
  std::shared_ptr<EdgeLink> next;
};
SABRE_DESCRIBE(EdgeLink, next)

struct EdgeLabel {
  char text[4] = {};
};

namespace {

TEST_CASE("a number that is no index names no element") {
  Graph graph;
  const Value array = graph.Array({1, 2, 3});
  for (const double key : {-1.0, 1.5, std::nan(""), 3.0, 4294967295.0, 1e300, -HUGE_VAL}) {
    CAPTURE(key);
    CHECK(array.Get(Value(key)).is_undefined());
    CHECK_FALSE(array.Has(Value(key)));
  }
  CHECK(array.Get(Value(2.0)).AsNumber() == 3);
  CHECK(graph.Object({{"a", 1}}).Get(Value(-1.0)).is_undefined());
}

// An object whose property `a` leads around a circle of `length`.
Graph Circle(int length) {
  Graph graph;
  const Value first = graph.Object({});
  Value last = first;
  for (int i = 1; i < length; ++i) {
    const Value next = graph.Object({});
    graph.SetProperty(last, "a", next);
    last = next;
  }
  graph.SetProperty(last, "a", first);
  graph.SetRoot(first);
  return graph;
}

TEST_CASE("graphs inside C++ types keep their cycles, wherever they begin") {
  std::vector<Graph> graphs;
  for (int i = 1; i <= 3; ++i) graphs.push_back(Circle(i));
  absl::StatusOr<ByteBuffer> bytes = Encode(graphs);
  REQUIRE(bytes.ok());
  absl::StatusOr<std::vector<Graph>> read = Decode<std::vector<Graph>>(*bytes);
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  for (std::size_t i = 0; i < 3; ++i) CHECK(DeepEquals((*read)[i].root(), graphs[i].root()));
  CHECK((*read)[0].root().Get("a").Same((*read)[0].root()));
}

TEST_CASE("circles of different lengths that look alike are equal, and soon found to be") {
  const Graph a = Circle(5'000);
  const Graph b = Circle(5'001);
  CHECK(DeepEquals(a.root(), b.root()));
  Graph c = Circle(5'001);
  c.SetProperty(c.root(), "b", 1);
  CHECK_FALSE(DeepEquals(a.root(), c.root()));
}

TEST_CASE("what nests too deeply to be read through shared pointers is refused before it is sent") {
  const auto chain = [](int length) {
    EdgeLink first;
    EdgeLink* last = &first;
    for (int i = 1; i < length; ++i) {
      last->next = std::make_shared<EdgeLink>();
      last = last->next.get();
    }
    return first;
  };
  int sent = 0;
  for (const int length : {1, 2, 100, 127, 128, 129, 130, 256, 300}) {
    CAPTURE(length);
    const EdgeLink links = chain(length);
    const absl::StatusOr<ByteBuffer> bytes = Encode(links);
    if (!bytes.ok()) continue;
    ++sent;
    CHECK(Decode<EdgeLink>(*bytes).ok());
  }
  CHECK(sent >= 4);
  CHECK(sent < 9);
}

TEST_CASE("whatever this process sends itself arrives, however little of it is on the wire") {
  const std::vector<std::optional<std::string>> nothing(100'000);
  const auto clone = StructuredClone(nothing);
  REQUIRE(clone.ok());
  CHECK(clone->size() == nothing.size());
}

TEST_CASE("an array of characters without a NUL ends with the array") {
  const EdgeLabel label{{'a', 'b', 'c', 'd'}};
  CHECK(*Decode<std::string>(*Encode(label.text)) == "abcd");
  CHECK(*Decode<std::string>(*Encode("ab")) == "ab");
}

TEST_CASE("bytes may be a back reference to a buffer") {
  Graph graph;
  const ArrayBuffer buffer = *ArrayBuffer::Create(2);
  buffer.Span()[1] = std::byte{7};
  const Value value = graph.Buffer(buffer);
  graph.SetRoot(graph.Array({value, value}));
  absl::StatusOr<ByteBuffer> bytes = Encode(graph);
  REQUIRE(bytes.ok());
  const auto read = Decode<std::vector<std::vector<std::byte>>>(*bytes);
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  CHECK((*read)[1] == std::vector<std::byte>{std::byte{0}, std::byte{7}});
}

TEST_CASE("bytes may be a back reference to a view") {
  const ArrayBuffer buffer = *ArrayBuffer::Create(2);
  buffer.Span()[1] = std::byte{7};
  for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    Graph graph;
    const Value view = graph.View(Uint8Array::Over(buffer, 1)->AsView());
    const absl::StatusOr<ByteBuffer> bytes =
        Encode(graph.Array({view, view}), {.dialect = dialect});
    REQUIRE(bytes.ok());
    const auto read = Decode<std::vector<std::vector<std::byte>>>(*bytes, {.dialect = dialect});
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    CHECK((*read)[1] == std::vector<std::byte>{std::byte{7}});
    const auto views = Decode<std::vector<ArrayBufferView>>(*bytes, {.dialect = dialect});
    REQUIRE_MESSAGE(views.ok(), views.status().ToString());
    CHECK((*views)[0].buffer == (*views)[1].buffer);
    CHECK((*views)[1].length == 1);
  }
}

TEST_CASE("a Buffer of Node that was detached meanwhile is refused") {
  const std::vector<std::uint8_t> bytes = {0xff, 0x0f, 0x5c, 0x0a, 0x01, 0x07};
  absl::StatusOr<Graph> graph = Decode<Graph>(bytes, {.dialect = Dialect::kNodeSerialize});
  REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
  CHECK(Encode(*graph, {.dialect = Dialect::kNodeSerialize}).ok());
  ArrayBuffer memory = graph->root().view_buffer().array_buffer();
  REQUIRE(memory.Transfer().ok());
  CHECK(Encode(*graph, {.dialect = Dialect::kNodeSerialize}).status().message() ==
        "data: a Buffer is out of the bounds of its memory");
}

TEST_CASE("an array that is longer than JavaScript's is refused before it is written") {
  if constexpr (sizeof(std::size_t) > 4) {
    Serializer out{SerializeOptions()};
    CHECK_FALSE(out.BeginDenseArray(std::size_t{0xffffffff} + 1));
    CHECK(out.status().message() == "data: an array of 4294967296 elements exceeds 4294967295");
  }
}

TEST_CASE("a path leaves out what is between the ends of a deep one, and no more") {
  for (const int depth : {3, 32, 33, 34, 40, 64, 65, 66, 67, 100}) {
    CAPTURE(depth);
    Graph graph;
    ArrayBuffer gone = *ArrayBuffer::Create(1);
    REQUIRE(gone.Transfer().ok());
    Value value = graph.Buffer(gone);
    for (int i = 0; i < depth; ++i) value = graph.Array({value});
    const std::string path(Encode(value).status().message());
    const bool whole = path.find("\u2026") == std::string::npos;
    int parts = 0;
    for (const char c : path) parts += c == '[' ? 1 : 0;
    CHECK(whole == (parts == depth));
    CHECK(parts == std::min(depth, 64));
  }
}

TEST_CASE("a description is cut between characters") {
  Graph graph;
  // The bytes of the sign for what is missing count: of the second character there would be half.
  const std::string text = graph.String("\u00e9\u00e9\u00e9").ToDebugString(7);
  CHECK(text == "\"\u00e9\u2026");
}

}  // namespace
}  // namespace sabre
