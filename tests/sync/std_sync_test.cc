#include "sabre/sync/std_sync.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>

namespace sabre {
namespace {

constexpr auto kRelaxed = StdSync::kRelaxed;

TEST_CASE_TEMPLATE("an Atomic computes what std::atomic computes", T, std::int32_t, std::uint32_t,
                   std::int64_t, std::uint64_t) {
  StdSync::Atomic<T> a;
  CHECK(a.load(kRelaxed) == 0);
  a.store(12, kRelaxed);
  CHECK(a.exchange(10, kRelaxed) == 12);
  CHECK(a.fetch_add(5, kRelaxed) == 10);
  CHECK(a.fetch_sub(3, kRelaxed) == 15);
  CHECK(a.fetch_and(0b1010, kRelaxed) == 12);
  CHECK(a.fetch_or(0b0101, kRelaxed) == 8);
  CHECK(a.fetch_xor(0b1111, kRelaxed) == 13);
  CHECK(a.load(kRelaxed) == 2);
}

TEST_CASE("a compare-exchange stores if the value is expected, and else reports the value") {
  StdSync::Atomic<int> a(1);
  int expected = 1;
  CHECK(a.compare_exchange_strong(expected, 2, kRelaxed, kRelaxed));
  CHECK(a.load(kRelaxed) == 2);
  CHECK_FALSE(a.compare_exchange_strong(expected, 3, kRelaxed, kRelaxed));
  CHECK(expected == 2);
  CHECK(a.load(kRelaxed) == 2);
  expected = 7;
  CHECK_FALSE(a.compare_exchange_weak(expected, 3, kRelaxed, kRelaxed));
  CHECK(expected == 2);
}

TEST_CASE("an Atomic holds pointers and enums, and a default-constructed one is zero") {
  enum class Colour : std::uint8_t { kRed, kBlue };
  const StdSync::Atomic<int*> pointer;
  CHECK(pointer.load(kRelaxed) == nullptr);
  StdSync::Atomic<Colour> colour;
  CHECK(colour.load(kRelaxed) == Colour::kRed);
  CHECK(colour.exchange(Colour::kBlue, kRelaxed) == Colour::kRed);
}

TEST_CASE("Take moves the value out of a Var and leaves a default one") {
  StdSync::Var<std::unique_ptr<int>> variable(std::make_unique<int>(3));
  CHECK(*variable.Get() == 3);
  const std::unique_ptr<int> taken = variable.Take();
  CHECK(*taken == 3);
  CHECK(variable.Get() == nullptr);
  variable.Set(std::make_unique<int>(4));
  CHECK(*variable.Get() == 4);
}

TEST_CASE("Now never goes back") {
  const TimePoint before = StdSync::Now();
  CHECK(StdSync::Now() >= before);
}

}  // namespace
}  // namespace sabre
