// The command line.
#ifndef SABRE_EXAMPLES_SABRE_HASH_OPTIONS_H_
#define SABRE_EXAMPLES_SABRE_HASH_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace sabre_hash {

struct Options {
  std::vector<std::string> paths;
  std::optional<std::string> check;  // the list to verify instead
  std::size_t threads = 0;           // 0: as many as the machine runs at once
  bool on_main_thread = false;
  bool quiet = false;
  bool json = false;
  std::string json_file;  // empty: stderr
  bool control_thread = false;
  bool help = false;
};

// What --help prints.
extern const std::string_view kHelp;

// Reads the arguments (without the program's name). Options may follow paths, up to "--".
// Errors: kInvalidArgument, with a message for the user.
absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_OPTIONS_H_
