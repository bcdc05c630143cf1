// The members of TypedArray that make new arrays: values. Errors are in typed_array_bounds_test.cc.
#include "sabre/memory/typed_array_copy.h"

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"
#include "tests/memory/array_helpers.h"

namespace sabre {
namespace {

using test::Elements;
using test::kLeast;
using test::kMost;
using test::Numbers;

std::vector<Int16Array> OfBothKinds(std::initializer_list<ElementArgument<std::int16_t>> numbers) {
  const Int16Array unshared = *Int16Array::From(numbers);
  const Int16Array shared = *Int16Array::Over(*SharedArrayBuffer::Create(numbers.size() * 2));
  CHECK(shared.Set(unshared).ok());
  return {unshared, shared};
}

TEST_CASE("From makes an array of numbers, of a range, of another array") {
  CHECK(Elements(Uint8Array::From({1, 258.9, -1})) == Numbers{1, 2, 255});
  CHECK(Elements(Uint8Array::From({})) == Numbers{});
  CHECK(Elements(Int32Array::From(std::vector<double>{1.5, -2.5})) == Numbers{1, -2});
  CHECK(Elements(BigInt64Array::From(std::array{3, 4, 5})) == Numbers{3, 4, 5});
  const Int16Array source = *Int16Array::From({1, -2, 300});
  CHECK(Elements(Uint8Array::From(source)) == Numbers{1, 254, 44});
  CHECK(Elements(Int16Array::From(source)) == Numbers{1, -2, 300});
  CHECK(Int16Array::From(source)->buffer().block() != source.buffer().block());
  CHECK(Uint8ClampedArray::From(source)->Get(2) == 255);
}

TEST_CASE("Slice and Subarray clamp their positions and count from the end") {
  const struct {
    std::int64_t start;
    std::optional<std::int64_t> end;
    Numbers result;
  } cases[] = {{0, std::nullopt, {1, 2, 3, 4}},
               {1, 3, {2, 3}},
               {-2, std::nullopt, {3, 4}},
               {-3, -1, {2, 3}},
               {2, 2, {}},
               {3, 1, {}},
               {kLeast, kMost, {1, 2, 3, 4}},
               {kMost, kMost, {}},
               {4, std::nullopt, {}},
               {0, kLeast, {}}};
  for (const auto& c : cases) {
    for (const Int16Array& array : OfBothKinds({1, 2, 3, 4})) {
      CAPTURE(c.start);
      const absl::StatusOr<Int16Array> slice = array.Slice(c.start, c.end);
      CHECK(Elements(slice) == c.result);
      CHECK_FALSE(slice->shared());
      const absl::StatusOr<Int16Array> part = array.Subarray(c.start, c.end);
      CHECK(Elements(part) == c.result);
      CHECK(part->buffer() == array.buffer());
      // A slice is a copy, a subarray is not.
      CHECK(array.Fill(9).ok());
      CHECK(Elements(slice) == c.result);
      CHECK(Elements(part) == Numbers(c.result.size(), 9));
    }
  }
}

TEST_CASE("A subarray of a subarray begins where both say") {
  const Int16Array array = *Int16Array::Over(*ArrayBuffer::Create(20), 4);
  const Int16Array part = *array.Subarray(2)->Subarray(1, 3);
  CHECK(part.byte_offset() == 10);
  CHECK(part.size() == 2);
}

TEST_CASE("Without an end, a subarray of a length-tracking view is one too") {
  ArrayBuffer buffer = *ArrayBuffer::Create(4, {.max_byte_length = 8});
  const Uint8Array tracking = *Uint8Array::Over(buffer, 1);
  const Uint8Array rest = *tracking.Subarray(1);
  const Uint8Array ended = *tracking.Subarray(1, 3);
  const Uint8Array of_fixed = *Uint8Array::Over(buffer, 0, 3)->Subarray(1);
  CHECK(rest.length_tracking());
  CHECK_FALSE(ended.length_tracking());
  CHECK_FALSE(of_fixed.length_tracking());
  CHECK(buffer.Resize(8).ok());
  CHECK(rest.size() == 6);
  CHECK(ended.size() == 2);
  CHECK(of_fixed.size() == 2);
}

TEST_CASE("With replaces one element in a copy") {
  for (const Int16Array& array : OfBothKinds({1, 2, 3})) {
    CHECK(Elements(array.With(0, 9)) == Numbers{9, 2, 3});
    CHECK(Elements(array.With(-1, 65536 + 7.5)) == Numbers{1, 2, 7});
    CHECK(Elements(array.With(-3, 0)) == Numbers{0, 2, 3});
    CHECK(Elements(array) == Numbers{1, 2, 3});
    for (const std::int64_t index : {std::int64_t{3}, std::int64_t{-4}, kLeast, kMost}) {
      CHECK(absl::IsOutOfRange(array.With(index, 1).status()));
    }
    CHECK(array.With(-4, 1).status() ==
          absl::OutOfRangeError("Int16Array: index -4 is not within the length 3"));
  }
}

TEST_CASE("ToSorted and ToReversed leave the array alone") {
  for (const Int16Array& array : OfBothKinds({3, -1, 2})) {
    CHECK(Elements(array.ToSorted()) == Numbers{-1, 2, 3});
    CHECK(Elements(array.ToSorted(std::greater<>())) == Numbers{3, 2, -1});
    CHECK(Elements(array.ToSorted([](int a, int b) { return b - a; })) == Numbers{3, 2, -1});
    CHECK(Elements(array.ToReversed()) == Numbers{2, -1, 3});
    CHECK(Elements(array) == Numbers{3, -1, 2});
    CHECK_FALSE(array.ToSorted()->shared());
  }
}

TEST_CASE("Map and Filter") {
  for (const Int16Array& array : OfBothKinds({3, -1, 2})) {
    CHECK(Elements(array.Map([](int n) { return n * 2.9; })) == Numbers{8, -2, 5});
    CHECK(Elements(array.Map([](int n, std::size_t i) { return n + 100 * static_cast<int>(i); })) ==
          Numbers{3, 99, 202});
    CHECK(Elements(array.Filter([](int n) { return n > 0; })) == Numbers{3, 2});
    CHECK(Elements(array.Filter([](int, std::size_t i) { return i == 1; })) == Numbers{-1});
    CHECK(Elements(array.Filter([](int) { return false; })) == Numbers{});
  }
}

TEST_CASE("Elements of a type of their own keep their bits") {
  const Float16Array array = *Float16Array::Create(2);
  const Uint16Array bits = *Uint16Array::Over(array.buffer());
  bits.Set(0, 0x7d01);  // a NaN that signals
  CHECK(Uint16Array::Over(array.Slice()->buffer())->Get(0) == 0x7d01);
  CHECK(Uint16Array::Over(array.ToReversed()->buffer())->Get(1) == 0x7d01);
  CHECK(Uint16Array::Over(array.With(1, 1)->buffer())->Get(0) == 0x7d01);
}

TEST_CASE("What a function makes disappear is 0 in a map, and not in a filter's result") {
  ArrayBuffer buffer = *ArrayBuffer::Create(4, {.max_byte_length = 4});
  const Uint8Array array = *Uint8Array::Over(buffer);
  CHECK(array.Set(Numbers{1, 2, 3, 4}).ok());
  CHECK(Elements(array.Map([&](int n) {
          CHECK(buffer.Resize(2).ok());
          return n * 10;
        })) == Numbers{10, 20, 0, 0});
  CHECK(buffer.Resize(4).ok());
  CHECK(Elements(array.Filter([&](int) { return buffer.Transfer().ok(); })) == Numbers{1});
}

}  // namespace
}  // namespace sabre
