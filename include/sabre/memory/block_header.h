// sabre/memory/block_header.h: what a view must know of the bytes it looks at.
#ifndef SABRE_MEMORY_BLOCK_HEADER_H_
#define SABRE_MEMORY_BLOCK_HEADER_H_

#include <cstddef>

#include "sabre/memory/cell_access.h"

namespace sabre::internal {

// BlockHeader
//
// The common beginning of what the handles of one buffer share. `data` never changes while
// byte_length() > 0: growing happens in place, and a detached buffer has length 0.
class BlockHeader {
 public:
  BlockHeader(std::byte* data, std::size_t byte_length, bool shared) noexcept
      : data_(data), byte_length_(byte_length), shared_(shared) {}
  BlockHeader(const BlockHeader&) = delete;
  BlockHeader& operator=(const BlockHeader&) = delete;

  std::byte* data() const noexcept { return data_; }
  bool shared() const noexcept { return shared_; }

  // Bytes, at this moment. Unordered, a plain MOV: a shared block only grows, an unshared one belongs
  // to one thread.
  std::size_t byte_length() const noexcept {
    return CellAccess<std::size_t>::Get(const_cast<std::size_t*>(&byte_length_));
  }

 protected:
  ~BlockHeader() = default;

  // Leaves nothing to look at.
  void Clear() noexcept {
    data_ = nullptr;
    CellAccess<std::size_t>::Set(&byte_length_, 0);
  }

 private:
  std::byte* data_;
  std::size_t byte_length_;
  const bool shared_;
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_BLOCK_HEADER_H_
