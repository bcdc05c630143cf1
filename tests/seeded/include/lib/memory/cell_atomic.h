// lib/memory/cell_atomic.h, in front of the real one: each operation is a point of the seeded scheduler.
#ifndef SABRE_TESTS_SEEDED_INCLUDE_LIB_MEMORY_CELL_ATOMIC_H_
#define SABRE_TESTS_SEEDED_INCLUDE_LIB_MEMORY_CELL_ATOMIC_H_

#pragma GCC system_header  // #include_next

#define CellAtomic UnseededCellAtomic
#include_next "lib/memory/cell_atomic.h"
#undef CellAtomic

#include "sabre/sync/seeded_atomic.h"

namespace sabre::internal {

class CellAtomic : public seeded::SeededAtomic<UnseededCellAtomic, std::uint32_t> {
 public:
  using Order = StdSync::Order;
  using SeededAtomic::SeededAtomic;
};

}  // namespace sabre::internal

#endif  // SABRE_TESTS_SEEDED_INCLUDE_LIB_MEMORY_CELL_ATOMIC_H_
