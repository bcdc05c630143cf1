#include "sabre/memory/element.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "doctest/doctest.h"

namespace sabre {
namespace {

TEST_CASE("Uint8Clamped clamps, and rounds halves to even") {
  const struct {
    double number;
    int element;
  } cases[] = {{0.5, 0},
               {1.5, 2},
               {2.5, 2},
               {0.49999999999999994, 0},
               {-1, 0},
               {255, 255},
               {256, 255},
               {254.5, 254},
               {253.5, 254},
               {254.50001, 255},
               {1e300, 255},
               {-1e300, 0},
               {std::nan(""), 0},
               {std::numeric_limits<double>::infinity(), 255},
               {-std::numeric_limits<double>::infinity(), 0},
               {-0.0, 0}};
  for (const auto& c : cases) {
    CAPTURE(c.number);
    CHECK(int{Uint8Clamped(c.number).value()} == c.element);
  }
  CHECK(int{Uint8Clamped(-5)} == 0);
  CHECK(int{Uint8Clamped(300)} == 255);
  CHECK(int{Uint8Clamped(std::uint64_t{1} << 40)} == 255);
}

TEST_CASE("The atomic element types are the integers, and two can be waited on") {
  static_assert(AtomicElement<std::int8_t> && AtomicElement<std::uint64_t>);
  static_assert(!AtomicElement<Uint8Clamped> && !AtomicElement<float> && !AtomicElement<double>);
  static_assert(WaitableElement<std::int32_t> && WaitableElement<std::int64_t>);
  static_assert(!WaitableElement<std::uint32_t> && !WaitableElement<std::uint64_t>);
  CHECK(std::string(ViewName(ViewKind::kBigUint64)) == "BigUint64Array");
  CHECK(std::string(ViewName(ViewKind::kFloat16)) == "Float16Array");
  CHECK(ElementSize(ViewKind::kFloat32) == 4);
}

}  // namespace
}  // namespace sabre
