// sabre/verify/scheduler.h: which thread runs next. Relacy's two ways of choosing in one type, so that
// its simulator is compiled once for each number of threads.
#ifndef SABRE_VERIFY_SCHEDULER_H_
#define SABRE_VERIFY_SCHEDULER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sabre/verify/model.h"
#include "sabre/verify/relacy.h"
#include "sabre/verify/result.h"

namespace sabre::verify::internal {

// The state of one search. It outlives the simulator, which is made anew after each failing execution.
struct SearchState {
  Search search;
  std::uint64_t executions = 0;
  std::size_t operations = 0;  // the most that one thread made in one execution
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  bool cut = false;          // ended by the cap or the deadline, not by exhaustion
  std::vector<Choice> path;  // where a tree search stands
  std::uint64_t next_seed = 1;
  // To run one execution again. Where its path ends, the first alternative is chosen each time.
  const Route* replay = nullptr;
  bool fits = true;  // so far there were as many alternatives as when the route was noted
  std::uint32_t first_check = 2166136261u;  // with the model's name in it
  // Of the current execution.
  std::uint32_t choices = 0;
  std::uint32_t check = 0;
  unsigned preemptions = 0;
  const ModelOps* ops = nullptr;
  void* model = nullptr;  // storage for it
  void* stacks[kMaxThreads] = {};

  bool random() const { return search.kind == Search::Kind::kRandom; }

  bool bounded() const { return search.bound != Search::kNoBound; }

  void BeginExecution() {
    choices = 0;
    check = first_check;
    preemptions = 0;
  }
  // FNV-1a.
  static void Mix(std::uint32_t value, std::uint32_t& check) {
    check = (check ^ value) * 16777619u;
  }
  // Notes that a choice among `count` alternatives is made.
  void Note(unsigned count) {
    if (replay != nullptr && choices == replay->choices) fits = fits && check == replay->check;
    choices += 1;
    Mix(count, check);
  }
  // The choice that the path to replay tells.
  unsigned Replayed(unsigned count) {
    const unsigned index = choices < replay->path.size() ? replay->path[choices].index : 0;
    Note(count);
    if (index < count) return index;
    fits = false;
    return 0;
  }
  // At the end of a replayed execution: whether it is the one that the route was noted for. It may
  // have gone on where that one failed.
  bool Fits() const {
    if (choices == replay->choices) return fits && check == replay->check;
    return fits && choices > replay->choices;
  }

