// tests/support/linearizability.h: whether a concurrent history can be explained by a sequential one.
//
// The claim is that of M. Herlihy and J. Wing ("Linearizability: a correctness condition for concurrent
// objects", TOPLAS 1990): every call takes effect at one moment between its invocation and its return. The
// search is J. Wing and C. Gong's ("Testing and verifying concurrent objects", JPDC 1993): try, as the next
// call to take effect, each that was invoked before any of the remaining ones returned. G. Lowe's
// memoisation ("Testing for linearizability", 2017; A. Horn and D. Kroening, FORTE 2015) cuts it: a set of
// calls done and the state they left are looked at once.
#ifndef SABRE_TESTS_SUPPORT_LINEARIZABILITY_H_
#define SABRE_TESTS_SUPPORT_LINEARIZABILITY_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sabre::test {

// One call of one thread. What `kind`, `argument` and `result` mean is the specification's.
struct Operation {
  int thread = 0;
  int kind = 0;
  int argument = 0;
  int result = 0;
  std::uint64_t invoked = 0;  // on the clock of the history
  std::uint64_t returned = 0;
};
using History = std::vector<Operation>;  // at most 63 operations

// The state of a sequential specification: for a queue its values, for a lock its owner.
using SpecState = std::vector<int>;

// A specification is a struct with
//   SpecState start;                                the state at first
//   static bool Step(SpecState& state, const Operation& operation, unsigned overlapped);
//     whether the operation may have its result in this state, which it then changes. `overlapped` has
//     bit k set if an operation of kind k ran at the same time in another thread: some containers promise
//     less about a call that finds nothing while others are under way.
//   static std::string Text(const Operation& operation);

// IsLinearizable(): the search.
template <class Spec>
class Linearization {
 public:
  Linearization(const History& history, const Spec& spec) : history_(history) {
    for (const Operation& one : history_) {
      unsigned kinds = 0;
      for (const Operation& other : history_) {
        const bool overlap = other.invoked < one.returned && one.invoked < other.returned;
        if (overlap && other.thread != one.thread) kinds |= 1u << other.kind;
      }
      overlapped_.push_back(kinds);
    }
    exists_ = Search(0, spec.start);
  }
  bool exists() const { return exists_; }
  bool any_overlap() const {
    return std::any_of(overlapped_.begin(), overlapped_.end(),
                       [](unsigned kinds) { return kinds; });
  }

 private:
  bool Search(std::uint64_t done, const SpecState& state) {
    if (done + 1 == std::uint64_t{1} << history_.size()) return true;
    if (!seen_.emplace(done, state).second) return false;
    std::uint64_t first_return = UINT64_MAX;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if ((done >> i & 1) == 0) first_return = std::min(first_return, history_[i].returned);
    }
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if ((done >> i & 1) != 0 || history_[i].invoked > first_return) continue;
      SpecState next = state;
      if (!Spec::Step(next, history_[i], overlapped_[i])) continue;
      if (Search(done | std::uint64_t{1} << i, next)) return true;
    }
    return false;
  }

  const History& history_;
  std::vector<unsigned> overlapped_;
  std::set<std::pair<std::uint64_t, SpecState>> seen_;
  bool exists_;
};

template <class Spec>
bool IsLinearizable(const History& history, const Spec& spec) {
  return Linearization<Spec>(history, spec).exists();
}

// The history as a picture: a line a call, two columns an event.
//
//   T0  |===|      push 1: done
//   T1    |===|    pop: 1
template <class Spec>
std::string Timeline(History history) {
  std::vector<std::uint64_t> events;
  for (const Operation& one : history) {
    events.push_back(one.invoked);
    events.push_back(one.returned);
  }
  std::sort(events.begin(), events.end());
  const auto column = [&](std::uint64_t event) {
    return 2 * static_cast<std::size_t>(std::lower_bound(events.begin(), events.end(), event) -
                                        events.begin());
  };
  std::sort(history.begin(), history.end(),
            [](const Operation& a, const Operation& b) { return a.invoked < b.invoked; });
  std::string text;
  for (const Operation& one : history) {
    const std::size_t from = column(one.invoked);
    const std::size_t to = column(one.returned);
    text += 'T' + std::to_string(one.thread) + "  " + std::string(from, ' ') + '|' +
            std::string(to - from - 1, '=') + '|' + std::string(2 * events.size() - to, ' ') +
            Spec::Text(one) + '\n';
  }
  return text;
}

