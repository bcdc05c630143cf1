#include "examples/sabre_inspect/options.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "examples/sabre_inspect/hex.h"

namespace sabre_inspect {

const std::string_view kHelp =
    R"(usage: sabre-inspect [OPTION]... FILE
       sabre-inspect [OPTION]... --hex HEX

Shows a message in V8's structured-clone format: what Node's v8.serialize writes, what child processes
with serialization: 'advanced' are sent, what threads post. FILE '-' is the standard input.

  --hex HEX             the message itself, in hexadecimal digits; spaces are ignored
  --dialect v8          v8.serialize (the default); views written by v8.Serializer are read as well
  --dialect raw         v8.Serializer, and messages between threads
  --dialect ipc         child processes: frames, each behind its length, or one message without
  --old                 also versions 0 to 12, and messages without a header, as version 0
  --shared N=HEX        attachment N is shared memory with these bytes; may be repeated
  --transferred N=HEX   attachment N is a transferred ArrayBuffer with these bytes; may be repeated

What is printed, of each message:
  --tree                a line for each value: the offset of its tag in the input, the tag, and behind
                        the indentation key, kind, #id and contents (the default)
  --canon               the value as one line of JSON, equal for equal values
  --reencode [DIALECT]  the value written again, in hexadecimal digits, in the dialect of the input or
                        another one (ipc: with the frame)
  --write-version N     13 or 15 (the default), for --reencode
  --stats               counts of what the message holds, nesting, and memory of the value
  --help                this text

Exit status: 0 if every message was read, 1 if one is malformed (the reason, with the byte offset in the
message, is on stderr) or the file cannot be read, 2 for a wrong command line.
)";

namespace {

constexpr std::size_t kMostAttachments = 1024;

std::optional<sabre::Dialect> DialectNamed(const std::string& name) {
  if (name == "v8") return sabre::Dialect::kNodeSerialize;
  if (name == "raw") return sabre::Dialect::kV8;
  if (name == "ipc") return sabre::Dialect::kNodeIpc;
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(const std::vector<std::string>& arguments) : arguments_(arguments) {}

  absl::StatusOr<Options> Parse() {
    bool reencode = false;
    while (next_ < arguments_.size()) {
      const std::string& argument = arguments_[next_++];
      if (argument == "--help") {
        options_.help = true;
        return std::move(options_);
      } else if (argument == "--old") {
        options_.old_versions = true;
      } else if (argument == "--tree") {
        options_.tree = true;
      } else if (argument == "--canon") {
        options_.canon = true;
      } else if (argument == "--stats") {
        options_.stats = true;
      } else if (argument == "--reencode" || argument.starts_with("--reencode=")) {
        reencode = true;
        if (absl::Status status = TakeReencode(argument); !status.ok()) return status;
      } else if (argument.size() > 1 && argument[0] == '-') {
        if (absl::Status status = TakeOption(argument); !status.ok()) return status;
      } else if (!options_.file.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("one FILE is enough: '", options_.file, "' or '", argument, "'"));
      } else {
        options_.file = argument;
      }
    }
    if (options_.file.empty() == !options_.bytes.has_value()) {
      return absl::InvalidArgumentError(options_.file.empty() ? "no FILE and no --hex given"
                                                              : "a FILE and --hex given");
    }
    if (reencode && !options_.reencode.has_value()) options_.reencode = options_.dialect;
    if (!options_.canon && !options_.stats && !reencode) options_.tree = true;
    return std::move(options_);
  }

 private:
  // The dialect is what follows '=', or the next argument if that is the name of one.
  absl::Status TakeReencode(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    if (equals != std::string::npos) {
      options_.reencode = DialectNamed(argument.substr(equals + 1));
      if (options_.reencode.has_value()) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("--reencode takes v8, raw or ipc, not '", argument.substr(equals + 1), "'"));
    }
    if (next_ < arguments_.size()) {
      options_.reencode = DialectNamed(arguments_[next_]);
      if (options_.reencode.has_value()) ++next_;
    }
    return absl::OkStatus();
  }

  // Options with a value, which is what follows '=', or the next argument.
  absl::Status TakeOption(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (name != "--hex" && name != "--dialect" && name != "--shared" && name != "--transferred" &&
        name != "--write-version") {
      return absl::InvalidArgumentError(absl::StrCat("unknown option '", argument, "'"));
    }
    if (equals == std::string::npos && next_ == arguments_.size()) {
      return absl::InvalidArgumentError(absl::StrCat(name, " needs a value"));
    }
    const std::string value =
        equals != std::string::npos ? argument.substr(equals + 1) : arguments_[next_++];
    if (name == "--hex") {
      options_.bytes = FromHex(value);
      if (options_.bytes.has_value()) return absl::OkStatus();
      return absl::InvalidArgumentError("--hex takes pairs of hexadecimal digits");
    }
    if (name == "--dialect") {
      const std::optional<sabre::Dialect> dialect = DialectNamed(value);
      if (dialect.has_value()) options_.dialect = *dialect;
      if (dialect.has_value()) return absl::OkStatus();
      return absl::InvalidArgumentError(
          absl::StrCat("--dialect takes v8, raw or ipc, not '", value, "'"));
    }
    if (name == "--write-version") {
      if (absl::SimpleAtoi(value, &options_.write_version) &&
          (options_.write_version == 13 || options_.write_version == 15)) {
        return absl::OkStatus();
      }
      return absl::InvalidArgumentError(
          absl::StrCat("--write-version takes 13 or 15, not '", value, "'"));
    }
    return TakeAttachment(name, value);
  }

  absl::Status TakeAttachment(const std::string& name, const std::string& value) {
    const std::size_t equals = value.find('=');
    std::size_t index = 0;
    std::optional<std::vector<std::uint8_t>> bytes;
    if (equals != std::string::npos) bytes = FromHex(value.substr(equals + 1));
    if (!bytes.has_value() || !absl::SimpleAtoi(value.substr(0, equals), &index) ||
        index >= kMostAttachments) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " takes N=HEX, N below ", kMostAttachments, ", not '", value, "'"));
    }
    (name == "--shared" ? options_.shared : options_.transferred)[index] = *std::move(bytes);
    return absl::OkStatus();
  }

  const std::vector<std::string>& arguments_;
  std::size_t next_ = 0;
  Options options_;
};

}  // namespace

absl::StatusOr<Options> ParseOptions(const std::vector<std::string>& arguments) {
  return Parser(arguments).Parse();
}

}  // namespace sabre_inspect
