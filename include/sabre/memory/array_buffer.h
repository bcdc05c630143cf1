// sabre/memory/array_buffer.h: bytes that one thread owns at a time.
#ifndef SABRE_MEMORY_ARRAY_BUFFER_H_
#define SABRE_MEMORY_ARRAY_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/backing_store.h"
#include "sabre/memory/buffer_options.h"

namespace sabre {

namespace internal {
class ArrayBufferState;
class BlockHeader;
}  // namespace internal

// ArrayBuffer
//
// A handle to a range of zero-initialised bytes. Handles have the identity of JavaScript's objects:
// a copy names the same bytes, and a transfer (in a message, or by Transfer) detaches all handles and
// all views at once; what is left has length 0. A default-constructed handle names no buffer and
// behaves like a detached one.
//
// A buffer is fixed, resizable (it changes its length in place: no byte ever moves), or immutable (its
// bytes are shared by all who receive it in a message, without a copy).
//
// Thread-safety: confined to one thread at a time, with all its handles and views: they share an
//   unsynchronised word. To give the bytes to another thread, transfer them in a message; to let
//   several threads use them at once, use a SharedArrayBuffer. Debug builds of the library check that
//   the calling thread is the one that created or received the buffer.
// Errors of all members: what ECMA-262 calls a TypeError is kFailedPrecondition, a RangeError is
//   kOutOfRange, or kResourceExhausted where the system refuses. They leave the buffer as it was.
// Spec: ECMA-262 ArrayBuffer Objects (https://tc39.es/ecma262/#sec-arraybuffer-objects).
class ArrayBuffer {
 public:
  ArrayBuffer() noexcept = default;
  ArrayBuffer(const ArrayBuffer& other) noexcept;
  ArrayBuffer(ArrayBuffer&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  ArrayBuffer& operator=(const ArrayBuffer& other) noexcept;
  ArrayBuffer& operator=(ArrayBuffer&& other) noexcept;
  ~ArrayBuffer();

  // A new buffer of `byte_length` zeroed bytes; resizable if `options` have a max_byte_length. Address
  // space for the maximum is reserved at once, memory is taken as the length grows.
  // Errors: kOutOfRange (RangeError) if byte_length exceeds max_byte_length, or either 2^53 - 1;
  //   kResourceExhausted if the system has not so much.
  static absl::StatusOr<ArrayBuffer> Create(std::size_t byte_length, BufferOptions options = {});

  // A new buffer with the bytes that `store` owns, confined to the calling thread.
  static ArrayBuffer FromBackingStore(internal::BackingStore store);

  // Bytes; 0 if detached.
  std::size_t byte_length() const noexcept;
  // The length up to which Resize goes, in bytes: byte_length() of a fixed buffer, 0 if detached.
  std::size_t max_byte_length() const noexcept;
  // Whether it was made so; a detached buffer still says it.
  bool resizable() const noexcept;
  bool immutable() const noexcept;
  // Whether the bytes have gone elsewhere (or there never were any: a default-constructed handle).
  bool detached() const noexcept;

  // The bytes, good until the buffer is resized or detached or its last handle is gone. Of an immutable
  // buffer Span is a caller's bug (it aborts): use ConstSpan.
  std::span<std::byte> Span() const noexcept;
  std::span<const std::byte> ConstSpan() const noexcept;

  // Sets the length, at most max_byte_length() bytes. Bytes that come are zero, also those that were
  // there before; views keep their place.
  // Errors: kFailedPrecondition if the buffer is not resizable or is detached; kOutOfRange;
  //   kResourceExhausted.
  // Spec: ArrayBuffer.prototype.resize.
  absl::Status Resize(std::size_t byte_length);

  // Moves the bytes to a new buffer and detaches this one. Without a length: all of them; otherwise
  // byte_length of them, zero-filled. Transfer keeps what the buffer is, fixed or resizable with its
  // maximum; the others make it fixed, or immutable.
  // Errors: kFailedPrecondition if it is detached or immutable; kOutOfRange if byte_length exceeds
  //   max_byte_length of a buffer that stays resizable, or 2^53 - 1; kResourceExhausted.
  // Spec: ArrayBuffer.prototype.transfer, transferToFixedLength, transferToImmutable.
  absl::StatusOr<ArrayBuffer> Transfer(std::optional<std::size_t> byte_length = std::nullopt);
  absl::StatusOr<ArrayBuffer> TransferToFixedLength(
      std::optional<std::size_t> byte_length = std::nullopt);
  absl::StatusOr<ArrayBuffer> TransferToImmutable(
      std::optional<std::size_t> byte_length = std::nullopt);

  // A new buffer with a copy of the bytes from `start` to before `end`, fixed or immutable. Negative
  // positions count from the end; both are clamped to the buffer. Without an end: all that follow.
  // Errors: kFailedPrecondition if it is detached; kResourceExhausted.
  // Spec: ArrayBuffer.prototype.slice, sliceToImmutable.
  absl::StatusOr<ArrayBuffer> Slice(std::int64_t start = 0,
                                    std::optional<std::int64_t> end = std::nullopt) const;
  absl::StatusOr<ArrayBuffer> SliceToImmutable(
      std::int64_t start = 0, std::optional<std::int64_t> end = std::nullopt) const;

  // Forbids to transfer it in a message, from now on; its own Transfer is as before. A handle of no buffer
  // stays what it is. Spec: Node's markAsUntransferable (clone/marks.h).
  void MarkAsUntransferable() noexcept;
  bool marked_as_untransferable() const noexcept;

  // The same for all handles of one buffer, different for different buffers. Null for a
  // default-constructed handle.
  const void* identity() const noexcept { return state_; }

  friend bool operator==(const ArrayBuffer& a, const ArrayBuffer& b) noexcept {
    return a.state_ == b.state_;
  }

  // For views and messages.
  const internal::BlockHeader* block() const noexcept;
  // Takes the bytes out; all handles are detached afterwards.
  // Errors: kFailedPrecondition if the buffer is detached already or immutable; nothing has changed then.
  absl::StatusOr<internal::BackingStore> Detach();
  // Undoes Detach: the buffer, detached now, has the bytes of `store`, and its views see them again.
  void Reattach(internal::BackingStore store) noexcept;
  // Another owner of the bytes of an immutable buffer, for another thread.
  internal::BackingStore ShareImmutable() const noexcept;

 private:
  explicit ArrayBuffer(internal::ArrayBufferState* state) noexcept : state_(state) {}

  static absl::StatusOr<ArrayBuffer> Detached();
  static absl::StatusOr<ArrayBuffer> Wrap(absl::StatusOr<internal::BackingStore> store);
  absl::Status CheckMayTransfer(const char* what, std::size_t byte_length) const;
  template <class Move>
  absl::StatusOr<ArrayBuffer> Moved(Move move);
  absl::StatusOr<internal::BackingStore> CopyOf(const char* what, std::int64_t start,
                                                std::optional<std::int64_t> end) const;

  internal::ArrayBufferState* state_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_ARRAY_BUFFER_H_
