// sabre/verify/shrink.h: the failing execution that is the easiest to read.
#ifndef SABRE_VERIFY_SHRINK_H_
#define SABRE_VERIFY_SHRINK_H_

#include <cstdint>
#include <string>
#include <utility>

#include "sabre/verify/check.h"
#include "sabre/verify/model.h"
#include "sabre/verify/result.h"

namespace sabre::verify {

// A failing execution and how it was looked for.
struct Counterexample {
  Failure failure;
  std::string claim;  // what is known about its length
};

namespace internal {

// "all 110 executions with at most 1 preemption; 3 of them fail".
inline std::string SearchedText(const SearchResult& result, bool all, std::uint64_t failing) {
  const Search& search = result.search;
  const bool random = search.kind == Search::Kind::kRandom;
  std::string text = random ? "" : all ? "all " : "the first ";
  text += WithCommas(result.executions) + (random ? " random executions " : " executions ");
  text += search.bound == 0 ? "without a preemption"
                            : "with at most " + std::to_string(search.bound) +
                                  (search.bound == 1 ? " preemption" : " preemptions");
  return text + "; " + WithCommas(failing) + (failing == 1 ? " of them fails" : " of them fail");
}

}  // namespace internal

// Shortest()
//
// Looks for the failing execution, of the kind of `found`, with the fewest preemptions, and of these for
// the one with the fewest steps: among all executions without a preemption, then with one, and so on. If
// there is none (as when it takes a load that is two stores stale, which these searches do not have),
// among random ones in the same way. Ends after about `seconds`. If nothing is found, the result is
// `found` itself. `claim` says what was searched.
inline Counterexample Shortest(const internal::ModelOps& ops, const Failure& found,
                               double seconds = 5) {
  constexpr unsigned kMaxBound = 4;
  constexpr std::uint64_t kMaxFailing = 20'000;
  // Each execution that goes round for ever without a step takes seconds.
  if (found.kind == FailureKind::kLivelock && !found.text.empty()) seconds = 0;
  Failure best;
  std::uint64_t failing = 0;
  const auto note = [&](const SearchResult&, Failure failure) {
    if (failure.kind != found.kind) return true;
    failing += 1;
    if (best.kind == FailureKind::kNone || failure.length < best.length) best = std::move(failure);
    return failing < kMaxFailing;
  };
  const auto try_with = [&](const Search& search, double& left) {
    const SearchResult result = RunSearch(ops, search, left, note);
    left -= result.seconds;
    if (best.kind == FailureKind::kNone) return std::string();
    const bool all = !result.cut && failing < kMaxFailing;
    return "the shortest of " + internal::SearchedText(result, all, failing);
  };
  const bool random = found.route.search.kind == Search::Kind::kRandom;
  double left = random ? seconds / 2 : seconds;
  for (unsigned bound = 0; bound <= kMaxBound && left > 0; ++bound) {
    std::string claim = try_with(Bound(bound, 2'000'000), left);
    if (!claim.empty()) return {std::move(best), std::move(claim)};
  }
  left = seconds / 2;
  for (unsigned bound = 0; random && bound <= kMaxBound && left > 0; ++bound) {
    double share = left / (kMaxBound + 1 - bound);
    left -= share;
    std::string claim = try_with(Random(50'000, 1, bound), share);
    left += share;
    if (!claim.empty()) return {std::move(best), std::move(claim)};
  }
  return {found,
          seconds > 0 ? "as it was found: no shorter one was" : "as it was found: not shrunk"};
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_SHRINK_H_
