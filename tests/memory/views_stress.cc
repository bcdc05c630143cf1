// Races on purpose, through views of several types: every value that is read is one that somebody
// wrote, and ThreadSanitizer has nothing to say.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

// Every element that is written has one byte repeated all over, in [1, 60]: no NaN, and a mixture
// of two shows.
constexpr unsigned kBytes = 60;

template <class T>
T Repeated(unsigned byte) {
  T element;
  std::memset(static_cast<void*>(&element), static_cast<int>(byte), sizeof element);
  return element;
}
template <class T>
bool IsWhole(T element) {
  unsigned char bytes[sizeof element];
  std::memcpy(bytes, &element, sizeof element);
  return bytes[0] <= kBytes &&
         std::all_of(bytes, bytes + sizeof element, [&](unsigned char b) { return b == bytes[0]; });
}

// The three types of one size.
template <class Integer, class Unsigned, class Float>
struct OneSize {
  using I = Integer;
  using U = Unsigned;
  using F = Float;
};

TEST_CASE_TEMPLATE("Views of one element size: no element is torn, whatever writes it", S,
                   OneSize<std::int8_t, std::uint8_t, Uint8Clamped>,
                   OneSize<std::int16_t, std::uint16_t, Float16>,
                   OneSize<std::int32_t, std::uint32_t, float>,
                   OneSize<std::int64_t, std::uint64_t, double>) {
  using I = typename S::I;
  using U = typename S::U;
  using F = typename S::F;
  // Short, and long enough for the fastest ways of copying and filling.
  for (const std::size_t count : {std::size_t{23}, std::size_t{1021}}) {
    const std::size_t size = sizeof(I);
    const SharedArrayBuffer buffer = *SharedArrayBuffer::Create((count + 1) * size);
    const auto bounded = [&](auto& random) { return static_cast<std::int64_t>(random() % count); };
    const int rounds = test::Rounds(static_cast<int>(20'000 / count)) + 1;

    const auto set = [&] {
      const TypedArray<U> view = *TypedArray<U>::Over(buffer, size);
      std::mt19937 random(1);
      for (int i = 0; i < rounds * 20; ++i) {
        view.Set(random() % count, Repeated<U>(1 + random() % kBytes));
        view.begin()[bounded(random)] = Repeated<U>(1 + random() % kBytes);
      }
    };
    const auto fill = [&] {
      const TypedArray<F> view = *TypedArray<F>::Over(buffer, size);
      std::mt19937 random(2);
      for (int i = 0; i < rounds; ++i) {
        CHECK(view.Fill(Repeated<F>(1 + random() % kBytes), bounded(random), bounded(random)).ok());
      }
    };
    const auto copy = [&] {
      const TypedArray<I> view = *TypedArray<I>::Over(buffer, size);
      // Not aligned alike to whole words.
      const TypedArray<I> other = *TypedArray<I>::Over(buffer, 0, count);
      std::mt19937 random(3);
      for (int i = 0; i < rounds; ++i) {
        CHECK(view.CopyWithin(bounded(random), bounded(random), bounded(random)).ok());
        CHECK(view.Set(other).ok());
        CHECK(other.Set(view).ok());
        const TypedArray<I> slice = *view.Slice();
        CHECK(std::all_of(slice.begin(), slice.end(), [](I e) { return IsWhole<I>(e); }));
      }
    };
    const auto order = [&] {
      const TypedArray<F> view = *TypedArray<F>::Over(buffer);
      for (int i = 0; i < rounds / 4 + 1; ++i) {
        CHECK(view.Sort().ok());
        CHECK(view.Reverse().ok());
        CHECK(view.Sort([](F a, F b) { return b < a; }).ok());
        std::reverse(view.begin(), view.end());
      }
    };
    const auto read = [&] {
      const TypedArray<I> view = *TypedArray<I>::Over(buffer);
      const DataView data = *DataView::Over(buffer);
      std::size_t torn = 0;
      for (int i = 0; i < rounds; ++i) {
        for (std::size_t k = 0; k < count; ++k) {
          torn += !IsWhole<I>(view.Get(k));
          // Aligned, so whole.
          torn += !IsWhole<U>(data.Get<U>(k * size));
        }
        torn += !IsWhole<I>(*std::max_element(view.begin(), view.end()));
        data.Set<U>(size * (static_cast<std::size_t>(i) % count), Repeated<U>(7), i % 2 == 0);
      }
      CHECK(torn == 0);
    };
    test::Together({set, fill, copy, order, read, read});
  }
}

TEST_CASE("Views of all sizes at once: each byte is one that somebody wrote") {
  constexpr std::size_t kSize = 1024;
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(kSize);
  const int rounds = test::Rounds(300);
  const auto write = [&](auto type, unsigned byte) {
    using T = decltype(type);
    return [&, byte] {
      const TypedArray<T> view = *TypedArray<T>::Over(buffer);
      const DataView data = *DataView::Over(buffer);
      std::mt19937 random(byte);
      for (int i = 0; i < rounds; ++i) {
        view.Set(random() % view.size(), Repeated<T>(byte));
        data.Set<T>(random() % (kSize - sizeof(T) + 1), Repeated<T>(byte), i % 2 == 0);
        const auto from = static_cast<std::int64_t>(random() % view.size());
        const auto to = static_cast<std::int64_t>(random() % view.size());
        CHECK(view.CopyWithin(to, from, from + 40).ok());
        if (i % 8 == 0) CHECK(view.Fill(Repeated<T>(byte), from, to).ok());
        // The bytes of another thread's elements, at any place.
        const T element = data.Get<T>(random() % (kSize - sizeof(T) + 1));
        unsigned char bytes[sizeof(T)];
        std::memcpy(bytes, &element, sizeof element);
        CHECK(std::all_of(bytes, bytes + sizeof(T), [](unsigned char b) { return b <= 6; }));
      }
    };
  };
  const auto convert = [&] {
    const Uint8Array bytes = *Uint8Array::Over(buffer, 0, 128);
    const Int8Array signs = *Int8Array::Over(buffer, 512);
    for (int i = 0; i < rounds; ++i) {
      CHECK(signs.Set(bytes, static_cast<std::size_t>(i) % 256).ok());
      CHECK(bytes.Reverse().ok());
      atomics::Exchange(signs, 3, 2);
      CHECK(atomics::Load(bytes, 5) <= 6);
    }
  };
  test::Together({write(std::int8_t{}, 1), write(std::int16_t{}, 2), write(float{}, 3),
                  write(std::uint64_t{}, 4), write(Float16{}, 5), convert});
  const Uint8Array all = *Uint8Array::Over(buffer);
  CHECK(*std::max_element(all.begin(), all.end()) <= 6);
}

TEST_CASE("Views that track a growing buffer") {
  constexpr std::size_t kMax = 64 * 1024;
  for (int round = 0; round < test::Rounds(10); ++round) {
    const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(8, {.max_byte_length = kMax});
    const auto grow = [own = buffer]() mutable {
      for (std::size_t length = 8; length <= kMax; length += 504) CHECK(own.Grow(length).ok());
      CHECK(own.Grow(kMax).ok());
    };
    const auto use = [&](unsigned byte) {
      return [&, byte] {
        const Uint32Array view = *Uint32Array::Over(buffer, 4);
        const DataView data = *DataView::Over(buffer);
        std::size_t before = 0;
        do {
          before = view.size();
          CHECK(view.Fill(Repeated<std::uint32_t>(byte), -100).ok());
          CHECK(view.CopyWithin(0, -50).ok());
          CHECK(view.Includes(0).ok());
          data.Set<std::uint32_t>(data.byte_length() - 4, 0);
          view.begin()[static_cast<std::ptrdiff_t>(view.size()) - 1] =
              Repeated<std::uint32_t>(byte);
          CHECK(view.Subarray(-10)->Sort().ok());
          // Each word is whole but where the DataView, at the odd end of the buffer, has written.
          for (const std::uint32_t element : view) {
            if (element != 0 && !IsWhole(element)) FAIL_CHECK("torn: " << element);
          }
          CHECK(view.size() >= before);
        } while (before < kMax / 4 - 1);
      };
    };
    test::Together({grow, use(1), use(2)});
  }
}

}  // namespace
}  // namespace sabre
