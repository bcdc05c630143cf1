// sabre/verify/check.h: runs the searches of a claim.
#ifndef SABRE_VERIFY_CHECK_H_
#define SABRE_VERIFY_CHECK_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <ostream>
#include <utility>

#include "sabre/verify/crash.h"
#include "sabre/verify/model.h"
#include "sabre/verify/result.h"
#include "sabre/verify/scheduler.h"

namespace sabre::verify {

namespace internal {

// Relacy's test suite for any model of kThreads threads.
template <rl::thread_id_t kThreads>
struct Shell : rl::test_suite<Shell<kThreads>, kThreads> {
  Shell() {
    CurrentTrace().Clear();
    CurrentFailure() = FailureNote();
    ModelRuns() = true;
    RunModel([] { State().ops->construct(State().model); });
  }
  ~Shell() {
    RunModel([] { State().ops->destroy(State().model); });
    ModelRuns() = false;
  }
  void before() {
    RunModel([] { State().ops->before(State().model); });
    CurrentTrace().threads_running = true;
  }
  void thread(unsigned index) {
    // Relacy does not free its stacks.
    State().stacks[index] = rl::ctx().threadx_->fiber_.fib.uc_stack.ss_sp;
    RunModel([index] { State().ops->thread(State().model, static_cast<int>(index)); });
  }
  void after() {
    CurrentTrace().threads_running = false;
    State().operations = std::max(State().operations, CurrentTrace().most_operations());
    RunModel([] { State().ops->after(State().model); });
  }
  void invariant() {
    if (State().ops->invariant != nullptr) State().ops->invariant(State().model);
  }
  static SearchState& State() { return *CurrentSearch(); }
};

inline FailureKind FromRelacy(rl::test_result_e result) {
  switch (result) {
    case rl::test_result_success:
      return FailureKind::kNone;
    case rl::test_result_data_race:
      return FailureKind::kDataRace;
    case rl::test_result_access_to_freed_memory:
      return FailureKind::kUseAfterFree;
    case rl::test_result_double_free:
      return FailureKind::kDoubleFree;
    case rl::test_result_memory_leak:
    case rl::test_result_resource_leak:
      return FailureKind::kLeak;
    case rl::test_result_unitialized_access:
      return FailureKind::kUninitialized;
    case rl::test_result_deadlock:
      return FailureKind::kDeadlock;
    case rl::test_result_livelock:
      return FailureKind::kLivelock;
    case rl::test_result_inconsistent_test_suite:
      return FailureKind::kCrash;
    case rl::test_result_user_assert_failed:
    case rl::test_result_user_invariant_failed:
      return FailureKind::kAssertion;
    default:
      return FailureKind::kMutexMisuse;
  }
}

// Goes on with the search until an execution fails or the search ends.
template <rl::thread_id_t kThreads>
FailureKind Simulate(SearchState& state) {
  rl::test_params params;
  std::ostream nowhere(nullptr);
  params.output_stream = &nowhere;
  params.progress_stream = &nowhere;
  params.iteration_count = std::numeric_limits<rl::iteration_t>::max() / 2;
  params.search_type =
      state.random() ? rl::random_scheduler_type : rl::fair_full_search_scheduler_type;
  typename Scheduler<kThreads>::SharedContext shared;
  rl::test_result_e result;
  {
    using Context = rl::context_impl<Shell<kThreads>, Scheduler<kThreads>>;
    const auto context = std::make_unique<Context>(params, shared);
    rl::ostringstream out;
    rl::istringstream in;
    result = context->simulate(out, in, false);
    ModelRuns() = false;
  }
  for (void*& stack : state.stacks) {
    std::free(stack);
    stack = nullptr;
  }
  return FromRelacy(result);
}

inline FailureKind SimulateAny(SearchState& state) {
  switch (state.ops->threads) {
    case 1:
      return Simulate<1>(state);
    case 2:
      return Simulate<2>(state);
    case 3:
      return Simulate<3>(state);
    default:
      return Simulate<4>(state);
  }
}

inline Failure CaptureFailure(FailureKind kind, const SearchState& state) {
  Failure failure;
  const Trace& trace = CurrentTrace();
  failure.kind = kind;
  failure.text = CurrentFailure().text;
  failure.site = CurrentFailure().site;
  failure.threads = state.ops->threads;
  failure.events.assign(trace.begin(), trace.end());
  failure.length = trace.thread_events();
  failure.known.assign(trace.known, trace.known + kMaxThreads);
  failure.execution = state.executions;
  failure.preemptions = state.preemptions;
  failure.route = {state.search, state.path, state.choices, state.check};
  if (state.random()) failure.route.search.seed = state.next_seed - 1;
  return failure;
}

// A search of `ops` that is about to begin, with room for the model.
class RunningSearch {
 public:
  RunningSearch(const ModelOps& ops, const Search& search)
      : model_(std::aligned_alloc(ops.align, (ops.size + ops.align - 1) / ops.align * ops.align),
               std::free) {
    state.search = search;
    state.next_seed = search.seed;
    for (const char c : ops.name) state.Mix(static_cast<unsigned char>(c), state.first_check);
    state.ops = &ops;
    state.model = model_.get();
    CurrentSearch() = &state;
  }
  ~RunningSearch() { CurrentSearch() = nullptr; }
  RunningSearch(const RunningSearch&) = delete;
  RunningSearch& operator=(const RunningSearch&) = delete;

