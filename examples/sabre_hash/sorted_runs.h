// Sorting in slices: runs that are sorted while they fill, merged while they are read.
#ifndef SABRE_EXAMPLES_SABRE_HASH_SORTED_RUNS_H_
#define SABRE_EXAMPLES_SABRE_HASH_SORTED_RUNS_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace sabre_hash {

// SortedRuns
//
// Takes values in any order and gives them back in ascending order. std::sort of a million names would
// block an event loop for half a second; here no call takes longer than sorting one run (about a
// millisecond): Add sorts a run when it is full, Next takes the smallest head of all runs.
//
// Equal values come back in the order in which they were added if `Less` says so (compare a number
// last); among equals of different runs, the earlier run goes first.
// Thread-safety: thread-compatible.
template <class T, class Less>
class SortedRuns {
 public:
  explicit SortedRuns(std::size_t run_length = 4096) : run_length_(run_length) {}

  // Not after Seal.
  void Add(T value) {
    if (runs_.empty() || runs_.back().values.size() == run_length_) {
      SortLast();
      runs_.emplace_back();
    }
    runs_.back().values.push_back(std::move(value));
  }

  // No value comes any more: Next may be called.
  void Seal() {
    SortLast();
    for (std::size_t i = 0; i < runs_.size(); ++i) heads_.push_back(i);
    std::make_heap(heads_.begin(), heads_.end(), After{this});
  }

  // The next value, in ascending order; nullopt after the last.
  std::optional<T> Next() {
    if (heads_.empty()) return std::nullopt;
    if (heads_.size() > 1) std::pop_heap(heads_.begin(), heads_.end(), After{this});
    Run& run = runs_[heads_.back()];
    T value = std::move(run.values[run.next++]);
    if (run.next == run.values.size()) {
      run.values = {};
      heads_.pop_back();
    } else if (heads_.size() > 1) {
      std::push_heap(heads_.begin(), heads_.end(), After{this});
    }
    return value;
  }

 private:
  struct Run {
    std::vector<T> values;
    std::size_t next = 0;
  };

  // The order of a heap whose top is the run with the smallest head.
  struct After {
    const SortedRuns* runs;
    bool operator()(std::size_t a, std::size_t b) const {
      const Run& x = runs->runs_[a];
      const Run& y = runs->runs_[b];
      if (runs->less_(y.values[y.next], x.values[x.next])) return true;
      return a > b && !runs->less_(x.values[x.next], y.values[y.next]);
    }
  };

  void SortLast() {
    if (!runs_.empty()) std::sort(runs_.back().values.begin(), runs_.back().values.end(), less_);
  }

  std::size_t run_length_;
  Less less_{};
  std::vector<Run> runs_;
  std::vector<std::size_t> heads_;  // a heap of indices into runs_
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_SORTED_RUNS_H_
