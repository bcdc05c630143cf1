// tests/clone/mutation_test.cc: the rules of tests/fuzz hold for the corpus, for mutations of it, for bytes that
// are meant to take much memory, and for what the fuzzers once found.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "doctest/doctest.h"
#include "tests/clone/canonical.h"
#include "tests/clone/rich_struct.h"
#include "tests/fuzz/checks.h"

namespace sabre::mutation_test {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937;

// What a check says of the input, of any of the three.
std::string Broken(const Bytes& input) {
  for (fuzz::Check* check : {&fuzz::CheckDeserialize, &fuzz::CheckRewrite, &fuzz::CheckCodec}) {
    if (std::string reason = check(input); !reason.empty()) return reason;
  }
  return "";
}

// The inputs that the corpus gives, and structs: the byte of options, and a message.
std::vector<Bytes> Corpus() {
  std::vector<Bytes> inputs;
  for (const char* table : {"golden.tsv", "hostile.tsv"}) {
    for (const std::vector<std::string>& row : testing::ReadTable(table)) {
      if (row[4] == "-") continue;
      const bool ipc = row[1].find("ipc") != std::string::npos;
      Bytes input{static_cast<std::uint8_t>(ipc ? 2 : row[1].find("host") != std::string::npos)};
      const Bytes message = testing::FromHex(row[4]);
      input.insert(input.end(), message.begin(), message.end());
      inputs.push_back(input);
    }
  }
  Random random(1);
  for (std::size_t i = 0; i < 30; ++i) {
    Bytes bits(std::size_t{1} << (i % 6));
    for (std::uint8_t& byte : bits) byte = static_cast<std::uint8_t>(random());
    const absl::StatusOr<ByteBuffer> message = Encode(testing::RandomRich(bits));
    REQUIRE(message.ok());
    inputs.push_back({0});
    inputs.back().insert(inputs.back().end(), message->begin(), message->end());
  }
  return inputs;
}

std::size_t Below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

// A few bytes changed, put in, taken out, or a part of another input.
Bytes Mutated(const std::vector<Bytes>& corpus, Random& random) {
  static const Bytes kTags(
      testing::FromHex("00 2d 5f 30 54 46 49 55 4e 5a 53 22 63 5e 6f 7b 61 40 41 24 3b 3a 27 2c 44 "
                       "79 78 6e 7a 73 52 "
                       "72 6d 2e 42 7e 74 75 56 5c 70 77 ff 7f 80 81"));
  Bytes input = corpus[Below(random, corpus.size())];
  for (std::size_t changes = 1 + Below(random, 4); changes > 0; --changes) {
    const std::size_t at = Below(random, input.size());
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    const std::uint8_t tag = kTags[Below(random, kTags.size())];
    switch (Below(random, 7)) {
      case 0:
        if (at < input.size()) *place = static_cast<std::uint8_t>(random());
        break;
      case 1:
        if (at < input.size()) *place = tag;
        break;
      case 2:
        input.insert(place, tag);
        break;
      case 3:
        if (at < input.size()) input.erase(place);
        break;
      case 4:
        input.resize(at);
        break;
      case 5:
        if (at < input.size()) *place = static_cast<std::uint8_t>(*place + (random() % 5) - 2);
        break;
      default: {
        const Bytes& other = corpus[Below(random, corpus.size())];
        const std::size_t from = Below(random, other.size());
        const std::size_t count = Below(random, other.size() - from + 1);
        input.insert(place, other.begin() + static_cast<std::ptrdiff_t>(from),
                     other.begin() + static_cast<std::ptrdiff_t>(from + count));
      }
    }
  }
  return input;
}

TEST_CASE("The corpus and what the fuzzers once found keep the rules of any bytes") {
  for (const Bytes& input : Corpus()) {
    INFO(testing::ToHex(input));
    CHECK(Broken(input) == "");
  }
  std::ifstream file(std::string(std::getenv("SABRE_SOURCE_DIR")) + "/tests/fuzz/regressions.txt");
  REQUIRE(file.is_open());
  for (std::string line; std::getline(file, line);) {
    const std::string hex = line.substr(0, line.find_first_of(" #"));
    CAPTURE(line);
    CHECK(Broken(testing::FromHex(hex)) == "");
  }
}

TEST_CASE("Mutations of the corpus keep the rules of any bytes") {
  const std::vector<Bytes> corpus = Corpus();
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    Random random(seed);
    const Bytes input = Mutated(corpus, random);
    const std::string reason = Broken(input);
    CHECK_MESSAGE(reason == "", absl::StrCat("seed ", seed, ": ", testing::ToHex(input)));
  }
}

