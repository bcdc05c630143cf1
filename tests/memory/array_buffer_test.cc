#include "sabre/memory/array_buffer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
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

// What a buffer of `length` bytes 1, 2, 3 … holds.
ArrayBuffer Counted(std::size_t length, BufferOptions options = {}) {
  ArrayBuffer buffer = *ArrayBuffer::Create(length, options);
  for (std::size_t i = 0; i < length; ++i) buffer.Span()[i] = static_cast<std::byte>(i + 1);
  return buffer;
}

std::vector<int> Bytes(const ArrayBuffer& buffer) {
  std::vector<int> bytes;
  for (const std::byte b : buffer.ConstSpan()) bytes.push_back(static_cast<int>(b));
  return bytes;
}

TEST_CASE("Fixed and resizable buffers say what they are") {
  const ArrayBuffer fixed = *ArrayBuffer::Create(3);
  CHECK_FALSE(fixed.resizable());
  CHECK(fixed.max_byte_length() == 3);
  const ArrayBuffer resizable = *ArrayBuffer::Create(3, {.max_byte_length = 10});
  CHECK(resizable.resizable());
  CHECK(resizable.byte_length() == 3);
  CHECK(resizable.max_byte_length() == 10);
  // A maximum that is the length makes it resizable too.
  const ArrayBuffer full = *ArrayBuffer::Create(3, {.max_byte_length = 3});
  CHECK(full.resizable());
  const ArrayBuffer none = *ArrayBuffer::Create(0, {.max_byte_length = 0});
  CHECK(none.resizable());
  CHECK_FALSE(none.detached());
  CHECK_FALSE(fixed.immutable());
}

TEST_CASE("Maxima that no buffer can have are errors that name the value") {
  CHECK(ArrayBuffer::Create(11, {.max_byte_length = 10}).status() ==
        absl::OutOfRangeError("ArrayBuffer: byte_length 11 exceeds max_byte_length 10"));
  CHECK(ArrayBuffer::Create(0, {.max_byte_length = std::size_t{1} << 53}).status() ==
        absl::OutOfRangeError("ArrayBuffer: max_byte_length 9007199254740992 exceeds 2^53 - 1"));
  CHECK(
      ArrayBuffer::Create(0, {.max_byte_length = (std::size_t{1} << 53) - 1}).status() ==
      absl::ResourceExhaustedError("ArrayBuffer: no memory for max_byte_length 9007199254740991"));
}

TEST_CASE("Resize changes the length in place; what comes back is zero") {
  constexpr std::size_t kMax = 20000;  // several pages
  ArrayBuffer buffer = Counted(5, {.max_byte_length = kMax});
  const std::byte* const place = buffer.Span().data();
  REQUIRE(buffer.Resize(kMax).ok());
  CHECK(buffer.byte_length() == kMax);
  CHECK(buffer.Span()[4] == std::byte{5});
  CHECK(
      std::ranges::all_of(buffer.Span().subspan(5), [](std::byte b) { return b == std::byte{0}; }));
  std::ranges::fill(buffer.Span(), std::byte{0xff});
  for (const std::size_t length :
       {std::size_t{4097}, std::size_t{4096}, std::size_t{3}, std::size_t{0}, std::size_t{1}}) {
    REQUIRE(buffer.Resize(length).ok());
    const std::size_t kept = std::min<std::size_t>(length, 3);
    REQUIRE(buffer.Resize(kMax).ok());
    CHECK(buffer.Span().data() == place);
    CHECK(std::ranges::all_of(buffer.Span().subspan(std::max(length, kept)),
                              [](std::byte b) { return b == std::byte{0}; }));
    REQUIRE(buffer.Resize(length).ok());
  }
  CHECK(buffer.Resize(1).ok());  // the same length
}

TEST_CASE("Bytes below a shrunk length keep their content") {
  ArrayBuffer buffer = Counted(100, {.max_byte_length = 10000});
  REQUIRE(buffer.Resize(9000).ok());
  REQUIRE(buffer.Resize(50).ok());
  REQUIRE(buffer.Resize(100).ok());
  std::vector<int> expected(100, 0);
  for (int i = 0; i < 50; ++i) expected[static_cast<std::size_t>(i)] = i + 1;
  CHECK(Bytes(buffer) == expected);
}

