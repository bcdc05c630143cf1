// lib/clone/path_text.cc
#include "lib/clone/path_text.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sabre::internal {

std::string PathOfKey(std::string_view utf8) {
  const bool whole = utf8.size() <= kShownKey;
  std::size_t shown = whole ? utf8.size() : kShownKey;
  while (!whole && shown > 0 && (utf8[shown] & 0xc0) == 0x80) --shown;
  return absl::StrCat(".", absl::Utf8SafeCEscape({utf8.data(), shown}), whole ? "" : "…");
}

}  // namespace sabre::internal
