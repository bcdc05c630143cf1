// lib/clone/path_text.h: parts of the paths in errors.
#ifndef SABRE_LIB_CLONE_PATH_TEXT_H_
#define SABRE_LIB_CLONE_PATH_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace sabre::internal {

// Bytes of text that show a key: so many that the two ends of a deep path, 32 parts each, stay below 4 KiB.
inline constexpr std::size_t kShownKey = 56;

// ".key": on one line, escaped, and cut between characters if it is long then, since it may be a
// stranger's.
std::string PathOfKey(std::string_view utf8);

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_PATH_TEXT_H_
