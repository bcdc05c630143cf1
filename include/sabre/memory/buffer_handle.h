// sabre/memory/buffer_handle.h: an ArrayBuffer or a SharedArrayBuffer.
#ifndef SABRE_MEMORY_BUFFER_HANDLE_H_
#define SABRE_MEMORY_BUFFER_HANDLE_H_

#include <cstddef>
#include <utility>
#include <variant>

#include "sabre/memory/array_buffer.h"
#include "sabre/memory/block_header.h"
#include "sabre/memory/shared_array_buffer.h"

namespace sabre {

// BufferHandle
//
// What a view looks at. Thread-safety: that of the buffer it holds.
class BufferHandle {
 public:
  BufferHandle() noexcept = default;
  BufferHandle(ArrayBuffer buffer) noexcept : buffer_(std::move(buffer)) {}
  BufferHandle(SharedArrayBuffer buffer) noexcept : buffer_(std::move(buffer)) {}

  // The buffer, or null if it is of the other kind.
  const ArrayBuffer* array_buffer() const noexcept { return std::get_if<ArrayBuffer>(&buffer_); }
  const SharedArrayBuffer* shared_array_buffer() const noexcept {
    return std::get_if<SharedArrayBuffer>(&buffer_);
  }

  bool shared() const noexcept { return shared_array_buffer() != nullptr; }
  bool detached() const noexcept { return !shared() && array_buffer()->detached(); }

  // Bytes; 0 if detached.
  std::size_t byte_length() const noexcept {
    const internal::BlockHeader* header = block();
    return header != nullptr ? header->byte_length() : 0;
  }

  // Bytes: how long the buffer may become.
  std::size_t max_byte_length() const noexcept {
    return shared() ? shared_array_buffer()->max_byte_length() : array_buffer()->max_byte_length();
  }
  // Whether it changes its length: resizable or growable.
  bool resizable() const noexcept {
    return shared() ? shared_array_buffer()->growable() : array_buffer()->resizable();
  }
  bool immutable() const noexcept { return !shared() && array_buffer()->immutable(); }

  // Null for a default-constructed handle.
  const internal::BlockHeader* block() const noexcept {
    return shared() ? shared_array_buffer()->block() : array_buffer()->block();
  }

  friend bool operator==(const BufferHandle& a, const BufferHandle& b) noexcept {
    return a.buffer_ == b.buffer_;
  }

 private:
  std::variant<ArrayBuffer, SharedArrayBuffer> buffer_;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_BUFFER_HANDLE_H_
