// sabre/memory/data_view.h: elements of any type at any byte of a buffer, in either byte order.
#ifndef SABRE_MEMORY_DATA_VIEW_H_
#define SABRE_MEMORY_DATA_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/block_header.h"
#include "sabre/memory/buffer_handle.h"
#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"
#include "sabre/memory/unaligned_access.h"

namespace sabre {

// DataView
//
// A view of the bytes of an ArrayBuffer or a SharedArrayBuffer that reads and writes elements of
// any type at any byte index, aligned or not; in big-endian byte order, unless it is told to use
// the other one. Copying a view is cheap and names the same bytes; `const` is that of a pointer.
//
// A view has a fixed length, or it tracks the length of its buffer, and may be out of bounds, as a
// TypedArray; but every use of a view that is out of bounds is an error.
//
// The plain names abort on an error (a caller's bug), the `Try…` forms return it.
// Errors, in this order: kFailedPrecondition (TypeError) for a write to an immutable buffer, and
//   for a view out of bounds, in particular of a detached buffer; kOutOfRange (RangeError) if the
//   element is not within byte_length().
// Thread-safety: over a SharedArrayBuffer, any thread; race-defined, but an element that is not
//   aligned to its size may tear: its bytes may come from different writes. Unordered. Over an
//   ArrayBuffer: confined to the buffer's thread.
// Spec: ECMA-262 DataView Objects (https://tc39.es/ecma262/#sec-dataview-objects).
class DataView {
 public:
  static constexpr ViewKind kKind = ViewKind::kDataView;

  // A view of nothing: out of bounds.
  DataView() noexcept = default;

  // A view of `byte_length` bytes, beginning `byte_offset` bytes into `buffer`. Without a length:
  // all up to the end of the buffer, wherever that will be if the buffer is resizable or growable.
  // Errors: kFailedPrecondition (TypeError) if the buffer is detached; kOutOfRange (RangeError) if
  //   the bytes are not within the buffer.
  static absl::StatusOr<DataView> Over(BufferHandle buffer, std::size_t byte_offset = 0,
                                       std::optional<std::size_t> byte_length = std::nullopt);

  // Bytes. On a view out of bounds they are errors too, unlike those of a TypedArray.
  std::size_t byte_length() const noexcept;
  std::size_t byte_offset() const noexcept;
  absl::StatusOr<std::size_t> TryByteLength() const;
  absl::StatusOr<std::size_t> TryByteOffset() const;

  bool out_of_bounds() const noexcept { return !Room().has_value(); }
  bool length_tracking() const noexcept { return byte_length_ == kTracking; }
  const BufferHandle& buffer() const noexcept { return buffer_; }
  bool shared() const noexcept { return buffer_.shared(); }

  // The same view without its type; out of bounds, if this is.
  ArrayBufferView AsView() const;

  // Reads the element of type T at `byte_index`, counted in bytes from the beginning of the view.
  template <Element T>
  T Get(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Read<T>(CheckedAddress(byte_index, sizeof(T), /*write=*/false), little_endian);
  }
  template <Element T>
  absl::StatusOr<T> TryGet(std::size_t byte_index, bool little_endian = false) const {
    const absl::StatusOr<std::byte*> address = TryAddress(byte_index, sizeof(T), /*write=*/false);
    if (!address.ok()) return address.status();
    return Read<T>(*address, little_endian);
  }

  // Writes it, converted as ToElement does.
  template <Element T>
  void Set(std::size_t byte_index, ElementArgument<T> value,
           bool little_endian = false) const noexcept {
    Write<T>(CheckedAddress(byte_index, sizeof(T), /*write=*/true), value, little_endian);
  }
  template <Element T>
  absl::Status TrySet(std::size_t byte_index, ElementArgument<T> value,
                      bool little_endian = false) const {
    const absl::StatusOr<std::byte*> address = TryAddress(byte_index, sizeof(T), /*write=*/true);
    if (!address.ok()) return address.status();
    Write<T>(*address, value, little_endian);
    return absl::OkStatus();
  }

