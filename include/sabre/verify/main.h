// sabre/verify/main.h: the program around the suites. Include it in exactly one file of a verify
// program: it defines main().
//
//   NAME                        runs every claim, every canary, and the order audit
//   --list                      names the models
//   --model TEXT                only models whose name or algorithm contains TEXT
//   --search full|bound=N|random=N   instead of the searches of each claim
//   --seed N                    of random searches
//   --time SECONDS              budget of one claim (default 60)
//   --deep                      20 times as many executions
//   --audit | --no-audit        only the audit | everything else
//   --weaken FILE:LINE[:WHAT]   run under one mutation; WHAT: acquire, release or failure (to drop)
//   --history                   print a counterexample for every failure, predicted ones too
//   --json FILE                 write the table
//
// With SABRE_FULL in the environment, or --deep, every limit on executions is 20 times as high.
// Exit code: 0 if all passed, 1 if not, 2 for wrong arguments. The last line is "N passed, N failed".
#ifndef SABRE_VERIFY_MAIN_H_
#define SABRE_VERIFY_MAIN_H_

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sabre/verify/audit.h"
#include "sabre/verify/check.h"
#include "sabre/verify/counterexample.h"
#include "sabre/verify/report.h"

namespace sabre::verify::internal {

struct Arguments {
  bool list = false;
  bool history = false;
  bool claims = true;
  bool audit = true;
  std::string model;
  std::optional<Search> search;
  std::optional<std::uint64_t> seed;
  std::optional<Mutation> weaken;
  bool deep = std::getenv("SABRE_FULL") != nullptr;
  double seconds = 60;
  std::string json;
};

[[noreturn]] inline void Usage(const std::string& problem) {
  std::fprintf(
      stderr,
      "%s\nusage: [--list] [--model TEXT] [--search full|bound=N|random=N] [--seed N] [--time "
      "SECONDS]\n"
      "       [--audit|--no-audit] [--weaken FILE:LINE[:acquire|release|failure]] [--history]\n"
      "       [--json FILE]\n",
      problem.c_str());
  std::exit(2);
}

inline std::uint64_t ParseNumber(const std::string& text) {
  char* end = nullptr;
  const std::uint64_t number = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') Usage("not a number: " + text);
  return number;
}

inline Search ParseSearch(const std::string& text) {
  if (text == "full") return Full();
  if (text.starts_with("bound=")) return Bound(static_cast<unsigned>(ParseNumber(text.substr(6))));
  if (text.starts_with("random=")) return Random(ParseNumber(text.substr(7)));
  Usage("unknown search: " + text);
}

inline Mutation ParseWeaken(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) Usage("--weaken needs FILE:LINE");
  const std::size_t second = text.find(':', colon + 1);
  Mutation mutation;
  mutation.file = text.substr(0, colon);
  mutation.line = static_cast<int>(ParseNumber(
      text.substr(colon + 1, second == std::string::npos ? second : second - colon - 1)));
  const std::string what = second == std::string::npos ? "" : text.substr(second + 1);
  if (what == "acquire")
    mutation.weakening = Weakening::kDropAcquire;
  else if (what == "release")
    mutation.weakening = Weakening::kDropRelease;
  else if (what == "failure")
    mutation.weakening = Weakening::kFailure;
  else if (what == "fence")
    mutation.weakening = Weakening::kDropFence;
  else if (!what.empty())
    Usage("unknown part of an order: " + what);
  mutation.text = text;
  return mutation;
}

inline Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) Usage(std::string(flag) + " needs a value");
      return argv[++i];
    };
    if (flag == "--list")
      arguments.list = true;
    else if (flag == "--history")
      arguments.history = true;
    else if (flag == "--audit")
      arguments.claims = false;
    else if (flag == "--no-audit")
      arguments.audit = false;
    else if (flag == "--model")
      arguments.model = value();
    else if (flag == "--search")
      arguments.search = ParseSearch(value());
    else if (flag == "--seed")
      arguments.seed = ParseNumber(value());
    else if (flag == "--time")
      arguments.seconds = static_cast<double>(ParseNumber(value()));
    else if (flag == "--weaken")
      arguments.weaken = ParseWeaken(value());
    else if (flag == "--deep")
      arguments.deep = true;
    else if (flag == "--json")
      arguments.json = value();
    else
      Usage("unknown argument: " + std::string(flag));
  }
  return arguments;
}

