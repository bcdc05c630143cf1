// lib/clone/path_text.h: parts of the paths in errors.
#ifndef SABRE_LIB_CLONE_PATH_TEXT_H_
#define SABRE_LIB_CLONE_PATH_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace sabre::internal {

// Bytes of a key that are shown.
inline constexpr std::size_t kShownKey = 64;

// ".key": on one line, and cut between characters if it is long, since it may be a stranger's.
std::string PathOfKey(std::string_view utf8);

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_PATH_TEXT_H_