TEST_CASE("Resize refuses what cannot be, and changes nothing") {
  ArrayBuffer fixed = *ArrayBuffer::Create(3);
  CHECK(fixed.Resize(3) ==
        absl::FailedPreconditionError("ArrayBuffer.resize: buffer is not resizable"));
  ArrayBuffer resizable = *ArrayBuffer::Create(3, {.max_byte_length = 10});
  CHECK(resizable.Resize(11) ==
        absl::OutOfRangeError("ArrayBuffer.resize: byte_length 11 exceeds max_byte_length 10"));
  CHECK(resizable.byte_length() == 3);
  REQUIRE(resizable.Transfer().ok());
  CHECK(resizable.resizable());  // still says what it was made as
  CHECK(resizable.max_byte_length() == 0);
  // A length that is none comes before the detached buffer, as in ECMA-262 (ToIndex first).
  CHECK(absl::IsOutOfRange(resizable.Resize(std::size_t{1} << 53)));
  CHECK(resizable.Resize(11) ==
        absl::FailedPreconditionError("ArrayBuffer.resize: buffer is detached"));
  CHECK(absl::IsFailedPrecondition(ArrayBuffer().Resize(0)));
}

TEST_CASE("Transfer to another length, fixed and resizable") {
  struct Case {
    std::optional<std::size_t> max;
    std::optional<std::size_t> length;
    std::vector<int> result;
  };
  for (const Case& c : std::vector<Case>{
           {std::nullopt, std::nullopt, {1, 2, 3, 4}},
           {std::nullopt, 4, {1, 2, 3, 4}},
           {std::nullopt, 2, {1, 2}},
           {std::nullopt, 0, {}},
           {std::nullopt, 6, {1, 2, 3, 4, 0, 0}},
           {8, std::nullopt, {1, 2, 3, 4}},
           {8, 2, {1, 2}},
           {8, 8, {1, 2, 3, 4, 0, 0, 0, 0}},
       }) {
    for (const bool keep : {true, false}) {
      ArrayBuffer source = Counted(4, {.max_byte_length = c.max});
      const absl::StatusOr<ArrayBuffer> moved =
          keep ? source.Transfer(c.length) : source.TransferToFixedLength(c.length);
      REQUIRE(moved.ok());
      CHECK(Bytes(*moved) == c.result);
      CHECK(source.detached());
      CHECK(moved->resizable() == (keep && c.max.has_value()));
      CHECK(moved->max_byte_length() == (moved->resizable() ? *c.max : moved->byte_length()));
    }
  }
}

