#include "sabre/memory/lock_cell.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sabre::internal {

absl::StatusOr<LockCell> LockCell::Over(const char* what, const Int32Array& cells,
                                        std::size_t index, std::size_t count) {
  if (!cells.shared()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": the Int32Array is not over a SharedArrayBuffer"));
  }
  const std::size_t size = cells.size();
  if (index >= size || count > size - index) {
    const std::string rest = count > 1 ? absl::StrCat(" + ", count - 1) : "";
    return absl::OutOfRangeError(
        absl::StrCat(what, ": index ", index, rest, " is not below the length ", size));
  }
  return LockCell(*cells.buffer().shared_array_buffer(), cells.UnsafeAddress(index),
                  cells.byte_offset() + index * sizeof(std::int32_t));
}

}  // namespace sabre::internal
