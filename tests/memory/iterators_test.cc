#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <numeric>
#include <ranges>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"
#include "tests/memory/array_helpers.h"

namespace sabre {
namespace {

using test::Elements;
using test::Numbers;

static_assert(std::random_access_iterator<TypedArrayIterator<std::int32_t>>);
static_assert(std::random_access_iterator<TypedArrayIterator<Float16>>);
static_assert(std::ranges::random_access_range<const Int32Array>);
static_assert(std::ranges::sized_range<Uint8ClampedArray>);
static_assert(std::sortable<TypedArrayIterator<double>>);
static_assert(std::sortable<TypedArrayIterator<Float16>>);
static_assert(std::indirectly_writable<TypedArrayIterator<std::uint8_t>, double>);
// An iterator does not outlive the view.
static_assert(!std::ranges::borrowed_range<Int32Array>);

// The same over both kinds of buffers.
template <class T>
std::vector<TypedArray<T>> OfBothKinds(std::initializer_list<ElementArgument<T>> numbers) {
  const TypedArray<T> unshared = *TypedArray<T>::From(numbers);
  const TypedArray<T> shared =
      *TypedArray<T>::Over(*SharedArrayBuffer::Create(numbers.size() * sizeof(T)));
  CHECK(shared.Set(unshared).ok());
  return {unshared, shared};
}

TEST_CASE("The standard algorithms work on views of both kinds") {
  for (const Int32Array& array : OfBothKinds<std::int32_t>({5, 3, 9, 1, 7})) {
    CHECK(std::accumulate(array.begin(), array.end(), 0) == 25);
    CHECK(std::find(array.begin(), array.end(), 9) - array.begin() == 2);
    std::sort(array.begin(), array.end());
    CHECK(Elements(array) == Numbers{1, 3, 5, 7, 9});
    std::sort(array.begin(), array.end(), std::greater<>());
    CHECK(Elements(array) == Numbers{9, 7, 5, 3, 1});
    std::reverse(array.begin(), array.end());
    CHECK(Elements(array) == Numbers{1, 3, 5, 7, 9});
    std::rotate(array.begin(), array.begin() + 2, array.end());
    CHECK(Elements(array) == Numbers{5, 7, 9, 1, 3});
    std::stable_sort(array.begin(), array.end());
    CHECK(std::binary_search(array.begin(), array.end(), 7));
    CHECK(std::lower_bound(array.begin(), array.end(), 4) - array.begin() == 2);
    const auto kept = std::remove_if(array.begin(), array.end(), [](int n) { return n < 4; });
    CHECK(kept - array.begin() == 3);
    std::fill(array.begin(), array.end(), 2);
    std::iota(array.begin() + 1, array.end(), 10);
    CHECK(Elements(array) == Numbers{2, 10, 11, 12, 13});
    std::transform(array.begin(), array.end(), array.begin(), [](int n) { return -n; });
    CHECK(Elements(array) == Numbers{-2, -10, -11, -12, -13});
    std::vector<int> copy(3);
    std::copy(array.begin() + 1, array.begin() + 4, copy.begin());
    CHECK(copy == std::vector<int>{-10, -11, -12});
    std::copy(copy.begin(), copy.end(), array.begin());
    CHECK(Elements(array) == Numbers{-10, -11, -12, -12, -13});
    std::make_heap(array.begin(), array.end());
    std::sort_heap(array.begin(), array.end());
    CHECK(std::is_sorted(array.begin(), array.end()));
  }
}

TEST_CASE("So do those of ranges") {
  for (const Int32Array& array : OfBothKinds<std::int32_t>({5, 3, 9, 1, 7})) {
    std::ranges::sort(array);
    CHECK(Elements(array) == Numbers{1, 3, 5, 7, 9});
    std::ranges::sort(array, std::ranges::greater());
    CHECK(Elements(array) == Numbers{9, 7, 5, 3, 1});
    CHECK(*std::ranges::find(array, 5) == 5);
    CHECK(std::ranges::count_if(array, [](int n) { return n > 4; }) == 3);
    CHECK(std::ranges::max(array) == 9);
    std::ranges::reverse(array);
    std::ranges::fill(array.begin(), array.begin() + 2, 0);
    CHECK(Elements(array) == Numbers{0, 0, 5, 7, 9});
    std::ranges::swap_ranges(array.begin(), array.begin() + 2, array.begin() + 3, array.end());
    CHECK(Elements(array) == Numbers{7, 9, 5, 0, 0});
    CHECK(std::ranges::equal(array, Numbers{7, 9, 5, 0, 0}));
    CHECK(std::equal(std::reverse_iterator(array.end()), std::reverse_iterator(array.begin()),
                     Numbers{0, 0, 5, 9, 7}.begin()));
    std::int32_t sum = 0;
    for (const std::int32_t element : array) sum += element;
    CHECK(sum == 21);
    for (auto element : array) element = element + 1;
    CHECK(Elements(array) == Numbers{8, 10, 6, 1, 1});
  }
}

TEST_CASE("Elements that are classes are compared, copied and sorted too") {
  for (const Float16Array& array : OfBothKinds<Float16>({1.5, -2, 0.25})) {
    std::sort(array.begin(), array.end());
    CHECK(array.Get(0) == -2);
    CHECK(std::find(array.begin(), array.end(), Float16(1.5)) - array.begin() == 2);
    CHECK(array.begin()[0] == Float16(-2));
    std::ranges::sort(array, std::ranges::greater());
    CHECK(array.Get(0) == 1.5);
  }
  for (const Uint8ClampedArray& array : OfBothKinds<Uint8Clamped>({300, -5, 1.5})) {
    CHECK(*std::max_element(array.begin(), array.end()) == 255);
    CHECK(array.begin()[1] < array.begin()[2]);
    std::ranges::sort(array);
    CHECK(array.Get(2) == 255);
  }
}

TEST_CASE("An element that is assigned through an iterator is converted as Set does") {
  const Uint8Array array = *Uint8Array::From({257, -1, 1.9});
  CHECK(Elements(array) == Numbers{1, 255, 1});
  *array.begin() = 258;
  array.begin()[1] = 3.99;
  array.begin()[2] = array.begin()[0];
  CHECK(Elements(array) == Numbers{2, 3, 2});
}

TEST_CASE("Iterators count and compare") {
  const Int16Array array = *Int16Array::From({10, 20, 30});
  auto i = array.begin();
  CHECK(*i++ == 10);
  CHECK(*i == 20);
  CHECK(*++i == 30);
  CHECK(*i-- == 30);
  CHECK(*--i == 10);
  CHECK(*(1 + i) == 20);
  CHECK((i += 2)[-1] == 20);
  CHECK(array.end() - array.begin() == 3);
  CHECK(array.begin() - array.end() == -3);
  CHECK(array.begin() < array.end());
  CHECK(array.begin() + 3 == array.end());
  CHECK(TypedArrayIterator<std::int16_t>() == TypedArrayIterator<std::int16_t>());
  CHECK(Int16Array().begin() == Int16Array().end());
}

TEST_CASE("The end is where the view ends now") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(2, {.max_byte_length = 4});
  const Uint8Array array = *Uint8Array::Over(buffer);
  CHECK(array.end() - array.begin() == 2);
  SharedArrayBuffer handle = buffer;
  CHECK(handle.Grow(4).ok());
  CHECK(array.end() - array.begin() == 4);
}

}  // namespace
}  // namespace sabre
