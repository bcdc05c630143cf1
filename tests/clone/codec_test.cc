// tests/clone/codec_test.cc: C++ types to bytes and back.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/graph.h"
#include "tests/clone/canonical.h"

namespace codec_test {

enum class Color : std::uint8_t { kRed = 1, kBlue = 200 };
struct Small {
  int id = 0;
  std::string name;
  friend bool operator==(const Small&, const Small&) = default;
};
SABRE_DESCRIBE(Small, id, name)

struct Rich {
  Small small;
  std::vector<Small> items;
  std::optional<std::string> title;
  std::variant<int, std::string, std::vector<double>> either;
  std::map<std::string, std::tuple<int, bool>> table;
  Color color = Color::kRed;
  friend bool operator==(const Rich&, const Rich&) = default;
};
SABRE_DESCRIBE(Rich, small, items, title, either, table, color)

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

struct Empty {};
SABRE_DESCRIBE(Empty)

struct Buffers {
  sabre::ArrayBuffer whole;
  sabre::Uint16Array part;
  std::vector<sabre::Uint8Array> more;
};
SABRE_DESCRIBE(Buffers, whole, part, more)

struct Many {
  int a0 = 0, a1 = 1, a2 = 2, a3 = 3, a4 = 4, a5 = 5, a6 = 6, a7 = 7, a8 = 8, a9 = 9, b0 = 10,
      b1 = 11, b2 = 12, b3 = 13, b4 = 14, b5 = 15, b6 = 16, b7 = 17, b8 = 18, b9 = 19, c0 = 20,
      c1 = 21, c2 = 22, c3 = 23, c4 = 24, c5 = 25, c6 = 26, c7 = 27, c8 = 28, c9 = 29, d0 = 30,
      d1 = 31, d2 = 32;
  friend bool operator==(const Many&, const Many&) = default;
};
SABRE_DESCRIBE(Many, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9,
               c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1, d2)

// A codec of one's own.
struct Celsius {
  double degrees = 0;
};

}  // namespace codec_test

template <>
struct sabre::Codec<codec_test::Celsius> {
  static bool Write(Serializer& out, const codec_test::Celsius& value) {
    out.WriteNumber(value.degrees);
    return true;
  }
  static bool Read(Deserializer& in, codec_test::Celsius& value) {
    return in.ReadNumber(value.degrees);
  }
};

namespace codec_test {
namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::FromHex;
using sabre::testing::ToHex;

template <class T>
T RoundTrip(const T& value, Dialect dialect = Dialect::kV8) {
  absl::StatusOr<ByteBuffer> bytes = Encode(value, {.dialect = dialect});
  REQUIRE_MESSAGE(bytes.ok(), bytes.status().ToString());
  absl::StatusOr<T> read = Decode<T>(*bytes, {.dialect = dialect});
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  // What a codec writes is a value that anybody can read, and as many ids as it should have.
  absl::StatusOr<Graph> graph = Decode<Graph>(*bytes, {.dialect = dialect});
  CHECK_MESSAGE(graph.ok(), graph.status().ToString());
  return *std::move(read);
}

template <class T>
void Same(const T& value) {
  CHECK(RoundTrip(value) == value);
}

template <class T>
std::string Hex(const T& value) {
  return ToHex(Encode(value).value());
}

TEST_CASE("Scalars come back as they went") {
  Same(true);
  Same(false);
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{2147483647}, std::int64_t{2147483648},
        std::int64_t{9007199254740991}, std::int64_t{9007199254740993},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()}) {
    Same(number);
  }
  Same(std::numeric_limits<std::uint64_t>::max());
  Same(std::uint32_t{4294967295});
  Same(std::int8_t{-128});
  Same(std::uint16_t{65535});
  Same('x');
  Same(1.5);
  Same(2.5f);
  Same(std::numeric_limits<double>::infinity());
  CHECK(std::signbit(RoundTrip(-0.0)));
  CHECK(std::isnan(RoundTrip(std::nan("7"))));
  Same(Color::kBlue);
  Same(std::byte{255});
  Same(std::monostate());
  Same(nullptr);
  Same(BigInt::FromInt64(-5));
  const std::uint64_t limbs[] = {1, 2, 3};
  Same(BigInt(true, limbs));
  Same(BigInt());
  Same(std::chrono::seconds(5));
  CHECK(RoundTrip(Celsius{21.5}).degrees == 21.5);
}

