#include "sabre/memory/array_buffer_view.h"

#include "absl/strings/str_cat.h"

namespace sabre::internal {

absl::Status CheckAlignment(ViewKind kind, std::size_t byte_offset) {
  if (byte_offset % ElementSize(kind) == 0) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat(ViewName(kind), ": byte_offset ", byte_offset,
                                            " is not a multiple of ", ElementSize(kind)));
}

namespace {

absl::Status CheckOffset(ViewKind kind, std::size_t byte_length, std::size_t byte_offset) {
  if (absl::Status aligned = CheckAlignment(kind, byte_offset); !aligned.ok()) return aligned;
  if (byte_offset > byte_length) {
    return absl::OutOfRangeError(absl::StrCat(ViewName(kind), ": byte_offset ", byte_offset,
                                              " is past the end of the buffer, ", byte_length,
                                              " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckViewBounds(ViewKind kind, std::size_t byte_length, std::size_t byte_offset,
                             std::size_t length) {
  if (absl::Status s = CheckOffset(kind, byte_length, byte_offset); !s.ok()) return s;
  const std::size_t room = (byte_length - byte_offset) / ElementSize(kind);
  if (length > room) {
    return absl::OutOfRangeError(absl::StrCat(ViewName(kind), ": length ", length,
                                              " exceeds the room for ", room, " at byte_offset ",
                                              byte_offset));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> RestOfBuffer(ViewKind kind, std::size_t byte_length,
                                         std::size_t byte_offset) {
  if (absl::Status s = CheckOffset(kind, byte_length, byte_offset); !s.ok()) return s;
  const std::size_t size = ElementSize(kind);
  if (byte_length % size != 0) {
    return absl::OutOfRangeError(absl::StrCat(ViewName(kind), ": the buffer's byte_length ",
                                              byte_length, " is not a multiple of ", size));
  }
  return (byte_length - byte_offset) / size;
}

}  // namespace sabre::internal
