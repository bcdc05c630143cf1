// tests/clone/random_value_test.cc: values of every kind come back from bytes as they were.
#include "tests/clone/random_value.h"

#include <cstdint>
#include <set>
#include <string>

#include "doctest/doctest.h"
#include "sabre/clone/structured_clone.h"
#include "tests/clone/canonical.h"

namespace random_value_test {
namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::Canonical;
using sabre::testing::RandomValue;
using sabre::testing::RandomValueOptions;

constexpr std::uint64_t kSeeds = 1000;

TEST_CASE("A random value survives bytes and a clone, with identity, in every dialect") {
  RandomValueOptions all;
  all.resizable_buffers = all.float16 = all.regexp_sets = all.error_cycles = true;
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    CAPTURE(seed);
    Graph graph;
    const Value value = RandomValue(graph, seed, all);
    seen.insert(Canonical(value));
    for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
      const bool host = dialect != Dialect::kV8;
      absl::StatusOr<ByteBuffer> bytes = Encode(value, {.dialect = dialect});
      REQUIRE_MESSAGE(bytes.ok(), bytes.status().ToString());
      absl::StatusOr<Graph> back = Decode<Graph>(*bytes, {.dialect = dialect});
      REQUIRE_MESSAGE(back.ok(), back.status().ToString());
      const bool same = Canonical(back->root(), host) == Canonical(value, host);
      CHECK(same);                                        // not the texts: they are long
      if (!host) CHECK(DeepEquals(back->root(), value));  // host views do not share buffers
    }
    absl::StatusOr<Graph> clone = StructuredClone(value);
    REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
    CHECK(DeepEquals(clone->root(), value));
    const bool same = Canonical(clone->root()) == Canonical(value);
    CHECK(same);
  }
  CHECK(seen.size() > kSeeds * 8 / 10);  // seeds matter
}

TEST_CASE("The same seed gives the same value, and shared memory goes by messages alone") {
  RandomValueOptions options;
  options.shared_memory = true;
  int with_memory = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Graph graph, again;
    const Value value = RandomValue(graph, seed, options);
    const bool same = Canonical(value) == Canonical(RandomValue(again, seed, options));
    CHECK(same);
    absl::StatusOr<Graph> clone = StructuredClone(value);
    REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
    CHECK(DeepEquals(clone->root(), value));
    with_memory += Encode(value).ok() ? 0 : 1;
  }
  CHECK(with_memory > 10);
}

}  // namespace
}  // namespace random_value_test