TEST_CASE("No bytes hold more of the heap than they may") {
  // `count` parts between a beginning and an end, each made of its index.
  const auto many = [](std::size_t count, const std::string& begin,
                       const std::function<std::string(std::size_t)>& part,
                       const std::string& end) {
    std::string hex = "00ff0f" + begin;  // options, version
    for (std::size_t i = 0; i < count; ++i) hex += part(i);
    return testing::FromHex(hex + end);
  };
  const auto varint = [](std::size_t value) {
    Bytes bytes;
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
    bytes.push_back(static_cast<std::uint8_t>(value));
    return testing::ToHex(bytes);
  };
  // A key of three characters, and of one of two bytes.
  const auto key = [](std::size_t i) {
    return "2203" + testing::ToHex(Bytes{static_cast<std::uint8_t>('a' + i % 26),
                                         static_cast<std::uint8_t>('a' + i / 26 % 26),
                                         static_cast<std::uint8_t>('a' + i / 676 % 26)});
  };
  const auto wide_key = [](std::size_t i) {
    return "6302" +
           testing::ToHex(Bytes{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
  };
  const auto always = [](const char* hex) {
    return [hex](std::size_t) { return std::string(hex); };
  };
  const std::string length = varint(10'000);
  const struct {
    const char* what;
    Bytes input;
  } kCases[] = {
      {"empty objects", many(10'000, "41" + length, always("6f7b00"), "2400" + length)},
      {"empty arrays", many(10'000, "41" + length, always("4100240000"), "2400" + length)},
      {"empty Maps", many(10'000, "41" + length, always("3b3a00"), "2400" + length)},
      {"Maps of one entry", many(10'000, "41" + length, always("3b30303a02"), "2400" + length)},
      {"Sets of one value", many(10'000, "41" + length, always("27302c01"), "2400" + length)},
      {"a Map", many(
                    10'000, "3b", [&](std::size_t i) { return "49" + varint(i) + "30"; },
                    "3a" + varint(20'000))},
      {"a Map of one value", many(10'000, "3b", always("3030"), "3a" + varint(20'000))},
      {"elements of one byte", many(10'000, "41" + length, always("30"), "2400" + length)},
      {"doubles", many(10'000, "41" + length, always("4e000000000000f03f"), "2400" + length)},
      {"doubles, then another", many(10'000, "41" + length, always("4e000000000000f03f"), "30")},
      {"empty strings", many(10'000, "41" + length, always("2200"), "2400" + length)},
      {"wide strings", many(10'000, "41" + length, always("63020001"), "2400" + length)},
      {"a thousand keys",
       many(
           1'000, "6f", [&](std::size_t i) { return key(i) + "30"; }, "7b" + varint(1'000))},
      {"wide keys",
       many(
           10'000, "6f", [&](std::size_t i) { return wide_key(i) + "30"; }, "7b" + length)},
      {"objects of one key, all different",
       many(
           10'000, "41" + length, [&](std::size_t i) { return "6f" + key(i) + "307b01"; },
           "2400" + length)},
      {"objects within each other, all keys different",
       many(
           2'000, "", [&](std::size_t i) { return "6f" + key(i); }, "30")},
      {"indices far apart",
       many(
           2'000, "6f", [&](std::size_t i) { return "55" + varint(i * 1'000'003) + "30"; },
           "7b" + varint(2'000))},
      {"an array with properties that are indices",
       many(
           2'000, "61ffffffff0f",
           [&](std::size_t i) { return "55" + varint(i * 2'000'003 % 0xfffffffe) + "30"; },
           "40" + varint(2'000) + "ffffffff0f")},
      {"sparse arrays of great length",
       many(2'000, "41" + varint(2'000), always("61ffffffff0f4000ffffffff0f"),
            "2400" + varint(2'000))},
      {"resizable buffers of great size", many(64, "4140", always("7e00ffffffff0f"), "240040")},
      {"buffers of one byte", many(10'000, "41" + length, always("420178"), "2400" + length)},
      {"views of one byte",
       many(5'000, "41" + varint(5'000), always("4201785642000100"), "2400" + varint(5'000))},
      {"numbers in boxes",
       many(10'000, "41" + length, always("6e0000000000000000"), "2400" + length)},
      {"regular expressions", many(10'000, "41" + length, always("52220000"), "2400" + length)},
      {"regular expressions with much to escape",
       many(100, "4164",
            always("5222202f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f00"),
            "240064")},
      {"big integers",
       many(10'000, "41" + length, always("5a100100000000000000"), "2400" + length)},
      {"errors", many(10'000, "41" + length, always("722e"), "2400" + length)},
      {"lengths that are false, each within the last",
       many(
           5'000, "", [&](std::size_t i) { return "41" + varint(3 * (5'000 - i)); }, "")},
      {"Maps within each other", many(5'000, "", always("3b30"), "")},
      {"references",
       many(10'000, "41" + varint(10'001) + "6f7b00", always("5e01"), "2400" + varint(10'001))},
  };
  for (const auto& c : kCases) {
    CAPTURE(std::string(c.what));
    CHECK(fuzz::CheckDeserialize(c.input) == "");
    CHECK(fuzz::CheckCodec(c.input) == "");
  }
}

}  // namespace
}  // namespace sabre::mutation_test
