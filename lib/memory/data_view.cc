#include "sabre/memory/data_view.h"

#include "absl/strings/str_cat.h"
#include "sabre/memory/check.h"

namespace sabre {

absl::StatusOr<DataView> DataView::Over(BufferHandle buffer, std::size_t byte_offset,
                                        std::optional<std::size_t> byte_length) {
  absl::StatusOr<std::size_t> bytes = internal::CheckView(kKind, buffer, byte_offset, byte_length);
  if (!bytes.ok()) return std::move(bytes).status();
  const bool tracking = !byte_length.has_value() && buffer.resizable();
  return DataView(std::move(buffer), byte_offset, tracking ? kTracking : *bytes);
}

std::optional<std::size_t> DataView::Room() const noexcept {
  const internal::BlockHeader* const block = buffer_.block();
  if (block == nullptr || block->detached()) return std::nullopt;
  const std::size_t bytes = block->byte_length();
  if (byte_offset_ > bytes) return std::nullopt;
  const std::size_t rest = bytes - byte_offset_;
  if (length_tracking()) return rest;
  return byte_length_ <= rest ? std::optional(byte_length_) : std::nullopt;
}

std::size_t DataView::byte_length() const noexcept {
  const std::optional<std::size_t> room = Room();
  if (!room.has_value()) internal::CallerBug("DataView::byte_length of a view out of bounds");
  return *room;
}

std::size_t DataView::byte_offset() const noexcept {
  if (out_of_bounds()) internal::CallerBug("DataView::byte_offset of a view out of bounds");
  return byte_offset_;
}

absl::StatusOr<std::size_t> DataView::TryByteLength() const {
  const std::optional<std::size_t> room = Room();
  if (!room.has_value()) return internal::OutOfBoundsError(kKind, buffer_);
  return *room;
}

absl::StatusOr<std::size_t> DataView::TryByteOffset() const {
  if (out_of_bounds()) return internal::OutOfBoundsError(kKind, buffer_);
  return byte_offset_;
}

ArrayBufferView DataView::AsView() const {
  return {kKind, buffer_, byte_offset_, length_tracking() ? Room().value_or(0) : byte_length_,
          length_tracking()};
}

std::byte* DataView::AddressOrNull(std::size_t byte_index, std::size_t size,
                                   bool write) const noexcept {
  const std::optional<std::size_t> room = Room();
  if (!room.has_value() || (write && buffer_.immutable())) return nullptr;
  if (byte_index > *room || size > *room - byte_index) return nullptr;
  return buffer_.block()->data() + byte_offset_ + byte_index;
}

std::byte* DataView::CheckedAddress(std::size_t byte_index, std::size_t size,
                                    bool write) const noexcept {
  std::byte* const address = AddressOrNull(byte_index, size, write);
  if (address != nullptr) return address;
  if (write && buffer_.immutable()) internal::CallerBug("a write to an immutable ArrayBuffer");
  const std::optional<std::size_t> room = Room();
  if (!room.has_value()) internal::CallerBug("access to a DataView out of bounds");
  internal::IndexOutOfRange(byte_index, *room);
}

absl::StatusOr<std::byte*> DataView::TryAddress(std::size_t byte_index, std::size_t size,
                                                bool write) const {
  std::byte* const address = AddressOrNull(byte_index, size, write);
  if (address != nullptr) return address;
  if (write && buffer_.immutable()) return internal::ImmutableError(kKind);
  const std::optional<std::size_t> room = Room();
  if (!room.has_value()) return internal::OutOfBoundsError(kKind, buffer_);
  return absl::OutOfRangeError(absl::StrCat("DataView: ", size, " bytes at byte_index ", byte_index,
                                            " are not within the byte_length ", *room));
}

}  // namespace sabre
