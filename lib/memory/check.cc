#include "sabre/memory/check.h"

#include <cstdio>
#include <cstdlib>

namespace sabre::internal {

void IndexOutOfRange(std::size_t index, std::size_t size) noexcept {
  std::fprintf(stderr, "sabre: index %zu is not below the length %zu\n", index, size);
  std::abort();
}

void CallerBug(const char* what) noexcept {
  std::fprintf(stderr, "sabre: %s\n", what);
  std::abort();
}

}  // namespace sabre::internal
