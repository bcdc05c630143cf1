// lib/clone/arena.h: memory that is freed all at once.
#ifndef SABRE_LIB_CLONE_ARENA_H_
#define SABRE_LIB_CLONE_ARENA_H_

#include <cstddef>
#include <cstdint>

namespace sabre::internal {

// Arena
//
// Hands out memory by moving a pointer. Everything goes with the arena; no destructors are run. The
// chunks grow with what was taken, by an eighth, so that little lies idle however large the graph
// is.
//
// Thread-safety: thread-compatible.
class Arena {
 public:
  Arena() noexcept = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  // `size` bytes, aligned to 8 (or to 1 if `packed`, for characters). Null if the budget has not so
  // much left; without a budget never.
  void* Allocate(std::size_t size, bool packed = false) noexcept {
    std::uintptr_t at = reinterpret_cast<std::uintptr_t>(at_);
    if (!packed) at = (at + 7) & ~std::uintptr_t{7};
    const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(end_);
    if (at > end || end - at < size) [[unlikely]]
      return AllocateSlow(size);
    at_ = reinterpret_cast<char*>(at + size);
    return reinterpret_cast<void*>(at);
  }
  template <class T>
  T* Array(std::size_t count) noexcept {
    if (count > SIZE_MAX / 2 / sizeof(T)) return nullptr;
    return static_cast<T*>(Allocate(count * sizeof(T), sizeof(T) <= 2 && alignof(T) == 1));
  }

  // Chunks are charged to `*budget` from now on; null for no limit.
  void SetBudget(std::size_t* budget) noexcept { budget_ = budget; }

  // Bytes of all chunks.
  std::size_t memory_used() const noexcept { return used_; }

 private:
  struct Chunk {
    Chunk* next;
  };
  void* AllocateSlow(std::size_t size) noexcept;

  alignas(8) static inline char nothing_[8];  // where no bytes lie: not null, for empty texts
  char* at_ = nothing_;
  char* end_ = nothing_;
  Chunk* chunks_ = nullptr;
  std::size_t used_ = 0;
  std::size_t* budget_ = nullptr;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_ARENA_H_
