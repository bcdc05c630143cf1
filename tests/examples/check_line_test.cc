#include "examples/sabre_hash/check_line.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "examples/sabre_hash/digest.h"

namespace sabre_hash {
namespace {

const std::string kHex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string NameIn(const std::string& line) {
  const std::optional<CheckLine> parsed = ParseCheckLine(line);
  if (!parsed.has_value()) return "(no line)";
  std::string hex;
  AppendHex(parsed->digest, hex);
  return hex == kHex ? parsed->name : "(wrong digest)";
}

TEST_CASE("A check line in each form that sha256sum writes is understood") {
  CHECK(NameIn(kHex + "  plain") == "plain");
  CHECK(NameIn(kHex + " *binary") == "binary");
  CHECK(NameIn(kHex + "   two blanks and more ") == " two blanks and more ");
  CHECK(NameIn("  \t" + kHex + "  indented") == "indented");
  CHECK(NameIn("SHA256 (tagged) = " + kHex) == "tagged");
  CHECK(NameIn("SHA256 (a) = (b) = " + kHex) == "a) = (b");
  CHECK(NameIn(kHex + "  from Windows\r") == "from Windows");
}

TEST_CASE("Only a line that begins with a backslash is unescaped") {
  CHECK(NameIn("\\" + kHex + "  a\\\\b\\nc\\rd") == "a\\b\nc\rd");
  CHECK(NameIn(kHex + "  a\\nb") == "a\\nb");
  CHECK(NameIn("\\SHA256 (a\\nb) = " + kHex) == "a\nb");
}

TEST_CASE("Digits of either case are understood") {
  std::string upper = kHex;
  for (char& c : upper) c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  CHECK(NameIn(upper + "  file") == "file");
}

TEST_CASE("What is no check line is refused") {
  for (const std::string& line :
       {std::string(), std::string("junk"), kHex, kHex + "  ", kHex + " name", kHex + "-  name",
        kHex.substr(1) + "  short", "0" + kHex + "  long", "g" + kHex.substr(1) + "  no digit",
        "\\" + kHex + "  bad \\x escape", "\\" + kHex + "  ends in \\", "SHA256 (a = " + kHex,
        "SHA256 (a) " + kHex, "SHA512 (a) = " + kHex}) {
    CAPTURE(line);
    CHECK(NameIn(line) == "(no line)");
  }
}

}  // namespace
}  // namespace sabre_hash
