#include "sabre/memory/data_view.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/typed_array.h"

namespace sabre {
namespace {

std::vector<BufferHandle> BothKinds(std::size_t byte_length) {
  return {*ArrayBuffer::Create(byte_length), *SharedArrayBuffer::Create(byte_length)};
}

TEST_CASE_TEMPLATE("Every type reads back what was written, at every byte, in both orders", T,
                   std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t,
                   std::uint32_t, Float16, float, double, std::int64_t, std::uint64_t,
                   Uint8Clamped) {
  for (const BufferHandle& buffer : BothKinds(24)) {
    const DataView view = *DataView::Over(buffer);
    const Uint8Array bytes = *Uint8Array::Over(buffer);
    for (std::size_t at = 0; at <= 24 - sizeof(T); ++at) {
      for (const bool little_endian : {false, true}) {
        CHECK(bytes.Fill(0xee).ok());
        view.Set<T>(at, T(100), little_endian);
        CHECK(view.Get<T>(at, little_endian) == T(100));
        CHECK(*view.TryGet<T>(at, little_endian) == T(100));
        CHECK(view.TrySet<T>(at, T(77), little_endian).ok());
        CHECK(view.Get<T>(at, little_endian) == T(77));
        // The bytes of one order are those of the other, reversed; and none beside them.
        const T value = T(77);
        std::uint8_t raw[sizeof(T)];
        std::memcpy(raw, &value, sizeof(T));
        const bool native = little_endian == (std::endian::native == std::endian::little);
        for (std::size_t i = 0; i < 24; ++i) {
          const bool inside = i >= at && i < at + sizeof(T);
          const int expected = !inside ? 0xee : raw[native ? i - at : sizeof(T) - 1 - (i - at)];
          CHECK(int{bytes.Get(i)} == expected);
        }
      }
    }
    CHECK(absl::IsOutOfRange(view.TryGet<T>(25 - sizeof(T)).status()));
    CHECK(absl::IsOutOfRange(view.TrySet<T>(25 - sizeof(T), T(1))));
    CHECK(absl::IsOutOfRange(view.TryGet<T>(SIZE_MAX).status()));
  }
}

TEST_CASE("Bytes are big-endian unless it is said otherwise") {
  const DataView view = *DataView::Over(*ArrayBuffer::Create(32));
  const Uint8Array bytes = *Uint8Array::Over(view.buffer());
  view.SetUint32(1, 0x01020304);
  CHECK(bytes.Get(1) == 1);
  CHECK(bytes.Get(4) == 4);
  CHECK(view.GetUint32(1) == 0x01020304);
  CHECK(view.GetUint32(1, true) == 0x04030201);
  CHECK(view.GetInt16(1) == 0x0102);
  view.SetBigUint64(9, 0x0102030405060708, true);
  CHECK(view.GetBigInt64(9) == 0x0807060504030201);
  view.SetFloat64(17, 1.0);
  CHECK(bytes.Get(17) == 0x3f);
  CHECK(bytes.Get(18) == 0xf0);
}

TEST_CASE("The names of JavaScript") {
  const DataView view = *DataView::Over(*SharedArrayBuffer::Create(16));
  view.SetInt8(0, 255);
  CHECK(view.GetInt8(0) == -1);
  CHECK(view.GetUint8(0) == 255);
  view.SetUint8(1, -2);
  CHECK(view.GetUint8(1) == 254);
  view.SetInt16(1, 65535.9);
  CHECK(view.GetInt16(1) == -1);
  CHECK(view.GetUint16(1) == 65535);
  view.SetUint16(1, -2, true);
  CHECK(view.GetUint16(1, true) == 65534);
  view.SetInt32(3, 4294967295.0);
  CHECK(view.GetInt32(3) == -1);
  view.SetUint32(3, -1);
  CHECK(view.GetUint32(3) == 4294967295u);
  view.SetFloat16(3, 65520);
  CHECK(view.GetFloat16(3).bits() == 0x7c00);
  CHECK(view.GetUint16(3) == 0x7c00);
  view.SetFloat32(3, 16777217);
  CHECK(view.GetFloat32(3) == 16777216);
  view.SetFloat64(5, 0.1, true);
  CHECK(view.GetFloat64(5, true) == 0.1);
  view.SetBigInt64(5, -1);
  CHECK(view.GetBigUint64(5) == UINT64_MAX);
  view.SetBigUint64(5, -5, true);
  CHECK(view.GetBigInt64(5, true) == -5);
}

TEST_CASE("A view begins and ends where it was told to") {
  for (const BufferHandle& buffer : BothKinds(16)) {
    const DataView part = *DataView::Over(buffer, 3, 5);
    CHECK(part.byte_offset() == 3);
    CHECK(part.byte_length() == 5);
    CHECK(*part.TryByteOffset() == 3);
    CHECK(*part.TryByteLength() == 5);
    CHECK_FALSE(part.length_tracking());
    CHECK_FALSE(part.out_of_bounds());
    CHECK(part.buffer() == buffer);
    CHECK(part.shared() == buffer.shared());
    part.SetUint8(0, 9);
    CHECK(Uint8Array::Over(buffer)->Get(3) == 9);
    CHECK(part.TryGet<std::int32_t>(1).ok());
    const absl::Status past = part.TryGet<std::int32_t>(2).status();
    CHECK(past == absl::OutOfRangeError(
                      "DataView: 4 bytes at byte_index 2 are not within the byte_length 5"));
    CHECK(DataView::Over(buffer, 3)->byte_length() == 13);
    CHECK(DataView::Over(buffer, 16)->byte_length() == 0);
    CHECK(absl::IsOutOfRange(DataView::Over(buffer, 17).status()));
    CHECK(absl::IsOutOfRange(DataView::Over(buffer, 8, 9).status()));
    CHECK(absl::IsOutOfRange(DataView::Over(buffer, 8, SIZE_MAX).status()));
    const ArrayBufferView view = part.AsView();
    CHECK(view.kind == ViewKind::kDataView);
    CHECK(view.byte_offset == 3);
    CHECK(view.length == 5);
    CHECK_FALSE(view.length_tracking);
  }
}

TEST_CASE("Over a detached buffer every use is a type error, before the index is looked at") {
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  const DataView view = *DataView::Over(buffer, 2);
  const ArrayBuffer moved = *buffer.Transfer();
  CHECK(view.out_of_bounds());
  CHECK(absl::IsFailedPrecondition(view.TryByteLength().status()));
  CHECK(absl::IsFailedPrecondition(view.TryByteOffset().status()));
  CHECK(absl::IsFailedPrecondition(view.TryGet<std::int8_t>(100).status()));
  CHECK(absl::IsFailedPrecondition(view.TrySet<std::int8_t>(100, 1)));
  CHECK(view.TryGet<std::int8_t>(0).status() ==
        absl::FailedPreconditionError("DataView: the buffer is detached"));
  CHECK(absl::IsFailedPrecondition(DataView::Over(buffer, 100).status()));
  CHECK(absl::IsFailedPrecondition(DataView().TryByteLength().status()));
  // It is the same view still.
  CHECK(view.AsView().byte_offset == 2);
  CHECK(view.AsView().length == 6);
  CHECK_FALSE(DataView().length_tracking());
}

TEST_CASE("A view that is out of bounds is back in bounds when its bytes are") {
  ArrayBuffer buffer = *ArrayBuffer::Create(8, {.max_byte_length = 16});
  const DataView fixed = *DataView::Over(buffer, 4, 4);
  const DataView tracking = *DataView::Over(buffer, 4);
  CHECK(tracking.length_tracking());
  CHECK(tracking.AsView().length_tracking);
  CHECK(tracking.byte_length() == 4);
  CHECK(buffer.Resize(16).ok());
  CHECK(fixed.byte_length() == 4);
  CHECK(tracking.byte_length() == 12);
  CHECK(tracking.TryGet<double>(4).ok());
  CHECK(buffer.Resize(7).ok());
  CHECK(fixed.out_of_bounds());
  CHECK(
      fixed.TryGet<std::int8_t>(0).status() ==
      absl::FailedPreconditionError("DataView: the view is out of bounds of its buffer, 7 bytes"));
  CHECK(absl::IsFailedPrecondition(fixed.TryByteOffset().status()));
  CHECK(tracking.byte_length() == 3);
  CHECK(absl::IsOutOfRange(tracking.TryGet<std::int32_t>(0).status()));
  CHECK(buffer.Resize(4).ok());
  CHECK_FALSE(tracking.out_of_bounds());
  CHECK(tracking.byte_length() == 0);
  CHECK(buffer.Resize(3).ok());
  CHECK(tracking.out_of_bounds());
  CHECK(absl::IsFailedPrecondition(tracking.TrySet<std::int8_t>(0, 1)));
  CHECK(buffer.Resize(8).ok());
  CHECK(fixed.byte_length() == 4);
  CHECK(tracking.byte_offset() == 4);
  CHECK(tracking.byte_length() == 4);
}

TEST_CASE("A view of a growable buffer sees what has grown") {
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(2, {.max_byte_length = 8});
  const DataView view = *DataView::Over(buffer, 1);
  CHECK(absl::IsOutOfRange(view.TryGet<std::int32_t>(0).status()));
  CHECK(buffer.Grow(5).ok());
  CHECK(*view.TryGet<std::int32_t>(0) == 0);
}

TEST_CASE("An immutable buffer is read, and refuses writes before the index is looked at") {
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  const DataView view = *DataView::Over(*buffer.TransferToImmutable());
  CHECK(view.GetInt32(4) == 0);
  CHECK(view.TrySet<std::int8_t>(100, 1) ==
        absl::FailedPreconditionError("DataView: the buffer is immutable"));
}

}  // namespace
}  // namespace sabre
