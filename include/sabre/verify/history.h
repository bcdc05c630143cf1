// sabre/verify/history.h: what follows from the events of an execution: who read whose store, who
// synchronizes with whom, which two accesses race.
#ifndef SABRE_VERIFY_HISTORY_H_
#define SABRE_VERIFY_HISTORY_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sabre/verify/livelock.h"
#include "sabre/verify/result.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

// One event synchronizes with a later one of another thread.
struct Edge {
  std::uint32_t from;
  std::uint32_t to;
};

namespace internal {

inline bool IsReadModifyWrite(Op op) { return op >= Op::kExchange && op <= Op::kCas; }
inline bool IsStore(Op op) { return op == Op::kInit || op == Op::kStore || IsReadModifyWrite(op); }
inline bool IsLoad(Op op) {
  return op == Op::kLoad || op == Op::kCasFailed || IsReadModifyWrite(op);
}
inline bool Acquires(const Event& e) {
  return e.order != Order::kRelaxed && e.order != Order::kRelease;
}
inline bool Releases(const Event& e) {
  return e.order != Order::kRelaxed && e.order != Order::kAcquire;
}

// Whether two accesses of one object must be ordered: of a Var unless both read, of an atomic if one is
// its construction or its end.
inline bool Conflict(Op a, Op b) {
  const auto changes_life = [](Op op) { return op == Op::kInit || op == Op::kEnd; };
  if (changes_life(a) || changes_life(b)) return true;
  return a >= Op::kRead && b >= Op::kRead && !(a == Op::kRead && b == Op::kRead);
}

}  // namespace internal

