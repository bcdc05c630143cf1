// sabre/memory/bulk_access.h: many of the user's bytes at once, race-defined as one element is.
#ifndef SABRE_MEMORY_BULK_ACCESS_H_
#define SABRE_MEMORY_BULK_ACCESS_H_

#include <cstddef>
#include <cstdint>

namespace sabre::internal {

// Copies `size` bytes; the ranges may overlap. What other threads write meanwhile is copied before or
// after, each byte for itself (and whole elements where both ranges are aligned alike to their size):
// never undefined behaviour. Unordered.
void MoveBytes(std::byte* to, const std::byte* from, std::size_t size) noexcept;

// Writes `count` elements of `size` bytes (1, 2, 4 or 8), the low ones of `bits`, at `to`, which is
// aligned to `size`. Each element is written whole. Unordered.
void FillCells(std::byte* to, std::uint64_t bits, std::size_t size, std::size_t count) noexcept;

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_BULK_ACCESS_H_
