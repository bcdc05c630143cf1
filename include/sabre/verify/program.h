// sabre/verify/program.h: what a verify program does with its suites; see sabre/verify/main.h.
#ifndef SABRE_VERIFY_PROGRAM_H_
#define SABRE_VERIFY_PROGRAM_H_

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sabre/verify/arguments.h"
#include "sabre/verify/audit.h"
#include "sabre/verify/check.h"
#include "sabre/verify/counterexample.h"
#include "sabre/verify/history_json.h"
#include "sabre/verify/html.h"
#include "sabre/verify/replay.h"
#include "sabre/verify/report.h"
#include "sabre/verify/shrink.h"

namespace sabre::verify::internal {

// `text` as one word of a shell.
inline std::string ShellWord(const std::string& text) {
  constexpr const char* kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) {
    return text;
  }
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

class Program {
 public:
  // `name` for reports, `command` as the program was called.
  Program(Arguments arguments, std::string name, std::string command)
      : arguments_(std::move(arguments)), name_(std::move(name)), command_(std::move(command)) {}

  // Returns the exit code.
  int Run() {
    // A row at a time, also into a pipe: a model that ends the process takes no others along.
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    if (arguments_.list) return List();
    if (arguments_.replay) return RunReplay();
    PrintHeader();
    for (const Suite* suite : Suite::All()) RunSuite(*suite);
    audit_.ReadSources([this](const Row& row) { Add(row); });
    if (arguments_.weaken && !weakened_) return NothingToWeaken();
    int passed = 0;
    for (const Row& row : rows_) passed += row.passed ? 1 : 0;
    const int failed = static_cast<int>(rows_.size()) - passed;
    if (!WriteReports()) return 1;
    if (rows_.empty() && !arguments_.model.empty()) {
      std::fprintf(stderr, "no model and no algorithm has %s in its name; --list names them\n",
                   arguments_.model.c_str());
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed != 0 ? 0 : 1;
  }

 private:
  int List() const {
    for (const Suite* suite : Suite::All()) {
      for (const ClaimEntry& claim : suite->claims) {
        if (!Selected(*suite, claim)) continue;
        std::printf("%-16s %-34s %d threads  %s%s\n", suite->algorithm.c_str(), claim.model.c_str(),
                    claim.ops->threads,
                    claim.expected == FailureKind::kNone ? "" : "wrong: ", claim.text.c_str());
      }
    }
    return 0;
  }
  int NothingToWeaken() const {
    std::fprintf(stderr, "no model reached an atomic operation at %s\n",
                 arguments_.weaken->text.c_str());
    return 2;
  }

  bool Selected(const Suite& suite, const ClaimEntry& claim) const {
    return suite.algorithm.find(arguments_.model) != std::string::npos ||
           claim.model.find(arguments_.model) != std::string::npos;
  }

  void RunSuite(const Suite& suite) {
    bool any = false;
    for (const ClaimEntry& declared : suite.claims) {
      ClaimEntry claim = declared;
      if (!Selected(suite, claim)) continue;
      any = true;
      if (arguments_.search) claim.options.searches = {*arguments_.search};
      for (Search& search : claim.options.searches) {
        if (arguments_.seed) search.seed = *arguments_.seed;
        if (arguments_.deep) search.executions *= 20;
      }
      audit_.Begin();
      const bool is_canary = claim.expected != FailureKind::kNone;
      // The audit alone needs the claims too: what they come by is what it weakens.
      if (!arguments_.claims && is_canary) continue;
      const bool passed = RunClaim(suite, claim);
      if (!is_canary) audit_.Note(declared, passed);
    }
    // A selection of models would leave mutants alive that the others kill.
    if (!any || !arguments_.audit || !arguments_.model.empty() || arguments_.weaken) return;
    audit_.Weaken(suite, [this](const Row& row) { Add(row); });
  }

  void Add(const Row& row) {
    rows_.push_back(row);
    Print(row);
  }

  // Returns whether it went as it should.
  bool RunClaim(const Suite& suite, const ClaimEntry& claim) {
    std::optional<ScopedMutation> in_force;
    if (arguments_.weaken) in_force.emplace(*arguments_.weaken);
    const CheckResult result = Check(claim, arguments_.seconds);
    NoteWeakened();
    if (!arguments_.claims && result.passed) return true;
    Add(ToRow(suite.algorithm, claim, result));
    if (result.failure() != nullptr && (!result.passed || arguments_.history)) {
      Tell(suite, claim,
           Shortest(*claim.ops, *result.failure(), std::min(kShrinkSeconds, arguments_.seconds)));
    }
    return result.passed;
  }

  // Prints a counterexample and the command that shows it again, and keeps it for the page.
  void Tell(const Suite& suite, const ClaimEntry& claim, const Counterexample& example) {
    // A script that compiles the models and runs them says how it was called.
    const char* const script = std::getenv("SABRE_VERIFY_COMMAND");
    std::string again =
        (script != nullptr ? script : ShellWord(command_)) + " --model " + ShellWord(claim.model);
    if (arguments_.weaken) again += " --weaken " + ShellWord(arguments_.weaken->text);
    again += " --replay " + TokenOf(example.failure.route);
    std::printf("\n%s\nagain: %s\n\n", Describe(example).c_str(), again.c_str());
    stories_.push_back(StoryJson(example, suite.algorithm, claim, again));
    rows_.back().counterexample = stories_.back();
  }
  // Returns whether the files could be written.
  bool WriteReports() const {
    if (!arguments_.json.empty() && !WriteJson(arguments_.json, name_, rows_)) {
      std::fprintf(stderr, "cannot write %s\n", arguments_.json.c_str());
      return false;
    }
    if (arguments_.html.empty()) return true;
    if (stories_.empty()) {
      std::printf("no failing execution to show: %s is not written%s\n", arguments_.html.c_str(),
                  arguments_.history ? "" : " (failures that are predicted: --history)");
      return true;
    }
    if (WriteHtml(arguments_.html, name_, stories_)) return true;
    std::fprintf(stderr, "cannot write %s\n", arguments_.html.c_str());
    return false;
  }

  // --replay: the one execution, of the model of that name.
  int RunReplay() {
    std::optional<ScopedMutation> in_force;
    if (arguments_.weaken) in_force.emplace(*arguments_.weaken);
    bool any = false;
    for (const Suite* suite : Suite::All()) {
      for (const ClaimEntry& claim : suite->claims) {
        if (claim.model != arguments_.model) continue;
        any = true;
        CurrentSites().Clear();
        std::optional<Failure> execution = Replay(*claim.ops, *arguments_.replay);
        if (!execution) continue;
        NoteWeakened();
        if (arguments_.weaken && !weakened_) return NothingToWeaken();
        CheckResult result;
        result.found = execution->kind;
        result.passed = result.found == claim.expected;
        rows_.push_back(ToRow(suite->algorithm, claim, result));
        rows_.back().search = "one execution again";
        rows_.back().executions = 1;
        Tell(*suite, claim, {*std::move(execution), ""});
        std::printf("%s\n", rows_.back().result.c_str());
        return WriteReports() ? (result.passed ? 0 : 1) : 1;
      }
    }
    if (!any) {
      std::fprintf(stderr, "no model has the name %s; --list names them\n",
                   arguments_.model.c_str());
    } else {
      std::fprintf(stderr,
                   "the token is of another model, or the source has changed since (or the "
                   "weakened order is not the same): its choices are not those of %s\n",
                   arguments_.model.c_str());
    }
    return 2;
  }

  void NoteWeakened() {
    for (const ReachedSite& site : CurrentSites().All()) {
      if (arguments_.weaken && Hits(*arguments_.weaken, Site(site.file, site.line)))
        weakened_ = true;
    }
  }

  static constexpr double kShrinkSeconds = 5;

  Arguments arguments_;
  std::string name_;
  std::string command_;
  OrderAudit audit_;
  bool weakened_ = false;
  std::vector<Row> rows_;
  std::vector<std::string> stories_;  // for the page
};

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_PROGRAM_H_
