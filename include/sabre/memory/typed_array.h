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
#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"
#include "sabre/memory/typed_array_change.h"
#include "sabre/memory/typed_array_copy.h"
#include "sabre/memory/typed_array_iterator.h"
#include "sabre/memory/typed_array_search.h"

namespace sabre {

// TypedArray
//
// A view of the bytes of an ArrayBuffer or a SharedArrayBuffer as elements of type T, in the byte
// order of the machine. Copying a view is cheap and names the same elements; `const` is that of a
// pointer: the view, not the elements.
//
// A view has a fixed length, or it tracks the length of its buffer, which can be resized or grown.
// When its bytes are no longer all there (the buffer was detached, or became too short) a view is
// out of bounds: it has length 0. It is back in bounds when the buffer is long enough again.
//
// Access to elements comes in three forms: the plain name checks the index (one comparison, if the
// buffer is shared and the length fixed) and aborts, `Try…` returns a status, `Unsafe…` does not.
//
// Thread-safety: over a SharedArrayBuffer, views of any types, in any threads, may overlap. Get and
//   Set are race-defined: whole values of some write, never undefined behaviour, in no particular
//   order with accesses to other elements. For order, use atomics.h. Over an ArrayBuffer: confined
//   to the buffer's thread.
// Spec: ECMA-262 TypedArray Objects (https://tc39.es/ecma262/#sec-typedarray-objects).
template <Element T>
class TypedArray : public internal::TypedArraySearch<T>,
                   public internal::TypedArrayChange<T>,
                   public internal::TypedArrayCopy<T> {
 public:
  using value_type = T;
  using iterator = TypedArrayIterator<T>;
  static constexpr ViewKind kKind = internal::ElementKind<T>::kKind;

  // A view of no elements over no buffer. So is a view that was moved from.
  TypedArray() noexcept = default;
  TypedArray(const TypedArray&) = default;
  TypedArray& operator=(const TypedArray&) = default;
  TypedArray(TypedArray&& other) noexcept { Swap(other); }
  TypedArray& operator=(TypedArray&& other) noexcept {
    TypedArray(std::move(other)).Swap(*this);
    return *this;
  }

  // A view of `length` elements, beginning `byte_offset` bytes into `buffer`. Without a length: all
  // up to the end of the buffer, wherever that will be if the buffer is resizable or growable.
  // Errors: kOutOfRange (RangeError) if byte_offset is not a multiple of sizeof(T), the elements do
  //   not fit, or (without a length) the bytes of a fixed buffer are not whole elements;
  //   kFailedPrecondition (TypeError) if the buffer is detached.
  static absl::StatusOr<TypedArray> Over(BufferHandle buffer, std::size_t byte_offset = 0,
                                         std::optional<std::size_t> length = std::nullopt) {
    absl::StatusOr<std::size_t> count = internal::CheckView(kKind, buffer, byte_offset, length);
    if (!count.ok()) return std::move(count).status();
    const bool tracking = !length.has_value() && buffer.resizable();
    return TypedArray(std::move(buffer), byte_offset, tracking ? kTracking : *count);
  }

  // Elements; 0 if out of bounds.
  std::size_t size() const noexcept {
    if (stable_length_ != 0) [[likely]]
      return stable_length_;
    return LengthNow();
  }
  bool empty() const noexcept { return size() == 0; }
  // Bytes; 0 if out of bounds.
  std::size_t byte_length() const noexcept { return size() * sizeof(T); }
  // Bytes from the start of the buffer; 0 if out of bounds.
  std::size_t byte_offset() const noexcept { return out_of_bounds() ? 0 : byte_offset_; }
  // Whether the bytes are not all there. A view over a detached or no buffer is out of bounds.
  bool out_of_bounds() const noexcept {
    if (block_ == nullptr || block_->detached()) return true;
    const std::size_t bytes = block_->byte_length();
    return byte_offset_ > bytes ||
           (!length_tracking() && length_ > (bytes - byte_offset_) / sizeof(T));
  }
  bool length_tracking() const noexcept { return length_ == kTracking; }
  const BufferHandle& buffer() const noexcept { return buffer_; }
  bool shared() const noexcept { return buffer_.shared(); }

  // The same view without its type; out of bounds, if this is.
  ArrayBufferView AsView() const {
    return {kKind, buffer_, byte_offset_, length_tracking() ? LengthNow() : length_,
            length_tracking()};
  }

  // Reads element `index`, in [0, size()). Unordered.
  T Get(std::size_t index) const noexcept {
    CheckIndex(index);
    return UnsafeGet(index);
  }
  using internal::TypedArrayChange<T>::Set;  // of many elements
  // Writes element `index`, in [0, size()), converted as ToElement does. Unordered. Writing to an
  // immutable buffer is a caller's bug too.
  void Set(std::size_t index, ElementArgument<T> value) const noexcept {
    CheckWrite(index);
    UnsafeSet(index, value);
  }

  // As Get and Set. Errors: kFailedPrecondition if the view is out of bounds or, for TrySet, the
  // buffer
  //   is immutable; kOutOfRange if index >= size().
  absl::StatusOr<T> TryGet(std::size_t index) const {
    if (index >= size()) return IndexError(index);
    return UnsafeGet(index);
  }
  absl::Status TrySet(std::size_t index, ElementArgument<T> value) const {
    if (absl::Status may = TryCheckWrite(index); !may.ok()) return may;
    UnsafeSet(index, value);
    return absl::OkStatus();
  }

  // As Get and Set, unchecked: index < size() is the caller's promise.
  T UnsafeGet(std::size_t index) const noexcept {
    return internal::CellAccess<T>::Get(UnsafeAddress(index));
  }
  void UnsafeSet(std::size_t index, ElementArgument<T> value) const noexcept {
    internal::CellAccess<T>::Set(UnsafeAddress(index), value.value());
  }

  // Iterators over the elements there are now; good as long as this view. See TypedArrayIterator.
  iterator begin() const noexcept { return {*this, 0}; }
  iterator end() const noexcept { return {*this, size()}; }

  // The elements for plain C++ access, by one who knows that no other thread uses them now. Good
  // until the buffer is resized or detached or its last handle is gone. Span over an immutable
  // buffer is a caller's bug (it aborts): use ConstSpan.
  std::span<T> Span() const noexcept {
    if (immutable()) internal::CallerBug("TypedArray::Span over an immutable buffer");
    const std::size_t count = size();
    return count == 0 ? std::span<T>() : std::span<T>(reinterpret_cast<T*>(data_), count);
  }
  std::span<const T> ConstSpan() const noexcept {
    const std::size_t count = size();
    return count == 0 ? std::span<const T>()
                      : std::span<const T>(reinterpret_cast<const T*>(data_), count);
  }

  // For atomics.h: where element `index` lies, and the checks before it is used.
  std::byte* UnsafeAddress(std::size_t index) const noexcept { return data_ + index * sizeof(T); }
  void CheckIndex(std::size_t index) const noexcept {
    if (index >= stable_length_) [[unlikely]]
      internal::CheckIndex(index, LengthNow());
  }
  void CheckWrite(std::size_t index) const noexcept {
    // Below the stable length the buffer is shared, so it is not immutable.
    if (index >= stable_length_) [[unlikely]]
      CheckWriteNow(index);
  }
  absl::Status TryCheckWrite(std::size_t index) const {
    if (index < stable_length_) return absl::OkStatus();
    if (immutable()) return internal::ImmutableError(kKind);
    return index < LengthNow() ? absl::OkStatus() : IndexError(index);
  }
  // kFailedPrecondition (TypeError) if the view is out of bounds, else kOutOfRange (RangeError).
  absl::Status IndexError(std::size_t index) const {
    if (out_of_bounds()) return internal::OutOfBoundsError(kKind, buffer_);
    return absl::OutOfRangeError(
        absl::StrCat(ViewName(kKind), ": index ", index, " is not below the length ", size()));
  }
  bool immutable() const noexcept { return block_ != nullptr && block_->immutable(); }
  // For methods that read, and that write, many elements: kFailedPrecondition (TypeError).
  absl::Status CheckInBounds() const {
    return out_of_bounds() ? internal::OutOfBoundsError(kKind, buffer_) : absl::OkStatus();
  }
  absl::Status CheckChangeable() const {
    return immutable() ? internal::ImmutableError(kKind) : CheckInBounds();
  }
  // Where the view begins, also while it is out of bounds. Bytes.
  std::size_t initial_byte_offset() const noexcept { return byte_offset_; }

 private:
  // As length_: that of the buffer's end.
  static constexpr std::size_t kTracking = SIZE_MAX;

  TypedArray(BufferHandle buffer, std::size_t byte_offset, std::size_t length) noexcept
      : buffer_(std::move(buffer)),
        block_(buffer_.block()),
        data_(block_ != nullptr ? block_->data() + byte_offset : nullptr),
        byte_offset_(byte_offset),
        length_(length),
        stable_length_(buffer_.shared() && length != kTracking ? length : 0) {}

  void Swap(TypedArray& other) noexcept {
    std::swap(buffer_, other.buffer_);
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(byte_offset_, other.byte_offset_);
    std::swap(length_, other.length_);
    std::swap(stable_length_, other.stable_length_);
  }

  // Apart from CheckWrite, so that the compilers inline that everywhere.
  void CheckWriteNow(std::size_t index) const noexcept {
    if (immutable()) internal::CallerBug("a write to an immutable ArrayBuffer");
    internal::CheckIndex(index, LengthNow());
  }

  // The length of a view whose length may change.
  std::size_t LengthNow() const noexcept {
    if (block_ == nullptr) return 0;
    const std::size_t bytes = block_->byte_length();
    if (byte_offset_ > bytes) return 0;
    const std::size_t room = (bytes - byte_offset_) / sizeof(T);
    return length_tracking() ? room : length_ <= room ? length_ : 0;
  }

  BufferHandle buffer_;
  const internal::BlockHeader* block_ = nullptr;  // kept alive by buffer_
  std::byte* data_ = nullptr;                     // the first element
  std::size_t byte_offset_ = 0;
  std::size_t length_ = 0;         // elements, or kTracking
  std::size_t stable_length_ = 0;  // length_ if it cannot change: a shared block never shrinks
};

using Int8Array = TypedArray<std::int8_t>;
using Uint8Array = TypedArray<std::uint8_t>;
using Uint8ClampedArray = TypedArray<Uint8Clamped>;
using Int16Array = TypedArray<std::int16_t>;
using Uint16Array = TypedArray<std::uint16_t>;
using Int32Array = TypedArray<std::int32_t>;
using Uint32Array = TypedArray<std::uint32_t>;
using Float16Array = TypedArray<Float16>;
using Float32Array = TypedArray<float>;
using Float64Array = TypedArray<double>;
using BigInt64Array = TypedArray<std::int64_t>;
using BigUint64Array = TypedArray<std::uint64_t>;

}  // namespace sabre

#endif  // SABRE_MEMORY_TYPED_ARRAY_H_
