// tests/clone/codec_pointer_test.cc: smart pointers to bytes and back, identity and cycles kept.
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "tests/clone/canonical.h"

namespace codec_pointer_test {
struct Careless {};
}  // namespace codec_pointer_test

// Ignores what its parts say.
template <>
struct sabre::Codec<codec_pointer_test::Careless> {
  static bool Write(Serializer& out, const codec_pointer_test::Careless&) {
    out.Fail(absl::InvalidArgumentError("overlooked"));
    return true;
  }
};

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

struct Dated {
  std::optional<absl::Time> when;
  std::unique_ptr<Dated> next;
};
SABRE_DESCRIBE(Dated, when, next)

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

TEST_CASE("A pointer to bytes is told from one to other bytes of the same buffer") {
  using Bytes = std::vector<std::uint8_t>;
  struct {
    const char* elements;
    std::vector<Bytes> want;
    bool same;  // the last two
  } const rows[] = {
      // A buffer and a view of it; two views of it; a view, and then its buffer.
      {"420401020304 5e01 5642010200", {{1, 2, 3, 4}, {2, 3}}, false},
      {"420401020304 5642000400 5e01 5642010200", {{1, 2, 3, 4}, {2, 3}}, false},
      {"420401020304 5642010200 5e01", {{2, 3}, {1, 2, 3, 4}}, false},
      {"420401020304 5642010200 5e02", {{2, 3}, {2, 3}}, true},
      {"420401020304 5e01 5642010200 5e02", {{1, 2, 3, 4}, {2, 3}, {2, 3}}, true},
      {"4101 4902 240001 5e01", {{1}, {1}}, true},
  };
  for (const auto& row : rows) {
    CAPTURE(std::string(row.elements));
    const std::string size = "0" + std::to_string(row.want.size());
    const std::vector<std::uint8_t> wire = FromHex("ff0f41" + size + row.elements + "2400" + size);
    const auto read = Decode<std::vector<std::shared_ptr<Bytes>>>(wire);
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    REQUIRE(read->size() == row.want.size());
    for (std::size_t i = 0; i < row.want.size(); ++i) CHECK(*read->at(i) == row.want[i]);
    CHECK(((*read)[read->size() - 1] == (*read)[read->size() - 2]) == row.same);
    CHECK(*Decode<std::vector<Bytes>>(wire) == row.want);  // the same by value
  }
  // Read by value first: [view, ^2, ^2].
  using Three = std::tuple<Bytes, std::shared_ptr<Bytes>, std::shared_ptr<Bytes>>;
  const auto three = Decode<Three>(FromHex("ff0f4103 420101 5642000100 5e02 5e02 240003"));
  REQUIRE_MESSAGE(three.ok(), three.status().ToString());
  CHECK(std::get<1>(*three) == std::get<2>(*three));
}

TEST_CASE("Pointers to one view stay pointers to one view") {
  const ArrayBuffer buffer = *ArrayBuffer::Create(8);
  const auto one = std::make_shared<Uint8Array>(*Uint8Array::Over(buffer, 1, 2));
  const auto other = std::make_shared<Uint8Array>(*Uint8Array::Over(buffer, 3, 4));
  for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    const auto read = RoundTrip(
        std::vector<std::shared_ptr<Uint8Array>>{one, other, one, other, nullptr}, dialect);
    REQUIRE(read.size() == 5);
    CHECK(read[0] == read[2]);
    CHECK(read[1] == read[3]);
    CHECK(read[0]->size() == 2);
    CHECK(read[1]->size() == 4);
    if (dialect == Dialect::kV8) CHECK(read[0]->AsView().buffer == read[1]->AsView().buffer);
  }
  const auto data = std::make_shared<DataView>(*DataView::Over(buffer, 2, 3));
  const auto views = RoundTrip(std::vector<std::shared_ptr<DataView>>{data, data});
  CHECK(views[0] == views[1]);
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
  // Objects without parts take a level, too: what is written can be read.
  for (const std::size_t depth : {std::size_t{kMaxCodecDepth} - 1, std::size_t{kMaxCodecDepth}}) {
    auto dated = std::make_unique<Dated>();
    dated->when = absl::UnixEpoch();
    for (std::size_t i = 1; i < depth; ++i) {
      auto above = std::make_unique<Dated>();
      above->next = std::move(dated);
      dated = std::move(above);
    }
    const absl::StatusOr<ByteBuffer> written = Encode(dated);
    CHECK(written.ok() == (depth < kMaxCodecDepth));
    if (written.ok()) CHECK(Decode<std::unique_ptr<Dated>>(*written).ok());
  }
  std::vector<std::uint8_t> bytes = {0xff, 0x0f};
  for (std::size_t i = 0; i < 100'000; ++i) {
    for (const std::uint8_t byte : FromHex("6f22046c656674")) bytes.push_back(byte);
  }
  CHECK(absl::IsResourceExhausted(Decode<Tree>(bytes).status()));
}

static_assert(!kHasBuffers<Tree> && !kHasBuffers<Ring> && !kHasBuffers<Person>);

TEST_CASE("What a codec overlooks, and a version that is not written, are errors all the same") {
  CHECK(Encode(Careless()).status().code() == absl::StatusCode::kInvalidArgument);
  ByteBuffer buffer;
  CHECK_FALSE(EncodeTo(buffer, Careless()).ok());
  for (const std::uint32_t version : {0u, 7u, 14u, 16u, 256u + 15u}) {
    const absl::Status status = Encode(1, {.version = version}).status();
    CHECK(status.code() == absl::StatusCode::kInvalidArgument);
    CHECK(absl::StrContains(status.message(), std::to_string(version)));
  }
  CHECK(Encode(1, {.version = 13}).ok());
}

TEST_CASE("Sorted containers refuse NaN, others keep it") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const absl::StatusOr<ByteBuffer> set = Encode(std::unordered_set<double>{1, nan, 2});
  const absl::StatusOr<ByteBuffer> map = Encode(std::unordered_map<double, int>{{nan, 1}});
  REQUIRE(set.ok());
  REQUIRE(map.ok());
  CHECK(Decode<std::unordered_set<double>>(*set)->size() == 3);
  const absl::Status refused = Decode<std::set<double>>(*set).status();
  CHECK(refused.code() == absl::StatusCode::kDataLoss);
  CHECK(absl::StrContains(refused.message(), "no place for NaN"));
  CHECK_FALSE(Decode<std::map<double, int>>(*map).ok());
}

}  // namespace
}  // namespace codec_pointer_test
