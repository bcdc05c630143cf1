// sabre/memory/shared_array_buffer.h: bytes that many threads use at once.
#ifndef SABRE_MEMORY_SHARED_ARRAY_BUFFER_H_
#define SABRE_MEMORY_SHARED_ARRAY_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/buffer_options.h"

namespace sabre {

namespace internal {
class BlockHeader;
class DataBlock;
}  // namespace internal

// SharedArrayBuffer
//
// A handle to a block of zero-initialised bytes that any number of threads read, write and wait on
// through views. Copies name the same block; sending one in a message shares the block, it is never
// copied or detached. The block ends with its last handle, view or message. A growable one may become
// longer, in place: no byte ever moves, and it never shrinks.
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

  // A new block of `byte_length` zeroed bytes, on pages of its own; growable if `options` have a
  // max_byte_length. Address space for the maximum is reserved at once, memory is taken as it grows.
  // Errors: kOutOfRange (RangeError) if byte_length exceeds max_byte_length, or either 2^53 - 1;
  //   kResourceExhausted if the system has not so much.
  static absl::StatusOr<SharedArrayBuffer> Create(std::size_t byte_length,
                                                  BufferOptions options = {});

  // What gives adopted bytes back. Called once, by the thread that drops the last handle.
  using Deleter = absl::AnyInvocable<void(std::byte* data, std::size_t max_byte_length) &&>;

  // A block over `byte_length` bytes that somebody else owns, at `data`, which is aligned to 8 bytes.
  // With a max_byte_length it is growable; all bytes up to that must be readable and writable already,
  // and those past byte_length are set to zero now. They must stay until `deleter` (which may be empty)
  // is called. Waiting and waking work through this block: waiters that another owner of the bytes
  // keeps (a JavaScript engine's) are not woken by Notify.
  // Errors, on which `deleter` is not called: kInvalidArgument if data is null or misaligned;
  //   kOutOfRange as Create; kAlreadyExists if some of the bytes are adopted already; kResourceExhausted.
  static absl::StatusOr<SharedArrayBuffer> Adopt(
      void* data, std::size_t byte_length,
      std::optional<std::size_t> max_byte_length = std::nullopt, Deleter deleter = nullptr);

  // Bytes. Memory ordering: what preceded a Grow happens before what follows the first call that
  // returns its length.
  std::size_t byte_length() const noexcept;
  // How far the block can grow, in bytes; byte_length() if it is fixed.
  std::size_t max_byte_length() const noexcept;
  bool growable() const noexcept;

  // Raises the length to `byte_length`, at most max_byte_length(); the same length is no error. The
  // bytes that come are zero. Any number of threads may grow and use the block at once.
  // Errors: kFailedPrecondition (TypeError) if the block is fixed; kOutOfRange (RangeError) if
  //   byte_length is less than the length or exceeds the maximum; kResourceExhausted if the system
  //   refuses the memory. The length is as it was then.
  // Spec: SharedArrayBuffer.prototype.grow.
  absl::Status Grow(std::size_t byte_length);

  // A new fixed block with a copy of the bytes from `start` to before `end`. Negative positions count
  // from the end; both are clamped. Without an end: all that follow. Bytes that others write meanwhile
  // are copied before or after, each for itself.
  // Errors: kResourceExhausted.
  // Spec: SharedArrayBuffer.prototype.slice.
  absl::StatusOr<SharedArrayBuffer> Slice(std::int64_t start = 0,
                                          std::optional<std::int64_t> end = std::nullopt) const;

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
