// lib/clone/arena.cc
#include "lib/clone/arena.h"

#include <algorithm>
#include <cstdlib>

#include "sabre/memory/check.h"

namespace sabre::internal {
namespace {
constexpr std::size_t kSmallestChunk = 1024;  // what allocators keep at hand
constexpr std::size_t kLargestChunk = 1024 * 1024;
}  // namespace

Arena::~Arena() {
  while (chunks_ != nullptr) {
    Chunk* const next = chunks_->next;
    std::free(chunks_);
    chunks_ = next;
  }
}

void* Arena::AllocateSlow(std::size_t size) noexcept {
  if (size > SIZE_MAX / 2) return nullptr;
  const std::size_t exact = sizeof(Chunk) + ((size + 7) & ~std::size_t{7}) + kSlack;
  std::size_t bytes =
      std::max(exact, std::clamp(used_ / 8, kSmallestChunk, kLargestChunk) & ~std::size_t{7});
  if (budget_ != nullptr && bytes > *budget_) bytes = exact;
  if (!Charge(bytes)) return nullptr;
  auto* const chunk = static_cast<Chunk*>(std::malloc(bytes));
  if (chunk == nullptr) {
    if (budget_ != nullptr) return nullptr;
    CallerBug("Graph: out of memory");
  }
  chunk->next = chunks_;
  chunks_ = chunk;
  char* const begin = reinterpret_cast<char*>(chunk) + sizeof(Chunk);
  char* const end = reinterpret_cast<char*>(chunk) + bytes - kSlack;
  // A large block of its own leaves the rest of the chunk in use where it is.
  if (end - begin - static_cast<std::ptrdiff_t>(size) > end_ - at_) {
    at_ = begin + size;
    end_ = end;
  }
  return begin;
}

}  // namespace sabre::internal
