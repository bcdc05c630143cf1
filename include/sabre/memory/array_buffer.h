// sabre/memory/array_buffer.h: bytes that one thread owns at a time.
#ifndef SABRE_MEMORY_ARRAY_BUFFER_H_
#define SABRE_MEMORY_ARRAY_BUFFER_H_

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"
#include "sabre/memory/backing_store.h"

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
// Thread-safety: confined to one thread at a time, with all its handles and views: they share an
//   unsynchronised word. To give the bytes to another thread, transfer them in a message; to let
//   several threads use them at once, use a SharedArrayBuffer. Debug builds of the library check that
//   the calling thread is the one that created or received the buffer.
// Spec: ECMA-262 ArrayBuffer Objects (https://tc39.es/ecma262/#sec-arraybuffer-objects).
class ArrayBuffer {
 public:
  ArrayBuffer() noexcept = default;
  ArrayBuffer(const ArrayBuffer& other) noexcept;
  ArrayBuffer(ArrayBuffer&& other) noexcept : state_(other.state_) { other.state_ = nullptr; }
  ArrayBuffer& operator=(const ArrayBuffer& other) noexcept;
  ArrayBuffer& operator=(ArrayBuffer&& other) noexcept;
  ~ArrayBuffer();

  // A new buffer of `byte_length` zeroed bytes.
  // Errors: kOutOfRange (RangeError) if byte_length > 2^53 - 1; kResourceExhausted if the system has
  //   not so many.
  static absl::StatusOr<ArrayBuffer> Create(std::size_t byte_length);

  // A new buffer with the bytes that `store` owns, confined to the calling thread.
  static ArrayBuffer FromBackingStore(internal::BackingStore store);

  // Bytes; 0 if detached.
  std::size_t byte_length() const noexcept;

  // Whether the bytes have gone elsewhere (or there never were any: a default-constructed handle).
  bool detached() const noexcept;

  // The bytes, good until the buffer is detached or its last handle is gone.
  std::span<std::byte> Span() const noexcept;

  // Moves the bytes to a new buffer and detaches this one.
  // Errors: kFailedPrecondition (TypeError) if it is detached already.
  // Spec: ArrayBuffer.prototype.transfer.
  absl::StatusOr<ArrayBuffer> Transfer();

  // The same for all handles of one buffer, different for different buffers. Null for a
  // default-constructed handle.
  const void* identity() const noexcept { return state_; }

  friend bool operator==(const ArrayBuffer& a, const ArrayBuffer& b) noexcept {
    return a.state_ == b.state_;
  }

  // For views and messages.
  const internal::BlockHeader* block() const noexcept;
  // Takes the bytes out; all handles are detached afterwards.
  // Errors: kFailedPrecondition if the buffer is detached already; nothing has changed then.
  absl::StatusOr<internal::BackingStore> Detach();

 private:
  explicit ArrayBuffer(internal::ArrayBufferState* state) noexcept : state_(state) {}

  internal::ArrayBufferState* state_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_ARRAY_BUFFER_H_
