// sabre/memory/block_header.h: what a view must know of the bytes it looks at.
#ifndef SABRE_MEMORY_BLOCK_HEADER_H_
#define SABRE_MEMORY_BLOCK_HEADER_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// BlockHeader
//
// The common beginning of what the handles of one buffer share. `data` is the same as long as there is
// any: growing happens in place, and a detached buffer has none.
class BlockHeader {
 public:
  enum class Kind : std::uint8_t {
    kUnshared,   // of one thread, writable
    kImmutable,  // of one thread, whose bytes others may read too
    kShared,     // of all threads
  };

  BlockHeader(std::byte* data, std::size_t byte_length, Kind kind) noexcept
      : data_(data), byte_length_(byte_length), kind_(kind) {}
  BlockHeader(const BlockHeader&) = delete;
  BlockHeader& operator=(const BlockHeader&) = delete;

  // Null once detached.
  std::byte* data() const noexcept { return data_; }
  bool detached() const noexcept { return data_ == nullptr; }
  bool shared() const noexcept { return kind_ == Kind::kShared; }
  bool immutable() const noexcept { return kind_ == Kind::kImmutable; }

  // Bytes, at this moment.
  std::size_t byte_length() const noexcept {
    // SeqCst, as the memory model says of lengths: a MOV on x86, a load-acquire elsewhere. Pairs with
    // [GL1] in GrowLength.
    return byte_length_.load(StdSync::kSeqCst);
  }

 protected:
  ~BlockHeader() = default;

  // For the one thread of an unshared block.
  void SetUnshared(std::byte* data, std::size_t byte_length, Kind kind) noexcept {
    data_ = data;
    kind_ = kind;
    // Relaxed: read by this thread alone.
    byte_length_.store(byte_length, StdSync::kRelaxed);
  }
  // For growing a shared one.
  StdSync::Atomic<std::size_t>& length_word() noexcept { return byte_length_; }

 private:
  std::byte* data_;
  StdSync::Atomic<std::size_t> byte_length_;
  Kind kind_;
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_BLOCK_HEADER_H_
