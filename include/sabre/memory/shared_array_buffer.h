// sabre/memory/shared_array_buffer.h: bytes that many threads use at once.
#ifndef SABRE_MEMORY_SHARED_ARRAY_BUFFER_H_
#define SABRE_MEMORY_SHARED_ARRAY_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"

namespace sabre {

namespace internal {
class BlockHeader;
class DataBlock;
}  // namespace internal

// SharedArrayBuffer
//
// A handle to a block of zero-initialised bytes that any number of threads read, write and wait on
// through views. Copies name the same block; sending one in a message shares the block, it is never
// copied or detached. The block ends with its last handle, view or message.
//
// Thread-safety: a handle is thread-compatible (like std::shared_ptr); the block is thread-safe: plain
//   access through a view is race-defined, ordered access is in atomics.h. See docs/memory_model.md.
// Spec: ECMA-262 SharedArrayBuffer Objects (https://tc39.es/ecma262/#sec-sharedarraybuffer-objects).
class SharedArrayBuffer {
 public:
  // Names no block: byte_length() is 0.
  SharedArrayBuffer() noexcept = default;
  SharedArrayBuffer(const SharedArrayBuffer& other) noexcept;
  SharedArrayBuffer(SharedArrayBuffer&& other) noexcept : block_(other.block_) {
    other.block_ = nullptr;
  }
  SharedArrayBuffer& operator=(const SharedArrayBuffer& other) noexcept;
  SharedArrayBuffer& operator=(SharedArrayBuffer&& other) noexcept;
  ~SharedArrayBuffer();

  // A new block of `byte_length` zeroed bytes, on pages of its own.
  // Errors: kOutOfRange (RangeError) if byte_length > 2^53 - 1; kResourceExhausted if the system has
  //   not so many.
  static absl::StatusOr<SharedArrayBuffer> Create(std::size_t byte_length);

  // Bytes.
  std::size_t byte_length() const noexcept;
  // How far the block can grow, in bytes; byte_length() if it cannot.
  std::size_t max_byte_length() const noexcept;
  bool growable() const noexcept;

  // A number that no other block of this process has or had. 0 for a default-constructed handle.
  std::uint64_t id() const noexcept;

  // The bytes for one who knows that nobody else uses them now: plain C++ access, data races and all.
  std::span<std::byte> ExclusiveSpan() const noexcept;

  // Whether both name the same block.
  friend bool operator==(const SharedArrayBuffer& a, const SharedArrayBuffer& b) noexcept {
    return a.block_ == b.block_;
  }

  // For views and atomics.
  const internal::BlockHeader* block() const noexcept;
  internal::DataBlock* data_block() const noexcept { return block_; }

 private:
  explicit SharedArrayBuffer(internal::DataBlock* block) noexcept : block_(block) {}

  internal::DataBlock* block_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_SHARED_ARRAY_BUFFER_H_
