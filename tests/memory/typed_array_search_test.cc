// The members of TypedArray that look at elements: values. Errors are in
// typed_array_bounds_test.cc.
#include "sabre/memory/typed_array_search.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"
#include "tests/memory/array_helpers.h"

namespace sabre {
namespace {

using test::kLeast;
using test::kMost;
using test::kNan;

// An index, or -1 for none, as JavaScript says it.
std::int64_t Index(const absl::StatusOr<std::optional<std::size_t>>& found) {
  REQUIRE(found.ok());
  return found->has_value() ? static_cast<std::int64_t>(**found) : -1;
}

TEST_CASE("At counts from the end if the index is negative") {
  const Int32Array array = *Int32Array::From({10, 20, 30});
  const struct {
    std::int64_t index;
    std::optional<std::int32_t> element;
  } cases[] = {{0, 10},  {2, 30},  {3, std::nullopt},  {kMost, std::nullopt},
               {-1, 30}, {-3, 10}, {-4, std::nullopt}, {kLeast, std::nullopt}};
  for (const auto& c : cases) {
    CAPTURE(c.index);
    CHECK(*array.At(c.index) == c.element);
  }
  CHECK(*Int32Array::Create(0)->At(0) == std::nullopt);
  CHECK(*Int32Array::Create(0)->At(-1) == std::nullopt);
}

TEST_CASE("IndexOf, LastIndexOf and Includes begin where they are told to") {
  const Int32Array array = *Int32Array::From({1, 2, 1, 3, 1});
  const struct {
    std::int64_t from, first, last;
  } cases[] = {{0, 0, 0},   {1, 2, 0},       {2, 2, 2},          {3, 4, 2},
               {4, 4, 4},   {5, -1, 4},      {kMost, -1, 4},     {-1, 4, 4},
               {-2, 4, 2},  {-3, 2, 2},      {-4, 2, 0},         {-5, 0, 0},
               {-6, 0, -1}, {kLeast, 0, -1}, {kMost - 1, -1, 4}, {kLeast + 1, 0, -1}};
  for (const auto& c : cases) {
    CAPTURE(c.from);
    CHECK(Index(array.IndexOf(1, c.from)) == c.first);
    CHECK(Index(array.LastIndexOf(1, c.from)) == c.last);
    CHECK(*array.Includes(1, c.from) == (c.first >= 0));
  }
  CHECK(Index(array.IndexOf(1)) == 0);
  CHECK(Index(array.LastIndexOf(1)) == 4);
  CHECK(Index(array.IndexOf(4)) == -1);
  CHECK(Index(array.LastIndexOf(4)) == -1);
  CHECK_FALSE(*array.Includes(4));
  CHECK(Index(Int32Array::Create(0)->IndexOf(0)) == -1);
  CHECK(Index(Int32Array::Create(0)->LastIndexOf(0)) == -1);
}

TEST_CASE("What is sought is not converted as a store would") {
  const Uint8Array bytes = *Uint8Array::From({1, 255, 0});
  for (const double sought : {257.0, -1.0, 1.5, 255.00001, kNan, -0x1p70}) {
    CAPTURE(sought);
    CHECK(Index(bytes.IndexOf(sought)) == -1);
    CHECK_FALSE(*bytes.Includes(sought));
  }
  CHECK(Index(bytes.IndexOf(-1)) == -1);
  CHECK(Index(bytes.IndexOf(255u)) == 1);
  CHECK(Index(bytes.IndexOf(-0.0)) == 2);
  const Int32Array ints = *Int32Array::From({-1, 0});
  CHECK(Index(ints.IndexOf(4294967295.0)) == -1);
  CHECK(Index(ints.IndexOf(0x100000000)) == -1);
  const Float32Array floats = *Float32Array::From({0.1, 0.5});
  CHECK(Index(floats.IndexOf(0.1)) == -1);
  CHECK(Index(floats.IndexOf(0.1f)) == 0);
  CHECK(Index(floats.IndexOf(0.5)) == 1);
  const Float16Array halves = *Float16Array::From({0.1, 65504});
  CHECK(Index(halves.IndexOf(0.1)) == -1);
  CHECK(Index(halves.IndexOf(Float16(0.1))) == 0);
  CHECK(Index(halves.IndexOf(65505)) == -1);
  const Uint8ClampedArray clamped = *Uint8ClampedArray::From({300, 2});
  CHECK(Index(clamped.IndexOf(300)) == -1);
  CHECK(Index(clamped.IndexOf(255)) == 0);
}

TEST_CASE("BigInt elements are compared with integers, whatever their sign") {
  const BigInt64Array array = *BigInt64Array::From({-1, kLeast, 5});
  CHECK(Index(array.IndexOf(-1)) == 0);
  CHECK(Index(array.IndexOf(UINT64_MAX)) == -1);
  CHECK(Index(array.IndexOf(kLeast)) == 1);
  CHECK(Index(array.IndexOf(std::uint64_t{1} << 63)) == -1);
  const BigUint64Array unsigned_array = *BigUint64Array::From({-1});
  CHECK(Index(unsigned_array.IndexOf(UINT64_MAX)) == 0);
  CHECK(Index(unsigned_array.IndexOf(-1)) == -1);
  static_assert(!std::constructible_from<internal::SoughtElement<std::int64_t>, double>);
}

TEST_CASE_TEMPLATE("NaN is included, and has no index; the zeroes are the same", T, Float16, float,
                   double) {
  const TypedArray<T> array = *TypedArray<T>::From({1, kNan, -0.0});
  CHECK(Index(array.IndexOf(kNan)) == -1);
  CHECK(Index(array.LastIndexOf(kNan)) == -1);
  CHECK(*array.Includes(kNan));
  CHECK_FALSE(*array.Includes(kNan, 2));
  CHECK(Index(array.IndexOf(0)) == 2);
  CHECK(*array.Includes(0));
  CHECK_FALSE(*TypedArray<T>::From({1, 2})->Includes(kNan));
}

TEST_CASE("Find and its kin call the predicate in order, until it is true") {
  const Int32Array array = *Int32Array::From({5, 12, 8, 130, 44});
  std::vector<std::size_t> seen;
  const auto above_ten = [&](std::int32_t element, std::size_t index) {
    seen.push_back(index);
    return element > 10;
  };
  const auto never = [](std::int32_t) { return false; };
  CHECK(*array.Find(above_ten) == 12);
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{0, 1});
  CHECK(Index(array.FindIndex(above_ten)) == 1);
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{0, 1});
  CHECK(*array.FindLast(above_ten) == 44);
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{4});
  CHECK(Index(array.FindLastIndex([](int n) { return n < 10; })) == 2);
  CHECK(*array.Some(above_ten));
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{0, 1});
  CHECK_FALSE(*array.Every(above_ten));
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{0});
  CHECK(*array.Every([](int n) { return n > 0; }));
  CHECK(*array.Find(never) == std::nullopt);
  CHECK(Index(array.FindIndex(never)) == -1);
  CHECK(*array.FindLast(never) == std::nullopt);
  CHECK(Index(array.FindLastIndex(never)) == -1);
  CHECK_FALSE(*array.Some(never));
  CHECK(*Int32Array::Create(0)->Every(never));
}

