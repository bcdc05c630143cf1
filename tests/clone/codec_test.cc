// tests/clone/codec_test.cc: C++ types to bytes and back.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
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

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/prepared_message.h"
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

// What has private fields, other names, and a type parameter.
template <class T>
class Sample {
 public:
  Sample() = default;
  Sample(T value, std::string unit) : value_(value), unit_(std::move(unit)) {}
  friend bool operator==(const Sample&, const Sample&) = default;
  friend SABRE_DESCRIBE(Sample, (value_, "value"), (unit_, "unit of measure"))

      private : T value_{};
  std::string unit_;
};

// Codecs of one's own.
struct Shy {};
struct Picture {
  std::uint8_t shade = 0;
};
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

template <>
struct sabre::Codec<codec_test::Picture> {
  static bool Write(Serializer& out, const codec_test::Picture& picture) {
    const ArrayBuffer pixels = *ArrayBuffer::Create(1);
    pixels.Span()[0] = std::byte{picture.shade};
    return out.WriteArrayBuffer(pixels);
  }
};

template <>
struct sabre::Codec<codec_test::Shy> {
  static bool Write(Serializer&, const codec_test::Shy&) { return false; }
  static bool Read(Deserializer&, codec_test::Shy&) { return false; }
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
  CHECK(Decode<std::uint8_t>(FromHex("ff0f498004")).status().message() ==
        "data: the number 256 is not within [0, 255] (at byte 2)");
  CHECK(Decode<std::int8_t>(FromHex("ff0f498302")).status().message() ==
        "data: the number -130 is not within [-128, 127] (at byte 2)");
  CHECK(Decode<Color>(FromHex("ff0f498004")).status().message() ==
        "data: the number 256 is not within [0, 255] (at byte 2)");
  CHECK(static_cast<int>(*Decode<Color>(FromHex("ff0f4904"))) == 2);  // no enumerator has it
  for (const char* number : {"4901", "4e00000000000000f07f", "4e000000000000f8ff"}) {
    CAPTURE(std::string(number));
    CHECK_FALSE(Decode<std::uint64_t>(FromHex(std::string("ff0f") + number)).ok());
  }
  CHECK(*Decode<int>(FromHex("ff0f4e0000000000000080")) == 0);  // -0
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
        "data.<value 1>: invalid UTF-8 at byte 0 of a string");
  CHECK(Encode(std::map<std::string, int>{{"a", 1}, {text, 2}}).status().message() ==
        "data.<key 1>: invalid UTF-8 at byte 0 of a string");
  CHECK(Encode(std::set<std::string>{text}).status().message() ==
        "data.<value 0>: invalid UTF-8 at byte 0 of a string");
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

TEST_CASE("A codec that says false and not why is a failure like others") {
  const std::vector<Shy> shy(1);
  const std::string written = "data[0]: a Codec refused to write the value, without a reason";
  ByteBuffer buffer;
  Graph graph;
  for (const absl::Status& status :
       {Encode(shy).status(), EncodeTo(buffer, shy), ToValue(graph, shy).status(),
        PreparedMessage::Prepare(shy).status()}) {
    CHECK(IsDataCloneError(status));
    CHECK(status.message() == written);
  }
  const absl::Status read = Decode<std::vector<Shy>>(FromHex("ff0f4101 4902 240001")).status();
  CHECK(absl::IsDataLoss(read));
  CHECK(read.message() ==
        "data[0]: a Codec refused to read the value, without a reason (at byte 2)");
}

template <class T>
void TakesMemory(const std::string& element) {
  CAPTURE(element);
  std::string wire = "ff0f41a01f";
  for (int i = 0; i < 4000; ++i) wire += element;
  const std::vector<std::uint8_t> bytes = FromHex(wire + "2400a01f");
  CHECK(absl::IsResourceExhausted(Decode<std::vector<T>>(bytes).status()));
  CHECK(Decode<std::vector<T>>(bytes, {.max_memory = std::size_t{1} << 22}).ok());
}

TEST_CASE("Memory that a container takes for itself is paid for") {
  TakesMemory<std::deque<int>>("4100240000");
  TakesMemory<std::unordered_set<std::int8_t>>("2749022c01");
  TakesMemory<std::unordered_map<std::int8_t, bool>>("3b4902543a02");
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
  Same(std::deque<int>{1, 2, 3});
  Same(std::list<std::string>{"a", "b"});
  Same(std::deque<std::uint8_t>{1, 255});
  Same(std::array<int, 0>{});
  Same(absl::node_hash_map<std::string, int>{{"a", 1}});
  Same(absl::btree_map<std::string, int>{{"a", 1}, {"b", 2}});
  Same(absl::btree_set<std::string>{"a", "b"});
  Same(std::map<std::pair<int, int>, std::set<std::string>>{{{1, 2}, {"a"}}, {{3, 4}, {}}});
  const int raw[] = {1, 2};
  CHECK(Hex(std::span<const int>(raw)) == Hex(std::vector<int>{1, 2}));
}

