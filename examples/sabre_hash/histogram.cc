#include "examples/sabre_hash/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sabre_hash {

void Histogram::Add(std::int64_t value) {
  value = std::max<std::int64_t>(value, 0);
  ++buckets_[BucketOf(static_cast<std::uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

std::int64_t Histogram::Percentile(double fraction) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(count_)));
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) {
      return std::min(static_cast<std::int64_t>(BoundOf(bucket)), max_);
    }
  }
  return max_;
}

// Values below 16 have a bucket each. Above, the bucket is told by the position of the highest bit and
// the four bits after it.
std::size_t Histogram::BucketOf(std::uint64_t value) {
  if (value < kSteps) return static_cast<std::size_t>(value);
  const int shift = std::bit_width(value) - 1 - kStepBits;
  return static_cast<std::size_t>(shift) * kSteps + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::BoundOf(std::size_t bucket) {
  if (bucket < 2 * kSteps) return bucket;
  const std::size_t shift = bucket / kSteps - 1;
  const std::uint64_t first = (bucket % kSteps + kSteps) << shift;
  return first + (std::uint64_t{1} << shift) - 1;
}

}  // namespace sabre_hash