  // The plain forms by JavaScript's names. Spec: DataView.prototype.getInt8, setInt8, ….
  std::int8_t GetInt8(std::size_t byte_index) const noexcept {
    return Get<std::int8_t>(byte_index);
  }
  void SetInt8(std::size_t byte_index, ElementArgument<std::int8_t> value) const noexcept {
    Set<std::int8_t>(byte_index, value);
  }
  std::uint8_t GetUint8(std::size_t byte_index) const noexcept {
    return Get<std::uint8_t>(byte_index);
  }
  void SetUint8(std::size_t byte_index, ElementArgument<std::uint8_t> value) const noexcept {
    Set<std::uint8_t>(byte_index, value);
  }
  std::int16_t GetInt16(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<std::int16_t>(byte_index, little_endian);
  }
  void SetInt16(std::size_t byte_index, ElementArgument<std::int16_t> value,
                bool little_endian = false) const noexcept {
    Set<std::int16_t>(byte_index, value, little_endian);
  }
  std::uint16_t GetUint16(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<std::uint16_t>(byte_index, little_endian);
  }
  void SetUint16(std::size_t byte_index, ElementArgument<std::uint16_t> value,
                 bool little_endian = false) const noexcept {
    Set<std::uint16_t>(byte_index, value, little_endian);
  }
  std::int32_t GetInt32(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<std::int32_t>(byte_index, little_endian);
  }
  void SetInt32(std::size_t byte_index, ElementArgument<std::int32_t> value,
                bool little_endian = false) const noexcept {
    Set<std::int32_t>(byte_index, value, little_endian);
  }
  std::uint32_t GetUint32(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<std::uint32_t>(byte_index, little_endian);
  }
  void SetUint32(std::size_t byte_index, ElementArgument<std::uint32_t> value,
                 bool little_endian = false) const noexcept {
    Set<std::uint32_t>(byte_index, value, little_endian);
  }
  Float16 GetFloat16(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<Float16>(byte_index, little_endian);
  }
  void SetFloat16(std::size_t byte_index, ElementArgument<Float16> value,
                  bool little_endian = false) const noexcept {
    Set<Float16>(byte_index, value, little_endian);
  }
  float GetFloat32(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<float>(byte_index, little_endian);
  }
  void SetFloat32(std::size_t byte_index, ElementArgument<float> value,
                  bool little_endian = false) const noexcept {
    Set<float>(byte_index, value, little_endian);
  }
  double GetFloat64(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<double>(byte_index, little_endian);
  }
  void SetFloat64(std::size_t byte_index, ElementArgument<double> value,
                  bool little_endian = false) const noexcept {
    Set<double>(byte_index, value, little_endian);
  }
  std::int64_t GetBigInt64(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<std::int64_t>(byte_index, little_endian);
  }
  void SetBigInt64(std::size_t byte_index, ElementArgument<std::int64_t> value,
                   bool little_endian = false) const noexcept {
    Set<std::int64_t>(byte_index, value, little_endian);
  }
  std::uint64_t GetBigUint64(std::size_t byte_index, bool little_endian = false) const noexcept {
    return Get<std::uint64_t>(byte_index, little_endian);
  }
  void SetBigUint64(std::size_t byte_index, ElementArgument<std::uint64_t> value,
                    bool little_endian = false) const noexcept {
    Set<std::uint64_t>(byte_index, value, little_endian);
  }

 private:
  // As byte_length_: up to the buffer's end.
  static constexpr std::size_t kTracking = SIZE_MAX;

  DataView(BufferHandle buffer, std::size_t byte_offset, std::size_t byte_length) noexcept
      : buffer_(std::move(buffer)), byte_offset_(byte_offset), byte_length_(byte_length) {}

  // The bytes in view now; none if the view is out of bounds.
  std::optional<std::size_t> Room() const noexcept;
  // Where `size` bytes at `byte_index` are.
  absl::StatusOr<std::byte*> TryAddress(std::size_t byte_index, std::size_t size, bool write) const;
  // Null if they are not there or must not be written.
  std::byte* AddressOrNull(std::size_t byte_index, std::size_t size, bool write) const noexcept;
  std::byte* CheckedAddress(std::size_t byte_index, std::size_t size, bool write) const noexcept;

  template <class T>
  static T Read(std::byte* address, bool little_endian) noexcept {
    return internal::UnalignedAccess<T>::Get(address, little_endian);
  }
  template <class T>
  static void Write(std::byte* address, ElementArgument<T> value, bool little_endian) noexcept {
    internal::UnalignedAccess<T>::Set(address, value.value(), little_endian);
  }

  BufferHandle buffer_;
  std::size_t byte_offset_ = 0;
  std::size_t byte_length_ = 0;  // or kTracking
};

}  // namespace sabre

#endif  // SABRE_MEMORY_DATA_VIEW_H_