TEST_CASE("A C++ type is the JavaScript value that the table says") {
  using namespace std::chrono_literals;
  CHECK(Hex(Color::kBlue) == "ff0f499003");
  CHECK(Hex(true) == "ff0f54");
  CHECK(Hex(nullptr) == "ff0f30");
  CHECK(Hex(std::optional<int>()) == "ff0f5f");
  CHECK(Hex(std::unique_ptr<int>()) == "ff0f30");
  CHECK(Hex(std::variant<int, std::string>("a")) == "ff0f41024902220161240002");
  CHECK(Hex(std::pair<int, bool>(1, true)) == "ff0f4102490254240002");
  CHECK(Hex(std::vector<bool>{true, false}) == "ff0f41025446240002");
  CHECK(Hex(std::vector<std::uint8_t>{1, 2}) == "ff0f420201025642000200");
  CHECK(Hex(std::array<std::uint8_t, 2>{1, 2}) == "ff0f420201025642000200");
  CHECK(Hex(std::array<std::int8_t, 1>{1}) == "ff0f41014902240001");
  CHECK(Hex(std::map<std::string, int>{{"a", 1}}) == "ff0f3b22016149023a02");
  CHECK(Hex(std::set<int>{1, 2}) == "ff0f27490249042c02");
  CHECK(Hex(5s) == "ff0f490a");
  CHECK(Hex(absl::Seconds(1)) == "ff0f4980a8d6b907");
  CHECK(Hex(std::u16string(u"\xd800")) == "ff0f630200d8");
  CHECK(Hex(BigInt::FromInt64(-1)) == "ff0f5a110100000000000000");
  CHECK(Hex(Sample<int>(1, "m")) ==
        "ff0f6f220576616c75654902220f756e6974206f66206d65617375726522016d7b02");
}

TEST_CASE("Arrays are read from either form, holes are refused") {
  // [1] with properties of its own, which no element is: {x: [{}]}, and a key of two bytes.
  CHECK(*Decode<std::vector<int>>(FromHex("ff0f41014902 220178 41016f7b00240001 24 0101")) ==
        std::vector<int>{1});
  CHECK(*Decode<std::vector<int>>(FromHex("ff0f61014900 4902 6302ac20 5f 40 0201")) ==
        std::vector<int>{1});
  for (const char* property : {"4902", "220131", "22066c656e677468"}) {  // an index, "length"
    CAPTURE(std::string(property));
    CHECK(Decode<std::vector<int>>(FromHex("ff0f41014902" + std::string(property) + "5f240101"))
              .status()
              .message() ==
          "data: expected the end of the array, or a property that is not an element (at byte 6)");
  }
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
  using Days = std::chrono::sys_days;
  Same(Days(std::chrono::days(-1)));
  // A day that is not over counts as its first moment, before 1970 too.
  CHECK(*Decode<Days>(Encode(absl::FromUnixMillis(-1)).value()) == Days(std::chrono::days(-1)));
  using Wide = std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<double>>;
  Same(Wide(std::chrono::duration<double>(1.25)));
  for (const double seconds : {1e300, -1e300, 8.7e12, std::nan("")}) {
    CHECK(IsDataCloneError(Encode(Wide(std::chrono::duration<double>(seconds))).status()));
  }
  CHECK(IsDataCloneError(
      Encode(std::chrono::sys_time<std::chrono::hours>(std::chrono::hours::max())).status()));
}