// What one thread does with in one history: it makes its calls through this, and each is recorded.
//
// The clock is one counter that every invocation and return adds to. Its orders are acquire and release, so
// that "returned before it was invoked" means happens-before, and a call that does not see the effect of an
// earlier one is a mistake on every machine; a looser clock would blame an algorithm for what its memory
// orders never promised. The price: calls that do not overlap are ordered by the clock too, so a missing
// order between them is not noticed here. That is what the models and the other stress tests are for.
class Caller {
 public:
  Caller(int thread, unsigned seed, std::atomic<std::uint64_t>& clock, History& history)
      : thread_(thread), random_(seed), clock_(clock), history_(history) {}

  int thread() const { return thread_; }
  // A number below `bound`.
  int Random(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  // `body` makes the call and returns its result.
  template <class Body>
  int Call(int kind, int argument, Body body) {
    // Threads that only make calls fall into step: now and then one lets the others pass.
    if (Random(8) == 0) std::this_thread::yield();
    Operation one{thread_, kind, argument, 0, 0, 0};
    one.invoked = clock_.fetch_add(1, std::memory_order_acq_rel);
    one.result = body();
    one.returned = clock_.fetch_add(1, std::memory_order_acq_rel);
    history_.push_back(one);
    return one.result;
  }

 private:
  const int thread_;
  std::minstd_rand random_;
  std::atomic<std::uint64_t>& clock_;
  History& history_;
};

// What Explore found.
struct Explored {
  int histories = 0;
  int overlapping = 0;         // of those: in how many two calls overlapped
  std::string counterexample;  // the timeline of a history that is not linearizable; empty: none
};

// A barrier for threads that come at nearly the same time, so that they leave at nearly the same time.
class Starter {
 public:
  explicit Starter(int threads) : threads_(threads) {}
  void ArriveAndWait() {
    const int phase = phase_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
      arrived_.store(0, std::memory_order_relaxed);
      phase_.store(phase + 1, std::memory_order_release);
      return;
    }
    for (int turn = 0; phase_.load(std::memory_order_acquire) == phase; ++turn) {
      if (turn > 200) std::this_thread::yield();
    }
  }

 private:
  const int threads_;
  std::atomic<int> arrived_{0};
  std::atomic<int> phase_{0};
};

// Records `rounds` histories on `threads` threads, each of a new object, and checks each at once; ends at
// the first that is not linearizable.
//   make():                returns a std::unique_ptr to the object
//   calls(object, caller): what one thread does in one history
template <class Spec, class Make, class Calls>
Explored Explore(int threads, int rounds, const Spec& spec, Make make, Calls calls) {
  std::vector<History> logs(static_cast<std::size_t>(threads));
  std::atomic<std::uint64_t> clock{0};
  Starter starter(threads);
  Explored explored;
  decltype(make()) object;
  bool over = false;
  // Thread 0 sets up and checks, while the others wait for the start.
  const auto body = [&](int thread) {
    for (int round = 0;; ++round) {
      if (thread == 0) {
        over = round == rounds || !explored.counterexample.empty();
        object = make();
        for (History& log : logs) log.clear();
      }
      starter.ArriveAndWait();
      if (over) return;
      Caller caller(thread, static_cast<unsigned>(round * threads + thread + 1), clock,
                    logs[static_cast<std::size_t>(thread)]);
      calls(*object, caller);
      starter.ArriveAndWait();
      if (thread != 0) continue;
      History history;
      for (const History& log : logs) history.insert(history.end(), log.begin(), log.end());
      const Linearization<Spec> linearization(history, spec);
      explored.histories += 1;
      explored.overlapping += linearization.any_overlap() ? 1 : 0;
      if (!linearization.exists()) explored.counterexample = Timeline<Spec>(history);
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(body, thread);
  body(0);
  for (std::thread& other : others) other.join();
  return explored;
}

}  // namespace sabre::test

#endif  // SABRE_TESTS_SUPPORT_LINEARIZABILITY_H_
