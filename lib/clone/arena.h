// lib/clone/arena.h: memory that is freed all at once.
#ifndef SABRE_LIB_CLONE_ARENA_H_
#define SABRE_LIB_CLONE_ARENA_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sabre::internal {

// Arena
//
// Hands out memory by moving a pointer. Everything goes with the arena; no destructors are run. The
// chunks grow with what was taken, by an eighth, so that little lies idle however large the graph
// is. Behind every block kSlack more bytes may be read and, before the next allocation, written:
// short texts are copied without looking at their length.
//
// Thread-safety: thread-compatible.
class Arena {
 public:
  static constexpr std::size_t kSlack = 16;    // bytes
  static constexpr std::size_t kFewSteps = 4;  // of kSlack bytes: faster than a call

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
  // Makes `block`, of `size` bytes, `larger`, if it is the last one and there is room.
  bool TryExtend(void* block, std::size_t size, std::size_t larger) noexcept {
    if (static_cast<char*>(block) + size != at_ ||
        static_cast<std::size_t>(end_ - at_) < larger - size)
      return false;
    at_ += larger - size;
    return true;
  }
  // A copy of characters behind which kSlack bytes may be read.
  void* CopyPadded(const void* from, std::size_t size, bool packed) noexcept {
    void* const copy = Allocate(size, packed);
    if (copy == nullptr || size == 0) [[unlikely]]
      return copy;
    if (size > kFewSteps * kSlack) return std::memcpy(copy, from, size);
    CopyInSteps(from, size, copy);
    return copy;
  }
  // Of so many bytes that there are kSlack more behind both.
  static void CopyInSteps(const void* from, std::size_t size, void* to) noexcept {
    for (std::size_t i = 0; i < size; i += kSlack) {
      std::memcpy(static_cast<char*>(to) + i, static_cast<const char*>(from) + i, kSlack);
    }
  }

  // Chunks are charged to `*budget` from now on; null for no limit.
  void SetBudget(std::size_t* budget) noexcept { budget_ = budget; }
  // Charges memory outside the arena that lives as long. False if the budget has not so much left.
  bool Charge(std::size_t bytes) noexcept {
    if (budget_ != nullptr) {
      if (bytes > *budget_) return false;
      *budget_ -= bytes;
    }
    used_ += bytes;
    return true;
  }
  void Refund(std::size_t bytes) noexcept {
    if (budget_ != nullptr) *budget_ += bytes;
    used_ -= bytes;
  }

  // Bytes of all chunks, and what was charged beside them.
  std::size_t memory_used() const noexcept { return used_; }

 private:
  struct Chunk {
    Chunk* next;
  };
  void* AllocateSlow(std::size_t size) noexcept;

  alignas(8) static inline char nothing_[kSlack];  // where no bytes lie: not null, for empty texts
  char* at_ = nothing_;
  char* end_ = nothing_;
  Chunk* chunks_ = nullptr;
  std::size_t used_ = 0;
  std::size_t* budget_ = nullptr;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_ARENA_H_
