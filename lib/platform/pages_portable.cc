// Without address space to reserve, a reservation is memory. Growth is then paid for in advance.
#include "lib/platform/pages.h"

#include <cstdlib>
#include <cstring>

namespace sabre::platform {

std::size_t PageSize() noexcept { return 4096; }

void* ReservePages(std::size_t size) noexcept {
  return size == 0 ? nullptr : std::aligned_alloc(PageSize(), size);
}

bool CommitPages(void* address, std::size_t size) noexcept {
  if (size != 0) std::memset(address, 0, size);
  return true;
}

void ReleasePages(void* address, std::size_t) noexcept { std::free(address); }

}  // namespace sabre::platform
