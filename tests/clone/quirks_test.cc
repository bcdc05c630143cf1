// tests/clone/quirks_test.cc: odd bytes, old versions, and what errors say.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/graph.h"
#include "tests/clone/canonical.h"

namespace quirks_test {

struct Picture {
  std::string name;
  sabre::ArrayBufferView pixels;
  std::optional<std::vector<double>> weights;
};
SABRE_DESCRIBE(Picture, name, pixels, weights)

namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::Canonical;
using sabre::testing::FromHex;
using sabre::testing::ReadTable;

template <class T = Graph>
absl::StatusOr<T> Read(const std::string& hex, const DeserializeOptions& options = {}) {
  return Decode<T>(FromHex(hex), options);
}

template <class T = Graph>
std::string Refusal(const std::string& hex, const DeserializeOptions& options = {}) {
  return std::string(Read<T>(hex, options).status().message());
}

DeserializeOptions OptionsOf(const std::string& dialect) {
  DeserializeOptions options;
  if (dialect == "v8") options.dialect = Dialect::kNodeSerialize;
  if (dialect == "ipc") options.dialect = Dialect::kNodeIpc;
  if (dialect == "v0") options.oldest_version = 0;
  return options;
}

TEST_CASE("Odd bytes mean to Sabre what they mean to Node 20") {
  int read = 0, refused = 0;
  for (const std::vector<std::string>& row : ReadTable("quirks.tsv")) {
    REQUIRE(row.size() == 4);
    CAPTURE(row[0]);
    const DeserializeOptions options = OptionsOf(row[1]);
    const std::vector<std::uint8_t> bytes = FromHex(row[2] == "-" ? "" : row[2]);
    const absl::StatusOr<Graph> graph = Decode<Graph>(bytes, options);
    // Node 22 and later read it, too.
    const bool differs = row[0] == "Error: a cause that refers to it";
    CHECK_MESSAGE(graph.ok() == (row[3] != "throws" || differs), graph.status().ToString());
    if (!graph.ok()) {
      CHECK(absl::IsDataLoss(graph.status()));
      ++refused;
      continue;
    }
    ++read;
    if (!differs) CHECK(Canonical(graph->root(), options.dialect != Dialect::kV8) == row[3]);
    if (row[1] == "v0" || row[0].starts_with("broken 13")) continue;
    // What is skipped ends where it ends when it is read.
    Deserializer reader(bytes, nullptr, options);
    Deserializer skipper(bytes, nullptr, options);
    Graph again;
    REQUIRE((reader.ReadHeader() && skipper.ReadHeader()));
    REQUIRE(Codec<Graph>::Read(reader, again));
    CHECK(skipper.SkipValue());
    CHECK(reader.offset() == skipper.offset());
  }
  CHECK(read == 177);
  CHECK(refused == 104);
}

TEST_CASE("Versions from 1 to 12 are read on request, each with its own quirks") {
  const struct {
    const char* hex;
    const char* now;  // the same in version 15; null: refused
    Dialect dialect = Dialect::kV8;
  } kCases[] = {
      {"ff01 4902", "4902"},
      {"ff09 52016101", "5222016101"},
      {"ff0b 52016101", "5222016101"},
      {"ff0c 5222016101", "5222016101"},
      {"ff0c 52016101", nullptr},
      {"ff0d 52016101", nullptr},
      {"ff0b 7302c3a9", "732201e9"},
      {"ff0c 7302c3a9", nullptr},
      {"ff0c 732201e9", "732201e9"},
      {"ff0b 726d01612e", "726d2201612e"},
      {"ff0a 41025f4902240002", "41022d4902240002"},
      {"ff0a 41023f005f4902240002", "41022d4902240002"},
      {"ff0a 41022d4902240002", "41022d4902240002"},
      {"ff0a 410249025f240002", "410249022d240002"},
      {"ff0a 6f2201615f7b01", "6f2201615f7b01"},
      {"ff0a 610149005f400101", "41015f240001"},
      {"ff0b 41025f4902240002", "41025f4902240002"},
      {"ff0d 4202aabb 56420002", "4202aabb 5642000200"},
      {"ff0c 4202aabb 56420002", "4202aabb 5642000200"},
      {"ff0c 7e0204aabb 5642000203", nullptr},  // flags came with 14
      // What was no tag began a host object; only Node's dialects have some.
      {"ff0c 0a020102", "5c0a020102", Dialect::kNodeSerialize},
      {"ff0c 5c0a020102", "5c0a020102", Dialect::kNodeSerialize},
      {"ff0d 0a020102", nullptr, Dialect::kNodeSerialize},
      {"ff0c 0a020102", nullptr},
      {"ff0c 4101 0a0107 240001", "4101 5c0a0107 240001", Dialect::kNodeSerialize},
      {"ff0c 7000", nullptr},
      {"ff00 220161 4902 7b01", "6f 220161 4902 7b01"},
  };
  for (const auto& c : kCases) {
    const std::string hex = c.hex;
    CAPTURE(hex);
    const DeserializeOptions options = {.dialect = c.dialect, .oldest_version = 0};
    const std::vector<std::uint8_t> bytes = FromHex(hex);
    const absl::StatusOr<Graph> graph = Decode<Graph>(bytes, options);
    CHECK_MESSAGE(graph.ok() == (c.now != nullptr), graph.status().ToString());
    // Not without being asked.
    if (bytes[1] < 13) {
      CHECK(Refusal(hex).find("expected a version from 13") != std::string::npos);
    }
    if (!graph.ok() || c.now == nullptr) continue;
    const absl::StatusOr<Graph> now = Read(std::string("ff0f") + c.now, options);
    REQUIRE(now.ok());
    const bool host = c.dialect != Dialect::kV8;
    CHECK(Canonical(graph->root(), host) == Canonical(now->root(), host));
    if (bytes[1] == 0) continue;
    Deserializer skipper(bytes, nullptr, options);
    REQUIRE(skipper.ReadHeader());
    CHECK(skipper.SkipValue());
    CHECK(skipper.offset() == bytes.size());
  }
}

TEST_CASE("C++ types are read from old versions, too") {
  const DeserializeOptions any = {.oldest_version = 0};
  // What is not asked for is skipped by the rules of its version.
  const std::string fields =
      " 22046e616d65 220170 220178 52016101 2206706978656c73 4202aabb 56420002 ";
  absl::StatusOr<Picture> picture = Read<Picture>("ff0b 6f" + fields + "7b03", any);
  REQUIRE_MESSAGE(picture.ok(), picture.status().ToString());
  CHECK(picture->name == "p");
  CHECK(picture->pixels.length == 2);
  // Without a header, as a stack machine.
  picture = Read<Picture>(fields + "7b03", any);
  REQUIRE_MESSAGE(picture.ok(), picture.status().ToString());
  CHECK(picture->name == "p");
  CHECK(picture->pixels.length == 2);
  CHECK(*Read<std::map<std::string, double>>("6f 220161 4904 7b01", any) ==
        std::map<std::string, double>{{"a", 2}});
  CHECK(Refusal<Picture>("220161 4902 7b01", any).find("as version 15 would have it") !=
        std::string::npos);
  CHECK(Refusal<Picture>("4904 7b01", any) ==
        "data: expected as many keys and values as are closed (at byte 2)");
}

TEST_CASE("C++ types are read from version 13 with flags in its views") {
  const std::string name = "22046e616d65 220170 ";
  const std::string pixels = "2206706978656c73 ";
  const std::string view = "7e0408aabbccdd 5642000403 ";
  absl::StatusOr<Picture> picture = Read<Picture>("ff0d 6f" + name + pixels + view + "7b02");
  REQUIRE_MESSAGE(picture.ok(), picture.status().ToString());
  CHECK(picture->pixels.length_tracking);
  CHECK(picture->pixels.length == 4);
  // Ids count as in version 14: the array 0, the buffer 1, the view 2.
  const auto views = Read<std::vector<ArrayBufferView>>("ff0d 4102" + view + "5e02 240002");
  REQUIRE_MESSAGE(views.ok(), views.status().ToString());
  CHECK((*views)[0].buffer == (*views)[1].buffer);
  // If neither reading succeeds, the error is that of the first one.
  CHECK(Refusal<Picture>("ff0d 6f" + name + pixels + view + "7b03") ==
        "data.pixels: expected view flags that fit the buffer (at byte 27)");
  CHECK(Refusal("ff0d 6f" + name + pixels + view + "7b03") ==
        "data.pixels: expected view flags that fit the buffer (at byte 27)");
}

TEST_CASE("The error of a version names it, and those that are read") {
  CHECK(Refusal("ff0c4902") == "data: expected a version from 13 to 15, not 12 (at byte 0)");
  CHECK(Refusal<int>("ff10 4902") == "data: expected a version from 13 to 15, not 16 (at byte 0)");
  CHECK(Refusal("ff0a 4902", {.oldest_version = 11}) ==
        "data: expected a version from 11 to 15, not 10 (at byte 0)");
  CHECK(Refusal("4902") == "data: expected a header, which begins with byte ff (at byte 0)");
  CHECK(Refusal("4902", {.oldest_version = 1}) ==
        "data: expected a header, which begins with byte ff (at byte 0)");
  CHECK(Read<int>("4902", {.oldest_version = 0}).ok());
}

TEST_CASE("Errors of reading tell the path, whatever is around") {
  const struct {
    const char* hex;
    const char* message;
    Dialect dialect = Dialect::kV8;
  } kCases[] = {
      {"6f 22056974656d73 4102 4902 6f 22047768656e 44ff",
       "data.items[1].when: expected the 8 bytes of a Date (at byte 21)"},
      {"4102 4902 21", "data[1]: expected a value (at byte 6)"},
      {"6f 4904 21", "data[2]: expected a value (at byte 5)"},
      {"6f 4e000000000000f83f 21", "data.1.5: expected a value (at byte 12)"},
      {"6f 220161 30 30", "data: expected a key or the end of the properties (at byte 7)"},
      {"6f 220161 6f 220162 4902 7b05",
       "data.a: expected the count of properties read (at byte 12)"},
      {"4101 4902 220161 21", "data.a: expected a value (at byte 9)"},
      {"610a 490621", "data[3]: expected a value (at byte 6)"},
      {"3b 4902 21", "data.<value 0>: expected a value (at byte 5)"},
      {"3b 4902 30 21", "data.<key 1>: expected a value (at byte 6)"},
      {"27 30 21", "data.<value 1>: expected a value (at byte 4)"},
      {"72 63 41 01 21", "data.cause[0]: expected a value (at byte 6)"},
      {"72 6d 21", "data.message: expected a string (at byte 4)"},
      {"72 73 21", "data.stack: expected a string (at byte 4)"},
      {"72 21", "data: expected a part of an Error (at byte 2)"},
      {"5c01 6f 220161 21", "data.a: expected a value (at byte 8)", Dialect::kNodeIpc},
      {"6f 63040a00e900 21", "data.\\n\xc3\xa9: expected a value (at byte 9)"},
  };
  for (const auto& c : kCases) {
    CAPTURE(std::string(c.hex));
    CHECK(Refusal(std::string("ff0f") + c.hex, {.dialect = c.dialect}) == c.message);
  }
  // Neither a long key nor a deep place makes a long message.
  std::string long_key = "ff0f 6f 22 ac02";
  for (int i = 0; i < 300; ++i) long_key += "61";
  CHECK(Refusal(long_key + "21") ==
        "data." + std::string(56, 'a') + "\xe2\x80\xa6: expected a value (at byte 306)");
  std::string deep = "ff0f";
  for (int i = 0; i < 10'000; ++i) deep += "4101";
  const std::string message = Refusal(deep + "21");
  CHECK(message.size() < 400);
  CHECK(std::count(message.begin(), message.end(), '[') == 64);
  CHECK(message.find("[0]\xe2\x80\xa6[0]") != std::string::npos);
}

TEST_CASE("The number of objects may be limited") {
  const std::string three = "ff0f 4102 6f7b00 6f7b00 240002";
  CHECK(Read(three, {.max_nodes = 3}).ok());
  CHECK(absl::IsResourceExhausted(Read(three, {.max_nodes = 2}).status()));
  using Objects = std::vector<std::map<std::string, int>>;
  CHECK(Read<Objects>(three, {.max_nodes = 3}).ok());
  CHECK(Refusal<Objects>(three, {.max_nodes = 2}) ==
        "data[1]: the value has more than 2 objects (at byte 5)");
  CHECK(Refusal(three, {.max_nodes = 2}) ==
        "data[1]: the value has more than 2 objects (at byte 7)");
}

TEST_CASE("The worked bytes of docs/wire_format.md are right") {
  std::ifstream page(std::string(std::getenv("SABRE_SOURCE_DIR")) + "/docs/wire_format.md");
  REQUIRE(page.is_open());
  std::map<std::string, int> seen;
  std::string block;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("```")) {
      block = block.empty() ? line.substr(3) : "";
    } else if (block.starts_with("wire")) {
      CAPTURE(line);
      DeserializeOptions options = OptionsOf(block.size() > 5 ? block.substr(5) : "raw");
      if (block == "wire_old") options.oldest_version = 0;
      const std::size_t equals = line.find(" = ");
      REQUIRE(equals != std::string::npos);
      const absl::StatusOr<Graph> graph = Read(line.substr(0, equals), options);
      const std::string said = graph.ok() ? graph->root().ToDebugString()
                                          : "error: " + std::string(graph.status().message());
      CHECK(said == line.substr(equals + 3));
      ++seen[block];
    }
  }
  CHECK(seen.size() == 4);
  CHECK(seen["wire"] > 50);
}

TEST_CASE("Bytes behind the value may be refused; padding is none") {
  const DeserializeOptions strict = {.refuse_trailing_bytes = true};
  CHECK(Read("ff0f 4902 0000", strict).ok());
  CHECK(Refusal("ff0f 4902 01", strict) == "data: expected the end (at byte 4)");
  CHECK(Refusal("ff0f 4201aa 5642000100 5642000100", strict) ==
        "data: expected the end (at byte 10)");
}

}  // namespace
}  // namespace quirks_test
