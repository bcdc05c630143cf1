#include "sabre/memory/typed_array.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "doctest/doctest.h"

namespace sabre {
namespace {

TEST_CASE_TEMPLATE("Every element type reads back what was written, over both kinds of buffers", T,
                   std::int8_t, std::uint8_t, Uint8Clamped, std::int16_t, std::uint16_t,
                   std::int32_t, std::uint32_t, float, double, std::int64_t, std::uint64_t) {
  const BufferHandle buffers[] = {*ArrayBuffer::Create(64), *SharedArrayBuffer::Create(64)};
  for (const BufferHandle& buffer : buffers) {
    const absl::StatusOr<TypedArray<T>> view = TypedArray<T>::Over(buffer);
    REQUIRE(view.ok());
    CHECK(view->size() == 64 / sizeof(T));
    CHECK(view->byte_length() == 64);
    CHECK(view->byte_offset() == 0);
    CHECK(view->shared() == buffer.shared());
    CHECK(view->Get(3) == T());
    view->Set(3, T(100));
    CHECK(view->Get(3) == T(100));
    CHECK(view->UnsafeGet(3) == T(100));
    CHECK(*view->TryGet(3) == T(100));
    CHECK(view->TrySet(3, T(101)).ok());
    CHECK(view->Span()[3] == T(101));
    CHECK(view->Get(2) == T());
    CHECK(view->Get(4) == T());
  }
}

TEST_CASE("Views of different types overlap in the machine's byte order") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(8);
  Uint32Array::Over(buffer)->Set(1, 0x01020304);
  const Uint8Array bytes = *Uint8Array::Over(buffer);
  const bool little = std::endian::native == std::endian::little;
  CHECK(bytes.Get(4) == (little ? 4 : 1));
  CHECK(bytes.Get(7) == (little ? 1 : 4));
}

TEST_CASE("A view begins where it was told to") {
  const ArrayBuffer buffer = *ArrayBuffer::Create(16);
  const Int16Array all = *Int16Array::Over(buffer);
  const Int16Array part = *Int16Array::Over(buffer, 4, 3);
  CHECK(part.size() == 3);
  CHECK(part.byte_offset() == 4);
  CHECK(part.byte_length() == 6);
  part.Set(0, -7);
  CHECK(all.Get(2) == -7);
  const Int16Array rest = *Int16Array::Over(buffer, 4);
  CHECK(rest.size() == 6);
  const Int16Array none = *Int16Array::Over(buffer, 16);
  CHECK(none.size() == 0);
  CHECK(none.byte_offset() == 16);
  Int16Array other;
  other = part;
  CHECK(other.Get(0) == -7);
  CHECK(part.size() == 3);
}

TEST_CASE("Bad offsets and lengths are range errors that name argument, value and bound") {
  const ArrayBuffer buffer = *ArrayBuffer::Create(10);
  const absl::Status misaligned = Int32Array::Over(buffer, 6, 1).status();
  CHECK(absl::IsOutOfRange(misaligned));
  CHECK(misaligned.message() == "Int32Array: byte_offset 6 is not a multiple of 4");
  const absl::Status ragged = Int32Array::Over(buffer).status();
  CHECK(absl::IsOutOfRange(ragged));
  CHECK(ragged.message() == "Int32Array: the buffer's byte_length 10 is not a multiple of 4");
  const absl::Status beyond = Int32Array::Over(buffer, 12, 0).status();
  CHECK(absl::IsOutOfRange(beyond));
  CHECK(beyond.message() == "Int32Array: byte_offset 12 is past the end of the buffer, 10 bytes");
  const absl::Status too_long = Int32Array::Over(buffer, 4, 2).status();
  CHECK(absl::IsOutOfRange(too_long));
  CHECK(too_long.message() == "Int32Array: length 2 exceeds the room for 1 at byte_offset 4");
  CHECK(absl::IsOutOfRange(Int32Array::Over(buffer, 4, SIZE_MAX).status()));
  CHECK(absl::IsOutOfRange(Float64Array::Create(SIZE_MAX / 4).status()));
}

TEST_CASE("A view of a detached buffer is refused; one that is there becomes empty") {
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  const Int32Array view = *Int32Array::Over(buffer, 4);
  const ArrayBuffer moved = *buffer.Transfer();
  CHECK(absl::IsFailedPrecondition(Int32Array::Over(buffer).status()));
  // The offset is looked at first (ECMA-262, InitializeTypedArrayFromArrayBuffer).
  CHECK(absl::IsOutOfRange(Int32Array::Over(buffer, 6).status()));
  CHECK(view.empty());
  CHECK(view.TryGet(0).status() ==
        absl::FailedPreconditionError("Int32Array: the buffer is detached"));
  CHECK(absl::IsFailedPrecondition(view.TrySet(0, 1)));
  CHECK(view.Span().empty());
}

TEST_CASE("A view that was moved from is one of nothing") {
  Int32Array view = *Int32Array::Create(3);
  const Int32Array moved = std::move(view);
  CHECK(moved.size() == 3);
  CHECK(view.size() == 0);
}

TEST_CASE("Float elements keep their bits") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(16);
  const Float64Array doubles = *Float64Array::Over(buffer);
  doubles.Set(0, -0.0);
  CHECK(std::signbit(doubles.Get(0)));
  doubles.Set(1, std::numeric_limits<double>::infinity());
  CHECK(doubles.Get(1) == std::numeric_limits<double>::infinity());
  doubles.Set(0, std::nan(""));
  CHECK(std::isnan(doubles.Get(0)));
}

}  // namespace
}  // namespace sabre
