// lib/memory/data_block.h: what the handles of one SharedArrayBuffer share.
#ifndef SABRE_LIB_MEMORY_DATA_BLOCK_H_
#define SABRE_LIB_MEMORY_DATA_BLOCK_H_

#include <cstddef>
#include <cstdint>

#include "lib/kernel/ref_count.h"
#include "sabre/memory/block_header.h"
#include "sabre/sync/waiter_list.h"

namespace sabre::internal {

// DataBlock
//
// The bytes lie in a reservation of their own: one page kept for a header, then max_byte_length bytes.
// The waiters of the block live and die with it.
class DataBlock : public BlockHeader {
 public:
  // A block of one reference, or null if the system refuses the memory.
  static DataBlock* Create(std::size_t byte_length) noexcept;

  void AddReference() noexcept { references_.Increment(); }
  void DropReference() noexcept {
    if (references_.Decrement()) delete this;
  }

  std::uint64_t id() const noexcept { return id_; }
  std::size_t max_byte_length() const noexcept { return byte_length(); }
  WaiterList<StdSync>& waiters() noexcept { return waiters_; }

 private:
  DataBlock(void* reservation, std::size_t reserved, std::byte* data, std::size_t byte_length,
            std::uint64_t id) noexcept;
  ~DataBlock();

  void* const reservation_;
  const std::size_t reserved_;  // bytes, the header page included
  const std::uint64_t id_;
  kernel::RefCount<StdSync> references_;
  WaiterList<StdSync> waiters_;  // keyed by byte index
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_DATA_BLOCK_H_
