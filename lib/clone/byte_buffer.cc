// lib/clone/byte_buffer.cc
#include "sabre/clone/byte_buffer.h"

#include <cstdlib>

#include "sabre/memory/check.h"

namespace sabre {
namespace {
constexpr std::size_t kFirstCapacity = 256;  // most messages need no second allocation
}  // namespace

void ByteBuffer::Grow(std::size_t count) {
  if (count > SIZE_MAX / 2 - size_) internal::CallerBug("ByteBuffer: too many bytes");
  std::size_t capacity = capacity_ != 0 ? capacity_ * 2 : kFirstCapacity;
  if (capacity < size_ + count) capacity = size_ + count;
  // realloc moves large blocks by remapping their pages, without a copy.
  void* const data = data_ == nullptr ? std::malloc(capacity) : std::realloc(data_, capacity);
  if (data == nullptr) internal::CallerBug("ByteBuffer: out of memory");
  data_ = static_cast<std::uint8_t*>(data);
  capacity_ = capacity;
}

void ByteBuffer::Free() noexcept { std::free(data_); }

}  // namespace sabre
