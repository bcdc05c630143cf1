#include "examples/sabre_hash/file_name.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace sabre_hash {
namespace {

std::string Escaped(const std::string& name) {
  std::string out;
  AppendEscaped(name, out);
  return out;
}

TEST_CASE("Backslash, newline and carriage return are escaped, and nothing else") {
  CHECK(Escaped("a\\b\nc\rd") == "a\\\\b\\nc\\rd");
  CHECK(Escaped("tab\t 'quote' \xff \xc3\xa4") == "tab\t 'quote' \xff \xc3\xa4");
  CHECK(NeedsEscape("\\"));
  CHECK(NeedsEscape("a\n"));
  CHECK(NeedsEscape("\rb"));
  CHECK_FALSE(NeedsEscape("tab\t 'quote' \xff"));
  CHECK_FALSE(NeedsEscape(""));
}

TEST_CASE("Unescape is the inverse of escaping for every byte") {
  std::string name;
  for (int byte = 1; byte < 256; ++byte) name += static_cast<char>(byte);
  name += "\\n\\\\n";
  CHECK(Unescape(Escaped(name)) == name);
}

TEST_CASE("A stray backslash is refused") {
  CHECK(Unescape("a\\") == std::nullopt);
  CHECK(Unescape("a\\tb") == std::nullopt);
}

TEST_CASE("A message shows control characters as octal numbers") {
  CHECK(Printable("a\x1b[31mb\nc\x7f") == "a\\033[31mb\\012c\\177");
  CHECK(Printable("\xc3\xa4 \\") == "\xc3\xa4 \\");
}

}  // namespace
}  // namespace sabre_hash
