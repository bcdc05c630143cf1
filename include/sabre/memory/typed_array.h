// sabre/memory/typed_array.h: elements of one type over the bytes of a buffer.
#ifndef SABRE_MEMORY_TYPED_ARRAY_H_
#define SABRE_MEMORY_TYPED_ARRAY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/block_header.h"
#include "sabre/memory/buffer_handle.h"
#include "sabre/memory/cell_access.h"
#include "sabre/memory/check.h"
#include "sabre/memory/element.h"

namespace sabre {

// TypedArray
//
// A view of the bytes of an ArrayBuffer or a SharedArrayBuffer as elements of type T, in the byte
// order of the machine. Copying a view is cheap and names the same elements; `const` is that of a
// pointer: the view, not the elements. When its buffer is detached, a view has length 0.
//
// Access to elements comes in three forms: the plain name checks the index and aborts (a caller's
// bug), `Try…` returns a status, `Unsafe…` does not check.
//
// Thread-safety: over a SharedArrayBuffer, views of any types, in any threads, may overlap. Get and
//   Set are race-defined: whole values of some write, never undefined behaviour, in no particular
//   order with accesses to other elements. For order, use atomics.h. Over an ArrayBuffer: confined to
//   the buffer's thread.
// Spec: ECMA-262 TypedArray Objects (https://tc39.es/ecma262/#sec-typedarray-objects).
template <Element T>
class TypedArray {
 public:
  using value_type = T;
  static constexpr ViewKind kKind = internal::ElementKind<T>::kKind;

