// sabre/memory/array_buffer_view.h: a view whose element type is known at run time.
#ifndef SABRE_MEMORY_ARRAY_BUFFER_VIEW_H_
#define SABRE_MEMORY_ARRAY_BUFFER_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "sabre/memory/buffer_handle.h"
#include "sabre/memory/element.h"

namespace sabre {

// ArrayBufferView
//
// What a typed array or DataView is apart from its type: which bytes of which buffer, as what. The
// dynamic values of the clone room hold views in this form.
struct ArrayBufferView {
  ViewKind kind = ViewKind::kUint8;
  BufferHandle buffer;
  std::size_t byte_offset = 0;  // bytes
  std::size_t length = 0;       // elements; bytes for a DataView
  // Whether the view goes to the end of its buffer, wherever that is; `length` is that of now.
  bool length_tracking = false;
};

namespace internal {
// Whether a view of `kind` may begin `byte_offset` bytes into a buffer, as far as alignment goes.
// Errors: kOutOfRange (RangeError).
absl::Status CheckAlignment(ViewKind kind, std::size_t byte_offset);
// Whether `length` elements of `kind` fit at `byte_offset` into `byte_length` bytes of a buffer.
// Errors: kOutOfRange (RangeError), naming argument, value and bound.
absl::Status CheckViewBounds(ViewKind kind, std::size_t byte_length, std::size_t byte_offset,
                             std::size_t length);
// What a write to an immutable buffer fails with: kFailedPrecondition (TypeError).
absl::Status ImmutableError(ViewKind kind);
// What the methods of a view fail with whose bytes are not all there: kFailedPrecondition (TypeError).
absl::Status OutOfBoundsError(ViewKind kind, const BufferHandle& buffer);
// What Set fails with if `count` elements do not fit behind `target_offset`, and With if there is no
// element `index`: kOutOfRange (RangeError).
absl::Status SourceTooLong(ViewKind kind, std::size_t count, std::size_t target_offset,
                           std::size_t size);
absl::Status NoSuchElement(ViewKind kind, std::int64_t index, std::size_t size);

// Whether a new buffer may have `length` elements. Errors: kOutOfRange (RangeError).
absl::Status CheckNewLength(ViewKind kind, std::size_t length);

// The length of a view over all bytes from `byte_offset` on, in elements, whole ones.
// Errors: kOutOfRange if the offset is misaligned or past the end, or, in a fixed buffer, the rest is
//   not whole elements.
absl::StatusOr<std::size_t> RestOfBuffer(ViewKind kind, std::size_t byte_length, bool fixed,
                                         std::size_t byte_offset);

// The answer to what is checked before a view is made, in the order of the specification: alignment,
// a detached buffer, bounds. `length` as in TypedArray::Over.
// Returns: the view's length in elements; at the moment, if it is length-tracking.
absl::StatusOr<std::size_t> CheckView(ViewKind kind, const BufferHandle& buffer,
                                      std::size_t byte_offset, std::optional<std::size_t> length);
}  // namespace internal

}  // namespace sabre

#endif  // SABRE_MEMORY_ARRAY_BUFFER_VIEW_H_
