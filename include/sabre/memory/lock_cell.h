// sabre/memory/lock_cell.h: where a lock lies in shared memory.
#ifndef SABRE_MEMORY_LOCK_CELL_H_
#define SABRE_MEMORY_LOCK_CELL_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"

namespace sabre::internal {

// LockCell
//
// One 32-bit cell or more of a SharedArrayBuffer, which it keeps alive: what Mutex, Condition, Semaphore
// and Barrier are handles of. Shared memory neither shrinks nor moves, so a cell that is there stays.
//
// Thread-safety: thread-compatible, like the buffer's handle.
class LockCell {
 public:
  // Names nothing.
  LockCell() noexcept = default;

  // `count` cells from `index` on. `what` begins the messages of errors.
  // Errors, looked at in this order: kInvalidArgument (TypeError) if the buffer is not shared;
  //   kOutOfRange (RangeError) if not all cells are in the view.
  static absl::StatusOr<LockCell> Over(const char* what, const Int32Array& cells, std::size_t index,
                                       std::size_t count);

  bool empty() const noexcept { return address_ == nullptr; }
  const SharedArrayBuffer& buffer() const noexcept { return buffer_; }
  std::byte* address() const noexcept { return address_; }         // of the first cell
  std::size_t byte_index() const noexcept { return byte_index_; }  // in the buffer

  friend bool operator==(const LockCell& a, const LockCell& b) noexcept {
    return a.address_ == b.address_;
  }

 private:
  LockCell(SharedArrayBuffer buffer, std::byte* address, std::size_t byte_index) noexcept
      : buffer_(static_cast<SharedArrayBuffer&&>(buffer)),
        address_(address),
        byte_index_(byte_index) {}

  SharedArrayBuffer buffer_;
  std::byte* address_ = nullptr;
  std::size_t byte_index_ = 0;
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_LOCK_CELL_H_
