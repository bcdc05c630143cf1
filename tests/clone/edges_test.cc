// Cases at the edges of the clone room, each of which has gone wrong once.
#include <doctest/doctest.h>

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

TEST_CASE("a description is cut between characters") {
  Graph graph;
  const std::string text = graph.String("\u00e9\u00e9\u00e9").ToDebugString(3);
  CHECK(text == "\"\u00e9\u2026");
}

}  // namespace
}  // namespace sabre
