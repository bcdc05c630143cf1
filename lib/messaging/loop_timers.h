// lib/messaging/loop_timers.h: the timers of one loop.
#ifndef SABRE_LIB_MESSAGING_LOOP_TIMERS_H_
#define SABRE_LIB_MESSAGING_LOOP_TIMERS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "sabre/memory/executor.h"
#include "sabre/sync/time.h"

namespace sabre::internal {

// LoopTimers
//
// Ordered by due time, then by the order in which they were made. Thread-safety: none.
class LoopTimers {
 public:
  std::uint64_t Add(TimePoint due, Executor::Work work) {
    const std::uint64_t id = next_id_++;
    due_[id] = due;
    timers_.emplace(std::pair(due, id), std::move(work));
    return id;
  }

  bool Remove(std::uint64_t id) {
    const auto due = due_.find(id);
    if (due == due_.end()) return false;
    // The work's destructor may come back here: it runs when the tables are in order.
    const auto node = timers_.extract(std::pair(due->second, id));
    due_.erase(due);
    return true;
  }

  // The next timer that is due at `now`, unless it was made after `before_id`: a timer that makes
  // itself anew with no delay does not keep a turn from ending.
  std::optional<Executor::Work> TakeDue(TimePoint now, std::uint64_t before_id) {
    for (auto next = timers_.begin(); next != timers_.end() && next->first.first <= now; ++next) {
      if (next->first.second >= before_id) continue;
      std::optional<Executor::Work> work(std::move(next->second));
      due_.erase(next->first.second);
      timers_.erase(next);
      return work;
    }
    return std::nullopt;
  }

  // The work of any timer, which is there no more. Empty if there is none.
  std::optional<Executor::Work> TakeAny() { return TakeDue(kNever, next_id_); }

  std::int64_t size() const { return static_cast<std::int64_t>(timers_.size()); }
  TimePoint next_due() const { return timers_.empty() ? kNever : timers_.begin()->first.first; }
  std::uint64_t next_id() const { return next_id_; }

 private:
  std::map<std::pair<TimePoint, std::uint64_t>, Executor::Work> timers_;
  absl::flat_hash_map<std::uint64_t, TimePoint> due_;
  std::uint64_t next_id_ = 1;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_LOOP_TIMERS_H_
