#include "examples/sabre_hash/options.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sabre_hash {

const std::string_view kHelp =
    R"(usage: sabre-hash [OPTION]... PATH...
       sabre-hash [OPTION]... --check FILE

Prints the SHA-256 of every regular file below the paths, as sha256sum does, in the order of the
paths' bytes. Symbolic links are followed only if they are a PATH themselves. The files are hashed by
a pool of workers; the main thread walks, draws the progress on stderr, and is never blocked for long.

  --check FILE       verify the list FILE ('-': the standard input), as sha256sum -c does
  --threads N        workers (default: as many as this machine runs at once)
  --on-main-thread   no workers: everything in one blocking piece on the main thread
  --quiet            no progress, no summary; with --check, no line for files that are right
  --json[=FILE]      the summary as one JSON object, the last line of stderr or in FILE
  --control-thread   also measure how late a thread that only sleeps wakes up (for the summary)
  --help             this text
  --                 what follows are paths

The list is printed when all files are hashed. Exit status: 0 if all went well, 1 if a file could not
be read or is not what the list says, 2 for a wrong command line, 130 after Ctrl-C, 143 after SIGTERM
(then no list is printed).
)";

namespace {

constexpr std::size_t kMostThreads = 1024;

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  absl::StatusOr<Options> Parse() {
    while (next_ < arguments_.size()) {
      const std::string& argument = arguments_[next_++];
      if (only_paths_ || argument.size() < 2 || argument[0] != '-') {
        options_.paths.push_back(argument);
      } else if (absl::Status status = TakeOption(argument); !status.ok()) {
        return status;
      }
    }
    if (absl::Status status = Validate(); !status.ok()) return status;
    return std::move(options_);
  }

 private:
  absl::Status TakeOption(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    std::optional<std::string> value;
    if (equals != std::string::npos) value = argument.substr(equals + 1);

    if (name == "--check" || name == "-c") return TakeValue(name, value, options_.check);
    if (name == "--threads") return TakeThreads(name, value);
    if (name == "--json") {
      options_.json = true;
      options_.json_file = value.value_or("");
      return absl::OkStatus();
    }
    if (value.has_value()) return Unknown(argument);
    if (name == "--") {
      only_paths_ = true;
    } else if (name == "--on-main-thread") {
      options_.on_main_thread = true;
    } else if (name == "--quiet") {
      options_.quiet = true;
    } else if (name == "--control-thread") {
      options_.control_thread = true;
    } else if (name == "--help") {
      options_.help = true;
    } else {
      return Unknown(argument);
    }
    return absl::OkStatus();
  }

  absl::Status TakeThreads(const std::string& name, std::optional<std::string> value) {
    std::optional<std::string> text;
    if (absl::Status status = TakeValue(name, std::move(value), text); !status.ok()) return status;
    if (!absl::SimpleAtoi(*text, &options_.threads) || options_.threads == 0 ||
        options_.threads > kMostThreads) {
      return absl::InvalidArgumentError(
          absl::StrCat("--threads takes a number from 1 to ", kMostThreads, ", not '", *text, "'"));
    }
    return absl::OkStatus();
  }

  // The value is what follows '=', or the next argument.
  absl::Status TakeValue(const std::string& name, std::optional<std::string> value,
                         std::optional<std::string>& out) {
    if (!value.has_value()) {
      if (next_ == arguments_.size()) {
        return absl::InvalidArgumentError(absl::StrCat(name, " needs a value"));
      }
      value = arguments_[next_++];
    }
    out = *std::move(value);
    return absl::OkStatus();
  }

  absl::Status Validate() const {
    if (options_.help) return absl::OkStatus();
    if (options_.check.has_value() && !options_.paths.empty()) {
      return absl::InvalidArgumentError("--check takes one list, and no PATH");
    }
    if (!options_.check.has_value() && options_.paths.empty()) {
      return absl::InvalidArgumentError("no PATH given");
    }
    return absl::OkStatus();
  }

  static absl::Status Unknown(const std::string& argument) {
    return absl::InvalidArgumentError(absl::StrCat("unknown option '", argument, "'"));
  }

  const std::vector<std::string>& arguments_;
  std::size_t next_ = 0;
  bool only_paths_ = false;
  Options options_;
};

}  // namespace

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  return Parser(arguments).Parse();
}

}  // namespace sabre_hash
