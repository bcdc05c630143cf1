// sabre/memory/array_buffer_view.h: a view whose element type is known at run time.
#ifndef SABRE_MEMORY_ARRAY_BUFFER_VIEW_H_
#define SABRE_MEMORY_ARRAY_BUFFER_VIEW_H_

#include <cstddef>

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
};

namespace internal {
// Whether a view of `kind` may begin `byte_offset` bytes into a buffer, as far as alignment goes.
// Errors: kOutOfRange (RangeError).
absl::Status CheckAlignment(ViewKind kind, std::size_t byte_offset);
// Whether `length` elements of `kind` fit at `byte_offset` into `byte_length` bytes of a buffer.
// Errors: kOutOfRange (RangeError), naming argument, value and bound.
absl::Status CheckViewBounds(ViewKind kind, std::size_t byte_length, std::size_t byte_offset,
                             std::size_t length);
// The length of a view over all bytes from `byte_offset` on, in elements.
// Errors: kOutOfRange if the offset is misaligned or past the end, or the rest is not whole elements.
absl::StatusOr<std::size_t> RestOfBuffer(ViewKind kind, std::size_t byte_length,
                                         std::size_t byte_offset);
}  // namespace internal

}  // namespace sabre

#endif  // SABRE_MEMORY_ARRAY_BUFFER_VIEW_H_
