// lib/memory/wait_cell.h: the comparison that Wait and WaitAsync begin with.
#ifndef SABRE_LIB_MEMORY_WAIT_CELL_H_
#define SABRE_LIB_MEMORY_WAIT_CELL_H_

#include <cstdint>

#include "lib/memory/data_block.h"
#include "sabre/memory/cell_access.h"
#include "sabre/memory/wait.h"

namespace sabre::internal {

inline bool StillEqual(const WaitCell& cell) noexcept {
  std::byte* const at = cell.block->data() + cell.byte_index;
  return cell.size == sizeof(std::int32_t)
             ? CellAccess<std::int32_t>::Load(at) == static_cast<std::int32_t>(cell.expected)
             : CellAccess<std::int64_t>::Load(at) == cell.expected;
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_WAIT_CELL_H_