  SearchState state;

 private:
  const std::unique_ptr<void, void (*)(void*)> model_;
  const CrashGuard guard_;
};

}  // namespace internal

// Runs one search. Calls `on_failure` for each failing execution and goes on while it returns true.
inline SearchResult RunSearch(const internal::ModelOps& ops, const Search& search, double seconds,
                              const std::function<bool(const SearchResult&, Failure)>& on_failure) {
  const auto start = std::chrono::steady_clock::now();
  internal::RunningSearch running(ops, search);
  internal::SearchState& state = running.state;
  state.deadline = start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                               std::chrono::duration<double>(seconds));
  SearchResult result;
  result.search = search;
  for (;;) {
    const FailureKind kind = internal::SimulateAny(state);
    if (kind == FailureKind::kNone) break;
    const bool over = state.CountAndCut();
    result.executions = state.executions;
    if (!on_failure(result, internal::CaptureFailure(kind, state)) || over) break;
    if (!state.random() && !state.Advance()) break;
  }
  result.executions = state.executions;
  result.cut = state.cut;
  result.operations = state.operations;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

// Runs the searches of `claim` until one fails. `seconds` is the budget for all of them.
inline CheckResult Check(const ClaimEntry& claim, double seconds = 60) {
  CheckResult result;
  internal::CurrentOutcomes().Clear();
  for (const Search& search : claim.options.searches) {
    Failure first;
    SearchResult one = RunSearch(*claim.ops, search, seconds - result.seconds,
                                 [&](const SearchResult&, Failure failure) {
                                   first = std::move(failure);
                                   return false;
                                 });
    one.failure = std::move(first);
    result.found = one.failure.kind;
    result.seconds += one.seconds;
    result.operations = std::max(result.operations, one.operations);
    result.searches.push_back(std::move(one));
    if (result.found != FailureKind::kNone || result.seconds >= seconds) break;
  }
  const internal::Outcomes& outcomes = internal::CurrentOutcomes();
  for (int i = 0; i < outcomes.size; ++i)
    result.outcomes.emplace_back(outcomes.names[i], outcomes.counts[i]);
  if (result.found == FailureKind::kNone) {
    for (const char* name : claim.options.reaches) {
      if (outcomes.Count(name) != 0) continue;
      result.found = FailureKind::kMissedOutcome;
      result.missed = name;
    }
  }
  result.passed = result.found == claim.expected;
  return result;
}

// Check<M>(): the same for a model that is in no suite.
template <class M>
CheckResult Check(ClaimOptions options = {}, double seconds = 60) {
  return Check(Claim<M>("", std::move(options)), seconds);
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_CHECK_H_
