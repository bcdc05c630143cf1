// File names as coreutils writes them: in a list of checksums, and in a message.
#ifndef SABRE_EXAMPLES_SABRE_HASH_FILE_NAME_H_
#define SABRE_EXAMPLES_SABRE_HASH_FILE_NAME_H_

#include <optional>
#include <string>
#include <string_view>

namespace sabre_hash {

// Whether a line of a list must begin with a backslash and escape the name: it holds a backslash, a
// newline or a carriage return.
bool NeedsEscape(std::string_view name);

// Appends `name` with those three as \\, \n and \r.
void AppendEscaped(std::string_view name, std::string& out);

// The name that `escaped` stands for. Nullopt if a backslash is followed by anything else.
std::optional<std::string> Unescape(std::string_view escaped);

// `name` for a message to people: control characters, which could drive the terminal or forge a line,
// are written as \ooo.
std::string Printable(std::string_view name);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_FILE_NAME_H_
