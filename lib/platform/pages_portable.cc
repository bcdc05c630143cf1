// Without address space to reserve, a reservation is memory, zeroed. Growth is then paid for in advance.
#include "lib/platform/pages.h"

#include <cstdlib>
#include <cstring>

namespace sabre::platform {

std::size_t PageSize() noexcept { return 4096; }

void* ReservePages(std::size_t size) noexcept {
  void* const address = size == 0 ? nullptr : std::aligned_alloc(PageSize(), size);
  if (address != nullptr) std::memset(address, 0, size);
  return address;
}

bool CommitPages(void*, std::size_t) noexcept { return true; }

void DecommitPages(void* address, std::size_t size) noexcept {
  if (size != 0) std::memset(address, 0, size);
}

void ReleasePages(void* address, std::size_t) noexcept { std::free(address); }

}  // namespace sabre::platform
