// How long things took: a histogram whose buckets are a sixteenth of their value wide.
#ifndef SABRE_EXAMPLES_SABRE_HASH_HISTOGRAM_H_
#define SABRE_EXAMPLES_SABRE_HASH_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sabre_hash {

// Histogram
//
// Log-linear, as HdrHistogram: each power of two is cut into 16 buckets, so a percentile is right to
// within 6 % at any scale and adding a value costs a few instructions.
//
// Thread-safety: thread-compatible.
class Histogram {
 public:
  // Negative values count as 0.
  void Add(std::int64_t value);

  std::int64_t count() const { return count_; }
  // The largest value added, exactly; 0 if there is none.
  std::int64_t max() const { return max_; }
  // The smallest bucket bound that `fraction` (0 to 1) of the values do not exceed; never more than
  // max(). 0 if there is no value.
  std::int64_t Percentile(double fraction) const;

 private:
  static constexpr int kStepBits = 4;
  static constexpr std::size_t kSteps = std::size_t{1} << kStepBits;

  static std::size_t BucketOf(std::uint64_t value);
  // The largest value of a bucket.
  static std::uint64_t BoundOf(std::size_t bucket);

  std::array<std::int64_t, (64 - kStepBits + 1) * kSteps> buckets_{};
  std::int64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_HISTOGRAM_H_
