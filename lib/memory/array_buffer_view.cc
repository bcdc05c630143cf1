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

absl::Status ImmutableError(ViewKind kind) {
  return absl::FailedPreconditionError(absl::StrCat(ViewName(kind), ": the buffer is immutable"));
}

absl::Status OutOfBoundsError(ViewKind kind, const BufferHandle& buffer) {
  return absl::FailedPreconditionError(
      absl::StrCat(ViewName(kind), buffer.detached()
                                       ? ": the buffer is detached"
                                       : absl::StrCat(": the view is out of bounds of its buffer, ",
                                                      buffer.byte_length(), " bytes")));
}

absl::Status SourceTooLong(ViewKind kind, std::size_t count, std::size_t target_offset,
                           std::size_t size) {
  return absl::OutOfRangeError(absl::StrCat(ViewName(kind), ": ", count,
                                            " elements do not fit at target_offset ", target_offset,
                                            " into the length ", size));
}

absl::Status NoSuchElement(ViewKind kind, std::int64_t index, std::size_t size) {
  return absl::OutOfRangeError(
      absl::StrCat(ViewName(kind), ": index ", index, " is not within the length ", size));
}

absl::Status CheckNewLength(ViewKind kind, std::size_t length) {
  const std::size_t most = SIZE_MAX / ElementSize(kind);
  if (length <= most) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(ViewName(kind), ": length ", length, " exceeds ", most));
}

absl::StatusOr<std::size_t> RestOfBuffer(ViewKind kind, std::size_t byte_length, bool fixed,
                                         std::size_t byte_offset) {
  if (absl::Status s = CheckOffset(kind, byte_length, byte_offset); !s.ok()) return s;
  const std::size_t size = ElementSize(kind);
  if (fixed && byte_length % size != 0) {
    return absl::OutOfRangeError(absl::StrCat(ViewName(kind), ": the buffer's byte_length ",
                                              byte_length, " is not a multiple of ", size));
  }
  return (byte_length - byte_offset) / size;
}

absl::StatusOr<std::size_t> CheckView(ViewKind kind, const BufferHandle& buffer,
                                      std::size_t byte_offset, std::optional<std::size_t> length) {
  if (absl::Status aligned = CheckAlignment(kind, byte_offset); !aligned.ok()) return aligned;
  if (buffer.detached()) {
    return absl::FailedPreconditionError(absl::StrCat(ViewName(kind), ": buffer is detached"));
  }
  const std::size_t byte_length = buffer.byte_length();
  if (!length.has_value()) {
    return RestOfBuffer(kind, byte_length, !buffer.resizable(), byte_offset);
  }
  if (absl::Status fits = CheckViewBounds(kind, byte_length, byte_offset, *length); !fits.ok()) {
    return fits;
  }
  return *length;
}

}  // namespace sabre::internal
