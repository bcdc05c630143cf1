// lib/memory/byte_length.h: how long buffers may be.
#ifndef SABRE_LIB_MEMORY_BYTE_LENGTH_H_
#define SABRE_LIB_MEMORY_BYTE_LENGTH_H_

#include <cstddef>
#include <optional>

#include "absl/status/status.h"

namespace sabre::internal {

// Bytes. Spec: ECMA-262 ToIndex: integers a Number holds exactly.
inline constexpr std::size_t kMaxByteLength = (std::size_t{1} << 53) - 1;

// Errors: kOutOfRange (RangeError) above kMaxByteLength, naming `what`.
absl::Status CheckByteLength(const char* what, std::size_t byte_length);
// The same for both, and if there is a maximum, byte_length is at most that.
absl::Status CheckMaxByteLength(const char* what, std::size_t byte_length,
                                std::optional<std::size_t> max_byte_length);

// kResourceExhausted: `what` found no memory for its argument `name` of so many bytes.
absl::Status NoMemory(const char* what, const char* name, std::size_t bytes);

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_BYTE_LENGTH_H_