TEST_CASE("ForEach, Reduce and ReduceRight visit all") {
  const Int32Array array = *Int32Array::From({1, 2, 3});
  std::int32_t sum = 0;
  CHECK(array.ForEach([&](std::int32_t element) { sum += element; }).ok());
  CHECK(sum == 6);
  const auto append = [](std::string text, std::int32_t element, std::size_t index) {
    return text + std::to_string(element) + "@" + std::to_string(index) + " ";
  };
  CHECK(*array.Reduce(std::string(), append) == "1@0 2@1 3@2 ");
  CHECK(*array.ReduceRight(std::string(), append) == "3@2 2@1 1@0 ");
  CHECK(*array.Reduce(0, [](int a, int b) { return a * 10 + b; }) == 123);
  CHECK(*Int32Array::Create(0)->Reduce(7, [](int, int) { return 0; }) == 7);
}

TEST_CASE("What a predicate makes disappear is skipped") {
  ArrayBuffer buffer = *ArrayBuffer::Create(5, {.max_byte_length = 5});
  const Uint8Array array = *Uint8Array::Over(buffer);
  const auto shrink_at = [&](std::size_t at, std::size_t to, std::vector<std::size_t>& seen) {
    return [&buffer, &seen, at, to](std::uint8_t, std::size_t index) {
      seen.push_back(index);
      if (index == at) CHECK(buffer.Resize(to).ok());
      return false;
    };
  };
  std::vector<std::size_t> seen;
  CHECK(Index(array.FindIndex(shrink_at(1, 3, seen))) == -1);
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{0, 1, 2});
  CHECK(buffer.Resize(5).ok());
  CHECK(Index(array.FindLastIndex(shrink_at(4, 2, seen))) == -1);
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{4, 1, 0});
  CHECK(buffer.Resize(1).ok());
  // What it makes appear is not visited.
  CHECK(Index(array.FindIndex(shrink_at(0, 5, seen))) == -1);
  CHECK(std::exchange(seen, {}) == std::vector<std::size_t>{0});
  int calls = 0;
  CHECK(array
            .ForEach([&](std::uint8_t) {
              if (++calls == 2) CHECK(buffer.Transfer().ok());
            })
            .ok());
  CHECK(calls == 2);
}

}  // namespace
}  // namespace sabre
