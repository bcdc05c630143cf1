#include "examples/sabre_hash/options.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sabre_hash {
namespace {

TEST_CASE("Options may follow paths, up to two dashes") {
  const absl::StatusOr<Options> options =
      ParseOptions({"a", "--threads=3", "--json=out", "-", "--quiet", "--", "--help", "-x"});
  REQUIRE(options.ok());
  CHECK(options->paths == std::vector<std::string>{"a", "-", "--help", "-x"});
  CHECK(options->threads == 3);
  CHECK(options->json);
  CHECK(options->json_file == "out");
  CHECK(options->quiet);
  CHECK_FALSE(options->help);
}

TEST_CASE("A value is what follows the equals sign, or the next argument") {
  CHECK(ParseOptions({"--threads", "12", "a"})->threads == 12);
  CHECK(ParseOptions({"--check", "list"})->check == "list");
  CHECK(ParseOptions({"--check=a=b"})->check == "a=b");
  CHECK(ParseOptions({"-c", "list"})->check == "list");
}

TEST_CASE("A wrong command line is refused") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"--bogus", "a"},
                                             {"--quiet=yes", "a"},
                                             {"--threads"},
                                             {"--threads", "0", "a"},
                                             {"--threads", "two", "a"},
                                             {"--threads", "100000", "a"},
                                             {"--check"},
                                             {"--check", "list", "a"}}) {
    CHECK_FALSE(ParseOptions(arguments).ok());
  }
}

}  // namespace
}  // namespace sabre_hash
