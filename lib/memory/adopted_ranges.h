// lib/memory/adopted_ranges.h: which foreign memory has become a SharedArrayBuffer.
#ifndef SABRE_LIB_MEMORY_ADOPTED_RANGES_H_
#define SABRE_LIB_MEMORY_ADOPTED_RANGES_H_

#include <cstddef>

namespace sabre::internal {

// Two blocks over the same bytes would have two lists of waiters, and a Notify through one would not
// wake those of the other. So a range is claimed once.
//
// Thread-safety: any thread. Lock: one, for the process, held for a look into a map.

// Claims `size` bytes from `data` on. False, and nothing claimed, if any of them is claimed already.
bool ClaimRange(const std::byte* data, std::size_t size);
// Gives the range that begins at `data` back.
void ReturnRange(const std::byte* data) noexcept;

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_ADOPTED_RANGES_H_
