// The members of TypedArray that write many elements: values. Errors are in
// typed_array_bounds_test.cc.
#include "sabre/memory/typed_array_change.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <optional>
#include <span>
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

template <class T>
std::vector<double> Doubles(const TypedArray<T>& array) {
  std::vector<double> numbers;
  for (const T element : array) numbers.push_back(static_cast<double>(element));
  return numbers;
}

// The numbers 0, 1, 2, … over both kinds of buffers.
std::vector<Uint8Array> Counting(std::size_t count) {
  std::vector<Uint8Array> arrays = {*Uint8Array::Create(count),
                                    *Uint8Array::Over(*SharedArrayBuffer::Create(count))};
  for (const Uint8Array& array : arrays) {
    for (std::size_t i = 0; i < count; ++i) array.Set(i, i);
  }
  return arrays;
}

TEST_CASE("CopyWithin clamps its positions, counts from the end, and copes with overlap") {
  const struct {
    std::int64_t target, start;
    std::optional<std::int64_t> end;
    std::vector<double> result;
  } cases[] = {
      {0, 3, std::nullopt, {3, 4, 2, 3, 4}},
      {1, 0, 3, {0, 0, 1, 2, 4}},
      {0, 1, 4, {1, 2, 3, 3, 4}},
      {1, 0, std::nullopt, {0, 0, 1, 2, 3}},
      {-2, 0, std::nullopt, {0, 1, 2, 0, 1}},
      {0, -2, -1, {3, 1, 2, 3, 4}},
      {-4, -3, -2, {0, 2, 2, 3, 4}},
      {kLeast, kLeast, kMost, {0, 1, 2, 3, 4}},
      {kMost, 0, std::nullopt, {0, 1, 2, 3, 4}},
      {0, 4, 2, {0, 1, 2, 3, 4}},
      {0, kMost, kMost, {0, 1, 2, 3, 4}},
      {3, 0, std::nullopt, {0, 1, 2, 0, 1}},
  };
  for (const auto& c : cases) {
    for (const Uint8Array& array : Counting(5)) {
      CHECK(array.CopyWithin(c.target, c.start, c.end).ok());
      CHECK(Doubles(array) == c.result);
    }
  }
}

TEST_CASE("Fill clamps its positions and converts its value") {
  const struct {
    std::int64_t start;
    std::optional<std::int64_t> end;
    std::vector<double> result;
  } cases[] = {{0, std::nullopt, {9, 9, 9, 9}},
               {1, 3, {0, 9, 9, 3}},
               {-3, -1, {0, 9, 9, 3}},
               {kLeast, kMost, {9, 9, 9, 9}},
               {3, 1, {0, 1, 2, 3}},
               {4, std::nullopt, {0, 1, 2, 3}},
               {0, kLeast, {0, 1, 2, 3}},
               {kMost, kMost, {0, 1, 2, 3}},
               {2, std::nullopt, {0, 1, 9, 9}}};
  for (const auto& c : cases) {
    for (const Uint8Array& array : Counting(4)) {
      CHECK(array.Fill(265.9, c.start, c.end).ok());
      CHECK(Doubles(array) == c.result);
    }
  }
}

TEST_CASE_TEMPLATE("Fill writes elements of every type", T, std::int8_t, Uint8Clamped, std::int16_t,
                   std::uint32_t, Float16, float, double, std::int64_t, std::uint64_t) {
  // Enough for every way of filling.
  const TypedArray<T> array = *TypedArray<T>::Create(3000);
  CHECK(array.Fill(77, 1, -1).ok());
  CHECK(array.Get(0) == T());
  CHECK(*array.Every(
      [&](T element, std::size_t i) { return element == (i == 0 || i == 2999 ? T() : T(77)); }));
}

