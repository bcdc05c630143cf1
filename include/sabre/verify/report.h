// sabre/verify/report.h: the table of claims, as text and as JSON.
#ifndef SABRE_VERIFY_REPORT_H_
#define SABRE_VERIFY_REPORT_H_

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "sabre/verify/check.h"
#include "sabre/verify/counterexample.h"

namespace sabre::verify {

// One line of the table.
struct Row {
  enum class Kind : std::uint8_t { kModel, kCanary, kMutant };
  Kind kind = Kind::kModel;
  std::string algorithm;
  std::string model;  // of a mutant: the model that killed it
  std::string claim;  // of a mutant: "mpmc_ring.h:68 store release → relaxed"
  int threads = 0;
  std::size_t operations = 0;  // the most that one thread made in one execution
  std::string search;
  std::uint64_t executions = 0;
  std::vector<std::pair<std::string, std::uint64_t>> outcomes;
  std::string result;  // "holds", "fails as predicted: deadlock", "killed: data race", "kept: …"
  bool passed = false;
  double seconds = 0;
  std::string counterexample;  // JSON, see history_json.h; empty: none
};

inline const char* Name(Row::Kind kind) {
  static constexpr const char* kNames[] = {"model", "canary", "mutant"};
  return kNames[static_cast<int>(kind)];
}

namespace internal {

inline std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char buffer[8];
      std::snprintf(buffer, sizeof(buffer), "\\u%04x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += buffer;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

inline std::string Searches(const CheckResult& result) {
  std::string text;
  for (const SearchResult& search : result.searches) {
    if (!text.empty()) text += " + ";
    text += search.Describe();
  }
  return text;
}

inline std::string OutcomeText(const Row& row) {
  std::string text;
  for (const auto& [name, count] : row.outcomes) {
    if (!text.empty()) text += ", ";
    text += name + " " + WithCommas(count);
  }
  return text;
}

}  // namespace internal

inline void PrintHeader() {
  std::printf("%s %s %s %s %12s %7s  %s\n", internal::Pad("algorithm", 14).c_str(),
              internal::Pad("claim", 58).c_str(), "thr", internal::Pad("search", 42).c_str(),
              "executions", "s", "result; outcomes reached");
}

inline void Print(const Row& row) {
  const std::string outcomes = internal::OutcomeText(row);
  std::printf("%s %s %3d %s %12s %7.2f  %s%s%s%s\n", internal::Pad(row.algorithm, 14).c_str(),
              internal::Pad(row.claim, 58).c_str(), row.threads,
              internal::Pad(row.search, 42).c_str(), internal::WithCommas(row.executions).c_str(),
              row.seconds, row.passed ? "" : "FAILED: ", row.result.c_str(),
              outcomes.empty() ? "" : "; ", outcomes.c_str());
  std::fflush(stdout);
}

inline Row ToRow(const std::string& algorithm, const ClaimEntry& claim, const CheckResult& check) {
  Row row;
  row.kind = claim.expected == FailureKind::kNone ? Row::Kind::kModel : Row::Kind::kCanary;
  row.algorithm = algorithm;
  row.model = claim.model;
  row.claim = row.kind == Row::Kind::kCanary ? "wrong: " + claim.text : claim.text;
  row.threads = claim.ops->threads;
  row.operations = check.operations;
  row.search = internal::Searches(check);
  row.executions = check.executions();
  row.outcomes = check.outcomes;
  row.passed = check.passed;
  row.seconds = check.seconds;
  if (check.found == FailureKind::kMissedOutcome) {
    row.result = "never reached: " + check.missed;
  } else if (row.kind == Row::Kind::kModel) {
    row.result = check.passed ? "holds" : Name(check.found);
  } else if (check.passed) {
    row.result = std::string("fails as predicted: ") + Name(check.found);
  } else if (check.found == FailureKind::kNone) {
    row.result = std::string("passes, predicted: ") + Name(claim.expected);
  } else {
    row.result =
        std::string("fails by ") + Name(check.found) + ", predicted: " + Name(claim.expected);
  }
  return row;
}

// Writes the rows as one JSON object. Returns whether the file could be written.
inline bool WriteJson(const std::string& file, const std::string& program,
                      const std::vector<Row>& rows) {
  using internal::Quoted;
  std::ofstream out(file);
  out << "{\"program\": " << Quoted(program) << ", \"suites\": [";
  bool first = true;
  for (const Suite* suite : Suite::All()) {
    out << (first ? "" : ", ") << "{\"algorithm\": " << Quoted(suite->algorithm)
        << ", \"sources\": [";
    first = true;
    for (const std::string& source : suite->sources) {
      out << (first ? "" : ", ") << Quoted(source);
      first = false;
    }
    out << "]}";
    first = false;
  }
  out << "], \"rows\": [";
  first = true;
  for (const Row& row : rows) {
    out << (first ? "\n" : ",\n") << "  {\"kind\": " << Quoted(Name(row.kind))
        << ", \"algorithm\": " << Quoted(row.algorithm) << ", \"model\": " << Quoted(row.model)
        << ", \"claim\": " << Quoted(row.claim) << ", \"threads\": " << row.threads
        << ", \"operations\": " << row.operations << ", \"search\": " << Quoted(row.search)
        << ", \"executions\": " << row.executions << ", \"outcomes\": {";
    for (std::size_t i = 0; i < row.outcomes.size(); ++i) {
      out << (i == 0 ? "" : ", ") << Quoted(row.outcomes[i].first) << ": "
          << row.outcomes[i].second;
    }
    out << "}, \"result\": " << Quoted(row.result)
        << ", \"passed\": " << (row.passed ? "true" : "false") << ", \"seconds\": " << row.seconds
        << (row.counterexample.empty() ? "" : ",\n   \"counterexample\": " + row.counterexample)
        << "}";
    first = false;
  }
  out << "\n]}\n";
  return out.good();
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_REPORT_H_