  // A view of no elements over no buffer. So is a view that was moved from.
  TypedArray() noexcept = default;
  TypedArray(const TypedArray&) = default;
  TypedArray& operator=(const TypedArray&) = default;
  TypedArray(TypedArray&& other) noexcept
      : buffer_(std::move(other.buffer_)),
        block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        end_(std::exchange(other.end_, 0)),
        length_(std::exchange(other.length_, 0)) {}
  TypedArray& operator=(TypedArray&& other) noexcept {
    if (this == &other) return *this;
    buffer_ = std::move(other.buffer_);
    block_ = std::exchange(other.block_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    end_ = std::exchange(other.end_, 0);
    length_ = std::exchange(other.length_, 0);
    return *this;
  }

  // A view of `length` elements, beginning `byte_offset` bytes into `buffer`. Without a length: all
  // up to the end of the buffer.
  // Errors: kOutOfRange (RangeError) if byte_offset is not a multiple of sizeof(T), the elements do
  //   not fit, or (without a length) the rest of the buffer is not whole elements;
  //   kFailedPrecondition (TypeError) if the buffer is detached.
  static absl::StatusOr<TypedArray> Over(BufferHandle buffer, std::size_t byte_offset = 0,
                                         std::optional<std::size_t> length = std::nullopt) {
    if (absl::Status aligned = internal::CheckAlignment(kKind, byte_offset); !aligned.ok()) {
      return aligned;
    }
    if (buffer.detached()) {
      return absl::FailedPreconditionError(absl::StrCat(ViewName(kKind), ": buffer is detached"));
    }
    const std::size_t byte_length = buffer.byte_length();
    if (!length.has_value()) {
      absl::StatusOr<std::size_t> rest = internal::RestOfBuffer(kKind, byte_length, byte_offset);
      if (!rest.ok()) return std::move(rest).status();
      length = *rest;
    } else if (absl::Status fits =
                   internal::CheckViewBounds(kKind, byte_length, byte_offset, *length);
               !fits.ok()) {
      return fits;
    }
    return TypedArray(std::move(buffer), byte_offset, *length);
  }

  // A view of `length` zeroed elements over a new ArrayBuffer. Errors: as ArrayBuffer::Create.
  static absl::StatusOr<TypedArray> Create(std::size_t length) {
    if (length > SIZE_MAX / sizeof(T)) {
      return absl::OutOfRangeError(
          absl::StrCat(ViewName(kKind), ": length ", length, " exceeds ", SIZE_MAX / sizeof(T)));
    }
    absl::StatusOr<ArrayBuffer> buffer = ArrayBuffer::Create(length * sizeof(T));
    if (!buffer.ok()) return std::move(buffer).status();
    return TypedArray(*std::move(buffer), 0, length);
  }

  // Elements; 0 if the buffer is detached.
  std::size_t size() const noexcept {
    return block_ != nullptr && end_ <= block_->byte_length() ? length_ : 0;
  }
  bool empty() const noexcept { return size() == 0; }
  // Bytes; 0 if the buffer is detached.
  std::size_t byte_length() const noexcept { return size() * sizeof(T); }
  // Bytes from the start of the buffer; 0 if it is detached.
  std::size_t byte_offset() const noexcept {
    return block_ != nullptr && end_ <= block_->byte_length() ? end_ - length_ * sizeof(T) : 0;
  }
  const BufferHandle& buffer() const noexcept { return buffer_; }
  bool shared() const noexcept { return buffer_.shared(); }

  // The same view without its type.
  ArrayBufferView AsView() const { return {kKind, buffer_, byte_offset(), size()}; }

  // Reads element `index`, in [0, size()). Unordered.
  T Get(std::size_t index) const noexcept {
    internal::CheckIndex(index, size());
    return UnsafeGet(index);
  }
  // Writes element `index`, in [0, size()). Unordered.
  void Set(std::size_t index, T value) const noexcept {
    internal::CheckIndex(index, size());
    UnsafeSet(index, value);
  }

  // As Get and Set. Errors: kOutOfRange if index >= size().
  absl::StatusOr<T> TryGet(std::size_t index) const {
    if (index >= size()) return IndexError(index);
    return UnsafeGet(index);
  }
  absl::Status TrySet(std::size_t index, T value) const {
    if (index >= size()) return IndexError(index);
    UnsafeSet(index, value);
    return absl::OkStatus();
  }

  // As Get and Set, unchecked: index < size() is the caller's promise.
  T UnsafeGet(std::size_t index) const noexcept {
    return internal::CellAccess<T>::Get(UnsafeAddress(index));
  }
  void UnsafeSet(std::size_t index, T value) const noexcept {
    internal::CellAccess<T>::Set(UnsafeAddress(index), value);
  }

  // The elements for plain C++ access, by one who knows that no other thread uses them now. Good
  // until the buffer is detached or its last handle is gone.
  std::span<T> Span() const noexcept {
    const std::size_t count = size();
    return count == 0 ? std::span<T>() : std::span<T>(reinterpret_cast<T*>(data_), count);
  }

  // For atomics.h: where element `index` lies.
  std::byte* UnsafeAddress(std::size_t index) const noexcept { return data_ + index * sizeof(T); }
  absl::Status IndexError(std::size_t index) const {
    return absl::OutOfRangeError(
        absl::StrCat(ViewName(kKind), ": index ", index, " is not below the length ", size()));
  }

 private:
  TypedArray(BufferHandle buffer, std::size_t byte_offset, std::size_t length) noexcept
      : buffer_(std::move(buffer)),
        block_(buffer_.block()),
        data_(block_ != nullptr ? block_->data() + byte_offset : nullptr),
        end_(byte_offset + length * sizeof(T)),
        length_(length) {}

  BufferHandle buffer_;
  const internal::BlockHeader* block_ = nullptr;  // kept alive by buffer_
  std::byte* data_ = nullptr;                     // the first element
  std::size_t end_ = 0;                           // bytes from the start of the buffer
  std::size_t length_ = 0;                        // elements
};

using Int8Array = TypedArray<std::int8_t>;
using Uint8Array = TypedArray<std::uint8_t>;
using Uint8ClampedArray = TypedArray<Uint8Clamped>;
using Int16Array = TypedArray<std::int16_t>;
using Uint16Array = TypedArray<std::uint16_t>;
using Int32Array = TypedArray<std::int32_t>;
using Uint32Array = TypedArray<std::uint32_t>;
using Float32Array = TypedArray<float>;
using Float64Array = TypedArray<double>;
using BigInt64Array = TypedArray<std::int64_t>;
using BigUint64Array = TypedArray<std::uint64_t>;

}  // namespace sabre

#endif  // SABRE_MEMORY_TYPED_ARRAY_H_
