// sabre/memory/buffer_options.h: how a buffer is made.
#ifndef SABRE_MEMORY_BUFFER_OPTIONS_H_
#define SABRE_MEMORY_BUFFER_OPTIONS_H_

#include <cstddef>
#include <optional>

namespace sabre {

// BufferOptions
//
// Thread-safety: thread-compatible. Spec: the options argument of ECMA-262's buffer constructors.
struct BufferOptions {
  // Bytes. Makes an ArrayBuffer resizable, a SharedArrayBuffer growable, up to this length (which may be
  // the one it begins with). Without: the buffer is fixed.
  std::optional<std::size_t> max_byte_length = std::nullopt;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_BUFFER_OPTIONS_H_