TEST_CASE("Numbers are as short as V8 writes them") {
  CHECK(Hex(1) == "ff0f4902");
  CHECK(Hex(-1) == "ff0f4901");
  CHECK(Hex(1.0) == "ff0f4902");
  CHECK(Hex(-0.0) == "ff0f4e0000000000000080");
  CHECK(Hex(std::nan("")) == "ff0f4e000000000000f87f");
  CHECK(Hex(2147483648u) == "ff0f4e000000000000e041");
  CHECK(Hex(std::uint64_t{1} << 63) == "ff0f5a100000000000000080");
}

TEST_CASE("An integer takes numbers and BigInts in its range, and no others") {
  CHECK(*Decode<int>(FromHex("ff0f5a0205")) == 5);
  CHECK(*Decode<int>(FromHex("ff0f5505")) == 5);
  CHECK(*Decode<int>(FromHex("ff0f4e0000000000001440")) == 5);
  CHECK_FALSE(Decode<int>(FromHex("ff0f4e000000000000f83f")).ok());  // 1.5
  CHECK_FALSE(Decode<std::uint8_t>(FromHex("ff0f498004")).ok());     // 256
  CHECK_FALSE(Decode<unsigned>(FromHex("ff0f4901")).ok());           // -1
  CHECK_FALSE(Decode<std::uint64_t>(FromHex("ff0f4901")).ok());
  CHECK_FALSE(Decode<std::int64_t>(FromHex("ff0f4e000000000000e043")).ok());  // 2^63
  CHECK_FALSE(Decode<int>(FromHex("ff0f220135")).ok());
}

TEST_CASE("Text is UTF-8 in C++ and as narrow as possible on the wire") {
  for (const std::string& text : {std::string(), std::string("plain"), std::string("caf\xc3\xa9"),
                                  std::string("\xe2\x82\xac"), std::string("\xf0\x9f\x98\x80"),
                                  std::string("a\0b", 3), std::string(20000, 'y')}) {
    Same(text);
    Same(std::vector<std::string>{"x", text, text});
  }
  CHECK(Hex(std::string("caf\xc3\xa9")) == "ff0f2204636166e9");
  CHECK(Hex(std::string("\xe2\x82\xac")) == "ff0f6302ac20");
  CHECK(Hex(std::vector<std::string>{"a", "\xe2\x82\xac"}) == "ff0f4102220161006302ac20240002");
  CHECK(Hex("literal") == Hex(std::string_view("literal")));
  Same(std::u16string(u"\xd800x"));  // a lone surrogate
  Same(std::u16string(u"narrow"));
  CHECK(*Decode<std::u16string>(FromHex("ff0f5303e282ac")) == u"\u20ac");
  CHECK(*Decode<std::string>(FromHex("ff0f5302c328")) == "\xef\xbf\xbd(");
}

TEST_CASE("Text that is not Unicode is refused, or replaced on request") {
  const std::vector<std::string> bad = {"fine", "\xc3\x28"};
  const absl::Status status = Encode(bad).status();
  CHECK(IsDataCloneError(status));
  CHECK(status.message() == "data[1]: invalid UTF-8 at byte 0 of a string");
  absl::StatusOr<ByteBuffer> replaced = Encode(bad, {.invalid_text = InvalidText::kReplace});
  CHECK(*Decode<std::vector<std::string>>(*replaced) ==
        std::vector<std::string>{"fine", "\xef\xbf\xbd("});
  const std::string text = "\xc3\x28";
  CHECK(Encode(std::map<int, std::string>{{1, "a"}, {2, text}}).status().message() ==
        "data[1]: invalid UTF-8 at byte 0 of a string");
  CHECK(Encode(std::set<std::string>{text}).status().message() ==
        "data[0]: invalid UTF-8 at byte 0 of a string");
  CHECK(Encode(std::tuple<int, std::string>{1, text}).status().message() ==
        "data[1]: invalid UTF-8 at byte 0 of a string");
  CHECK(Encode(std::variant<int, std::string>{text}).status().message() ==
        "data[1]: invalid UTF-8 at byte 0 of a string");
  ByteBuffer buffer;
  CHECK(IsDataCloneError(EncodeTo(buffer, bad)));
  CHECK(buffer.empty());
  const std::vector<std::uint8_t> lone = FromHex("ff0f630200d8");
  CHECK_FALSE(Decode<std::string>(lone).ok());
  CHECK(*Decode<std::string>(lone, {.invalid_text = InvalidText::kReplace}) == "\xef\xbf\xbd");
}

