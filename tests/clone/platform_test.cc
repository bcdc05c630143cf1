// tests/clone/platform_test.cc: cloneable classes of the user's, as C++ types and in Graphs.
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "doctest/doctest.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/platform_object.h"
#include "sabre/clone/structured_clone.h"

namespace platform_test {

using namespace sabre;  // NOLINT: a test

// A class that has no public field, and keeps an invariant.
class Color {
 public:
  Color() = default;
  explicit Color(std::uint32_t rgb) : rgb_(rgb) {}
  std::uint32_t rgb() const { return rgb_; }

 private:
  std::uint32_t rgb_ = 0;
};

// One that refers to others of its kind.
struct Shape {
  std::vector<std::shared_ptr<Shape>> parts;
  Color fill;
  ArrayBuffer pixels;
};

struct ShapeData {
  std::vector<std::shared_ptr<Shape>> parts;
  Color fill;
  ArrayBuffer pixels;
};
SABRE_DESCRIBE(ShapeData, parts, fill, pixels)

struct Silent {};  // whose steps fail without a reason

}  // namespace platform_test

template <>
struct sabre::Codec<platform_test::Color> : sabre::PlatformCodec<platform_test::Color> {
  static constexpr PlatformType kType{"test.Color"};
  static bool WriteData(Serializer& out, const platform_test::Color& color) {
    if (color.rgb() > 0xffffff) return out.FailDataClone("a Color exceeds 0xffffff");
    return Codec<std::uint32_t>::Write(out, color.rgb());
  }
  static bool ReadData(Deserializer& in, platform_test::Color& color) {
    std::uint32_t rgb;
    if (!Codec<std::uint32_t>::Read(in, rgb)) return false;
    if (rgb > 0xffffff) return in.FailValue("a Color exceeds 0xffffff");
    color = platform_test::Color(rgb);
    return true;
  }
};

template <>
struct sabre::Codec<platform_test::Shape> : sabre::PlatformCodec<platform_test::Shape> {
  static constexpr PlatformType kType{"test.Shape"};
  static bool WriteData(Serializer& out, const platform_test::Shape& shape) {
    return Codec<platform_test::ShapeData>::Write(out, {shape.parts, shape.fill, shape.pixels});
  }
  static bool ReadData(Deserializer& in, platform_test::Shape& shape) {
    platform_test::ShapeData data;
    if (!Codec<platform_test::ShapeData>::Read(in, data)) return false;
    shape = {std::move(data.parts), data.fill, std::move(data.pixels)};
    return true;
  }
};

template <>
struct sabre::Codec<platform_test::Silent> : sabre::PlatformCodec<platform_test::Silent> {
  static constexpr PlatformType kType{"test.Silent"};
  static bool WriteData(Serializer&, const platform_test::Silent&) { return false; }
  static bool ReadData(Deserializer&, platform_test::Silent&) { return false; }
};

