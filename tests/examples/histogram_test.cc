#include "examples/sabre_hash/histogram.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

namespace sabre_hash {
namespace {

TEST_CASE("An empty histogram has percentile 0") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.Percentile(0.999) == 0);
}

TEST_CASE("Small values are exact") {
  Histogram histogram;
  for (int i = 1; i <= 10; ++i) histogram.Add(i);
  CHECK(histogram.Percentile(0) == 1);
  CHECK(histogram.Percentile(0.5) == 5);
  CHECK(histogram.Percentile(0.95) == 10);
  CHECK(histogram.Percentile(1) == 10);
}

TEST_CASE("A percentile is never below the value and at most a sixteenth above it") {
  for (std::int64_t value = 1; value < (std::int64_t{1} << 61); value = value * 3 + 1) {
    Histogram histogram;
    histogram.Add(value);
    histogram.Add(std::numeric_limits<std::int64_t>::max());
    const std::int64_t percentile = histogram.Percentile(0.5);
    CAPTURE(value);
    CHECK(percentile >= value);
    CHECK(percentile <= value + value / 16);
    CHECK(histogram.Percentile(1) == std::numeric_limits<std::int64_t>::max());
  }
}

TEST_CASE(
    "A percentile never exceeds the maximum, and one slow turn in ten thousand is beyond p99.9") {
  Histogram histogram;
  for (int i = 0; i < 9999; ++i) histogram.Add(1'000'000);
  histogram.Add(50'000'000);
  CHECK(histogram.Percentile(0.999) < 1'100'000);
  CHECK(histogram.Percentile(1) == 50'000'000);
  CHECK(histogram.max() == 50'000'000);
}

TEST_CASE("Negative values count as 0") {
  Histogram histogram;
  histogram.Add(-5);
  CHECK(histogram.count() == 1);
  CHECK(histogram.max() == 0);
}

}  // namespace
}  // namespace sabre_hash
