// tests/memory/atomics_test.cc: every operation on every element type, over every kind of buffer.
#include "sabre/memory/atomics.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "doctest/doctest.h"

namespace sabre {
namespace {

#define SABRE_ATOMIC_ELEMENTS                                                          \
  std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, \
      std::int64_t, std::uint64_t

// Views of four elements over every kind of buffer, fixed and length-tracking.
template <class T>
std::vector<TypedArray<T>> Views() {
  constexpr std::size_t kBytes = 4 * sizeof(T);
  const BufferOptions room{.max_byte_length = kBytes + 64};
  std::vector<TypedArray<T>> views = {
      *TypedArray<T>::Over(*ArrayBuffer::Create(kBytes)),
      *TypedArray<T>::Over(*SharedArrayBuffer::Create(kBytes)),
      *TypedArray<T>::Over(*ArrayBuffer::Create(kBytes, room)),
      *TypedArray<T>::Over(*SharedArrayBuffer::Create(kBytes, room)),
      *TypedArray<T>::Over(*ArrayBuffer::Create(kBytes + 64), 8, 4),
      *TypedArray<T>::Over(*SharedArrayBuffer::Create(kBytes + 64), 8, 4),
  };
  CHECK(views[2].length_tracking());
  CHECK(views[3].length_tracking());
  return views;
}

// Patterns whose low bits differ from their high ones, and the ends of each type.
constexpr std::uint64_t kOperands[] = {0,
                                       1,
                                       0x7f,
                                       0x80,
                                       0xff,
                                       0x100,
                                       0x8000,
                                       0xffff,
                                       0x80000000,
                                       0xffffffff,
                                       0x0123456789abcdef,
                                       0x8000000000000000,
                                       0xffffffffffffffff};

TEST_CASE_TEMPLATE("Read-modify-write: the old value is returned, the new one wraps", T,
                   SABRE_ATOMIC_ELEMENTS) {
  using Operation = T (*)(const TypedArray<T>&, std::size_t, std::uint64_t);
  using TryOperation = absl::StatusOr<T> (*)(const TypedArray<T>&, std::size_t, std::uint64_t);
  struct Row {
    Operation plain, unsafe;
    TryOperation attempt;
    std::uint64_t (*result)(std::uint64_t old, std::uint64_t operand);
  };
  using V = TypedArray<T>;
  using Z = std::size_t;
  using U = std::uint64_t;
#define SABRE_ROW(Name, expression)                                                           \
  Row {                                                                                       \
    [](const V& v, Z i, U n) { return atomics::Name(v, i, n); },                              \
        [](const V& v, Z i, U n) { return atomics::Unsafe##Name(v, i, n); },                  \
        [](const V& v, Z i, U n) { return atomics::Try##Name(v, i, n); }, [](U a, U b) -> U { \
          static_cast<void>(a);                                                               \
          return expression;                                                                  \
        }                                                                                     \
  }
  const Row kRows[] = {SABRE_ROW(Add, a + b), SABRE_ROW(Sub, a - b), SABRE_ROW(And, a & b),
                       SABRE_ROW(Or, a | b),  SABRE_ROW(Xor, a ^ b), SABRE_ROW(Exchange, b)};
#undef SABRE_ROW
  for (const TypedArray<T>& view : Views<T>()) {
    for (const Row& row : kRows) {
      for (const std::uint64_t old : kOperands) {
        for (const std::uint64_t operand : kOperands) {
          const T expected = static_cast<T>(row.result(old, operand));
          for (const int form : {0, 1, 2}) {
            view.Set(2, old);
            const T returned = form == 0   ? row.plain(view, 2, operand)
                               : form == 1 ? row.unsafe(view, 2, operand)
                                           : *row.attempt(view, 2, operand);
            REQUIRE(returned == static_cast<T>(old));
            REQUIRE(view.Get(2) == expected);
          }
        }
      }
      // The neighbours are untouched.
      for (const std::size_t other : {0u, 1u, 3u}) CHECK(view.Get(other) == 0);
      CHECK(absl::IsOutOfRange(row.attempt(view, 4, 1).status()));
      CHECK(absl::IsOutOfRange(row.attempt(view, SIZE_MAX, 1).status()));
      view.Set(2, 0);
    }
  }
}

TEST_CASE_TEMPLATE("Store, load and compare-exchange", T, SABRE_ATOMIC_ELEMENTS) {
  for (const TypedArray<T>& view : Views<T>()) {
    for (const std::uint64_t value : kOperands) {
      CHECK(atomics::Store(view, 1, value) == value);  // the input, not what landed
      CHECK(view.Get(1) == static_cast<T>(value));
      CHECK(atomics::Load(view, 1) == static_cast<T>(value));
      CHECK(atomics::UnsafeLoad(view, 1) == static_cast<T>(value));
      CHECK(*atomics::TryLoad(view, 1) == static_cast<T>(value));
      CHECK(*atomics::TryStore(view, 1, value) == value);

      // The expected value is wrapped to the element before it is compared.
      CHECK(atomics::CompareExchange(view, 1, value, 5) == static_cast<T>(value));
      CHECK(view.Get(1) == 5);
      CHECK(atomics::CompareExchange(view, 1, 6, 7) == 5);
      CHECK(view.Get(1) == 5);
      CHECK(*atomics::TryCompareExchange(view, 1, 5, value) == 5);
      CHECK(view.Get(1) == static_cast<T>(value));
    }
    CHECK(atomics::TryLoad(view, 4).status() ==
          absl::OutOfRangeError(
              absl::StrCat(ViewName(TypedArray<T>::kKind), ": index 4 is not below the length 4")));
    CHECK(absl::IsOutOfRange(atomics::TryStore(view, 4, 1).status()));
    CHECK(absl::IsOutOfRange(atomics::TryCompareExchange(view, 4, 1, 1).status()));
  }
}

TEST_CASE("Store returns the integer part of a Number, whatever lands") {
  const Uint8Array bytes = *Uint8Array::Create(1);
  const Int32Array words = *Int32Array::Create(1);
  struct Case {
    double value, returned;
    int byte, word;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const Case& c : {Case{257.7, 257, 1, 257}, Case{-1.9, -1, 255, -1}, Case{0.5, 0, 0, 0},
                        Case{-0.0, 0, 0, 0}, Case{-0.9, 0, 0, 0}, Case{1e20, 1e20, 0, 1661992960},
                        Case{kInfinity, kInfinity, 0, 0}, Case{-kInfinity, -kInfinity, 0, 0},
                        Case{std::nan(""), 0, 0, 0}, Case{4294967296.5, 4294967296, 0, 0}}) {
    CAPTURE(c.value);
    CHECK(atomics::Store(bytes, 0, c.value) == c.returned);
    CHECK_FALSE(std::signbit(c.value == 0 ? atomics::Store(bytes, 0, c.value) : 0.0));
    CHECK(bytes.Get(0) == c.byte);
    CHECK(atomics::Store(words, 0, c.value) == c.returned);
    CHECK(words.Get(0) == c.word);
  }
}

TEST_CASE("Operands are converted like elements: -1 and 511 both match 255") {
  const Uint8Array bytes = *Uint8Array::Create(1);
  for (const double same : {255.0, -1.0, 511.0, 255.9, -1.5, 4294967295.0}) {
    bytes.Set(0, 255);
    CHECK(atomics::CompareExchange(bytes, 0, same, 7) == 255);
    CHECK(bytes.Get(0) == 7);
  }
  bytes.Set(0, 250);
  CHECK(atomics::Add(bytes, 0, 3.9) == 250);
  CHECK(bytes.Get(0) == 253);
  CHECK(atomics::Add(bytes, 0, std::nan("")) == 253);
  CHECK(bytes.Get(0) == 253);
}

TEST_CASE("The weaker orders, by name, do the same to one thread") {
  using enum atomics::Order;
  for (const Int32Array& view : Views<std::int32_t>()) {
    CHECK(atomics::Store<kRelaxed>(view, 0, 1) == 1);
    CHECK(*atomics::TryStore<kRelease>(view, 0, 2) == 2);
    CHECK(atomics::Load<kRelaxed>(view, 0) == 2);
    CHECK(*atomics::TryLoad<kAcquire>(view, 0) == 2);
    CHECK(atomics::Add<kRelaxed>(view, 0, 1) == 2);
    CHECK(atomics::Sub<kAcquire>(view, 0, 1) == 3);
    CHECK(atomics::And<kRelease>(view, 0, 3) == 2);
    CHECK(atomics::Or<kAcqRel>(view, 0, 8) == 2);
    CHECK(atomics::Xor<kRelaxed>(view, 0, 1) == 10);
    CHECK(atomics::Exchange<kAcqRel>(view, 0, 5) == 11);
    CHECK(atomics::CompareExchange<kRelease>(view, 0, 5, 6) == 5);
    CHECK(atomics::CompareExchange<kAcqRel>(view, 0, 5, 7) == 6);
    CHECK(atomics::CompareExchange<kAcquire>(view, 0, 6, 7) == 6);
    CHECK(atomics::UnsafeCompareExchange<kRelaxed>(view, 0, 7, 8) == 7);
    CHECK(atomics::Load(view, 0) == 8);
  }
}

TEST_CASE("Out of bounds and detached: every operation says so; back in bounds it works") {
  ArrayBuffer buffer = *ArrayBuffer::Create(16, {.max_byte_length = 16});
  const Int32Array fixed = *Int32Array::Over(buffer, 0, 4);
  const Int32Array tracking = *Int32Array::Over(buffer);
  REQUIRE(buffer.Resize(8).ok());
  CHECK(absl::IsFailedPrecondition(atomics::TryLoad(fixed, 0).status()));
  CHECK(absl::IsFailedPrecondition(atomics::TryStore(fixed, 0, 1).status()));
  CHECK(*atomics::TryAdd(tracking, 1, 3) == 0);
  CHECK(absl::IsOutOfRange(atomics::TryAdd(tracking, 2, 1).status()));
  REQUIRE(buffer.Resize(16).ok());
  CHECK(*atomics::TryLoad(fixed, 1) == 3);
  CHECK(*atomics::TryStore(tracking, 3, 1) == 1);
  REQUIRE(buffer.Transfer().ok());
  for (const Int32Array& view : {fixed, tracking}) {
    // A TypeError, not a RangeError, whatever the index.
    CHECK(absl::IsFailedPrecondition(atomics::TryLoad(view, 0).status()));
    CHECK(absl::IsFailedPrecondition(atomics::TryExchange(view, 9, 1).status()));
    CHECK(absl::IsFailedPrecondition(atomics::TryNotify(view, 0).status()));
  }
}

TEST_CASE("IsLockFree is known at compile time") {
  static_assert(atomics::IsLockFree(1) && atomics::IsLockFree(2));
  static_assert(atomics::IsLockFree(4) && atomics::IsLockFree(8));
  static_assert(!atomics::IsLockFree(0) && !atomics::IsLockFree(3) && !atomics::IsLockFree(16));
  atomics::Pause();  // does nothing that can be seen
}

// What JavaScript refuses with a TypeError does not compile.
template <class View>
concept HasAdd = requires(const View& view) {
  atomics::Add(view, 0, 1);
};
template <class View, class Number>
concept AddsNumber = requires(const View& view, Number number) {
  atomics::Add(view, 0, number);
  atomics::Store(view, 0, number);
  view.Set(0, number);
};
static_assert(HasAdd<Int8Array> && HasAdd<BigUint64Array>);
static_assert(!HasAdd<Uint8ClampedArray> && !HasAdd<Float16Array>);
static_assert(!HasAdd<Float32Array> && !HasAdd<Float64Array>);
static_assert(AddsNumber<Int32Array, double> && AddsNumber<BigInt64Array, long long>);
static_assert(!AddsNumber<BigInt64Array, double> && !AddsNumber<BigUint64Array, float>);

}  // namespace
}  // namespace sabre
