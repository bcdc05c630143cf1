// verify/mutant_main.h: the program that verify/mutate.py builds from a file of models and the
// mutants of what they check. It defines main():
//
//   NAME --reach                     for each model, which mutants it comes by
//   NAME [--quick] N [MODEL…]        runs these models, or all, under mutant N until one fails
//
// What it prints is for mutate.py: lines of fields separated by tabs.
#ifndef SABRE_VERIFY_MUTANT_MAIN_H_
#define SABRE_VERIFY_MUTANT_MAIN_H_

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sabre/verify/check.h"
#include "sabre/verify/mutant.h"

namespace sabre::verify::internal {

inline void PrintReachedMutants() {
  Mutants& mutants = CurrentMutants();
  for (const Suite* suite : Suite::All()) {
    for (const ClaimEntry& claim : suite->claims) {
      std::fill_n(mutants.reached, Mutants::kMax, false);
      for (const Search& search : {Bound(1, 3'000), Random(3'000)}) {
        RunSearch(*claim.ops, search, 60,
                  [](const SearchResult&, const Failure&) { return false; });
      }
      std::printf("%s\t%s\t", claim.model.c_str(), suite->algorithm.c_str());
      for (const std::string& source : suite->sources) std::printf("%s ", source.c_str());
      std::printf("\t");
      for (int i = 1; i < Mutants::kMax; ++i) {
        if (mutants.reached[i]) std::printf("%d ", i);
      }
      std::printf("\n");
    }
  }
}

// An execution that does not end, because a mutant loops between two steps, ends the process: as a
// mutant that is noticed. Called every second of CPU time.
inline void OnTick(int) {
  static std::uint64_t before = 0;
  static int ticks = 0;
  const SearchState* const search = CurrentSearch();
  const std::uint64_t now = search == nullptr ? 0 : search->executions;
  ticks = now == before && search != nullptr ? ticks + 1 : 0;
  before = now;
  if (ticks < 3) return;
  static constexpr char kLine[] = "killed\t\tdoes not end\t0\n";
  static_cast<void>(!write(STDOUT_FILENO, kLine, sizeof(kLine) - 1));
  _exit(0);
}

// Runs the claims until one fails: all of them quickly, then, unless `quick`, as their suites do, with
// the outcomes that they must reach.
inline void RunMutant(int number, const std::vector<std::string>& models, bool quick) {
  CurrentMutants().active = number;
  signal(SIGPROF, OnTick);
  const itimerval every_second = {{1, 0}, {1, 0}};
  setitimer(ITIMER_PROF, &every_second, nullptr);
  std::vector<const ClaimEntry*> claims;
  for (const Suite* suite : Suite::All()) {
    for (const ClaimEntry& claim : suite->claims) {
      const bool named =
          models.empty() || std::find(models.begin(), models.end(), claim.model) != models.end();
      if (named) claims.push_back(&claim);
    }
  }
  std::uint64_t executions = 0;
  const auto killed = [&](const ClaimEntry& claim, FailureKind how) {
    if (how == FailureKind::kNone) return false;
    std::printf("killed\t%s\t%s\t%llu\n", claim.model.c_str(), Name(how),
                static_cast<unsigned long long>(executions));
    return true;
  };
  for (const Search& search : {Bound(1, 5'000), Random(2'000)}) {
    for (const ClaimEntry* claim : claims) {
      if (claim->expected != FailureKind::kNone) continue;
      FailureKind found = FailureKind::kNone;
      const auto note = [&](const SearchResult&, const Failure& failure) {
        found = failure.kind;
        return false;
      };
      executions += RunSearch(*claim->ops, search, 20, note).executions;
      if (killed(*claim, found)) return;
    }
  }
  for (const ClaimEntry* claim : claims) {
    // A canary ends soon, as long as it fails.
    if (quick && claim->expected == FailureKind::kNone) continue;
    const CheckResult result = Check(*claim, 30);
    executions += result.executions();
    if (!result.passed) {
      std::printf("killed\t%s\t%s\t%llu\n", claim->model.c_str(),
                  result.found == FailureKind::kNone ? "its canary passes" : Name(result.found),
                  static_cast<unsigned long long>(executions));
      return;
    }
  }
  std::printf("survived\t\t\t%llu\n", static_cast<unsigned long long>(executions));
}

}  // namespace sabre::verify::internal

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "--reach") {
    sabre::verify::internal::PrintReachedMutants();
    return 0;
  }
  const bool quick = !arguments.empty() && arguments[0] == "--quick";
  if (quick) arguments.erase(arguments.begin());
  if (arguments.empty()) return 2;
  const int number = std::atoi(arguments[0].c_str());
  arguments.erase(arguments.begin());
  sabre::verify::internal::RunMutant(number, arguments, quick);
  return 0;
}

#endif  // SABRE_VERIFY_MUTANT_MAIN_H_
