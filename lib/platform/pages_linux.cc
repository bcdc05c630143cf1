#include "lib/platform/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace sabre::platform {

std::size_t PageSize() noexcept {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

void* ReservePages(std::size_t size) noexcept {
  // Without MAP_NORESERVE, so that CommitPages is charged and can be refused; PROT_NONE costs nothing.
  void* const address = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return address == MAP_FAILED ? nullptr : address;
}

bool CommitPages(void* address, std::size_t size) noexcept {
  return size == 0 || mprotect(address, size, PROT_READ | PROT_WRITE) == 0;
}

void DecommitPages(void* address, std::size_t size) noexcept {
  if (size == 0) return;
  // A new mapping in the place of the old one also ends the charge for it. If the system has too many
  // mappings already, the memory itself goes; if it is locked, its content. All leave zeroes.
  if (mmap(address, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
      MAP_FAILED) {
    return;
  }
  if (madvise(address, size, MADV_DONTNEED) != 0) std::memset(address, 0, size);
}

void ReleasePages(void* address, std::size_t size) noexcept { munmap(address, size); }

}  // namespace sabre::platform