namespace platform_test {
namespace {

constexpr Dialect kDialects[] = {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc};

ArrayBuffer Bytes(std::size_t size) { return *ArrayBuffer::Create(size); }

// The classes that this file's Graphs may hold.
void RegisterAll() {
  REQUIRE(RegisterPlatformType<Color>().ok());
  REQUIRE(RegisterPlatformType<Shape>().ok());
}

std::string Hex(const ByteBuffer& bytes) {
  return absl::BytesToHexString(
      {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size())});
}

std::vector<std::uint8_t> FromHex(const char* hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

TEST_CASE("A platform object has a tag of its own, the same in every dialect") {
  for (const Dialect dialect : kDialects) {
    absl::StatusOr<ByteBuffer> bytes = Encode(Color(0x10), {.dialect = dialect});
    REQUIRE(bytes.ok());
    CHECK(Hex(*bytes) == "ff0f5cffffffff0f220a746573742e436f6c6f724920");
    absl::StatusOr<Color> read = Decode<Color>(*bytes, {.dialect = dialect});
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    CHECK(read->rgb() == 0x10);
    CHECK(StructuredClone(Color(7))->rgb() == 7);
  }
}

TEST_CASE("A reader that knows no such class says which, and where") {
  const std::vector<std::uint8_t> stranger =
      FromHex("ff0f6f22016b5cffffffff0f220a61636d652e5468696e6749027b01");
  for (const Dialect dialect : kDialects) {
    const absl::Status graph = Decode<Graph>(stranger, {.dialect = dialect}).status();
    CHECK(absl::IsDataLoss(graph));
    CHECK(absl::StrContains(graph.message(), "acme.Thing"));
    CHECK(absl::StrContains(graph.message(), "at byte"));
    const std::vector<std::uint8_t> alone = FromHex("ff0f5cffffffff0f220a61636d652e5468696e674902");
    CHECK(absl::StartsWith(
        Decode<Color>(alone, {.dialect = dialect}).status().message(),
        "data: expected a platform object of the class test.Color, not acme.Thing (at byte "));
    CHECK(Decode<Color>(FromHex("ff0f4902"), {.dialect = dialect}).status().message() ==
          "data: expected a platform object of the class test.Color (at byte 2)");
    CHECK(absl::IsDataLoss(Decode<int>(alone, {.dialect = dialect}).status()));
  }
  // Bytes that end inside one.
  RegisterAll();
  const std::vector<std::uint8_t> whole = FromHex("ff0f5cffffffff0f220a746573742e436f6c6f724920");
  CHECK(Decode<Graph>(whole).ok());
  for (std::size_t size = 3; size < whole.size(); ++size) {
    const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + size);
    CHECK(absl::IsDataLoss(Decode<Graph>(cut).status()));
    CHECK(absl::IsDataLoss(Decode<Color>(cut).status()));
  }
}

struct Fields {
  int a = 0, b = 0;
};
SABRE_DESCRIBE(Fields, a, b)

TEST_CASE("A field that nobody asked for may hold an unknown class; ids count on behind it") {
  struct Named {
    const char* hex;
    int b;
  };
  Graph graph;
  RegisterAll();
  const Value inner = graph.Object({{"a", 1}});
  const Value list = graph.Array({graph.PlatformObject("test.Color", graph.Array({inner})), inner});
  absl::StatusOr<ByteBuffer> bytes = Encode(list);
  REQUIRE(bytes.ok());
  // Ids: list 0, Color 1, its data 2, inner 3.
  CHECK(absl::StrContains(Hex(*bytes), "5e03"));
  absl::StatusOr<Graph> read = Decode<Graph>(*bytes);
  REQUIRE_MESSAGE(read.ok(), read.status().ToString());
  CHECK(read->root().At(0).platform_data().At(0).Same(read->root().At(1)));
  // {a: 1, x: <unknown> {…}, b: 2}
  const absl::StatusOr<Fields> fields = Decode<Fields>(FromHex(
      "ff0f6f22016149022201785cffffffff0f220a61636d652e5468696e676f22017149027b0122016249047b03"));
  REQUIRE_MESSAGE(fields.ok(), fields.status().ToString());
  CHECK(fields->b == 2);
}

TEST_CASE("Identity and cycles of platform objects are kept") {
  auto shape = std::make_shared<Shape>();
  auto part = std::make_shared<Shape>();
  shape->fill = Color(5);
  shape->pixels = Bytes(4);
  part->pixels = shape->pixels;
  shape->parts = {part, part, shape};
  absl::StatusOr<std::shared_ptr<Shape>> clone = StructuredClone(shape);
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  const Shape& copy = **clone;
  CHECK(copy.parts[0] == copy.parts[1]);
  CHECK(copy.parts[2] == *clone);
  CHECK(copy.fill.rgb() == 5);
  CHECK(copy.parts[0]->pixels == copy.pixels);
  CHECK_FALSE(copy.pixels == shape->pixels);
  // The same through a Graph.
  RegisterAll();
  absl::StatusOr<Graph> graph = ToGraph(shape);
  REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
  const Value root = graph->root();
  CHECK(root.kind() == ValueKind::kPlatformObject);
  CHECK(root.platform_type() == "test.Shape");
  CHECK(root.platform_data().Get("parts").At(2).Same(root));
  CHECK(root.platform_data().Get("pixels").array_buffer() == shape->pixels);
  absl::StatusOr<Graph> again = StructuredClone(root);
  REQUIRE_MESSAGE(again.ok(), again.status().ToString());
  CHECK(DeepEquals(again->root(), root));
  absl::StatusOr<std::shared_ptr<Shape>> back = FromValue<std::shared_ptr<Shape>>(again->root());
  REQUIRE_MESSAGE(back.ok(), back.status().ToString());
  CHECK((*back)->parts[2] == *back);
  for (const std::shared_ptr<Shape>& one : {shape, *clone, *back}) one->parts.clear();
}

TEST_CASE("In a Graph it is built, compared, printed, and taken out as its class") {
  RegisterAll();
  Graph graph;
  const Value color = graph.PlatformObject("test.Color", 255);
  const Value object = graph.Object({{"fill", color}, {"other", *ToValue(graph, Color(255))}});
  CHECK(object.ToDebugString() == R"({"fill": test.Color 255, "other": test.Color 255})");
  CHECK(DeepEquals(object.Get("fill"), object.Get("other")));
  CHECK_FALSE(DeepEquals(color, graph.PlatformObject("test.Color", 254)));
  CHECK_FALSE(DeepEquals(color, graph.PlatformObject("test.Shape", 255)));
  CHECK(FromValue<Color>(object.Get("fill"))->rgb() == 255);
  CHECK(color.has_identity());
  CHECK(Value(1).platform_type().is_undefined());
  CHECK(graph.Object().platform_data().is_undefined());
  const Value cycle = graph.Array();
  graph.Append(cycle, graph.PlatformObject("test.Color", cycle));
  CHECK(cycle.ToDebugString() == "[test.Color [Circular]]");
  absl::StatusOr<Graph> clone = StructuredClone(cycle);
  REQUIRE(clone.ok());
  CHECK(clone->root().At(0).platform_data().Same(clone->root()));
}

TEST_CASE("The errors of the steps come with the path") {
  const std::vector<Color> colors = {Color(1), Color(0x1000000)};
  const absl::Status written = Encode(colors).status();
  CHECK(IsDataCloneError(written));
  CHECK(written.message() == "data[1]: a Color exceeds 0xffffff");
  RegisterAll();
  Graph graph;
  const Value bad =
      graph.Array({*ToValue(graph, Color(1)), graph.PlatformObject("test.Color", -1)});
  const absl::Status read = FromValue<std::vector<Color>>(bad).status();
  CHECK(absl::IsDataLoss(read));
  CHECK(absl::StartsWith(read.message(), "data[1]: "));
  ArrayBuffer gone = Bytes(1);
  REQUIRE(gone.Transfer().ok());
  const Value inside = graph.PlatformObject("test.Shape", graph.Object({{"pixels", gone}}));
  CHECK(StructuredClone(graph.Array({inside})).status().message() ==
        "data[0].<data>.pixels: an ArrayBuffer is detached");
  CHECK(Encode(Silent()).status().message() == "data: a test.Silent could not be written");
  const std::vector<std::uint8_t> silent =
      FromHex("ff0f5cffffffff0f220b746573742e53696c656e744902");
  CHECK(absl::StrContains(Decode<Silent>(silent).status().message(),
                          "a test.Silent could not be read"));
}

TEST_CASE("A class that nobody has registered is refused before anything moves") {
  Graph graph;
  ArrayBuffer buffer = Bytes(3);
  const Value value = graph.Object({{"x", graph.PlatformObject("test.Nobody", buffer)}});
  const absl::Status status = StructuredClone(value, {.transfer = {&buffer}}).status();
  CHECK(IsDataCloneError(status));
  CHECK(status.message() == "data.x: the class test.Nobody of a platform object is not registered");
  CHECK_FALSE(buffer.detached());
}

TEST_CASE("Nesting is bounded, not the stack") {
  RegisterAll();
  Graph graph;
  Value deep = graph.Object();
  for (int i = 0; i < 50'000; ++i) deep = graph.PlatformObject("test.Color", deep);
  absl::StatusOr<ByteBuffer> bytes = Encode(deep);
  REQUIRE(bytes.ok());
  // 16 bytes a level leave room for a node and a frame.
  CHECK(Decode<Graph>(*bytes).ok());
  CHECK(absl::IsResourceExhausted(Decode<Graph>(*bytes, {.max_depth = 1000}).status()));
  CHECK(absl::IsResourceExhausted(Encode(deep, {.max_depth = 1000}).status()));
  auto shape = std::make_shared<Shape>();
  shape->pixels = Bytes(1);
  for (int i = 0; i < 300; ++i) {
    auto outer = std::make_shared<Shape>();
    outer->parts = {std::move(shape)};
    outer->pixels = Bytes(1);
    shape = std::move(outer);
  }
  CHECK(absl::IsResourceExhausted(Encode(shape).status()));
}

TEST_CASE("Names are checked, and belong to one class") {
  static constexpr PlatformType kGood{"test.Registered"};
  static constexpr PlatformType kSame{"test.Registered"};
  static const std::string kLong(256, 'x');
  static const PlatformType kTooLong{kLong.c_str()};
  static constexpr PlatformType kBad[] = {{""}, {nullptr}, {"a b"}, {"a\x7f"}, {"caf\xc3\xa9"}};
  CHECK(FindPlatformType("test.Registered") == nullptr);
  CHECK(RegisterPlatformType(kGood).ok());
  CHECK(RegisterPlatformType(kGood).ok());
  CHECK(FindPlatformType("test.Registered") == &kGood);
  const absl::Status twice = RegisterPlatformType(kSame);
  CHECK(absl::IsAlreadyExists(twice));
  CHECK(absl::StrContains(twice.message(), "test.Registered"));
  for (const PlatformType& type : kBad) CHECK(absl::IsInvalidArgument(RegisterPlatformType(type)));
  CHECK(absl::IsInvalidArgument(RegisterPlatformType(kTooLong)));
  static constexpr PlatformType kReserved{"sabre.Thing"};
  CHECK(absl::IsInvalidArgument(RegisterPlatformType(kReserved)));
}

TEST_CASE("Threads may register and read at once") {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 50; ++round) {
        CHECK(RegisterPlatformType<Color>().ok());
        CHECK(FindPlatformType("test.Color") == &Codec<Color>::kType);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace platform_test
