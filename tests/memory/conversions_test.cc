#include "sabre/memory/conversions.h"

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <string>

#include "doctest/doctest.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/typed_array.h"

namespace sabre {
namespace {

double FromHex(const std::string& bits) {
  return std::bit_cast<double>(std::uint64_t{std::stoull(bits, nullptr, 16)});
}

// What a number becomes by every way into an array, as bits of the double that comes out.
template <class T>
void CheckRow(double number, std::uint64_t expected) {
  const auto bits = [](T element) {
    return std::bit_cast<std::uint64_t>(static_cast<double>(element));
  };
  CHECK(bits(ToElement<T>(number)) == expected);
  CHECK(bits(ElementArgument<T>(number).value()) == expected);
  for (const BufferHandle& buffer :
       {BufferHandle(*ArrayBuffer::Create(16)), BufferHandle(*SharedArrayBuffer::Create(16))}) {
    const TypedArray<T> array = *TypedArray<T>::Over(buffer);
    array.Set(0, number);
    CHECK(bits(array.Get(0)) == expected);
    array.begin()[1] = number;
    CHECK(bits(array.Get(1)) == expected);
    CHECK(array.Fill(number).ok());
    CHECK(bits(array.Get(0)) == expected);
    CHECK(array.Fill(0).ok());
    CHECK(array.Set(*Float64Array::From({number}), 1).ok());
    CHECK(bits(array.Get(1)) == expected);
    const DataView view = *DataView::Over(buffer);
    view.Set<T>(1, number);
    CHECK(bits(view.Get<T>(1)) == expected);
  }
}

TEST_CASE("All rows of the corpus of number conversions") {
  const std::map<std::string, void (*)(double, std::uint64_t)> types = {
      {"Int8", &CheckRow<std::int8_t>},
      {"Uint8", &CheckRow<std::uint8_t>},
      {"Uint8Clamped", &CheckRow<Uint8Clamped>},
      {"Int16", &CheckRow<std::int16_t>},
      {"Uint16", &CheckRow<std::uint16_t>},
      {"Int32", &CheckRow<std::int32_t>},
      {"Uint32", &CheckRow<std::uint32_t>},
      {"Float16", &CheckRow<Float16>},
      {"Float32", &CheckRow<float>},
      {"Float64", &CheckRow<double>}};
  const char* const source = std::getenv("SABRE_SOURCE_DIR");
  REQUIRE(source != nullptr);
  std::ifstream file(std::string(source) + "/tests/memory/data/conversions.tsv");
  REQUIRE(file.is_open());
  std::string line;
  std::getline(file, line);
  REQUIRE(line == "type\tinput_bits\tinput\texpected_bits\texpected");
  int rows = 0;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string type, input_bits, input, expected_bits;
    std::getline(fields, type, '\t');
    std::getline(fields, input_bits, '\t');
    std::getline(fields, input, '\t');
    std::getline(fields, expected_bits, '\t');
    CAPTURE(line);
    REQUIRE(types.contains(type));
    types.at(type)(FromHex(input_bits), std::uint64_t{std::stoull(expected_bits, nullptr, 16)});
    ++rows;
  }
  CHECK(rows == 560);
}

TEST_CASE("Integers beyond 2^53 and numbers beyond 2^64 are taken modulo the element's size") {
  const struct {
    double number;
    std::uint32_t element;
  } cases[] = {
      {0x1.000002p53, 0x20000000 * 2u},
      {0x1.0000000000001p63, 2048},
      {-0x1.0000000000001p63, -2048u},
      {0x1.0000000000001p64, 4096},
      {-0x1.0000000000001p64, -4096u},
      {0x1p80, 0},
      {0x1.fffffffffffffp83, 0x80000000},
      {0x1.fffffffffffffp84, 0},
      {1e300, 0},
      {std::numeric_limits<double>::max(), 0},
      {std::numeric_limits<double>::denorm_min(), 0},
      {-0.9999, 0},
      {4294967296.5, 0},
      {-4294967297.5, -1u},
  };
  for (const auto& c : cases) {
    CAPTURE(c.number);
    CHECK(ToElement<std::uint32_t>(c.number) == c.element);
    CHECK(ToElement<std::int32_t>(c.number) == static_cast<std::int32_t>(c.element));
    CHECK(ToElement<std::uint8_t>(c.number) == static_cast<std::uint8_t>(c.element));
  }
}

TEST_CASE("Random numbers are taken modulo 2^32 as exact arithmetic does") {
  std::uint64_t state = 1;
  for (int i = 0; i < 100'000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const double number = std::bit_cast<double>(state ^ (state >> 29));
    if (!std::isfinite(number)) continue;
    // fmod is exact, and so is the sum of what it gives and 2^32.
    double rest = std::fmod(std::trunc(number), 0x1p32);
    if (rest < 0) rest += 0x1p32;
    if (ToElement<std::uint32_t>(number) != static_cast<std::uint32_t>(rest)) {
      CAPTURE(number);
      FAIL("differs");
    }
  }
}

TEST_CASE("A BigInt is taken modulo 2^64") {
  const std::uint64_t one[] = {1};
  const std::uint64_t two_digits[] = {5, 1};
  const std::uint64_t top[] = {std::uint64_t{1} << 63};
  const std::uint64_t wide[] = {0, 0, 7};
  CHECK(ToBigUint64(false, {}) == 0);
  CHECK(ToBigUint64(true, {}) == 0);
  CHECK(ToBigUint64(false, one) == 1);
  CHECK(ToBigUint64(true, one) == UINT64_MAX);
  CHECK(ToBigInt64(true, one) == -1);
  CHECK(ToBigUint64(false, two_digits) == 5);
  CHECK(ToBigInt64(true, two_digits) == -5);
  CHECK(ToBigInt64(false, top) == INT64_MIN);
  CHECK(ToBigInt64(true, top) == INT64_MIN);
  CHECK(ToBigUint64(true, wide) == 0);
  // What is stored in a view wraps the same way.
  const BigInt64Array array = *BigInt64Array::Create(1);
  array.Set(0, std::uint64_t{1} << 63);
  CHECK(array.Get(0) == INT64_MIN);
  const BigUint64Array unsigned_array = *BigUint64Array::Over(array.buffer());
  unsigned_array.Set(0, -1);
  CHECK(array.Get(0) == -1);
}

TEST_CASE("What has no conversion does not compile") {
  static_assert(!std::constructible_from<ElementArgument<std::int64_t>, double>);
  static_assert(!std::constructible_from<ElementArgument<std::uint64_t>, float>);
  static_assert(std::constructible_from<ElementArgument<std::int64_t>, int>);
  static_assert(std::constructible_from<ElementArgument<float>, double>);
  static_assert(std::constructible_from<ElementArgument<Uint8Clamped>, bool>);
  static_assert(std::constructible_from<ElementArgument<Uint8Clamped>, char>);
  CHECK(ElementArgument<Uint8Clamped>(true).value() == 1);
}

TEST_CASE("The integer part of a number") {
  const double infinity = std::numeric_limits<double>::infinity();
  const struct {
    double number, integer;
  } cases[] = {{1.9, 1},
               {-1.9, -1},
               {0.5, 0},
               {-0.5, 0},
               {std::nan(""), 0},
               {1e300, 1e300},
               {-1e300, -1e300},
               {infinity, infinity},
               {-infinity, -infinity},
               {9007199254740993.0, 9007199254740992.0}};
  for (const auto& c : cases) {
    CHECK(ToIntegerOrInfinity(c.number) == c.integer);
    CHECK(std::signbit(ToIntegerOrInfinity(c.number)) == (c.integer < 0));
  }
  CHECK_FALSE(std::signbit(ToIntegerOrInfinity(-0.0)));
}

TEST_CASE("A NaN keeps its bits through an array of its own type") {
  const auto payload = std::bit_cast<double>(std::uint64_t{0x7ff8000000000123});
  const Float64Array array = *Float64Array::Create(2);
  array.Set(0, payload);
  CHECK(std::bit_cast<std::uint64_t>(array.Get(0)) == 0x7ff8000000000123);
  CHECK(array.Set(*Float64Array::Over(array.buffer(), 0, 1), 1).ok());
  CHECK(std::bit_cast<std::uint64_t>(array.Get(1)) == 0x7ff8000000000123);
}

}  // namespace
}  // namespace sabre
