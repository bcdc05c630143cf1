// tests/clone/codec_pointer_test.cc: smart pointers to bytes and back, identity and cycles kept.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "tests/clone/canonical.h"

namespace codec_pointer_test {

struct Small {
  int id = 0;
  std::string name;
  friend bool operator==(const Small&, const Small&) = default;
};
SABRE_DESCRIBE(Small, id, name)

struct Tree {
  int value = 0;
  std::unique_ptr<Tree> left;
  std::unique_ptr<Tree> right;
};
SABRE_DESCRIBE(Tree, value, left, right)

struct Ring {
  int value = 0;
  std::shared_ptr<Ring> next;
};
SABRE_DESCRIBE(Ring, value, next)

struct Person {
  std::string name;
  std::weak_ptr<Person> parent;
  std::vector<std::shared_ptr<Person>> children;
};
SABRE_DESCRIBE(Person, name, parent, children)

struct Watched {
  Watched() { ++alive; }
  Watched(Watched&& other) noexcept : next(std::move(other.next)) { ++alive; }
  Watched& operator=(Watched&&) = default;
  ~Watched() { --alive; }
  static inline int alive = 0;
  std::shared_ptr<Watched> next;
};
SABRE_DESCRIBE(Watched, next)

namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::FromHex;

template <class T>
T RoundTrip(const T& value, Dialect dialect = Dialect::kV8) {
  absl::StatusOr<ByteBuffer> bytes = Encode(value, {.dialect = dialect});
  REQUIRE_MESSAGE(bytes.ok(), bytes.status().ToString());
  absl::StatusOr<T> read = Decode<T>(*bytes, {.dialect = dialect});
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  return *std::move(read);
}

TEST_CASE("Pointers to one object stay pointers to one object") {
  auto ring = std::make_shared<Ring>();
  ring->value = 1;
  ring->next = std::make_shared<Ring>();
  ring->next->value = 2;
  ring->next->next = ring;
  std::vector<std::shared_ptr<Ring>> both = {ring, ring->next, nullptr, ring};
  auto read = RoundTrip(both);
  REQUIRE(read.size() == 4);
  CHECK(read[0] == read[3]);
  CHECK(read[0]->next == read[1]);
  CHECK(read[1]->next == read[0]);
  CHECK(read[2] == nullptr);
  ring->next->next = nullptr;
  read[1]->next = nullptr;  // cycles of shared_ptr must be cut
  auto numbers = RoundTrip(std::vector<std::shared_ptr<int>>{std::make_shared<int>(3), nullptr});
  CHECK(*numbers[0] == 3);
}

TEST_CASE("What an unknown field holds may be referred to later") {
  // {x: [a = {value: 1, next: null}, ^a], next: a, value: 2}
  const auto ring = Decode<Ring>(
      FromHex("ff0f6f 220178 4102 6f 220576616c7565 4902 22046e657874 30 7b02 5e02 240002"
              "22046e657874 5e02 220576616c7565 4904 7b03"));
  REQUIRE_MESSAGE(ring.ok(), ring.status().ToString());
  CHECK(ring->value == 2);
  REQUIRE(ring->next != nullptr);
  CHECK(ring->next->value == 1);
  // What is not a pointer gets a copy of what is referred to: [{id: 1, name: 'a'}, ^1].
  CHECK(*Decode<std::vector<Small>>(
            FromHex("ff0f4102 6f 22026964 4902 22046e616d65 220161 7b02 5e01 240002")) ==
        std::vector<Small>{{1, "a"}, {1, "a"}});
}

TEST_CASE("A tree whose children know their parent comes back as one") {
  auto root = std::make_shared<Person>();
  root->name = "root";
  for (const char* name : {"a", "b"}) {
    root->children.push_back(std::make_shared<Person>());
    root->children.back()->name = name;
    root->children.back()->parent = root;
  }
  const auto read = RoundTrip(root);
  REQUIRE(read->children.size() == 2);
  for (const auto& child : read->children) CHECK(child->parent.lock() == read);
  CHECK(read->parent.expired());
  CHECK(read.use_count() == 1);
  // What nobody else holds is gone after reading.
  CHECK(RoundTrip(std::weak_ptr<Person>(root)).expired());
}

TEST_CASE("A pointer to bytes is one pointer, in any dialect") {
  using Bytes = std::vector<std::uint8_t>;
  const auto bytes = std::make_shared<Bytes>(Bytes{1, 2, 3});
  const std::vector<std::shared_ptr<Bytes>> both = {bytes, bytes, std::make_shared<Bytes>()};
  for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    const auto read = RoundTrip(both, dialect);
    REQUIRE(read.size() == 3);
    CHECK(*read[0] == *bytes);
    CHECK(read[0] == read[1]);
    CHECK(read[2]->empty());
  }
}

TEST_CASE("Reading that fails leaves no cycle behind") {
  Watched::alive = 0;
  // [a = {next: ^a}, 1], and the same with something that is not a number.
  const std::string ring = "ff0f4102 6f 22046e657874 5e01 7b01";
  using Pair = std::pair<std::shared_ptr<Watched>, int>;
  CHECK_FALSE(Decode<Pair>(FromHex(ring + "54 240002")).ok());
  CHECK(Watched::alive == 0);
  absl::StatusOr<Pair> read = Decode<Pair>(FromHex(ring + "4902 240002"));
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  CHECK(read->first->next == read->first);
  CHECK(Watched::alive == 1);
  read->first->next = nullptr;  // who gets a cycle cuts it
}

TEST_CASE("A C++ value may nest as deeply as the stack surely holds") {
  const auto chain = [](std::size_t depth) {
    auto tree = std::make_unique<Tree>();
    for (std::size_t i = 1; i < depth; ++i) {
      auto above = std::make_unique<Tree>();
      above->left = std::move(tree);
      tree = std::move(above);
    }
    return tree;
  };
  CHECK(RoundTrip(chain(kMaxCodecDepth)) != nullptr);
  CHECK(absl::IsResourceExhausted(Encode(chain(kMaxCodecDepth + 1)).status()));
  std::vector<std::uint8_t> bytes = {0xff, 0x0f};
  for (std::size_t i = 0; i < 100'000; ++i) {
    for (const std::uint8_t byte : FromHex("6f22046c656674")) bytes.push_back(byte);
  }
  CHECK(absl::IsResourceExhausted(Decode<Tree>(bytes).status()));
}

static_assert(!kHasBuffers<Tree> && !kHasBuffers<Ring> && !kHasBuffers<Person>);

}  // namespace
}  // namespace codec_pointer_test
