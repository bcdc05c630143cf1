// lib/clone/view_tag.h: the names of view kinds on the wire.
#ifndef SABRE_LIB_CLONE_VIEW_TAG_H_
#define SABRE_LIB_CLONE_VIEW_TAG_H_

#include <cstddef>
#include <cstdint>

#include "sabre/clone/wire_tag.h"
#include "sabre/memory/element.h"

namespace sabre::internal {

// What follows tag `V`, by ViewKind.
inline constexpr std::uint8_t kViewTags[] = {'b', 'B', 'C', 'w', 'W', 'd', 'D',
                                             'f', 'F', '?', 'q', 'Q', 'h'};

inline bool ViewKindOfTag(std::uint8_t tag, ViewKind& kind) noexcept {
  for (std::size_t i = 0; i < sizeof kViewTags; ++i) {
    if (kViewTags[i] != tag) continue;
    kind = static_cast<ViewKind>(i);
    return true;
  }
  return false;
}

// The place of a view among Node's host objects: ViewKind, with Node's own Buffer put in.
inline std::uint32_t HostIndexOfView(ViewKind kind) noexcept {
  return static_cast<std::uint32_t>(kind) + (kind >= ViewKind::kBigInt64 ? 1u : 0u);
}

inline bool ViewKindOfHostIndex(std::uint32_t index, ViewKind& kind) noexcept {
  if (index > HostIndexOfView(ViewKind::kFloat16)) return false;
  kind = index == wire::kNodeBufferIndex ? ViewKind::kUint8
                                         : static_cast<ViewKind>(index - (index > 10 ? 1 : 0));
  return true;
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_VIEW_TAG_H_