TEST_CASE("Set copies from another view, with conversion") {
  const Float64Array source = *Float64Array::From({257.5, -1, 0.5, 1e300, 70000});
  const auto converted = [&](auto target) {
    CHECK(target.Set(source, 1).ok());
    return Doubles(target);
  };
  const double inf = std::numeric_limits<double>::infinity();
  CHECK(converted(*Uint8Array::Create(6)) == std::vector<double>{0, 1, 255, 0, 0, 112});
  CHECK(converted(*Uint8ClampedArray::Create(7)) == std::vector<double>{0, 255, 0, 0, 255, 255, 0});
  CHECK(converted(*Int16Array::Create(6)) == std::vector<double>{0, 257, -1, 0, 0, 4464});
  CHECK(converted(*Float16Array::Create(6)) == std::vector<double>{0, 257.5, -1, 0.5, inf, inf});
  CHECK(converted(*Float32Array::Create(6)) == std::vector<double>{0, 257.5, -1, 0.5, inf, 70000});
  // From the types that are not numbers of C++ too.
  const Float64Array doubles = *Float64Array::Create(2);
  CHECK(doubles.Set(*Uint8ClampedArray::From({300, 1.5})).ok());
  CHECK(Doubles(doubles) == std::vector<double>{255, 2});
  CHECK(doubles.Set(*Float16Array::From({0.5, -0.0})).ok());
  CHECK(doubles.Get(0) == 0.5);
  CHECK(std::signbit(doubles.Get(1)));
  const BigUint64Array big = *BigUint64Array::Create(1);
  CHECK(big.Set(*BigInt64Array::From({-1})).ok());
  CHECK(big.Get(0) == UINT64_MAX);
}

template <class T, class U>
concept CanSet = requires(const TypedArray<T>& target, const TypedArray<U>& source) {
  target.Set(source);
};
static_assert(CanSet<std::int64_t, std::uint64_t> && CanSet<float, std::uint8_t>);
static_assert(!CanSet<std::int64_t, double> && !CanSet<double, std::uint64_t>);
static_assert(!CanSet<std::uint32_t, std::int64_t>);

TEST_CASE("Set within one buffer gives what a copy of the source would have given") {
  for (int shared = 0; shared < 2; ++shared) {
    // Every pair of places of four source and four target elements.
    for (std::size_t from = 0; from <= 12; ++from) {
      for (std::size_t to = 0; to <= 3; ++to) {
        const BufferHandle buffer = shared != 0 ? BufferHandle(*SharedArrayBuffer::Create(32))
                                                : BufferHandle(*ArrayBuffer::Create(32));
        const Uint8Array bytes = *Uint8Array::Over(buffer);
        for (std::size_t i = 0; i < 32; ++i) bytes.Set(i, i * 9);
        const Uint8Array source = *Uint8Array::Over(buffer, from, 4);
        const std::vector<double> before = Doubles(source);
        // Elements of another size.
        const Int32Array words = *Int32Array::Over(buffer, 4, 7);
        CHECK(words.Set(source, to).ok());
        for (std::size_t i = 0; i < 4; ++i) CHECK(words.Get(to + i) == before[i]);
        // Of the same type.
        const std::vector<double> all = Doubles(bytes);
        CHECK(bytes.Set(source, from + to).ok());
        for (std::size_t i = 0; i < 4; ++i) CHECK(bytes.Get(from + to + i) == all[from + i]);
      }
    }
  }
}

TEST_CASE("Set copies ranges of numbers") {
  const Uint8Array array = *Uint8Array::Create(5);
  CHECK(array.Set(std::vector<double>{1.9, 258}).ok());
  CHECK(array.Set(std::vector<int>{-1}, 2).ok());
  CHECK(array.Set(std::list<std::uint64_t>{256 + 7}, 3).ok());
  const std::int16_t raw[] = {300};
  CHECK(array.Set(std::span<const std::int16_t>(raw), 4).ok());
  CHECK(Doubles(array) == std::vector<double>{1, 2, 255, 7, 44});
  CHECK(array.Set(std::vector<bool>{true}).ok());
  CHECK(array.Set(std::vector<double>(), 5).ok());
  const Float16Array halves = *Float16Array::Create(2);
  CHECK(halves.Set(std::vector<Float16>{Float16(1.5), Float16(2.5)}).ok());
  CHECK(Doubles(halves) == std::vector<double>{1.5, 2.5});
}

