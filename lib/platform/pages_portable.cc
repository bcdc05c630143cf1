// Without address space to reserve, a reservation is zeroed memory. What is never touched costs nothing
// where the system's calloc is lazy; else growth is paid for in advance.
#include "lib/platform/pages.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sabre::platform {

std::size_t PageSize() noexcept { return 4096; }

void* ReservePages(std::size_t size) noexcept {
  if (size == 0 || size > SIZE_MAX - PageSize()) return nullptr;
  // A page more: the first multiple of the page size behind the beginning, with a word in front of it
  // that says what to free.
  void* const block = std::calloc(size + PageSize(), 1);
  if (block == nullptr) return nullptr;
  const std::size_t past = reinterpret_cast<std::uintptr_t>(block) % PageSize();
  std::byte* const address = static_cast<std::byte*>(block) + (PageSize() - past);
  std::memcpy(address - sizeof block, &block, sizeof block);
  return address;
}

bool CommitPages(void*, std::size_t) noexcept { return true; }

void DecommitPages(void* address, std::size_t size) noexcept {
  if (size != 0) std::memset(address, 0, size);
}

void ReleasePages(void* address, std::size_t) noexcept {
  void* block;
  std::memcpy(&block, static_cast<std::byte*>(address) - sizeof block, sizeof block);
  std::free(block);
}

}  // namespace sabre::platform
