// lib/clone/graph_reader_path.cc: where in the value a reader failed.
#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/clone/graph_reader.h"
#include "lib/clone/number_text.h"
#include "lib/clone/path_text.h"

namespace sabre::internal {
namespace {

constexpr std::size_t kShownParts = 32;  // from each end

std::string PartOfKey(Value key) {
  if (key.is_number()) return absl::StrCat("[", NumberToString(key.AsNumber()), "]");
  // No more of it than is shown is converted.
  const auto units = static_cast<std::uint32_t>(std::min(key.size(), kShownKey + 1));
  return PathOfKey(
      ValueAccess::String(ValueAccess::pointer(key), units, ValueAccess::two_byte(key)).AsString());
}

}  // namespace

bool GraphReader::TooManyNodes() {
  what_text_ = absl::StrCat("the value has more than ", options_.max_nodes, " objects");
  return Limit(what_text_.c_str());
}

std::string GraphReader::Path() const {
  std::string path;
  for (std::size_t i = 0; i < frames_.size(); ++i) {
    if (i == kShownParts && frames_.size() > 2 * kShownParts) {
      path += "…";
      i = frames_.size() - kShownParts;
    }
    const Frame& frame = frames_[i];
    const bool innermost = i + 1 == frames_.size();
    // Of the items of this container the last one is being read.
    const std::size_t end = innermost ? pending_.size() : frames_[i + 1].start;
    switch (frame.step) {
      case Step::kElements:
        absl::StrAppend(&path, "[", frame.next - 1, "]");
        break;
      case Step::kShaped:
        if (innermost && (at_key_ || end == frame.start)) break;
        path += PartOfKey(frame.shape->keys[frame.shape->size - 1]);
        break;
      case Step::kPairs:
        // At a key, or at the end tag, it is the container itself that fails.
        if (innermost && (at_key_ || end == frame.start)) break;
        path += PartOfKey(pending_[end - 2]);
        break;
      case Step::kValues: {
        if (end == frame.start) break;
        const std::size_t item = end - frame.start - 1;
        if (frame.node->kind == ValueKind::kSet) {
          absl::StrAppend(&path, ".<value ", item, ">");
        } else {
          absl::StrAppend(&path, item % 2 == 0 ? ".<key " : ".<value ", item / 2, ">");
        }
        break;
      }
      case Step::kError:
        path += frame.next == wire::kErrorCause     ? ".cause"
                : frame.next == wire::kErrorMessage ? ".message"
                : frame.next == wire::kErrorStack   ? ".stack"
                                                    : "";
        break;
      case Step::kPlatform:
      case Step::kNative:
        break;
    }
  }
  return path;
}

}  // namespace sabre::internal
