#include "sabre/memory/atomics.h"

#include <cstdint>
#include <limits>

#include "doctest/doctest.h"

namespace sabre {
namespace {

TEST_CASE_TEMPLATE("Read-modify-write returns the old value and wraps around", T, std::int8_t,
                   std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t,
                   std::int64_t, std::uint64_t) {
  constexpr T kMax = std::numeric_limits<T>::max();
  constexpr T kMin = std::numeric_limits<T>::min();
  const BufferHandle buffers[] = {*ArrayBuffer::Create(32), *SharedArrayBuffer::Create(32)};
  for (const BufferHandle& buffer : buffers) {
    const TypedArray<T> cells = *TypedArray<T>::Over(buffer);
    CHECK(atomics::Store(cells, 1, 5) == 5);
    CHECK(atomics::Load(cells, 1) == 5);
    CHECK(atomics::Add(cells, 1, 2) == 5);
    CHECK(atomics::Sub(cells, 1, 3) == 7);
    CHECK(atomics::Or(cells, 1, 3) == 4);
    CHECK(atomics::And(cells, 1, 6) == 7);
    CHECK(atomics::Xor(cells, 1, 1) == 6);
    CHECK(atomics::Exchange(cells, 1, kMax) == 7);
    CHECK(atomics::Add(cells, 1, 1) == kMax);
    CHECK(atomics::Sub(cells, 1, 1) == kMin);
    CHECK(atomics::Load(cells, 1) == kMax);
    CHECK(cells.Get(0) == 0);
    CHECK(cells.Get(2) == 0);
  }
}

TEST_CASE("CompareExchange replaces only what was expected, and returns the old value") {
  const Int32Array cells = *Int32Array::Create(2);
  CHECK(atomics::CompareExchange(cells, 0, 1, 9) == 0);
  CHECK(atomics::Load(cells, 0) == 0);
  CHECK(atomics::CompareExchange(cells, 0, 0, 9) == 0);
  CHECK(atomics::Load(cells, 0) == 9);
}

TEST_CASE("The Try forms refuse a bad index and leave the memory as it was") {
  const Uint16Array cells = *Uint16Array::Create(2);
  const auto refused = [](const absl::Status& status) {
    return absl::IsOutOfRange(status) &&
           status.message() == "Uint16Array: index 2 is not below the length 2";
  };
  CHECK(refused(atomics::TryLoad(cells, 2).status()));
  CHECK(refused(atomics::TryStore(cells, 2, 1).status()));
  CHECK(refused(atomics::TryAdd(cells, 2, 1).status()));
  CHECK(refused(atomics::TrySub(cells, 2, 1).status()));
  CHECK(refused(atomics::TryAnd(cells, 2, 1).status()));
  CHECK(refused(atomics::TryOr(cells, 2, 1).status()));
  CHECK(refused(atomics::TryXor(cells, 2, 1).status()));
  CHECK(refused(atomics::TryExchange(cells, 2, 1).status()));
  CHECK(refused(atomics::TryCompareExchange(cells, 2, 0, 1).status()));
  CHECK(*atomics::TryAdd(cells, 1, 4) == 0);
  CHECK(*atomics::TryCompareExchange(cells, 1, 4, 5) == 4);
  CHECK(cells.Get(0) == 0);
  CHECK(cells.Get(1) == 5);
}

TEST_CASE("1, 2, 4 and 8 bytes are lock-free, nothing else") {
  for (const std::size_t size : {1, 2, 4, 8}) CHECK(atomics::IsLockFree(size));
  for (const std::size_t size : {0, 3, 5, 6, 7, 9, 16}) CHECK_FALSE(atomics::IsLockFree(size));
  static_assert(atomics::IsLockFree(4));
}

}  // namespace
}  // namespace sabre
