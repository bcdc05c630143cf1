// lib/memory/data_block.h: what the handles of one SharedArrayBuffer share.
#ifndef SABRE_LIB_MEMORY_DATA_BLOCK_H_
#define SABRE_LIB_MEMORY_DATA_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/kernel/waited_life.h"
#include "lib/memory/block_registry.h"
#include "sabre/memory/block_header.h"

namespace sabre::internal {

// DataBlock
//
// Its own bytes lie in a reservation of their own: one page kept for a header, then max_byte_length
// bytes, of which those below byte_length() are committed. Adopted bytes lie where they lay. Strong
// references keep the bytes; the waiters of the block, by byte index, end with it.
class DataBlock final : public BlockHeader, public kernel::WaitedLife<DataBlock> {
 public:
  using Deleter = absl::AnyInvocable<void(std::byte* data, std::size_t max_byte_length) &&>;

  // A block of one reference; growable if it has a `max_byte_length`, which is byte_length or more.
  // Errors: kResourceExhausted if the system refuses the address space or the memory.
  static absl::StatusOr<DataBlock*> Create(std::size_t byte_length,
                                           std::optional<std::size_t> max_byte_length);
  // A block of one reference over bytes that `deleter` takes back. On an error it is not called.
  // Errors: kAlreadyExists if another block has any of the bytes; kResourceExhausted.
  static absl::StatusOr<DataBlock*> Adopt(std::byte* data, std::size_t byte_length,
                                          std::optional<std::size_t> max_byte_length,
                                          Deleter deleter);

  std::uint64_t id() const noexcept { return id_; }
  bool growable() const noexcept { return growable_; }
  std::size_t max_byte_length() const noexcept { return max_byte_length_; }
  BlockRegistry::Links& links() noexcept { return links_; }

  // Raises the length to `byte_length`, which is at most max_byte_length(). Any thread.
  // Errors: kOutOfRange (RangeError) if it is less than the length; kResourceExhausted if the system
  //   refuses the memory. Nothing has changed then.
  absl::Status Grow(std::size_t byte_length);

 private:
  friend kernel::WaitedLife<DataBlock>;

  struct Reservation {
    void* address = nullptr;  // null: the bytes are adopted
    std::size_t size = 0;     // bytes, the header page included
  };

  DataBlock(std::byte* data, std::size_t byte_length, std::optional<std::size_t> max_byte_length,
            Reservation reservation) noexcept;
  ~DataBlock() = default;

  // Gives the bytes back. Nobody waits for them any more.
  void End() noexcept;

  const Reservation reservation_;
  const std::size_t max_byte_length_;
  const bool growable_;
  const std::uint64_t id_;
  Deleter deleter_;
  BlockRegistry::Links links_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_DATA_BLOCK_H_
