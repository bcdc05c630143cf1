#include "sabre/memory/shared_array_buffer.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/byte_length.h"
#include "lib/memory/data_block.h"
#include "sabre/memory/bulk_access.h"
#include "sabre/memory/relative_range.h"

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

absl::StatusOr<SharedArrayBuffer> SharedArrayBuffer::Create(std::size_t byte_length,
                                                            BufferOptions options) {
  if (absl::Status s =
          internal::CheckMaxByteLength("SharedArrayBuffer", byte_length, options.max_byte_length);
      !s.ok()) {
    return s;
  }
  absl::StatusOr<internal::DataBlock*> block =
      internal::DataBlock::Create(byte_length, options.max_byte_length);
  if (!block.ok()) return std::move(block).status();
  return SharedArrayBuffer(*block);
}

absl::StatusOr<SharedArrayBuffer> SharedArrayBuffer::Adopt(
    void* data, std::size_t byte_length, std::optional<std::size_t> max_byte_length,
    Deleter deleter) {
  if (data == nullptr) return absl::InvalidArgumentError("SharedArrayBuffer: data is null");
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  if (address % sizeof(std::uint64_t) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("SharedArrayBuffer: data ", absl::Hex(address), " is not aligned to 8 bytes"));
  }
  if (absl::Status s =
          internal::CheckMaxByteLength("SharedArrayBuffer", byte_length, max_byte_length);
      !s.ok()) {
    return s;
  }
  absl::StatusOr<internal::DataBlock*> block = internal::DataBlock::Adopt(
      static_cast<std::byte*>(data), byte_length, max_byte_length, std::move(deleter));
  if (!block.ok()) return std::move(block).status();
  return SharedArrayBuffer(*block);
}

std::size_t SharedArrayBuffer::byte_length() const noexcept {
  return block_ != nullptr ? block_->byte_length() : 0;
}

std::size_t SharedArrayBuffer::max_byte_length() const noexcept {
  return block_ != nullptr ? block_->max_byte_length() : 0;
}

bool SharedArrayBuffer::growable() const noexcept {
  return block_ != nullptr && block_->growable();
}

absl::Status SharedArrayBuffer::Grow(std::size_t byte_length) {
  if (!growable()) {
    return absl::FailedPreconditionError("SharedArrayBuffer.grow: buffer is not growable");
  }
  if (byte_length > max_byte_length()) {
    return absl::OutOfRangeError(absl::StrCat("SharedArrayBuffer.grow: byte_length ", byte_length,
                                              " exceeds max_byte_length ", max_byte_length()));
  }
  return block_->Grow(byte_length);
}

absl::StatusOr<SharedArrayBuffer> SharedArrayBuffer::Slice(std::int64_t start,
                                                           std::optional<std::int64_t> end) const {
  const internal::Range range = internal::ClampRelative(start, end, byte_length());
  absl::StatusOr<SharedArrayBuffer> copy = Create(range.size());
  if (copy.ok() && range.size() > 0) {
    internal::MoveBytes(copy->block()->data(), block_->data() + range.begin, range.size());
  }
  return copy;
}

std::uint64_t SharedArrayBuffer::id() const noexcept {
  return block_ != nullptr ? block_->id() : 0;
}

std::span<std::byte> SharedArrayBuffer::ExclusiveSpan() const noexcept {
  return block_ != nullptr ? std::span<std::byte>(block_->data(), block_->byte_length())
                           : std::span<std::byte>();
}

const internal::BlockHeader* SharedArrayBuffer::block() const noexcept { return block_; }

}  // namespace sabre
