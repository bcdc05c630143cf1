// lib/clone/byte_buffer.cc
#include "sabre/clone/byte_buffer.h"

#include <algorithm>
#include <cstdlib>

#include "sabre/memory/check.h"

namespace sabre {
namespace {

constexpr std::size_t kFirstCapacity = 256;  // most messages need no second allocation
}  // namespace

void ByteBuffer::Grow(std::size_t count) {
  if (count > SIZE_MAX / 8 - size_) internal::CallerBug("ByteBuffer: too many bytes");
  // Large ones fourfold: memory that is not written costs addresses alone, until Trim gives them back, but each
  // move costs the bytes there are, or the kernel's work to map them elsewhere.
  const std::size_t larger = capacity_ * (capacity_ < kLarge ? 2 : 4);
  const std::size_t capacity = std::max({kFirstCapacity, larger, size_ + count});
  // realloc moves large blocks by remapping their pages, without a copy.
  void* const data = data_ == nullptr ? std::malloc(capacity) : std::realloc(data_, capacity);
  if (data == nullptr) internal::CallerBug("ByteBuffer: out of memory");
  data_ = static_cast<std::uint8_t*>(data);
  capacity_ = capacity;
}

void ByteBuffer::Shrink() noexcept {
  // Fails where it stands if at all, and then the buffer stays as it is.
  if (void* const data = std::realloc(data_, size_)) {
    data_ = static_cast<std::uint8_t*>(data);
    capacity_ = size_;
  }
}

void ByteBuffer::Free() noexcept { std::free(data_); }

}  // namespace sabre