TEST_CASE("TransferToFixedLength may go beyond the maximum, Transfer may not") {
  ArrayBuffer source = Counted(4, {.max_byte_length = 8});
  CHECK(source.Transfer(9).status() ==
        absl::OutOfRangeError("ArrayBuffer.transfer: byte_length 9 exceeds max_byte_length 8"));
  CHECK_FALSE(source.detached());
  ArrayBuffer longer = *source.TransferToFixedLength(9);
  CHECK(Bytes(longer) == std::vector<int>{1, 2, 3, 4, 0, 0, 0, 0, 0});
  // Once more, from and to other lengths: what a fixed buffer in pages does.
  ArrayBuffer pages = *Counted(4, {.max_byte_length = 100'000}).TransferToFixedLength();
  const std::vector<int> moved = Bytes(*pages.Transfer(200'000));
  CHECK(moved.size() == 200'000);
  CHECK(std::vector<int>(moved.begin(), moved.begin() + 5) == std::vector<int>{1, 2, 3, 4, 0});
}

TEST_CASE("A transfer that the system refuses detaches nothing") {
  constexpr std::size_t kTooMuch = (std::size_t{1} << 53) - 1;
  for (const bool resizable : {false, true}) {
    ArrayBuffer source =
        Counted(4, {.max_byte_length = resizable ? std::optional<std::size_t>(8) : std::nullopt});
    for (const absl::Status& refused : {source.TransferToFixedLength(kTooMuch).status(),
                                        source.TransferToImmutable(kTooMuch).status()}) {
      CHECK(absl::IsResourceExhausted(refused));
      CHECK(refused.message() == "ArrayBuffer: no memory for byte_length 9007199254740991");
    }
    CHECK(absl::IsOutOfRange(source.Transfer(kTooMuch + 1).status()));
    CHECK(Bytes(source) == std::vector<int>{1, 2, 3, 4});
    CHECK(source.resizable() == resizable);
  }
}

TEST_CASE("Slice copies a range that may count from the end, and is always fixed") {
  struct Case {
    std::int64_t start;
    std::optional<std::int64_t> end;
    std::vector<int> result;
  };
  constexpr std::int64_t kMin = INT64_MIN, kMax = INT64_MAX;
  for (const std::optional<std::size_t> max : {std::optional<std::size_t>(), {9}}) {
    const ArrayBuffer source = Counted(4, {.max_byte_length = max});
    for (const Case& c : std::vector<Case>{
             {0, std::nullopt, {1, 2, 3, 4}},
             {1, 3, {2, 3}},
             {-2, std::nullopt, {3, 4}},
             {-3, -1, {2, 3}},
             {3, 1, {}},
             {4, 4, {}},
             {5, 9, {}},
             {kMin, kMax, {1, 2, 3, 4}},
             {kMax, kMin, {}},
         }) {
      CHECK(Bytes(*source.Slice(c.start, c.end)) == c.result);
      CHECK_FALSE(source.Slice(c.start, c.end)->resizable());
      CHECK(Bytes(*source.SliceToImmutable(c.start, c.end)) == c.result);
      CHECK(source.SliceToImmutable(c.start, c.end)->immutable());
    }
    CHECK_FALSE(source.detached());
  }
  ArrayBuffer gone = Counted(4);
  REQUIRE(gone.Transfer().ok());
  CHECK(gone.Slice().status() ==
        absl::FailedPreconditionError("ArrayBuffer.slice: buffer is detached"));
  CHECK(absl::IsFailedPrecondition(gone.SliceToImmutable().status()));
}

TEST_CASE("An immutable buffer refuses every change and is read like others") {
  for (const std::optional<std::size_t> max : {std::optional<std::size_t>(), {9}}) {
    ArrayBuffer source = Counted(4, {.max_byte_length = max});
    ArrayBuffer frozen = *source.TransferToImmutable(6);
    CHECK(source.detached());
    CHECK(frozen.immutable());
    CHECK_FALSE(frozen.resizable());
    CHECK(frozen.max_byte_length() == 6);
    CHECK(Bytes(frozen) == std::vector<int>{1, 2, 3, 4, 0, 0});
    CHECK(frozen.Resize(6) ==
          absl::FailedPreconditionError("ArrayBuffer.resize: buffer is immutable"));
    CHECK(frozen.Transfer().status() ==
          absl::FailedPreconditionError("ArrayBuffer.transfer: buffer is immutable"));
    CHECK(absl::IsFailedPrecondition(frozen.TransferToFixedLength().status()));
    CHECK(absl::IsFailedPrecondition(frozen.TransferToImmutable().status()));
    CHECK(absl::IsFailedPrecondition(frozen.Detach().status()));
    CHECK_FALSE(frozen.detached());
    CHECK(Bytes(*frozen.Slice(1, 3)) == std::vector<int>{2, 3});
    CHECK_FALSE(frozen.Slice()->immutable());
  }
}

TEST_CASE("The owners of immutable bytes share them") {
  std::optional<ArrayBuffer> first = *Counted(4).TransferToImmutable();
  const ArrayBuffer second = ArrayBuffer::FromBackingStore(first->ShareImmutable());
  CHECK_FALSE(*first == second);
  CHECK(first->ConstSpan().data() == second.ConstSpan().data());
  first.reset();
  CHECK(Bytes(second) == std::vector<int>{1, 2, 3, 4});
  CHECK(second.immutable());
}

TEST_CASE("Views of an immutable buffer read; each way to write is refused") {
  const Uint8Array view = *Uint8Array::Over(*Counted(4).TransferToImmutable());
  CHECK(view.Get(1) == 2);
  CHECK(view.ConstSpan()[3] == 4);
  CHECK(atomics::Load(view, 2) == 3);
  const absl::Status refused = absl::FailedPreconditionError("Uint8Array: the buffer is immutable");
  // Before the index is looked at.
  for (const std::size_t index : {std::size_t{0}, std::size_t{4}}) {
    CHECK(view.TrySet(index, 1) == refused);
    CHECK(atomics::TryStore(view, index, 1).status() == refused);
    CHECK(atomics::TryAdd(view, index, 1).status() == refused);
    CHECK(atomics::TrySub(view, index, 1).status() == refused);
    CHECK(atomics::TryAnd(view, index, 1).status() == refused);
    CHECK(atomics::TryOr(view, index, 1).status() == refused);
    CHECK(atomics::TryXor(view, index, 1).status() == refused);
    CHECK(atomics::TryExchange(view, index, 1).status() == refused);
    CHECK(atomics::TryCompareExchange(view, index, 1, 1).status() == refused);
  }
  CHECK(view.Get(1) == 2);
}

}  // namespace
}  // namespace sabre
