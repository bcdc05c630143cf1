// Elements of every shape, and containers that are moved, for the three containers of the same face.
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sabre/lockfree/blocking_queue.h"
#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/lockfree/treiber_stack.h"

namespace sabre {
namespace {

struct alignas(2 * kCacheLine) Aligned {
  Aligned() noexcept = default;
  explicit Aligned(std::size_t i) noexcept : value(static_cast<std::uint8_t>(i)) {}
  // Not trivial: g++ has something to say about such types in registers.
  Aligned(const Aligned& other) noexcept : value(other.value) {}
  Aligned& operator=(const Aligned& other) noexcept {
    value = other.value;
    return *this;
  }
  bool operator==(const Aligned& other) const { return value == other.value; }
  std::uint8_t value = 0;
};
using Large = std::array<std::uint64_t, 25>;

Aligned Make(std::size_t i, const Aligned&) { return Aligned(i); }
Large Make(std::size_t i, const Large&) {
  Large large;
  large.fill(i);
  return large;
}
std::string Make(std::size_t i, const std::string&) { return std::string(40, 'a') += "bcdefgh"[i]; }
char Make(std::size_t i, char) { return static_cast<char>(i + 1); }

// One value at a time through each slot, twice round; then all that fit, one of which stays behind.
template <class C>
void CarriesWhole() {
  using T = typename C::value_type;
  C container(4);
  for (std::size_t i = 0; i < 7; ++i) {
    const T value = Make(i, T());
    CHECK(container.TryPush(value));
    const auto popped = container.TryPop();
    REQUIRE(popped.has_value());
    CHECK((*popped == value));
    CHECK(reinterpret_cast<std::uintptr_t>(&*popped) % alignof(T) == 0);
  }
  for (std::size_t i = 0; i < 4; ++i) CHECK(container.TryPush(Make(i, T())));
  T refused = Make(5, T());
  CHECK_FALSE(container.TryPush(refused));
  CHECK_FALSE(container.TryPush(std::move(refused)));
  CHECK((refused == Make(5, T())));
  for (std::size_t i = 0; i < 3; ++i) CHECK(container.TryPop().has_value());
}

TEST_CASE(
    "elements may be larger than a cache line, aligned beyond it, of a byte, and own memory") {
  CarriesWhole<SpscRing<Aligned>>();
  CarriesWhole<SpscRing<Large>>();
  CarriesWhole<SpscRing<std::string>>();
  CarriesWhole<SpscRing<char>>();
  CarriesWhole<MpmcRing<Aligned>>();
  CarriesWhole<MpmcRing<Large>>();
  CarriesWhole<MpmcRing<std::string>>();
  CarriesWhole<MpmcRing<char>>();
  CarriesWhole<TreiberStack<Aligned>>();
  CarriesWhole<TreiberStack<Large>>();
  CarriesWhole<TreiberStack<std::string>>();
  CarriesWhole<TreiberStack<char>>();
}

TEST_CASE_TEMPLATE("a container that is moved takes its values along", C,
                   SpscRing<std::unique_ptr<int>>, MpmcRing<std::unique_ptr<int>>,
                   TreiberStack<std::unique_ptr<int>>) {
  C first(2);
  CHECK(first.TryPush(std::make_unique<int>(1)));
  C second(std::move(first));
  CHECK(**second.TryPop() == 1);
  CHECK(second.TryPush(std::make_unique<int>(2)));
  // What it held is destroyed; what was moved from can be assigned to.
  C third(8);
  CHECK(third.TryPush(std::make_unique<int>(3)));
  third = std::move(second);
  CHECK(third.capacity() == 2);
  first = std::move(third);
  C& same = first;
  first = std::move(same);
  CHECK(first.TryPush(std::make_unique<int>(4)));
  CHECK_FALSE(first.TryPush(std::make_unique<int>(5)));
  CHECK(**first.TryPop() + **first.TryPop() == 6);
  CHECK_FALSE(first.TryPop().has_value());
}

// The first 64 bytes are the object's, the others of the state: see areas in placement_test.cc.
TEST_CASE("containers are as large as they say") {
  CHECK(sizeof(SpscRing<int>) == 64);
  CHECK(sizeof(MpmcRing<int>) == 64);
  CHECK(sizeof(TreiberStack<int>) == 64);
  CHECK(sizeof(BlockingQueue<MpmcRing<int>>) == 64 + 320);
}

}  // namespace
}  // namespace sabre
