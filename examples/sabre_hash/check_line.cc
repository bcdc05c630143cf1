#include "examples/sabre_hash/check_line.h"

#include <cstddef>

#include "examples/sabre_hash/file_name.h"

namespace sabre_hash {
namespace {

constexpr std::string_view kTag = "SHA256";

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::optional<CheckLine> MakeLine(std::string_view name, bool escaped, std::string_view hex) {
  const std::optional<Digest> digest = ParseHex(hex);
  if (!digest.has_value() || name.empty()) return std::nullopt;
  if (!escaped) return CheckLine{std::string(name), *digest};
  std::optional<std::string> unescaped = Unescape(name);
  if (!unescaped.has_value()) return std::nullopt;
  return CheckLine{*std::move(unescaped), *digest};
}

// "SHA256 (NAME) = DIGEST": the last parenthesis ends the name, which may hold others.
std::optional<CheckLine> ParseTagged(std::string_view line, bool escaped) {
  line.remove_prefix(kTag.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  if (!line.starts_with('(')) return std::nullopt;
  line.remove_prefix(1);
  const std::size_t end = line.rfind(')');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(end + 1);
  while (!rest.empty() && IsBlank(rest.front())) rest.remove_prefix(1);
  if (!rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  while (!rest.empty() && IsBlank(rest.front())) rest.remove_prefix(1);
  return MakeLine(line.substr(0, end), escaped, rest);
}

}  // namespace

std::optional<CheckLine> ParseCheckLine(std::string_view line) {
  while (!line.empty() && IsBlank(line.front())) line.remove_prefix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);  // a list that was edited on Windows
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  if (line.starts_with(kTag)) return ParseTagged(line, escaped);
  if (line.size() < kHexLength + 3 || line[kHexLength] != ' ') return std::nullopt;
  const char mode = line[kHexLength + 1];
  if (mode != ' ' && mode != '*') return std::nullopt;
  return MakeLine(line.substr(kHexLength + 2), escaped, line.substr(0, kHexLength));
}

}  // namespace sabre_hash