TEST_CASE("Set says what does not fit") {
  const Int16Array target = *Int16Array::Create(4);
  const Int16Array three = *Int16Array::From({1, 2, 3});
  CHECK(target.Set(three, 1).ok());
  const absl::Status too_long = target.Set(three, 2);
  CHECK(too_long == absl::OutOfRangeError(
                        "Int16Array: 3 elements do not fit at target_offset 2 into the length 4"));
  CHECK(absl::IsOutOfRange(target.Set(three, SIZE_MAX)));
  CHECK(absl::IsOutOfRange(target.Set(*Int16Array::Create(0), 5)));
  CHECK(target.Set(*Int16Array::Create(0), 4).ok());
  CHECK(absl::IsOutOfRange(target.Set(std::vector<int>(5))));
  CHECK(absl::IsOutOfRange(target.Set(std::vector<int>(), 5)));
  CHECK(Doubles(target) == std::vector<double>{0, 1, 2, 3});
}

// The numbers 1 to 4; before the second one is looked at, the buffer has two bytes left.
struct Shrinking {
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const {
      if (i == 1) CHECK(buffer->Resize(2).ok());
      return i + 1;
    }
    Iterator& operator++() {
      ++i;
      return *this;
    }
    Iterator operator++(int) { return {buffer, i++}; }
    bool operator==(const Iterator& other) const { return i == other.i; }
    ArrayBuffer* buffer;
    int i;
  };
  Iterator begin() const { return {buffer, 0}; }
  Iterator end() const { return {buffer, 4}; }
  std::size_t size() const { return 4; }
  ArrayBuffer* buffer;
};

TEST_CASE("What a computed range makes disappear is not written") {
  ArrayBuffer buffer = *ArrayBuffer::Create(4, {.max_byte_length = 4});
  const Uint8Array array = *Uint8Array::Over(buffer);
  const Shrinking shrinking{&buffer};
  CHECK(array.Set(shrinking).ok());
  CHECK(Doubles(array) == std::vector<double>{1, 2});
  CHECK(buffer.Resize(4).ok());
  CHECK(Doubles(array) == std::vector<double>{1, 2, 0, 0});
}

TEST_CASE("Reverse") {
  for (const std::size_t count : {0, 1, 2, 5, 6}) {
    for (const Uint8Array& array : Counting(count)) {
      CHECK(array.Reverse().ok());
      for (std::size_t i = 0; i < count; ++i) CHECK(array.Get(i) == count - 1 - i);
    }
  }
}

TEST_CASE_TEMPLATE("Sort puts -0 before 0 and NaN last, over both kinds of buffers", T, Float16,
                   float, double) {
  const TypedArray<T> numbers = *TypedArray<T>::From(
      {3, kNan, -0.0, -1, 0.0, -std::numeric_limits<double>::infinity(), -0.0, -kNan, 1});
  const TypedArray<T> shared = *TypedArray<T>::Over(*SharedArrayBuffer::Create(9 * sizeof(T)));
  CHECK(shared.Set(numbers).ok());
  for (const TypedArray<T>& array : {numbers, shared}) {
    CHECK(array.Sort().ok());
    std::vector<double> sorted = Doubles(array);
    CHECK(sorted[0] == -std::numeric_limits<double>::infinity());
    CHECK(sorted[1] == -1);
    for (std::size_t i = 2; i < 5; ++i) {
      CHECK(sorted[i] == 0);
      CHECK(std::signbit(sorted[i]) == (i < 4));
    }
    CHECK(sorted[5] == 1);
    CHECK(sorted[6] == 3);
    CHECK(std::isnan(sorted[7]));
    CHECK(std::isnan(sorted[8]));
  }
}

