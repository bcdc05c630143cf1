// sabre/verify/result.h: what a check has found.
#ifndef SABRE_VERIFY_RESULT_H_
#define SABRE_VERIFY_RESULT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sabre/verify/model.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

namespace internal {

inline std::string WithCommas(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace internal

// A choice on the way to one execution: the `index`th of `count` alternatives; `type` is Relacy's.
struct Choice {
  unsigned count;
  unsigned index;
  int type;
};

// An execution that can be run again: its search, and the choices made.
struct Route {
  Search search;             // kRandom: with the seed of this execution
  std::vector<Choice> path;  // kFull and kBound
  std::uint32_t choices = 0;
  std::uint32_t check = 0;  // of the number of alternatives at each choice
};

// An execution, failing as a rule.
struct Failure {
  FailureKind kind = FailureKind::kNone;
  std::string text;  // the condition that did not hold, if there is one
  Site site{"", 0};  // where it was noticed
  int threads = 0;
  std::vector<Event> events;
  std::size_t length = 0;    // events of the threads: what "shortest" compares
  unsigned preemptions = 0;  // how often a thread that could go on was interrupted
  Route route;
  std::vector<std::uint64_t> known;  // of the thread of the last plain access; see Trace::known
  std::uint64_t execution = 0;       // the how-manieth of its search
};

// One search, as it went.
struct SearchResult {
  Search search;
  std::uint64_t executions = 0;
  std::size_t operations = 0;  // the most that one thread made in one execution
  bool cut = false;  // a full or bounded search that ended early proves nothing for the rest
  Failure failure;   // kind kNone: none found
  double seconds = 0;

  // "exhaustive", "≤ 2 preemptions", "2,000 random, seed 1", "full search, cut short".
  std::string Describe() const {
    switch (search.kind) {
      case Search::Kind::kFull:
        return cut ? "full search, cut short" : "exhaustive";
      case Search::Kind::kBound: {
        const std::string name = "≤ " + std::to_string(search.bound) + " preemptions";
        return cut ? name + ", cut short" : name;
      }
      case Search::Kind::kRandom:
        return internal::WithCommas(executions) + " random, seed " + std::to_string(search.seed);
    }
    return "";
  }
};

// A claim, checked.
struct [[nodiscard]] CheckResult {
  bool passed = false;
  FailureKind found = FailureKind::kNone;
  std::vector<SearchResult> searches;
  std::vector<std::pair<std::string, std::uint64_t>> outcomes;
  std::string missed;          // a declared outcome that was never reached
  std::size_t operations = 0;  // the most that one thread made in one execution
  double seconds = 0;

  std::uint64_t executions() const {
    std::uint64_t sum = 0;
    for (const SearchResult& search : searches) sum += search.executions;
    return sum;
  }
  const Failure* failure() const {
    return searches.empty() || searches.back().failure.kind == FailureKind::kNone
               ? nullptr
               : &searches.back().failure;
  }
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_RESULT_H_