TEST_CASE("Containers come back as they went") {
  Same(std::vector<int>{1, 2, 3});
  Same(std::vector<bool>{true, false});
  Same(std::vector<std::vector<double>>{{1.5}, {}, {-0.0}});
  Same(std::vector<std::byte>{std::byte{1}, std::byte{255}});
  Same(std::vector<std::uint8_t>{});
  Same(std::array<int, 3>{1, 2, 3});
  Same(std::tuple<int, std::string, bool>{1, "a", true});
  Same(std::pair<std::string, int>{"a", 1});
  Same(std::map<int, std::string>{{1, "a"}, {-5, "b"}});
  Same(std::unordered_map<std::string, int>{{"a", 1}, {"b", 2}});
  Same(absl::flat_hash_map<std::string, std::vector<int>>{{"a", {1}}, {"b", {}}});
  Same(std::set<std::string>{"a", "b"});
  Same(std::unordered_set<int>{1, 2});
  Same(absl::flat_hash_set<std::uint64_t>{1, std::uint64_t{1} << 60});
  Same(std::optional<int>());
  Same(std::optional<int>(5));
  using Either = std::variant<std::monostate, int, double, std::string>;
  Same(Either());
  Same(Either(1));
  Same(Either(1.0));
  Same(Either("x"));
  CHECK(*RoundTrip(std::make_unique<int>(5)) == 5);
  CHECK(RoundTrip(std::unique_ptr<int>()) == nullptr);
  const int raw[] = {1, 2};
  CHECK(Hex(std::span<const int>(raw)) == Hex(std::vector<int>{1, 2}));
}

TEST_CASE("Arrays are read from either form, holes are refused") {
  CHECK(*Decode<std::vector<int>>(FromHex("ff0f61024900490249024904400202")) ==
        std::vector<int>{1, 2});
  CHECK_FALSE(Decode<std::vector<int>>(FromHex("ff0f610249024902400102")).ok());
  CHECK_FALSE(Decode<std::vector<int>>(FromHex("ff0f410349022d4906240003")).ok());
  CHECK_FALSE(Decode<std::vector<int>>(FromHex("ff0f61ffffffff0f4000ffffffff0f")).ok());
  CHECK(*Decode<std::vector<std::uint8_t>>(FromHex("ff0f410149022400 01")) ==
        std::vector<std::uint8_t>{1});
}

TEST_CASE("Times are Dates of whole milliseconds") {
  const absl::Time time = absl::FromUnixMillis(1'700'000'000'123);
  CHECK(RoundTrip(time) == time);
  CHECK(RoundTrip(time + absl::Nanoseconds(5)) == time);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  CHECK(RoundTrip(now) == now);
  CHECK(Hex(absl::UnixEpoch()) == "ff0f440000000000000000");
  CHECK(IsDataCloneError(Encode(absl::InfiniteFuture()).status()));
  CHECK_FALSE(Decode<absl::Time>(FromHex("ff0f44000000000000f87f")).ok());
}

TEST_CASE("A described struct is an object") {
  CHECK(Hex(Small{7, "ab"}) == "ff0f6f22026964490e22046e616d65220261627b02");
  Same(Small{1, "x"});
  Same(Many());
  Same(Rich{{1, "a"},
            {{2, "b"}, {3, ""}},
            "t",
            std::vector<double>{1.5},
            {{"k", {1, true}}},
            Color::kBlue});
  Same(Rich{});
  CHECK(Hex(Empty()) == "ff0f6f7b00");
}

