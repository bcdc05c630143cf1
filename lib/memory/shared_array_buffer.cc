#include "sabre/memory/shared_array_buffer.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/byte_length.h"
#include "lib/memory/data_block.h"

namespace sabre {

SharedArrayBuffer::SharedArrayBuffer(const SharedArrayBuffer& other) noexcept
    : block_(other.block_) {
  if (block_ != nullptr) block_->AddReference();
}

SharedArrayBuffer& SharedArrayBuffer::operator=(const SharedArrayBuffer& other) noexcept {
  SharedArrayBuffer copy(other);
  std::swap(block_, copy.block_);
  return *this;
}

SharedArrayBuffer& SharedArrayBuffer::operator=(SharedArrayBuffer&& other) noexcept {
  SharedArrayBuffer moved(std::move(other));
  std::swap(block_, moved.block_);
  return *this;
}

SharedArrayBuffer::~SharedArrayBuffer() {
  if (block_ != nullptr) block_->DropReference();
}

absl::StatusOr<SharedArrayBuffer> SharedArrayBuffer::Create(std::size_t byte_length) {
  if (absl::Status s = internal::CheckByteLength("SharedArrayBuffer", byte_length); !s.ok())
    return s;
  internal::DataBlock* const block = internal::DataBlock::Create(byte_length);
  if (block == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("SharedArrayBuffer: no memory for byte_length ", byte_length));
  }
  return SharedArrayBuffer(block);
}

std::size_t SharedArrayBuffer::byte_length() const noexcept {
  return block_ != nullptr ? block_->byte_length() : 0;
}

std::size_t SharedArrayBuffer::max_byte_length() const noexcept {
  return block_ != nullptr ? block_->max_byte_length() : 0;
}

bool SharedArrayBuffer::growable() const noexcept { return max_byte_length() > byte_length(); }

std::uint64_t SharedArrayBuffer::id() const noexcept {
  return block_ != nullptr ? block_->id() : 0;
}

std::span<std::byte> SharedArrayBuffer::ExclusiveSpan() const noexcept {
  return block_ != nullptr ? std::span<std::byte>(block_->data(), block_->byte_length())
                           : std::span<std::byte>();
}

const internal::BlockHeader* SharedArrayBuffer::block() const noexcept { return block_; }

}  // namespace sabre