  // Counts an execution. Returns whether the search is over for a reason other than exhaustion.
  bool CountAndCut() {
    executions += 1;
    if (executions >= search.executions) {
      cut = !random();
      return true;
    }
    if (executions % 64 == 0 && std::chrono::steady_clock::now() >= deadline) {
      cut = true;
      return true;
    }
    return false;
  }
  // Moves a tree search on to its next execution. Returns false if there is none.
  bool Advance() {
    while (!path.empty() && path.back().index + 1 == path.back().count) path.pop_back();
    if (path.empty()) return false;
    path.back().index += 1;
    return true;
  }
};

inline SearchState*& CurrentSearch() {
  static SearchState* state = nullptr;
  return state;
}

template <rl::thread_id_t kThreads>
class Scheduler
    : public rl::tree_search_scheduler<
          Scheduler<kThreads>, rl::context_bound_scheduler_thread_info<kThreads>, kThreads> {
 public:
  using Base =
      rl::tree_search_scheduler<Scheduler<kThreads>,
                                rl::context_bound_scheduler_thread_info<kThreads>, kThreads>;
  using ThreadInfo = typename Base::thread_info_t;
  using SharedContext = typename Base::shared_context_t;

  Scheduler(rl::test_params& params, SharedContext& shared, rl::thread_id_t dynamic_threads)
      : Base(params, shared, dynamic_threads), search_(*CurrentSearch()) {
    for (const Choice& choice : search_.path) {
      this->stree_.push_back(
          {choice.count, choice.index, static_cast<rl::sched_type>(choice.type), 0});
    }
  }
  ~Scheduler() {
    search_.path.clear();
    for (const auto& node : this->stree_) {
      search_.path.push_back({node.count_, node.index_, node.type_});
    }
  }
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // The functions below are called by the bases, which know this class as their derived_t.

  rl::thread_id_t iteration_begin_impl() {
    search_.BeginExecution();
    this->stree_depth_ = 0;
    // SplitMix64 (G. Steele et al., 2014): consecutive seeds give unrelated sequences.
    if (search_.random()) random_ = search_.next_seed++ * 0x9E3779B97F4A7C15u;
    const auto running = static_cast<unsigned>(this->running_threads_count);
    return this->running_threads[rand_impl(running, rl::sched_type_sched)];
  }

  // Shadows scheduler::iteration_end: returns whether the search is over.
  bool iteration_end() {
    const bool cut = search_.CountAndCut();
    this->thread_ = nullptr;
    if (search_.random()) return cut;
    // When cut after what happens to be the last execution, it was exhaustive after all.
    const bool exhausted = Base::iteration_end_impl();
    if (exhausted) search_.cut = false;
    return exhausted || cut;
  }

  rl::thread_id_t schedule_impl(rl::unpark_reason& reason, unsigned yield) {
    if (!search_.random()) return Base::schedule_impl(reason, yield);
    const rl::thread_id_t self = this->thread_->index_;
    const bool can_go_on = yield == 0 && this->thread_->state_ == rl::thread_state_running;
    // With few preemptions to spend, they are spent anywhere, not all at the beginning.
    constexpr unsigned kStepsBetween = 8;
    if (can_go_on && search_.bounded() &&
        (search_.preemptions == search_.search.bound || Draw(kStepsBetween) != 0)) {
      reason = rl::unpark_reason_normal;
      return self;
    }
    const rl::thread_id_t next = DrawNext(reason);
    if (can_go_on && next != self) search_.preemptions += 1;
    return next;
  }

  unsigned rand_impl(unsigned limit, rl::sched_type type) {
    if (search_.random()) return Draw(limit);
    if (search_.replay != nullptr) return search_.Replayed(limit);
    search_.Note(limit);
    return Base::rand_impl(limit, type);
  }

  bool can_switch(ThreadInfo&) { return search_.preemptions < search_.search.bound; }
  void on_switch(ThreadInfo& thread) {
    if (thread.state_ == rl::thread_state_running) search_.preemptions += 1;
  }
  double iteration_count_approx() { return 1.0; }

 private:
  rl::thread_id_t DrawNext(rl::unpark_reason& reason) {
    const auto running = static_cast<unsigned>(this->running_threads_count);
    const auto timed = static_cast<unsigned>(this->timed_thread_count_);
    const auto spurious = static_cast<unsigned>(this->spurious_thread_count_);
    if (timed != 0) {
      const unsigned pick = Draw(running != 0 ? timed * 4 : timed);
      if (pick < timed)
        return WakeUp(this->timed_threads_[pick], rl::unpark_reason_timeout, reason);
    }
    if (spurious != 0 && running != 0) {
      const unsigned pick = Draw(spurious * 8);
      if (pick < spurious) {
        return WakeUp(this->spurious_threads_[pick], rl::unpark_reason_spurious, reason);
      }
    }
    reason = rl::unpark_reason_normal;
    return this->running_threads[Draw(running)];
  }

  rl::thread_id_t WakeUp(ThreadInfo* thread, rl::unpark_reason why, rl::unpark_reason& reason) {
    this->unpark_thread(thread->index_);
    reason = why;
    return thread->index_;
  }
  unsigned Draw(unsigned limit) {
    search_.Note(limit);
    std::uint64_t z = (random_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return static_cast<unsigned>((z ^ (z >> 31)) % limit);
  }

  SearchState& search_;
  std::uint64_t random_ = 0;
};

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_SCHEDULER_H_
