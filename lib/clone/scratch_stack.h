// lib/clone/scratch_stack.h: a stack whose memory is charged to a budget.
#ifndef SABRE_LIB_CLONE_SCRATCH_STACK_H_
#define SABRE_LIB_CLONE_SCRATCH_STACK_H_

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace sabre::internal {

// ScratchStack
//
// What a reader keeps while it reads: the first kFirst items in place, for small values take no
// memory; more of them on the heap, charged before it is taken.
//
// Thread-safety: thread-compatible.
template <class T, std::size_t kFirst>
requires std::is_trivially_copyable_v<T>
class ScratchStack {
 public:
  ScratchStack() noexcept = default;
  ScratchStack(const ScratchStack&) = delete;
  ScratchStack& operator=(const ScratchStack&) = delete;
  ~ScratchStack() {
    if (items_ != First()) std::free(items_);
  }

  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - items_); }
  bool empty() const noexcept { return end_ == items_; }
  T& operator[](std::size_t index) noexcept { return items_[index]; }
  const T& operator[](std::size_t index) const noexcept { return items_[index]; }
  T& back() noexcept { return end_[-1]; }
  const T& back() const noexcept { return end_[-1]; }
  T* end() noexcept { return end_; }

  // Room for `count` more items. False, and nothing changed, if `budget` has not so much left.
  bool Reserve(std::size_t count, std::size_t& budget) noexcept {
    return static_cast<std::size_t>(limit_ - end_) >= count || Grow(budget);
  }
  // There must be room.
  void Push(const T& item) noexcept { *end_++ = item; }
  // The same without content: fields that are set one by one are not copied as a whole, which would
  // have to wait for them.
  T& Add() noexcept { return *end_++; }
  void Pop() noexcept { --end_; }
  void Cut(std::size_t size) noexcept { end_ = items_ + size; }

 private:
  T* First() noexcept { return reinterpret_cast<T*>(first_); }

  // By half, for four items at least.
  [[gnu::noinline]] bool Grow(std::size_t& budget) noexcept {
    const std::size_t old = size(), capacity = static_cast<std::size_t>(limit_ - items_);
    const std::size_t larger = capacity + capacity / 2;
    const bool first = items_ == First();
    // For a moment there may be both.
    if (larger * sizeof(T) > budget) return false;
    // realloc moves large blocks by remapping them: no second copy at the worst moment.
    void* const moved = std::realloc(first ? nullptr : items_, larger * sizeof(T));
    if (moved == nullptr) return false;
    if (first) std::memcpy(moved, first_, old * sizeof(T));
    budget -= (larger - (first ? 0 : capacity)) * sizeof(T);
    items_ = static_cast<T*>(moved);
    end_ = items_ + old;
    limit_ = items_ + larger;
    return true;
  }

  static_assert(kFirst >= 8);
  alignas(T) std::byte first_[kFirst * sizeof(T)];
  T* items_ = First();
  T* end_ = items_;
  T* limit_ = items_ + kFirst;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_SCRATCH_STACK_H_
