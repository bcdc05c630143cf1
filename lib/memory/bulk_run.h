// lib/memory/bulk_run.h: what a processor does better than a loop. Meson chooses one .cc a
// processor.
#ifndef SABRE_LIB_MEMORY_BULK_RUN_H_
#define SABRE_LIB_MEMORY_BULK_RUN_H_

#include <cstddef>
#include <cstdint>

namespace sabre::internal {

// Both do as much of the work of MoveBytes and FillCells (see bulk_access.h) as they do faster than
// a loop over words of 8 bytes, from the beginning on, and return how many words that was: 0, or
// more. `to` is aligned to 8.

// Copies words upwards; `to` is not inside [from, from + 8 * words). Cells that both addresses are
// aligned to stay whole.
std::size_t CopyRun(std::byte* to, const std::byte* from, std::size_t words) noexcept;

// Stores `word` again and again.
std::size_t FillRun(std::byte* to, std::uint64_t word, std::size_t words) noexcept;

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_BULK_RUN_H_
