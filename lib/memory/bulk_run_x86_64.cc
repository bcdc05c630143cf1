// The string instructions: a compiler knows nothing about their accesses, so a race is no undefined
// behaviour; each step is a MOV of 8 bytes; and the processor moves whole cache lines at a time.
#include "lib/memory/bulk_run.h"

namespace sabre::internal {
namespace {

// Words from which on they are faster than a loop: they take a while to get going. A loop over a
// source that is not aligned has more to do.
constexpr std::size_t kAlignedCopy = 96;
constexpr std::size_t kMisalignedCopy = 16;
constexpr std::size_t kFill = 96;

}  // namespace

std::size_t CopyRun(std::byte* to, const std::byte* from, std::size_t words) noexcept {
  const bool aligned = reinterpret_cast<std::uintptr_t>(from) % 8 == 0;
  if (words < (aligned ? kAlignedCopy : kMisalignedCopy)) return 0;
  // Ranges that overlap closely are copied word by word inside the processor, which is slow.
  if (static_cast<std::size_t>(from - to) < 64) return 0;
  std::size_t left = words;
  asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(left) : : "memory");
  return words;
}

std::size_t FillRun(std::byte* to, std::uint64_t word, std::size_t words) noexcept {
  if (words < kFill) return 0;
  std::size_t left = words;
  asm volatile("rep stosq" : "+D"(to), "+c"(left) : "a"(word) : "memory");
  return words;
}

}  // namespace sabre::internal