// History
//
// An execution, read. It keeps a reference to `failure`.
class History {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  explicit History(const Failure& execution) : failure(execution), events(execution.events) {
    other_half_ = FindOtherHalf();
    std::size_t first = 0;
    while (first < events.size() && events[first].thread < 0) first += 1;
    if (failure.kind == FailureKind::kLivelock) round_ = internal::FindRound(events, first);
    steps_.resize(events.size());
    std::size_t step = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (IsStep(i)) steps_[i] = ++step;
    }
    FindEdges();
  }
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // The number of the step that event `index` is, from 1; 0: it is not worth a line.
  std::size_t Step(std::size_t index) const { return index < steps_.size() ? steps_[index] : 0; }

  // Of a livelock: the first and the last step of the round that it ends in, the second time; 0: none.
  // What comes after it is no step.
  std::pair<std::size_t, std::size_t> Round() const {
    if (round_.length == 0) return {0, 0};
    const std::size_t second = round_.first + round_.length;
    return {Step(second), Step(second + round_.length - 1)};
  }

  // The newest store to the object that event `index` reads; kNone if there is none.
  std::size_t NewestStore(std::size_t index) const {
    for (std::size_t i = index; i-- > 0;) {
      if (events[i].object == events[index].object && internal::IsStore(events[i].op)) return i;
    }
    return kNone;
  }
  // Whether event `index` reads a store that is not the newest.
  bool IsStale(std::size_t index) const {
    const Event& e = events[index];
    return internal::IsLoad(e.op) && e.reads_from != kNoEvent && e.reads_from != NewestStore(index);
  }

  // Who synchronizes with whom: release and acquire, with release sequences as in C++20 and fences;
  // unlock and lock; Unpark and Park. An edge to the head of a release sequence is left out if it says
  // nothing new.
  const std::vector<Edge>& edges() const { return edges_; }

  // The earlier access of a data race whose later access is the last event: the newest conflicting one
  // that does not happen before it. kNone if there is none.
  std::size_t OtherHalfOfRace() const { return other_half_; }

  // The last event of a thread; kNone if it has none.
  std::size_t LastOf(int thread) const {
    for (std::size_t i = events.size(); i-- > 0;) {
      if (events[i].thread == thread) return i;
    }
    return kNone;
  }
  // Whether a thread sleeps at the end.
  bool SleepsAtTheEnd(int thread) const {
    const std::size_t last = LastOf(thread);
    if (last == kNone) return false;
    const Op op = events[last].op;
    return op == Op::kBlockedOnLock || op == Op::kWait || op == Op::kPark;
  }

  const Failure& failure;
  const std::vector<Event>& events;

 private:
  std::size_t FindOtherHalf() const {
    if (events.empty() || failure.kind != FailureKind::kDataRace) return kNone;
    const Event& last = events.back();
    for (std::size_t i = events.size() - 1; i-- > 0;) {
      const Event& e = events[i];
      if (e.object != last.object || e.thread < 0 || e.thread == last.thread) continue;
      if (!internal::Conflict(e.op, last.op)) continue;
      if (failure.known[static_cast<std::size_t>(e.thread)] < e.stamp) return i;
    }
    return kNone;
  }

  // The threads' events are steps, except that a sleep that ends is told by its end.
  bool IsStep(std::size_t index) const {
    const Event& e = events[index];
    if (e.thread < 0) return false;
    if (round_.length != 0 && index >= round_.first + 2 * round_.length) return false;
    // The beginning and end of objects matter if they are what went wrong.
    if (e.op == Op::kInit || e.op == Op::kEnd) {
      if (failure.kind == FailureKind::kUseAfterFree)
        return e.op == Op::kEnd && e.object == events.back().object;
      return failure.kind == FailureKind::kDataRace &&
             (index + 1 == events.size() || index == other_half_);
    }
    if (e.op != Op::kBlockedOnLock) return true;
    for (std::size_t i = index + 1; i < events.size(); ++i) {
      if (events[i].thread == e.thread) return false;
    }
    return true;
  }

  // What a thread knows of another: how many of the events up to its newest happen before.
  static constexpr std::size_t kMaxThreads = internal::kMaxThreads;
  using Clock = std::array<std::size_t, kMaxThreads>;

  void FindEdges() {
    std::vector<Clock> clocks(events.size(), Clock{});
    std::array<std::vector<std::size_t>, kMaxThreads>
        unfenced;  // relaxed loads, for the next fence
    std::array<std::size_t, kMaxThreads> last;
    last.fill(kNone);
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Event& e = events[i];
      if (e.thread < 0) continue;
      const auto thread = static_cast<std::size_t>(e.thread);
      if (last[thread] != kNone) clocks[i] = clocks[last[thread]];
      clocks[i][thread] = i + 1;
      last[thread] = i;
      if (e.op == Op::kFence) {
        if (!internal::Acquires(e)) continue;
        for (const std::size_t load : unfenced[thread]) {
          AddReleasesOf(events[load].reads_from, i, clocks);
        }
        unfenced[thread].clear();
      } else if (e.reads_from == kNoEvent) {
        continue;
      } else if (e.op == Op::kLock || e.op == Op::kParkTook) {
        AddEdge(e.reads_from, i, clocks);
      } else if (internal::Acquires(e)) {
        AddReleasesOf(e.reads_from, i, clocks);
      } else {
        unfenced[thread].push_back(i);
      }
    }
  }
  // `to` acquires all that the store `from` carries: its own release, and, as a read-modify-write goes
  // on with the release sequence of the store that it replaces, that one's.
  void AddReleasesOf(std::size_t from, std::size_t to, std::vector<Clock>& clocks) {
    for (;;) {
      const Event& e = events[from];
      const std::size_t release = internal::Releases(e) ? from : PreviousFence(from);
      if (release != kNone) AddEdge(release, to, clocks);
      if (!internal::IsReadModifyWrite(e.op) || e.reads_from == kNoEvent) return;
      from = e.reads_from;
    }
  }
  void AddEdge(std::size_t from, std::size_t to, std::vector<Clock>& clocks) {
    const int other = events[from].thread;
    if (other < 0 || other == events[to].thread) return;
    const bool is_news = clocks[to][static_cast<std::size_t>(other)] <= from;
    if (!is_news && from != events[to].reads_from) return;
    edges_.push_back({static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)});
    for (std::size_t t = 0; t < kMaxThreads; ++t) {
      clocks[to][t] = std::max(clocks[to][t], clocks[from][t]);
    }
  }
  std::size_t PreviousFence(std::size_t index) const {
    for (std::size_t i = index; i-- > 0;) {
      const Event& e = events[i];
      if (e.op == Op::kFence && e.thread == events[index].thread && internal::Releases(e)) return i;
    }
    return kNone;
  }

  std::size_t other_half_ = kNone;
  internal::Round round_;
  std::vector<std::size_t> steps_;
  std::vector<Edge> edges_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_HISTORY_H_
