// tests/clone/rich_struct_test.cc: random values of every codec come back as they went.
#include "tests/clone/rich_struct.h"

#include <cstdint>
#include <random>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/structured_clone.h"

namespace rich_struct_test {
namespace {

using namespace sabre;  // NOLINT: a test

TEST_CASE("Random structs with every codec come back as they went") {
  std::mt19937_64 random(20261123);
  for (int i = 0; i < 10'000; ++i) {
    CAPTURE(i);
    std::vector<std::uint64_t> words(std::size_t{1} << (random() % 9));
    for (std::uint64_t& word : words) word = random();
    const std::span<const std::uint8_t> bits(reinterpret_cast<const std::uint8_t*>(words.data()),
                                             words.size() * 8);
    const testing::Rich rich = testing::RandomRich(bits);
    absl::StatusOr<ByteBuffer> bytes = Encode(rich);
    REQUIRE_MESSAGE(bytes.ok(), bytes.status().ToString());
    absl::StatusOr<testing::Rich> read = Decode<testing::Rich>(*bytes);
    REQUIRE_MESSAGE(read.ok(), read.status().ToString());
    REQUIRE(testing::Difference(rich, *read) == "");
    if (i % 16 != 0) continue;
    absl::StatusOr<testing::Rich> clone = StructuredClone(rich);
    REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
    REQUIRE(testing::Difference(rich, *clone) == "");
    // Once more: what was read is written as well.
    absl::StatusOr<testing::Rich> again = Decode<testing::Rich>(*Encode(*read));
    REQUIRE_MESSAGE(again.ok(), again.status().ToString());
    REQUIRE(testing::Difference(rich, *again) == "");
    const testing::Rich other = testing::RandomRich(bits.subspan(1));
    CHECK(testing::Difference(rich, other) != "");
  }
}

}  // namespace
}  // namespace rich_struct_test