TEST_CASE("A duration is the number of its ticks") {
  Same(std::chrono::nanoseconds::max());
  Same(std::chrono::duration<float>(0.5f));
  Same(absl::Nanoseconds(-1));
  Same(absl::ZeroDuration());
  CHECK(RoundTrip(absl::Hours(24 * 365)) == absl::Hours(24 * 365));
  CHECK(*Decode<std::chrono::nanoseconds>(Encode(absl::Milliseconds(5)).value()) ==
        std::chrono::milliseconds(5));
  CHECK(Encode(absl::InfiniteDuration()).status().message() ==
        "data: a duration of inf is not within 2^63 nanoseconds");
  CHECK_FALSE(Decode<absl::Duration>(FromHex("ff0f4e000000000000f83f")).ok());
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
  // A field that is there twice, first or last in the order of the fields.
  CHECK(Decode<Small>(FromHex("ff0f6f 22026964 4902 22046e616d65 220161 22026964 4902 7b03"))
            .status()
            .message() == "data.id: the property is there twice (at byte 18)");
  CHECK_FALSE(Decode<Small>(FromHex("ff0f6f 22046e616d65 220161 22046e616d65 220161 7b02")).ok());
  // A map from strings takes an object, in which a key may not come twice.
  using Table = std::map<std::string, int>;
  CHECK(*Decode<Table>(FromHex("ff0f6f 4902 4902 220161 4904 7b02")) == Table{{"1", 1}, {"a", 2}});
  CHECK(Decode<Table>(FromHex("ff0f6f 220161 4902 220161 4904 7b02")).status().message() ==
        "data.a: the property is there twice (at byte 11)");
  CHECK(Decode<Table>(FromHex("ff0f6f 220161 54 7b01")).status().message() ==
        "data.a: expected a number (at byte 6)");
  CHECK(*Decode<Table>(FromHex("ff0f3b 220161 4902 220161 4904 3a04")) == Table{{"a", 2}});
  CHECK(Decode<Table>(FromHex("ff0f3b 4902 4902 3a02")).status().message() ==
        "data.<key 0>: expected a string (at byte 3)");
  CHECK(Decode<Rich>(FromHex("ff0f6f 22056974656d73 4101 6f 22026964 54")).status().message() ==
        "data.items[0].id: expected a number (at byte 17)");
  CHECK(Decode<std::variant<int, bool>>(FromHex("ff0f4102 4904 5f 240002")).status().message() ==
        "data[0]: expected the index of one of 2 alternatives, not 2 (at byte 4)");
  // As two-byte text, a key is the same key.
  CHECK(*Decode<Small>(FromHex("ff0f6f6304690064004902 6308 6e0061006d006500 220161 7b02")) ==
        Small{1, "a"});
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

TEST_CASE("Bytes are read from every form they have") {
  using Bytes = std::vector<std::uint8_t>;
  const struct {
    const char* hex;
    Bytes bytes;
    Dialect dialect = Dialect::kV8;
  } kCases[] = {
      {"42020102", {1, 2}},                             // an ArrayBuffer
      {"42020102 00 5642000200", {1, 2}},               // a Uint8Array, behind padding
      {"42020102 563f000200", {1, 2}},                  // a DataView
      {"4203010203 5643010100", {2}},                   // a part, as a Uint8ClampedArray
      {"7e02080102 5662000202", {1, 2}},                // of a resizable buffer
      {"4102 4902 4904 240002", {1, 2}},                // an Array
      {"6102 49004902 49024904 400202", {1, 2}},        // in the sparse form
      {"5c0a020102", {1, 2}, Dialect::kNodeSerialize},  // a Buffer of Node
      {"5c0001020102", {1, 2}, Dialect::kNodeIpc},
      {"4200", {}},
  };
  for (const auto& c : kCases) {
    CAPTURE(std::string(c.hex));
    const std::vector<std::uint8_t> bytes = FromHex(std::string("ff0f") + c.hex);
    absl::StatusOr<Bytes> read = Decode<Bytes>(bytes, {.dialect = c.dialect});
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    CHECK(*read == c.bytes);
    absl::StatusOr<std::deque<std::byte>> other =
        Decode<std::deque<std::byte>>(bytes, {.dialect = c.dialect});
    REQUIRE_MESSAGE(other.ok(), other.status().ToString());
    CHECK(other->size() == c.bytes.size());
    CHECK((Decode<std::array<std::uint8_t, 2>>(bytes, {.dialect = c.dialect}).ok()) ==
          (c.bytes.size() == 2));
  }
  for (const char* wrong : {"4203", "4201005657000100", "4102 4902 49ff07 240002", "2200"}) {
    CAPTURE(std::string(wrong));
    CHECK_FALSE(Decode<Bytes>(FromHex(std::string("ff0f") + wrong)).ok());
  }
}

TEST_CASE("A long key is shortened in what is said of it") {
  const std::string key = "k" + std::string(100, 'e');
  Graph graph;
  const Value object = graph.Object({{key, graph.Array({"text"})}});
  CHECK(FromValue<std::map<std::string, std::vector<int>>>(object).status().message() ==
        "data.k" + std::string(55, 'e') + "\u2026[0]: expected a number");
}

TEST_CASE("A codec may make a buffer for the moment") {
  const std::vector<Picture> out = {{1}, {2}, {3}};
  const std::vector<ArrayBuffer> in = *Decode<std::vector<ArrayBuffer>>(Encode(out).value());
  REQUIRE(in.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(in[i].ConstSpan()[0] == std::byte{out[i].shade});
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

static_assert(!kHasBuffers<Rich>);
static_assert(!kHasBuffers<SharedArrayBuffer> && !kHasBuffers<int> &&
              !kHasBuffers<std::deque<int>>);
static_assert(kHasBuffers<Buffers> && kHasBuffers<std::optional<std::map<int, ArrayBuffer>>>);
static_assert(kHasBuffers<Value> && kHasBuffers<std::tuple<int, Graph>>);
static_assert(kHasBuffers<std::shared_ptr<Uint8Array>> && kHasBuffers<Transferable>);

}  // namespace
}  // namespace codec_test
