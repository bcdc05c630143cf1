// sabre/memory/check.h: the checks behind the plain names, on in every build.
#ifndef SABRE_MEMORY_CHECK_H_
#define SABRE_MEMORY_CHECK_H_

#include <cstddef>

namespace sabre::internal {

// Print what was wrong and abort. A caller's bug, not an error value: see docs/errors.md.
[[noreturn]] void IndexOutOfRange(std::size_t index, std::size_t size) noexcept;
[[noreturn]] void CallerBug(const char* what) noexcept;

inline void CheckIndex(std::size_t index, std::size_t size) noexcept {
  if (index >= size) [[unlikely]]
    IndexOutOfRange(index, size);
}

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_CHECK_H_