TEST_CASE("Fields are read in any order, unknown ones are skipped, missing ones reported") {
  // {x: [{}, [1]], name: 'a', id: 1}
  CHECK(*Decode<Small>(FromHex("ff0f6f2201784102 6f7b00 41014902240001 240002"
                               "22046e616d65 220161 22026964 4902 7b03")) == Small{1, "a"});
  absl::Status status = Decode<Small>(FromHex("ff0f6f2202696449027b01")).status();
  CHECK(status.message() == "data: expected a property 'name' (at byte 9)");
  status = Decode<Small>(FromHex("ff0f6f220269644902220269644902 7b02")).status();
  CHECK_FALSE(status.ok());
  CHECK_FALSE(Decode<Small>(FromHex("ff0f6f22026964490222046e616d652201617b03")).ok());
  status = Decode<std::vector<Small>>(FromHex("ff0f41016f22026964490222046e616d6549027b02240001"))
               .status();
  CHECK(status.message() == "data[0].name: expected a string (at byte 17)");
  // {x: any of these, id: 1, name: 'a'}; the last is what only Node's processes send each other.
  for (const char* unknown : {"726d220161634902 2e", "41012d240001", "6f4e000000000000f83f49027b01",
                              "3f004902", "3b490249023a02", "4201005642000100", "5c016f7b00"}) {
    CAPTURE(std::string(unknown));
    const std::string hex =
        "ff0f6f220178" + std::string(unknown) + "22026964490222046e616d652201617b03";
    CHECK(*Decode<Small>(FromHex(hex), {.dialect = Dialect::kNodeIpc}) == Small{1, "a"});
  }
  for (const char* malformed : {"23", "42010056", "42010056ff", "3f", "7261", "5c02", "2d"}) {
    CAPTURE(std::string(malformed));
    const absl::Status refused = Decode<Small>(FromHex("ff0f6f220178" + std::string(malformed)),
                                               {.dialect = Dialect::kNodeIpc})
                                     .status();
    CHECK(absl::StrContains(refused.message(), "expected a well-formed value"));
  }
  // As two-byte text, a key is the same key.
  CHECK(*Decode<Small>(FromHex("ff0f6f6304690064004902 6308 6e0061006d006500 220161 7b02")) ==
        Small{1, "a"});
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

TEST_CASE("Views of one buffer stay views of one buffer") {
  Buffers out;
  out.whole = *ArrayBuffer::Create(16);
  for (std::size_t i = 0; i < 16; ++i) out.whole.Span()[i] = static_cast<std::byte>(i);
  out.part = *Uint16Array::Over(out.whole, 4, 2);
  out.more = {*Uint8Array::Over(out.whole), *Uint8Array::Create(3)};
  Buffers in = RoundTrip(out);
  CHECK(in.part.size() == 2);
  CHECK(in.part.byte_offset() == 4);
  CHECK(in.part.Get(0) == 0x0504);
  in.part.Set(0, 0xffff);
  CHECK(in.more[0].Get(4) == 255);
  CHECK(in.whole.Span()[4] == std::byte{255});
  CHECK(out.whole.Span()[4] == std::byte{4});
  CHECK(in.more[1].size() == 3);
}

TEST_CASE("In Node's dialects a view carries its bytes") {
  for (const Dialect dialect : {Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    auto array = *Float64Array::Create(2);
    array.Set(1, 1.5);
    CHECK(RoundTrip(array, dialect).Get(1) == 1.5);
    CHECK(RoundTrip(std::vector<std::byte>(3), dialect).size() == 3);
    auto shared = *Uint8Array::Over(*SharedArrayBuffer::Create(11));
    shared.Set(10, 7);
    CHECK(RoundTrip(shared, dialect).Get(10) == 7);
  }
  CHECK(ToHex(Encode(*Uint16Array::Create(1), {.dialect = Dialect::kNodeSerialize}).value()) ==
        "ff0f5c04020000");
  CHECK(ToHex(Encode(*BigInt64Array::Create(1), {.dialect = Dialect::kNodeIpc}).value()) ==
        "ff0f5c000b080000000000000000");
  CHECK(ToHex(Encode(*Uint8Array::Create(1), {.version = 13}).value()) == "ff0d42010056420001");
}

TEST_CASE("Values become C++ types and the other way round") {
  Graph graph;
  const Value small = graph.Object({{"name", "x"}, {"id", 5}, {"more", nullptr}});
  CHECK(*FromValue<Small>(small) == Small{5, "x"});
  absl::StatusOr<Graph> made = ToGraph(Rich{});
  REQUIRE(made.ok());
  CHECK(made->root().Get("color").AsNumber() == 1);
  CHECK(made->root().Get("table").kind() == ValueKind::kMap);
  CHECK_FALSE(FromValue<Small>(graph.Array({1})).ok());
}

TEST_CASE("A buffer of bytes is used again") {
  ByteBuffer buffer;
  REQUIRE(EncodeTo(buffer, Small{1, "a"}).ok());
  const std::uint8_t* const memory = buffer.data();
  REQUIRE(EncodeTo(buffer, Small{2, "b"}).ok());
  CHECK(buffer.data() == memory);
  CHECK(Decode<Small>(buffer)->id == 2);
}

static_assert(!kHasBuffers<Rich> && !kHasBuffers<Tree> && !kHasBuffers<Ring>);
static_assert(!kHasBuffers<SharedArrayBuffer> && !kHasBuffers<int> &&
              !kHasBuffers<std::deque<int>>);
static_assert(kHasBuffers<Buffers> && kHasBuffers<std::optional<std::map<int, ArrayBuffer>>>);
static_assert(kHasBuffers<Value> && kHasBuffers<std::tuple<int, Graph>>);
static_assert(kHasBuffers<std::shared_ptr<Uint8Array>> && kHasBuffers<Transferable>);

}  // namespace
}  // namespace codec_test