class Program {
 public:
  explicit Program(Arguments arguments) : arguments_(std::move(arguments)) {}

  int Run(const std::string& name) {
    name_ = name;
    if (arguments_.list) return List();
    PrintHeader();
    for (const Suite* suite : Suite::All()) RunSuite(*suite);
    if (arguments_.weaken && !weakened_) {
      std::fprintf(stderr, "no model reached an atomic operation at %s\n",
                   arguments_.weaken->text.c_str());
      return 2;
    }
    int passed = 0;
    for (const Row& row : rows_) passed += row.passed ? 1 : 0;
    const int failed = static_cast<int>(rows_.size()) - passed;
    if (!arguments_.json.empty() && !WriteJson(arguments_.json, name, rows_)) {
      std::fprintf(stderr, "cannot write %s\n", arguments_.json.c_str());
      return 1;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed != 0 ? 0 : 1;
  }

 private:
  static int List() {
    for (const Suite* suite : Suite::All()) {
      for (const ClaimEntry& claim : suite->claims) {
        std::printf("%-16s %-34s %d threads  %s%s\n", suite->algorithm.c_str(), claim.model.c_str(),
                    claim.ops->threads,
                    claim.expected == FailureKind::kNone ? "" : "wrong: ", claim.text.c_str());
      }
    }
    return 0;
  }

  bool Selected(const Suite& suite, const ClaimEntry& claim) const {
    return suite.algorithm.find(arguments_.model) != std::string::npos ||
           claim.model.find(arguments_.model) != std::string::npos;
  }

  void RunSuite(const Suite& suite) {
    bool any = false;
    CurrentSites().Clear();
    for (ClaimEntry claim : suite.claims) {
      if (!Selected(suite, claim)) continue;
      any = true;
      if (arguments_.search) claim.options.searches = {*arguments_.search};
      for (Search& search : claim.options.searches) {
        if (arguments_.seed) search.seed = *arguments_.seed;
        if (arguments_.deep) search.executions *= 20;
      }
      if (arguments_.claims) {
        RunClaim(suite, claim);
      } else if (claim.expected == FailureKind::kNone) {
        static_cast<void>(Check(claim, arguments_.seconds));  // reaches the sites
      }
    }
    // A selection of models would leave mutants alive that the others kill.
    if (!any || !arguments_.audit || !arguments_.model.empty() || arguments_.weaken) return;
    for (const Mutation& mutation : MutationsIn(suite.sources)) {
      rows_.push_back(Audit(suite, mutation));
      Print(rows_.back());
    }
  }

  void RunClaim(const Suite& suite, const ClaimEntry& claim) {
    std::optional<ScopedMutation> in_force;
    if (arguments_.weaken) in_force.emplace(*arguments_.weaken);
    const CheckResult result = Check(claim, arguments_.seconds);
    for (const ReachedSite& site : CurrentSites().All()) {
      if (arguments_.weaken && Hits(*arguments_.weaken, Site(site.file, site.line)))
        weakened_ = true;
    }
    rows_.push_back(ToRow(suite.algorithm, claim, result));
    Print(rows_.back());
    if (result.failure() == nullptr || (result.passed && !arguments_.history)) return;
    std::printf("\n%s\nagain: %s --model %s\n\n",
                Describe(Shortest(*claim.ops, *result.failure())).c_str(), name_.c_str(),
                claim.model.c_str());
  }

  Arguments arguments_;
  std::string name_;
  bool weakened_ = false;
  std::vector<Row> rows_;
};

}  // namespace sabre::verify::internal

int main(int argc, char** argv) {
  const std::filesystem::path program = std::filesystem::absolute(argv[0]);
  sabre::verify::internal::ProgramFolder() = program.parent_path();
  return sabre::verify::internal::Program(sabre::verify::internal::Parse(argc, argv))
      .Run(program.filename().string());
}

#endif  // SABRE_VERIFY_MAIN_H_
