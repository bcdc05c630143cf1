#include "sabre/memory/array_buffer.h"

#include <algorithm>
#include <cstddef>

#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"

namespace sabre {
namespace {

TEST_CASE("A new ArrayBuffer is zeroed and as long as asked for") {
  const absl::StatusOr<ArrayBuffer> buffer = ArrayBuffer::Create(1000);
  REQUIRE(buffer.ok());
  CHECK(buffer->byte_length() == 1000);
  CHECK_FALSE(buffer->detached());
  CHECK(std::ranges::all_of(buffer->Span(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("An ArrayBuffer of length 0 is no detached one") {
  const absl::StatusOr<ArrayBuffer> buffer = ArrayBuffer::Create(0);
  REQUIRE(buffer.ok());
  CHECK(buffer->byte_length() == 0);
  CHECK_FALSE(buffer->detached());
}

TEST_CASE("A default-constructed handle behaves like a detached buffer") {
  ArrayBuffer buffer;
  CHECK(buffer.byte_length() == 0);
  CHECK(buffer.detached());
  CHECK(buffer.identity() == nullptr);
  CHECK(buffer.Span().empty());
  CHECK(absl::IsFailedPrecondition(buffer.Transfer().status()));
}

TEST_CASE("Lengths that no buffer can have are errors that name the value") {
  const absl::Status too_long = ArrayBuffer::Create((std::size_t{1} << 53)).status();
  CHECK(absl::IsOutOfRange(too_long));
  CHECK(too_long.message() == "ArrayBuffer: byte_length 9007199254740992 exceeds 2^53 - 1");
  const absl::Status refused = ArrayBuffer::Create((std::size_t{1} << 53) - 1).status();
  CHECK(absl::IsResourceExhausted(refused));
  CHECK(refused.message() == "ArrayBuffer: no memory for byte_length 9007199254740991");
}

TEST_CASE("Copies of a handle name the same bytes") {
  const ArrayBuffer a = *ArrayBuffer::Create(4);
  const ArrayBuffer b = a;
  b.Span()[2] = std::byte{7};
  CHECK(a.Span()[2] == std::byte{7});
  CHECK(a == b);
  CHECK(a.identity() == b.identity());
  CHECK_FALSE(a == *ArrayBuffer::Create(4));
}

TEST_CASE("A transfer moves the bytes and detaches all handles and views at once") {
  ArrayBuffer source = *ArrayBuffer::Create(8);
  const ArrayBuffer other = source;
  const Int32Array view = *Int32Array::Over(source);
  view.Set(1, 42);
  const std::byte* const bytes = source.Span().data();

  const absl::StatusOr<ArrayBuffer> moved = source.Transfer();
  REQUIRE(moved.ok());
  CHECK(moved->Span().data() == bytes);
  CHECK(Int32Array::Over(*moved)->Get(1) == 42);
  for (const ArrayBuffer& old : {source, other}) {
    CHECK(old.detached());
    CHECK(old.byte_length() == 0);
    CHECK(old.Span().empty());
  }
  CHECK(view.size() == 0);
  CHECK(view.byte_length() == 0);
  CHECK(view.byte_offset() == 0);
  CHECK(absl::IsFailedPrecondition(source.Transfer().status()));
}

TEST_CASE("Assignment lets go of the old buffer and survives self-assignment") {
  ArrayBuffer a = *ArrayBuffer::Create(1);
  const ArrayBuffer b = *ArrayBuffer::Create(2);
  a = b;
  CHECK(a == b);
  const ArrayBuffer& same = a;
  a = same;
  CHECK(a.byte_length() == 2);
  a = ArrayBuffer();
  CHECK(a.detached());
  CHECK(b.byte_length() == 2);
}

}  // namespace
}  // namespace sabre