TEST_CASE_TEMPLATE("Sort sorts by value", T, std::int8_t, std::uint8_t, Uint8Clamped, std::int16_t,
                   std::uint32_t, std::int64_t, std::uint64_t) {
  const TypedArray<T> unshared = *TypedArray<T>::Create(1000);
  const TypedArray<T> shared = *TypedArray<T>::Over(*SharedArrayBuffer::Create(1000 * sizeof(T)));
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < 1000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    unshared.Set(i, state);
  }
  CHECK(shared.Set(unshared).ok());
  std::vector<T> expected(unshared.begin(), unshared.end());
  std::sort(expected.begin(), expected.end());
  for (const TypedArray<T>& array : {unshared, shared}) {
    CHECK(array.Sort().ok());
    CHECK(std::equal(expected.begin(), expected.end(), array.ConstSpan().begin()));
  }
}

TEST_CASE("Sort takes an order as C++ or as JavaScript has it, and is stable") {
  for (const Uint8Array& array : Counting(9)) {
    CHECK(array.Sort(std::greater<>()).ok());
    CHECK(Doubles(array) == std::vector<double>{8, 7, 6, 5, 4, 3, 2, 1, 0});
    CHECK(array.Sort([](int a, int b) { return a - b; }).ok());
    CHECK(Doubles(array) == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8});
    CHECK(array.Sort([](int a, int b) { return b % 3 - a % 3 + 0.0; }).ok());
    CHECK(Doubles(array) == std::vector<double>{2, 5, 8, 1, 4, 7, 0, 3, 6});
    CHECK(array.Sort([](int a, int b) { return a <=> b; }).ok());
    CHECK(Doubles(array) == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8});
    // NaN says equal.
    CHECK(array.Sort([](int, int) { return kNan; }).ok());
    CHECK(Doubles(array) == std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  }
}

TEST_CASE("An order that contradicts itself loses no element") {
  std::uint32_t state = 1;
  const auto random = [&](int, int) {
    state = state * 1664525 + 1013904223;
    return (state >> 16 & 1) != 0;
  };
  for (const std::size_t count : {0, 1, 2, 3, 17, 255}) {
    for (const Uint8Array& array : Counting(count)) {
      CHECK(array.Sort(random).ok());
      CHECK(array.Sort([](int, int) { return true; }).ok());
      CHECK(array.Sort().ok());
      for (std::size_t i = 0; i < count; ++i) CHECK(array.Get(i) == i);
    }
  }
}

TEST_CASE("An order may resize or detach the buffer") {
  ArrayBuffer buffer = *ArrayBuffer::Create(4, {.max_byte_length = 8});
  const Uint8Array array = *Uint8Array::Over(buffer);
  const Uint8Array fixed = *Uint8Array::Over(buffer, 0, 4);
  const auto resizing = [&](std::size_t to) {
    return [&buffer, to](int a, int b) {
      CHECK(buffer.Resize(to).ok());
      return a < b;
    };
  };
  const std::vector<int> numbers = {4, 3, 2, 1};
  CHECK(array.Set(numbers).ok());
  CHECK(array.Sort(resizing(2)).ok());
  CHECK(Doubles(array) == std::vector<double>{1, 2});
  CHECK(buffer.Resize(4).ok());
  CHECK(array.Set(numbers).ok());
  CHECK(array.Sort(resizing(6)).ok());
  CHECK(Doubles(array) == std::vector<double>{1, 2, 3, 4, 0, 0});
  CHECK(array.Set(numbers).ok());
  CHECK(fixed.Sort(resizing(3)).ok());
  // Out of bounds: nothing was written back.
  CHECK(Doubles(array) == std::vector<double>{4, 3, 2});
  CHECK(array.Sort([&](int, int) { return buffer.Transfer().ok(); }).ok());
  CHECK(buffer.detached());
}

}  // namespace
}  // namespace sabre
