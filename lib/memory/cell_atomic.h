// lib/memory/cell_atomic.h: four of the user's bytes as an atomic integer of the seam.
//
// Names atomic operations for the reason that cell_access.h does. An algorithm on the policy takes a
// CellAtomic where its model takes an S::Atomic<std::uint32_t>.
#ifndef SABRE_LIB_MEMORY_CELL_ATOMIC_H_
#define SABRE_LIB_MEMORY_CELL_ATOMIC_H_

#include <cstddef>
#include <cstdint>

#include "sabre/memory/cell_access.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// CellAtomic
//
// Names the four bytes at an aligned address; copies name the same. The members are those of
// StdSync::Atomic.
class CellAtomic {
 public:
  using Order = StdSync::Order;

  explicit CellAtomic(std::byte* address) noexcept
      : cell_(CellAccess<std::uint32_t>::At(address)) {}

  std::uint32_t load(Order order) const noexcept { return __atomic_load_n(cell_, Raw(order)); }
  void store(std::uint32_t value, Order order) noexcept {
    __atomic_store_n(cell_, value, Raw(order));
  }
  std::uint32_t exchange(std::uint32_t value, Order order) noexcept {
    return __atomic_exchange_n(cell_, value, Raw(order));
  }
  bool compare_exchange_weak(std::uint32_t& expected, std::uint32_t desired, Order success,
                             Order failure) noexcept {
    return __atomic_compare_exchange_n(cell_, &expected, desired, /*weak=*/true, Raw(success),
                                       Raw(failure));
  }
  bool compare_exchange_strong(std::uint32_t& expected, std::uint32_t desired, Order success,
                               Order failure) noexcept {
    return __atomic_compare_exchange_n(cell_, &expected, desired, /*weak=*/false, Raw(success),
                                       Raw(failure));
  }
  std::uint32_t fetch_add(std::uint32_t operand, Order order) noexcept {
    return __atomic_fetch_add(cell_, operand, Raw(order));
  }
  std::uint32_t fetch_sub(std::uint32_t operand, Order order) noexcept {
    return __atomic_fetch_sub(cell_, operand, Raw(order));
  }
  std::uint32_t fetch_and(std::uint32_t operand, Order order) noexcept {
    return __atomic_fetch_and(cell_, operand, Raw(order));
  }
  std::uint32_t fetch_or(std::uint32_t operand, Order order) noexcept {
    return __atomic_fetch_or(cell_, operand, Raw(order));
  }
  std::uint32_t fetch_xor(std::uint32_t operand, Order order) noexcept {
    return __atomic_fetch_xor(cell_, operand, Raw(order));
  }

 private:
  // std::memory_order has the values of the built-ins' orders in both compilers.
  static constexpr int Raw(Order order) noexcept { return static_cast<int>(order); }
  static_assert(static_cast<int>(StdSync::kRelaxed) == __ATOMIC_RELAXED &&
                static_cast<int>(StdSync::kAcquire) == __ATOMIC_ACQUIRE &&
                static_cast<int>(StdSync::kRelease) == __ATOMIC_RELEASE &&
                static_cast<int>(StdSync::kAcqRel) == __ATOMIC_ACQ_REL &&
                static_cast<int>(StdSync::kSeqCst) == __ATOMIC_SEQ_CST);

  CellAccess<std::uint32_t>::Cell* cell_;
};

static_assert(AtomicInteger<CellAtomic, std::uint32_t, StdSync::Order>);

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_CELL_ATOMIC_H_
