#include "sabre/memory/shared_array_buffer.h"

#include <algorithm>
#include <cstddef>

#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"

namespace sabre {
namespace {

TEST_CASE("A new SharedArrayBuffer is zeroed and as long as asked for") {
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{100001}}) {
    const absl::StatusOr<SharedArrayBuffer> buffer = SharedArrayBuffer::Create(length);
    REQUIRE(buffer.ok());
    CHECK(buffer->byte_length() == length);
    CHECK(buffer->max_byte_length() == length);
    CHECK_FALSE(buffer->growable());
    CHECK(std::ranges::all_of(buffer->ExclusiveSpan(),
                              [](std::byte b) { return b == std::byte{0}; }));
  }
}

TEST_CASE("Lengths that no block can have are errors that name the value") {
  const absl::Status too_long = SharedArrayBuffer::Create(std::size_t{1} << 53).status();
  CHECK(absl::IsOutOfRange(too_long));
  CHECK(too_long.message() == "SharedArrayBuffer: byte_length 9007199254740992 exceeds 2^53 - 1");
  CHECK(absl::IsOutOfRange(SharedArrayBuffer::Create(SIZE_MAX).status()));
  const absl::Status refused = SharedArrayBuffer::Create((std::size_t{1} << 53) - 1).status();
  CHECK(absl::IsResourceExhausted(refused));
  CHECK(refused.message() == "SharedArrayBuffer: no memory for byte_length 9007199254740991");
}

TEST_CASE("Handles name the same block; blocks have different numbers") {
  const SharedArrayBuffer a = *SharedArrayBuffer::Create(4);
  SharedArrayBuffer b = a;
  const SharedArrayBuffer other = *SharedArrayBuffer::Create(4);
  CHECK(a == b);
  CHECK(a.id() == b.id());
  CHECK_FALSE(a == other);
  CHECK(a.id() != other.id());
  CHECK(a.id() != 0);
  const SharedArrayBuffer moved = std::move(b);
  CHECK(moved == a);
  CHECK(SharedArrayBuffer().id() == 0);
  CHECK(SharedArrayBuffer().byte_length() == 0);
}

TEST_CASE("The block lives as long as a view of it") {
  Int32Array view;
  {
    const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(4);
    view = *Int32Array::Over(buffer);
  }
  view.Set(0, 5);
  CHECK(view.Get(0) == 5);
}

}  // namespace
}  // namespace sabre
