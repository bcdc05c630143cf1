// lib/platform/pages.h: address space and memory, apart.
#ifndef SABRE_LIB_PLATFORM_PAGES_H_
#define SABRE_LIB_PLATFORM_PAGES_H_

#include <cstddef>

namespace sabre::platform {

// Bytes in a page; a power of two.
std::size_t PageSize() noexcept;

// Reserves address space of `size` bytes, a multiple of the page size. Null if the system refuses.
void* ReservePages(std::size_t size) noexcept;

// Makes `size` bytes from `address` on readable, writable and zero. Both are multiples of the page
// size and inside one reservation; size may be 0. False if the system has not so much memory.
bool CommitPages(void* address, std::size_t size) noexcept;

// Gives a whole reservation back.
void ReleasePages(void* address, std::size_t size) noexcept;

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_PAGES_H_
