// tests/memory/array_helpers.h: the elements of an array as a list, and the ends of an index.
#ifndef SABRE_TESTS_MEMORY_ARRAY_HELPERS_H_
#define SABRE_TESTS_MEMORY_ARRAY_HELPERS_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/status/statusor.h"
#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"

namespace sabre::test {

inline constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Numbers = std::vector<std::int32_t>;

template <class T>
Numbers Elements(const TypedArray<T>& array) {
  return {array.begin(), array.end()};
}
template <class T>
Numbers Elements(const absl::StatusOr<TypedArray<T>>& array) {
  REQUIRE(array.ok());
  return Elements(*array);
}

}  // namespace sabre::test

#endif  // SABRE_TESTS_MEMORY_ARRAY_HELPERS_H_
