// sabre/verify/audit.h: is every memory order needed, and would the models notice if it were weaker?
//
// Each order stronger than relaxed in a suite's sources is weakened by one step, one at a time, and the
// models that come by it run until one fails. What fails the audit:
//   - a weakened order that all models pass, unless the source says why it stays: [kept: reason];
//   - an order that no model comes by;
//   - a tag (letters and a number in brackets) that stands nowhere else in its file: an edge has two ends.
#ifndef SABRE_VERIFY_AUDIT_H_
#define SABRE_VERIFY_AUDIT_H_

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sabre/verify/check.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/report.h"
#include "sabre/verify/source_sites.h"
#include "sabre/verify/source_text.h"

namespace sabre::verify {

// The result of a row about an order that no model comes by. Where several programs share a source, such a
// row counts only if no other program reaches that order.
inline constexpr const char* kUnreached = "no model comes by it";

// Puts a mutation in force while it lives.
class ScopedMutation {
 public:
  explicit ScopedMutation(const Mutation& mutation) { internal::CurrentSites().active = &mutation; }
  ~ScopedMutation() { internal::CurrentSites().active = nullptr; }
  ScopedMutation(const ScopedMutation&) = delete;
  ScopedMutation& operator=(const ScopedMutation&) = delete;
};

// OrderAudit
//
// Over all suites of a program.
class OrderAudit {
 public:
  // The sites that were reached from here on are this claim's, until Note.
  void Begin() { internal::CurrentSites().Clear(); }
  // One that fails as it is would "kill" every weakened order: it counts for what it has reached alone.
  void Note(const ClaimEntry& claim, bool holds) {
    for (const ReachedSite& site : internal::CurrentSites().All()) {
      reached_[site.file].insert(site.line);
      Reached& entry = sites_[{site.file, site.line, site.kind}];
      entry.site = site;
      if (holds) entry.claims.push_back(&claim);
    }
  }

  // Weakens each order of the suite's sources that its claims, which were noted, have reached. Calls
  // `report` with each row, and forgets whose sites they were.
  template <class Report>
  void Weaken(const Suite& suite, Report report) {
    std::vector<std::pair<Mutation, const Reached*>> all;
    for (const auto& [key, reached] : sites_) {
      if (reached.claims.empty() || !IsSource(suite, reached.site.file)) continue;
      for (Mutation& mutation : MutationsOf(reached.site))
        all.emplace_back(std::move(mutation), &reached);
    }
    const auto order = [](const auto& a, const auto& b) {
      return std::tie(a.first.file, a.first.line, a.first.text) <
             std::tie(b.first.file, b.first.line, b.first.text);
    };
    std::sort(all.begin(), all.end(), order);
    for (const auto& [mutation, reached] : all) report(Attempt(suite, mutation, reached->claims));
    sites_.clear();
    suites_.push_back(&suite);
  }

  // What the sources say beyond what was reached: the rows of orders that no model comes by, and of tags
  // without a partner. After the last suite.
  template <class Report>
  void ReadSources(Report report) const {
    std::set<std::string> done;
    for (const Suite* suite : suites_) {
      for (const std::string& source : suite->sources) {
        const std::string path = PathOf(*suite, source);
        Row row = RowOf(suite->algorithm, source + " is read");
        if (!done.insert(path.empty() ? source : path).second) continue;
        if (path.empty()) {
          row.result = "no model comes by anything in it, and it is not found beside the models";
          report(row);
        } else {
          ReadSource(*suite, path, report);
        }
      }
    }
  }

 private:
  struct Reached {
    ReachedSite site;
    std::vector<const ClaimEntry*> claims;
  };

  static Row RowOf(const std::string& algorithm, const std::string& claim) {
    Row row;
    row.kind = Row::Kind::kMutant;
    row.algorithm = algorithm;
    row.claim = claim;
    return row;
  }

  static bool IsSource(const Suite& suite, std::string_view file) {
    return std::any_of(suite.sources.begin(), suite.sources.end(), [&](const std::string& source) {
      return internal::EndsWithPath(file, source);
    });
  }

  // The first tag of the comment at that place, with a space before it.
  static std::string TagAt(const std::string& file, int line) {
    const std::vector<std::string> tags = internal::TagsIn(internal::CommentAt(file, line));
    return tags.empty() ? "" : " " + tags.front();
  }

  // Runs `claims` under `mutation` until one fails: first all of them with a quick search, then with
  // their own.
  static Row Attempt(const Suite& suite, const Mutation& mutation,
                     const std::vector<const ClaimEntry*>& claims) {
    Row row = RowOf(suite.algorithm, internal::BaseName(mutation.file) + ":" +
                                         std::to_string(mutation.line) + " " + mutation.text +
                                         TagAt(mutation.file, mutation.line));
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
    for (const ClaimEntry* claim : claims) {
      if (killed(*claim, Bound(1, 20'000))) return row;
    }
    for (const ClaimEntry* claim : claims) {
      for (const Search& search : claim->options.searches) {
        if (killed(*claim, search)) return row;
      }
    }
    const std::string reason = internal::KeptReason(mutation.file, mutation.line);
    row.passed = !reason.empty();
    row.result = row.passed ? "survives; kept: " + reason
                            : "survives, and the source gives no [kept: reason]";
    return row;
  }

  // The file that a suite calls `source`: one that was reached, or one that lies near the models. Empty
  // if there is none.
  std::string PathOf(const Suite& suite, const std::string& source) const {
    for (const auto& [file, lines] : reached_) {
      if (internal::EndsWithPath(file, source) && !internal::LinesOf(file).empty()) return file;
    }
    const std::filesystem::path folder = std::filesystem::path(suite.file).parent_path();
    for (const char* near : {".", "..", "include", "../include", "../.."}) {
      const std::string path = (folder / near / source).lexically_normal().string();
      if (!internal::LinesOf(path).empty()) return path;
    }
    return "";
  }

  template <class Report>
  void ReadSource(const Suite& suite, const std::string& path, Report report) const {
    const std::vector<std::string>& lines = internal::LinesOf(path);
    // The same file may have been reached under several names.
    std::set<int> reached;
    for (const auto& [file, numbers] : reached_) {
      if (internal::SameSource(file, path)) reached.insert(numbers.begin(), numbers.end());
    }
    for (const internal::WrittenSite& site : internal::WrittenSites(lines)) {
      const auto at = reached.lower_bound(site.first_line);
      if (at != reached.end() && *at <= site.last_line) continue;
      Row row =
          RowOf(suite.algorithm, internal::BaseName(path) + ":" + std::to_string(site.first_line) +
                                     " " + site.operation + TagAt(path, site.first_line));
      row.result = kUnreached;
      report(row);
    }
    for (const auto& [tag, line] : internal::LonelyTags(lines)) {
      Row row = RowOf(suite.algorithm,
                      internal::BaseName(path) + ":" + std::to_string(line) + " the tag " + tag);
      row.result = "stands nowhere else in its file: an edge has two ends";
      report(row);
    }
  }

  std::map<std::tuple<std::string, int, SiteKind>, Reached> sites_;  // of the suite that runs
  std::map<std::string, std::set<int>> reached_;  // file → lines, of all suites
  std::vector<const Suite*> suites_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_AUDIT_H_
