#include "sabre/memory/shared_array_buffer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

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

TEST_CASE("A growable block grows in place, with zeroes") {
  constexpr std::size_t kMax = 20000;  // several pages
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(5, {.max_byte_length = kMax});
  const SharedArrayBuffer same = buffer;
  CHECK(buffer.growable());
  CHECK(buffer.byte_length() == 5);
  CHECK(buffer.max_byte_length() == kMax);
  const std::byte* const place = buffer.ExclusiveSpan().data();
  std::ranges::fill(buffer.ExclusiveSpan(), std::byte{1});
  for (const std::size_t length :
       {std::size_t{5}, std::size_t{6}, std::size_t{4096}, std::size_t{4097}, kMax, kMax}) {
    REQUIRE(buffer.Grow(length).ok());
    CHECK(same.byte_length() == length);
    CHECK(same.ExclusiveSpan().data() == place);
    CHECK(std::ranges::count(same.ExclusiveSpan(), std::byte{1}) == 5);
    CHECK(std::ranges::count(same.ExclusiveSpan(), std::byte{0}) ==
          static_cast<std::ptrdiff_t>(length - 5));
  }
}

TEST_CASE("Grow refuses what cannot be, and changes nothing") {
  SharedArrayBuffer fixed = *SharedArrayBuffer::Create(4);
  CHECK(fixed.Grow(4) ==
        absl::FailedPreconditionError("SharedArrayBuffer.grow: buffer is not growable"));
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(4, {.max_byte_length = 8});
  CHECK(buffer.Grow(9) ==
        absl::OutOfRangeError("SharedArrayBuffer.grow: byte_length 9 exceeds max_byte_length 8"));
  CHECK(buffer.Grow(3) ==
        absl::OutOfRangeError(
            "SharedArrayBuffer: byte_length 3 is less than the length, 4: it never shrinks"));
  CHECK(buffer.byte_length() == 4);
  CHECK(absl::IsFailedPrecondition(SharedArrayBuffer().Grow(0)));
  CHECK(SharedArrayBuffer::Create(9, {.max_byte_length = 8}).status() ==
        absl::OutOfRangeError("SharedArrayBuffer: byte_length 9 exceeds max_byte_length 8"));
  CHECK(absl::IsOutOfRange(
      SharedArrayBuffer::Create(0, {.max_byte_length = std::size_t{1} << 53}).status()));
  CHECK(SharedArrayBuffer::Create(0, {.max_byte_length = (std::size_t{1} << 53) - 1}).status() ==
        absl::ResourceExhaustedError(
            "SharedArrayBuffer: no memory for max_byte_length 9007199254740991"));
}

TEST_CASE("Views over a growable block track its length, or do not") {
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(5, {.max_byte_length = 64});
  const Int32Array tracking = *Int32Array::Over(buffer);  // 5 is no multiple of 4: floor
  const Int32Array fixed = *Int32Array::Over(buffer, 0, 1);
  const Int32Array at_four = *Int32Array::Over(buffer, 4);
  CHECK(tracking.length_tracking());
  CHECK_FALSE(fixed.length_tracking());
  CHECK(tracking.size() == 1);
  CHECK(at_four.empty());
  CHECK_FALSE(at_four.out_of_bounds());
  REQUIRE(buffer.Grow(16).ok());
  CHECK(tracking.size() == 4);
  CHECK(at_four.size() == 3);
  CHECK(at_four.byte_offset() == 4);
  CHECK(fixed.size() == 1);
  tracking.Set(3, 7);
  CHECK(at_four.Get(2) == 7);
}

TEST_CASE("Slice copies into a fixed block of its own") {
  const SharedArrayBuffer source = *SharedArrayBuffer::Create(4, {.max_byte_length = 8});
  const Uint8Array bytes = *Uint8Array::Over(source);
  for (std::size_t i = 0; i < 4; ++i) bytes.Set(i, i + 1);
  const SharedArrayBuffer copy = *source.Slice(-3, 3);
  CHECK_FALSE(copy.growable());
  CHECK_FALSE(copy == source);
  const Uint8Array copied = *Uint8Array::Over(copy);
  REQUIRE(copied.size() == 2);
  CHECK(copied.Get(0) == 2);
  CHECK(copied.Get(1) == 3);
  CHECK(source.Slice(3, 1)->byte_length() == 0);
  CHECK(source.Slice()->byte_length() == 4);
}

TEST_CASE("Adopted bytes are used where they lie, and given back once") {
  alignas(8) std::byte bytes[64] = {std::byte{1}, std::byte{2}};
  bytes[20] = std::byte{9};
  std::vector<std::pair<const std::byte*, std::size_t>> given_back;
  const auto give_back = [&](std::byte* data, std::size_t max) {
    given_back.emplace_back(data, max);
  };
  {
    SharedArrayBuffer buffer = *SharedArrayBuffer::Adopt(bytes, 16, 32, give_back);
    CHECK(buffer.growable());
    CHECK(buffer.max_byte_length() == 32);
    const Uint8Array view = *Uint8Array::Over(buffer);
    CHECK(view.Get(1) == 2);
    view.Set(2, 3);
    CHECK(bytes[2] == std::byte{3});
    REQUIRE(buffer.Grow(32).ok());
    CHECK(view.size() == 32);
    CHECK(view.Get(20) == 0);  // new bytes are zero
    const SharedArrayBuffer other = buffer;
    CHECK(given_back.empty());
  }
  CHECK(given_back == std::vector<std::pair<const std::byte*, std::size_t>>{{bytes, 32}});
  // And may be adopted again, without anybody to give them back to.
  CHECK(SharedArrayBuffer::Adopt(bytes, 64).ok());
}

TEST_CASE("Adopt refuses what is adopted, null or misaligned, and keeps its hands off") {
  alignas(8) std::byte bytes[64] = {};
  int given_back = 0;
  const auto give_back = [&](std::byte*, std::size_t) { given_back += 1; };
  struct Case {
    std::size_t at, length;
    bool overlaps;
  };
  const SharedArrayBuffer middle = *SharedArrayBuffer::Adopt(bytes + 16, 8, 16);
  for (const Case& c :
       {Case{0, 16, false}, Case{0, 17, true}, Case{0, 64, true}, Case{16, 16, true},
        Case{24, 8, true}, Case{16, 0, true}, Case{32, 32, false}, Case{32, 0, false}}) {
    const absl::Status adopted =
        SharedArrayBuffer::Adopt(bytes + c.at, c.length, std::nullopt, give_back).status();
    CHECK(absl::IsAlreadyExists(adopted) == c.overlaps);
    CHECK(given_back == (c.overlaps ? 0 : 1));
    given_back = 0;
  }
  // The bytes of a block of Sabre's own are in a block already.
  const SharedArrayBuffer own = *SharedArrayBuffer::Create(64, {.max_byte_length = 8192});
  for (const std::size_t at : {std::size_t{0}, std::size_t{8}, std::size_t{4096}}) {
    CHECK(absl::IsAlreadyExists(SharedArrayBuffer::Adopt(own.block()->data() + at, 8).status()));
  }
  CHECK(SharedArrayBuffer::Adopt(nullptr, 0).status() ==
        absl::InvalidArgumentError("SharedArrayBuffer: data is null"));
  CHECK(absl::IsInvalidArgument(SharedArrayBuffer::Adopt(bytes + 4, 4).status()));
  CHECK(absl::IsOutOfRange(SharedArrayBuffer::Adopt(bytes, 8, 4).status()));
}

}  // namespace
}  // namespace sabre
