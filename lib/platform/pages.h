// lib/platform/pages.h: address space and memory, apart.
#ifndef SABRE_LIB_PLATFORM_PAGES_H_
#define SABRE_LIB_PLATFORM_PAGES_H_

#include <cstddef>

namespace sabre::platform {

// Bytes in a page; a power of two.
std::size_t PageSize() noexcept;

// `size` bytes in whole pages.
inline std::size_t RoundUpToPages(std::size_t size) noexcept {
  const std::size_t page = PageSize();
  return (size + page - 1) / page * page;
}

// Reserves address space of `size` bytes, a multiple of the page size. Null if the system refuses.
void* ReservePages(std::size_t size) noexcept;

// Makes `size` bytes from `address` on readable and writable; those that were not are zero. Both are
// multiples of the page size and inside one reservation; size may be 0. Two threads may commit the same
// pages at once, and others may use those that are committed. False if the system has not so much
// memory; what was committed before is as it was.
bool CommitPages(void* address, std::size_t size) noexcept;

// Gives the memory of committed pages back, as far as the system takes it, and keeps the address
// space: they are to be committed before the next use, and will be zero. Nobody uses them meanwhile.
void DecommitPages(void* address, std::size_t size) noexcept;

// Gives a whole reservation back.
void ReleasePages(void* address, std::size_t size) noexcept;

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_PAGES_H_
