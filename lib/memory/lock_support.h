// lib/memory/lock_support.h: what the locks over cells of shared memory have in common.
#ifndef SABRE_LIB_MEMORY_LOCK_SUPPORT_H_
#define SABRE_LIB_MEMORY_LOCK_SUPPORT_H_

#include <cstdint>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/cell_atomic.h"
#include "lib/memory/data_block.h"
#include "lib/memory/trace_points.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/lock_cell.h"
#include "sabre/sync/mutex.h"
#include "sabre/sync/waiter_list.h"

namespace sabre::internal {

using CellMutex = sabre::Mutex<StdSync, CellAtomic>;

// Whose waiters stand in a queue. Cells are aligned to 4 bytes, so each has four keys: its byte index is
// that of Atomics.wait, and those of the locks follow. So a Notify of the user never wakes a lock's
// waiter, and a mutex, a condition and one of the others that somebody has put over one cell do not touch
// each other's waiters.
enum class WaiterKind : std::uint64_t { kAtomicsWait = 0, kMutex = 1, kCondition = 2, kOther = 3 };

inline WaiterList<StdSync>& WaitersOf(const LockCell& cell) noexcept {
  return cell.buffer().data_block()->waiters();
}
inline WaiterList<StdSync>::Key KeyOf(const LockCell& cell, WaiterKind kind) noexcept {
  return cell.byte_index() + static_cast<std::uint64_t>(kind);
}

// The calling thread as the owner of a mutex: its agent's id, in the first two thousand million agents of
// a process. Two later ones may share a number, and are then taken for each other where misuse is looked
// for; they exclude each other all the same.
inline CellMutex::Owner OwnerOf(const Agent& agent) noexcept {
  return static_cast<CellMutex::Owner>((agent.id() - 1) % CellMutex::kMaxOwner) + 1;
}

// The mutex in a cell, for the time of one call.
class MutexAccess {
 public:
  explicit MutexAccess(const LockCell& cell) noexcept
      : word_(cell.address()), mutex_(word_, WaitersOf(cell), KeyOf(cell, WaiterKind::kMutex)) {}
  CellMutex* operator->() noexcept { return &mutex_; }
  CellMutex& operator*() noexcept { return mutex_; }

 private:
  CellAtomic word_;
  CellMutex mutex_;
};

// Sleeps, and a trace shows it.
struct TracedAwait {
  WaitOutcome operator()(WaiterList<StdSync>& list, BlockingWaiter<StdSync>& waiter,
                         TimePoint deadline) const {
    const TracedSpan span(point, cell.byte_index());
    return list.Await(waiter, deadline);
  }
  const LockCell& cell;
  const TracePoint& point;
};

// Sleeps until a stop is requested of the calling agent, too.
struct AgentAwait {
  WaitOutcome operator()(WaiterList<StdSync>& list, BlockingWaiter<StdSync>& waiter,
                         TimePoint deadline) const {
    const TracedSpan span(point, cell.byte_index());
    const std::stop_token& stop = agent.stop_token();
    if (!stop.stop_possible()) return list.Await(waiter, deadline);
    // As in WaitOnCell: the waiter is in the list before, and no callback touches it after this scope.
    std::stop_callback cancel(stop, [&] { list.Cancel(waiter, WaitOutcome::kCancelled); });
    return list.Await(waiter, deadline);
  }
  const Agent& agent;
  const LockCell& cell;
  const TracePoint& point;
};

// kFailedPrecondition (TypeError) where `agent` may not block and the call would have to.
inline absl::Status CheckMayBlock(const char* what, const Agent& agent) {
  if (agent.can_block()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(what, " would have to wait, and this thread may not block (can_block)"));
}
inline absl::Status Stopped(const char* what) {
  return absl::CancelledError(absl::StrCat(what, ": a stop was requested of this thread"));
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_LOCK_SUPPORT_H_
