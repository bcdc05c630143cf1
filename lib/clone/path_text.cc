// lib/clone/path_text.cc
#include "lib/clone/path_text.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace sabre::internal {

std::string PathOfKey(std::string_view utf8) {
  std::size_t shown = std::min(utf8.size(), kShownKey);
  std::string text;
  for (;; --shown) {
    while (shown < utf8.size() && (utf8[shown] & 0xc0) == 0x80) --shown;
    text = absl::Utf8SafeCEscape({utf8.data(), shown});
    if (text.size() <= kShownKey) break;
  }
  return absl::StrCat(".", text, shown == utf8.size() ? "" : "…");
}

}  // namespace sabre::internal
