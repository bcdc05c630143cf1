// The command line.
#ifndef SABRE_EXAMPLES_SABRE_INSPECT_OPTIONS_H_
#define SABRE_EXAMPLES_SABRE_INSPECT_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "sabre/clone/options.h"

namespace sabre_inspect {

struct Options {
  // One of the two.
  std::optional<std::vector<std::uint8_t>> bytes;
  std::string file;  // "-" is the standard input

  sabre::Dialect dialect = sabre::Dialect::kNodeSerialize;
  bool old_versions = false;
  std::map<std::size_t, std::vector<std::uint8_t>> shared;       // by attachment
  std::map<std::size_t, std::vector<std::uint8_t>> transferred;  // by attachment

  // What to print; the tree if nothing else is asked for.
  bool tree = false;
  bool canon = false;
  bool stats = false;
  std::optional<sabre::Dialect> reencode;
  std::uint32_t write_version = 15;

  bool help = false;
};

// What --help prints.
extern const std::string_view kHelp;

// Reads the arguments (without the program's name).
// Errors: kInvalidArgument, with a message for the user.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

}  // namespace sabre_inspect

#endif  // SABRE_EXAMPLES_SABRE_INSPECT_OPTIONS_H_
