#include "sabre/memory/float16.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "doctest/doctest.h"

namespace sabre {
namespace {

constexpr std::uint16_t kInfinity = 0x7c00;

// What the bits mean, by the definition of IEEE 754.
double Meaning(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

// The nearest, ties to even, found in the list of all of them. Halves of sums of neighbours are
// exact.
std::uint16_t Nearest(double number) {
  static const std::vector<double> all = [] {
    std::vector<double> values;
    for (std::uint16_t bits = 0; bits < kInfinity; ++bits) values.push_back(Meaning(bits));
    values.push_back(65536);  // infinity: where the next one would be
    return values;
  }();
  const auto sign = static_cast<std::uint16_t>(std::signbit(number) ? 0x8000 : 0);
  const double magnitude = std::fabs(number);
  if (magnitude >= 65536) return sign | kInfinity;
  const auto above = std::upper_bound(all.begin(), all.end(), magnitude);
  const auto below = static_cast<std::uint16_t>(above - all.begin() - 1);
  const double middle = (all[below] + all[below + 1]) / 2;
  const bool up = magnitude > middle || (magnitude == middle && below % 2 == 1);
  return static_cast<std::uint16_t>(sign | (below + (up ? 1 : 0)));
}

TEST_CASE("All 65,536 patterns go to double and back unchanged") {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const Float16 value = Float16::FromBits(static_cast<std::uint16_t>(bits));
    const double number = value;
    const bool nan = (bits & 0x7c00) == kInfinity && (bits & 0x3ff) != 0;
    const bool infinity = (bits & 0x7fff) == kInfinity;
    if (nan) {
      // A conversion makes it quiet; the payload stays.
      wrong += !std::isnan(number) || Float16(number).bits() != (bits | 0x200);
    } else if (infinity) {
      wrong += !std::isinf(number) || std::signbit(number) != (bits >= 0x8000) ||
               Float16(number).bits() != bits;
    } else {
      wrong += std::bit_cast<std::uint64_t>(number) !=
                   std::bit_cast<std::uint64_t>(Meaning(static_cast<std::uint16_t>(bits))) ||
               Float16(number).bits() != bits;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE(
    "Every value, every middle between two, and their neighbours round as exact arithmetic does") {
  int wrong = 0;
  const auto look = [&](double number) {
    for (const double n : {number, std::nextafter(number, 1e300), std::nextafter(number, -1e300)}) {
      wrong += Float16(n).bits() != Nearest(n);
      wrong += Float16(-n).bits() != Nearest(-n);
    }
  };
  for (std::uint16_t bits = 0; bits < kInfinity; ++bits) {
    const double value = Meaning(bits);
    const double next =
        bits + 1 == kInfinity ? 65536 : Meaning(static_cast<std::uint16_t>(bits + 1));
    look(value);
    look((value + next) / 2);
    // By way of float these would be rounded twice: the first rounding makes a tie of them.
    look((value + next) / 2 * (1 + 0x1p-30));
    look((value + next) / 2 * (1 - 0x1p-30));
  }
  CHECK(wrong == 0);
}

TEST_CASE("Random numbers round as exact arithmetic does") {
  std::mt19937_64 random(1);
  int wrong = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    // Any bits, and every other time an exponent near those of Float16.
    std::uint64_t bits = random();
    if (i % 2 == 0) bits = (bits & 0x800fffffffffffff) | (990 + random() % 60) << 52;
    const auto number = std::bit_cast<double>(bits);
    if (!std::isnan(number)) wrong += Float16(number).bits() != Nearest(number);
  }
  CHECK(wrong == 0);
}

TEST_CASE("Landmarks") {
  const struct {
    double number;
    std::uint16_t bits;
  } cases[] = {{0, 0},
               {-0.0, 0x8000},
               {1, 0x3c00},
               {65504, 0x7bff},
               {65519.99, 0x7bff},
               {65520, kInfinity},
               {-1e300, 0x8000 | kInfinity},
               {0x1p-24, 1},
               {0x1p-25, 0},
               {0x1.0000000000001p-25, 1},
               {0x1p-14, 0x400},
               {0.1, 0x2e66},
               {std::numeric_limits<double>::denorm_min(), 0}};
  for (const auto& c : cases) {
    CAPTURE(c.number);
    CHECK(Float16(c.number).bits() == c.bits);
  }
  CHECK(Float16(3).bits() == 0x4200);
  CHECK(std::isnan(static_cast<double>(Float16(std::nan("")))));
  static_assert(Float16(1.5).bits() == 0x3e00);
}

}  // namespace
}  // namespace sabre
