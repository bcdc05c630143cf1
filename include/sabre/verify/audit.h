// sabre/verify/audit.h: is every memory order needed, and would the models notice if it were weaker?
#ifndef SABRE_VERIFY_AUDIT_H_
#define SABRE_VERIFY_AUDIT_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sabre/verify/check.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/report.h"
#include "sabre/verify/source_text.h"

namespace sabre::verify {

// Puts a mutation in force while it lives.
class ScopedMutation {
 public:
  explicit ScopedMutation(const Mutation& mutation) { internal::CurrentSites().active = &mutation; }
  ~ScopedMutation() { internal::CurrentSites().active = nullptr; }
  ScopedMutation(const ScopedMutation&) = delete;
  ScopedMutation& operator=(const ScopedMutation&) = delete;
};

// All mutations of the sites reached so far in files that end with one of `sources`, by file and line.
inline std::vector<Mutation> MutationsIn(const std::vector<std::string>& sources) {
  std::vector<Mutation> mutations;
  for (const ReachedSite& site : internal::CurrentSites().All()) {
    const bool ours = std::any_of(sources.begin(), sources.end(), [&](const std::string& source) {
      return std::string_view(site.file).ends_with(source);
    });
    if (!ours) continue;
    for (Mutation& mutation : MutationsOf(site)) mutations.push_back(std::move(mutation));
  }
  const auto before = [](const Mutation& a, const Mutation& b) {
    return std::tie(a.file, a.line, a.text) < std::tie(b.file, b.line, b.text);
  };
  std::sort(mutations.begin(), mutations.end(), before);
  const auto same = [](const Mutation& a, const Mutation& b) {
    return std::tie(a.file, a.line, a.text) == std::tie(b.file, b.line, b.text);
  };
  mutations.erase(std::unique(mutations.begin(), mutations.end(), same), mutations.end());
  return mutations;
}

// Runs the models of `suite` under `mutation` until one fails: first all of them with a quick search,
// then with their own. A mutation that survives passes only if the source says why the order stays.
inline Row Audit(const Suite& suite, const Mutation& mutation) {
  Row row;
  row.kind = Row::Kind::kMutant;
  row.algorithm = suite.algorithm;
  row.claim =
      internal::BaseName(mutation.file) + ":" + std::to_string(mutation.line) + " " + mutation.text;
  row.search = "until one fails";
  const ScopedMutation in_force(mutation);
  const auto killed = [&](const ClaimEntry& claim, const Search& search) {
    FailureKind found = FailureKind::kNone;
    const SearchResult result =
        RunSearch(*claim.ops, search, 60, [&](const SearchResult&, const Failure& failure) {
          found = failure.kind;
          return false;
        });
    row.executions += result.executions;
    row.seconds += result.seconds;
    if (found == FailureKind::kNone) return false;
    row.passed = true;
    row.model = claim.model;
    row.threads = claim.ops->threads;
    row.result = std::string("killed by ") + claim.model + ": " + Name(found);
    return true;
  };
  for (const ClaimEntry& claim : suite.claims) {
    if (claim.expected == FailureKind::kNone && killed(claim, Bound(1, 20'000))) return row;
  }
  for (const ClaimEntry& claim : suite.claims) {
    if (claim.expected != FailureKind::kNone) continue;
    for (const Search& search : claim.options.searches) {
      if (killed(claim, search)) return row;
    }
  }
  const std::string reason = internal::KeptReason(mutation.file, mutation.line);
  row.passed = !reason.empty();
  row.result =
      row.passed ? "survives; kept: " + reason : "survives, and the source gives no [kept: reason]";
  return row;
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_AUDIT_H_
