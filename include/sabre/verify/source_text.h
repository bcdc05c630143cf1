// sabre/verify/source_text.h: the lines of the checked source, for reports. Works without them too.
#ifndef SABRE_VERIFY_SOURCE_TEXT_H_
#define SABRE_VERIFY_SOURCE_TEXT_H_

#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sabre::verify::internal {

// Where the program lies; main sets it. A compiler may have been given relative paths, which hold in
// the build folder: one of the folders above the program.
inline std::filesystem::path& ProgramFolder() {
  static std::filesystem::path folder;
  return folder;
}

// The lines of `file`; empty if it cannot be read.
inline const std::vector<std::string>& LinesOf(const std::string& file) {
  static std::map<std::string, std::vector<std::string>> cache;
  const auto known = cache.find(file);
  if (known != cache.end()) return known->second;
  std::vector<std::string>& lines = cache[file];
  std::ifstream in(file);
  for (std::filesystem::path folder = ProgramFolder(); !in.is_open() && folder.has_relative_path();
       folder = folder.parent_path()) {
    in.open(folder / file);
  }
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline std::string Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return std::string(text);
}

// Line `line` (from 1) of `file`, without the space around it; empty if it cannot be read.
inline std::string LineOf(const std::string& file, int line) {
  const std::vector<std::string>& lines = LinesOf(file);
  if (line < 1 || static_cast<std::size_t>(line) > lines.size()) return "";
  return Trim(lines[static_cast<std::size_t>(line) - 1]);
}

// The last part of a path.
inline std::string BaseName(std::string_view file) {
  return std::string(file.substr(file.rfind('/') + 1));
}

// Whether two paths, one of which may be relative to the build folder, name the same source.
inline bool SameSource(const std::string& a, const std::string& b) {
  return BaseName(a) == BaseName(b) && LinesOf(a) == LinesOf(b);
}

// What the member function `call` (".load(") is called on, in that line: "slots_[i].turn". Empty if it
// is not there.
inline std::string ReceiverOf(const std::string& file, int line, std::string_view call) {
  const std::string text = LineOf(file, line);
  std::size_t end = text.find(call);
  if (end == std::string::npos) return "";
  std::size_t begin = end;
  int depth = 0;
  while (begin > 0) {
    const char c = text[begin - 1];
    if (c == ')' || c == ']') {
      depth += 1;
    } else if (c == '(' || c == '[') {
      if (depth == 0) break;
      depth -= 1;
    } else if (depth == 0) {
      const bool arrow = c == '>' && begin > 1 && text[begin - 2] == '-';
      if (arrow) {
        begin -= 2;
        continue;
      }
      if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_' && c != '.') break;
    }
    begin -= 1;
  }
  return text.substr(begin, end - begin);
}

// Whether a statement that this line is part of goes on in the next.
inline bool IsOpenEnded(const std::string& text) {
  return !text.empty() && !text.starts_with("//") &&
         std::string_view(";{}:").find(text.back()) == std::string_view::npos;
}

// The comment at that line: the comment lines right above its statement, and what stands behind the
// statement. Empty if there is none.
inline std::string CommentAt(const std::string& file, int line) {
  const std::vector<std::string>& lines = LinesOf(file);
  if (line < 1 || static_cast<std::size_t>(line) > lines.size()) return "";
  const auto text_of = [&](int number) {
    return Trim(lines[static_cast<std::size_t>(number) - 1]);
  };
  int first = line;
  // Up to the first line of the statement, then over the comment.
  while (first > 1 && first > line - 4 && IsOpenEnded(text_of(first - 1))) {
    first -= 1;
  }
  while (first > 1 && text_of(first - 1).starts_with("//")) first -= 1;
  std::string comment;
  for (int i = first; i <= line; ++i) {
    const std::string text = text_of(i);
    const std::size_t slashes = text.find("//");
    if (slashes == std::string::npos) continue;
    comment += " " + Trim(text.substr(slashes + 2));
  }
  return comment;
}

// The reason in a "[kept: reason]" of the comment at that line; empty if there is none.
inline std::string KeptReason(const std::string& file, int line) {
  const std::string comment = CommentAt(file, line);
  const std::size_t from = comment.find("[kept:");
  if (from == std::string::npos) return "";
  const std::size_t to = comment.find(']', from);
  return Trim(comment.substr(from + 6, to == std::string::npos ? to : to - from - 6));
}

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_SOURCE_TEXT_H_
