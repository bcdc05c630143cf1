// tests/memory/trace_helpers.h: looking into the text of a trace.
#ifndef SABRE_TESTS_MEMORY_TRACE_HELPERS_H_
#define SABRE_TESTS_MEMORY_TRACE_HELPERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "sabre/memory/agent.h"

namespace sabre::trace_test {

// The lines of `json` that have all of `parts`.
inline std::vector<std::string> LinesWith(const std::string& json,
                                          const std::vector<std::string>& parts) {
  std::vector<std::string> found;
  for (absl::string_view line : absl::StrSplit(json, '\n')) {
    bool all = true;
    for (const std::string& part : parts) all = all && absl::StrContains(line, part);
    if (all) found.emplace_back(line);
  }
  return found;
}
inline std::string Named(std::string_view name) { return "\"name\":\"" + std::string(name) + "\""; }
inline std::string OfThisThread() { return absl::StrCat("\"tid\":", Agent::Current().id(), ","); }

}  // namespace sabre::trace_test

#endif  // SABRE_TESTS_MEMORY_TRACE_HELPERS_H_
