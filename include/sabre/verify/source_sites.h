// sabre/verify/source_sites.h: the orders and tags that are written in a checked source, for the audit:
// what the models did not come by is seen here alone.
#ifndef SABRE_VERIFY_SOURCE_SITES_H_
#define SABRE_VERIFY_SOURCE_SITES_H_

#include <cctype>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sabre/verify/source_text.h"

namespace sabre::verify::internal {

// An atomic operation or fence that is stronger than relaxed, from its first to its last line.
struct WrittenSite {
  int first_line;
  int last_line;
  std::string operation;  // "compare_exchange_weak"
};

// Code and comments of a source apart, each with the lines of the whole. Knows no raw strings.
struct SourceParts {
  std::string code;
  std::string comments;

  explicit SourceParts(const std::vector<std::string>& lines) {
    bool in_block = false;
    for (const std::string& line : lines) {
      char quote = 0;
      bool in_line = false;
      for (std::size_t i = 0; i < line.size(); ++i) {
        const std::string_view rest = std::string_view(line).substr(i);
        if (in_block && rest.starts_with("*/")) {
          in_block = false;
          ++i;
        } else if (in_block || in_line) {
          comments += line[i];
        } else if (quote != 0) {
          if (line[i] == '\\') {
            ++i;
          } else if (line[i] == quote) {
            quote = 0;
          }
        } else if (rest.starts_with("//")) {
          in_line = true;
        } else if (rest.starts_with("/*")) {
          in_block = true;
          ++i;
        } else {
          // Digits may be grouped by a quote: 1'000.
          const bool grouped = line[i] == '\'' && i > 0 &&
                               std::isalnum(static_cast<unsigned char>(line[i - 1])) != 0;
          if ((line[i] == '"' || line[i] == '\'') && !grouped) quote = line[i];
          code += line[i];
        }
      }
      code += '\n';
      comments += '\n';
    }
  }
};

inline int LineAt(const std::string& text, std::size_t at) {
  int line = 1;
  for (std::size_t i = 0; i < at; ++i) line += text[i] == '\n' ? 1 : 0;
  return line;
}

inline bool NamesStrongOrder(const std::string& arguments) {
  for (const char* order : {"kAcquire", "kRelease", "kAcqRel", "kSeqCst", "memory_order_acquire",
                            "memory_order_release", "memory_order_acq_rel", "memory_order_seq_cst",
                            "memory_order::acquire", "memory_order::release",
                            "memory_order::acq_rel", "memory_order::seq_cst"}) {
    if (arguments.find(order) != std::string::npos) return true;
  }
  return false;
}

// Of an operation that names its order. One that leaves it out (std::atomic's operators) is seen only
// when it is reached.
inline std::vector<WrittenSite> WrittenSites(const std::vector<std::string>& lines) {
  static constexpr std::string_view kOperations[] = {"load",
                                                     "store",
                                                     "exchange",
                                                     "compare_exchange_weak",
                                                     "compare_exchange_strong",
                                                     "fetch_add",
                                                     "fetch_sub",
                                                     "fetch_or",
                                                     "fetch_and",
                                                     "fetch_xor"};
  const std::string code = SourceParts(lines).code;
  std::vector<WrittenSite> sites;
  std::size_t i = 0;
  while (i < code.size()) {
    if (std::isalpha(static_cast<unsigned char>(code[i])) == 0 && code[i] != '_') {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < code.size() &&
           (std::isalnum(static_cast<unsigned char>(code[end])) != 0 || code[end] == '_')) {
      ++end;
    }
    const std::string word = code.substr(i, end - i);
    const bool member = i >= 1 && (code[i - 1] == '.' || code[i - 1] == '>');
    bool operation = false;
    for (const std::string_view name : kOperations)
      operation = operation || (member && word == name);
    const bool fence =
        (word == "Fence" && i >= 1 && code[i - 1] == ':') || word == "atomic_thread_fence";
    if ((operation || fence) && end < code.size() && code[end] == '(') {
      std::size_t close = end;
      for (int depth = 0; close < code.size(); ++close) {
        depth += code[close] == '(' ? 1 : code[close] == ')' ? -1 : 0;
        if (depth == 0) break;
      }
      const std::string arguments = code.substr(end, close - end);
      if (word == "Fence" || NamesStrongOrder(arguments)) {
        sites.push_back({LineAt(code, i), LineAt(code, close), word});
      }
    }
    i = end;
  }
  return sites;
}

// The tags in a piece of comment: up to three letters and a number, in brackets.
inline std::vector<std::string> TagsIn(const std::string& comment) {
  std::vector<std::string> tags;
  for (std::size_t at = comment.find('['); at != std::string::npos;
       at = comment.find('[', at + 1)) {
    std::size_t i = at + 1;
    while (i < comment.size() && std::isupper(static_cast<unsigned char>(comment[i])) != 0) ++i;
    const std::size_t letters = i - at - 1;
    while (i < comment.size() && std::isdigit(static_cast<unsigned char>(comment[i])) != 0) ++i;
    const std::size_t digits = i - at - 1 - letters;
    if (letters == 0 || letters > 3 || digits == 0 || i >= comment.size() || comment[i] != ']')
      continue;
    tags.push_back(comment.substr(at, i - at + 1));
  }
  return tags;
}

// Tag → the line of its only place, for those that have but one.
inline std::map<std::string, int> LonelyTags(const std::vector<std::string>& lines) {
  const std::string comments = SourceParts(lines).comments;
  std::map<std::string, int> places;
  std::map<std::string, int> counts;
  int number = 1;
  std::size_t from = 0;
  while (from < comments.size()) {
    const std::size_t to = comments.find('\n', from);
    for (const std::string& tag : TagsIn(comments.substr(from, to - from))) {
      places.try_emplace(tag, number);
      counts[tag] += 1;
    }
    number += 1;
    if (to == std::string::npos) break;
    from = to + 1;
  }
  for (const auto& [tag, count] : counts) {
    if (count > 1) places.erase(tag);
  }
  return places;
}

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_SOURCE_SITES_H_
