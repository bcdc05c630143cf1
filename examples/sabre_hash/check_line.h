// One line of a list of checksums.
#ifndef SABRE_EXAMPLES_SABRE_HASH_CHECK_LINE_H_
#define SABRE_EXAMPLES_SABRE_HASH_CHECK_LINE_H_

#include <optional>
#include <string>
#include <string_view>

#include "examples/sabre_hash/digest.h"

namespace sabre_hash {

struct CheckLine {
  std::string name;
  Digest digest{};
};

// Reads a line (without its newline) in the forms that `sha256sum -c` takes: "DIGEST  NAME", the same
// with '*' for the second blank, "SHA256 (NAME) = DIGEST", each with a backslash in front if the name
// is escaped. Nullopt if it is none of them.
std::optional<CheckLine> ParseCheckLine(std::string_view line);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_CHECK_LINE_H_
