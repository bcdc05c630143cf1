// lib/clone/hashing.cc
#include "lib/clone/hashing.h"

#include <bit>

#include "absl/hash/hash.h"
#include "lib/clone/node.h"

namespace sabre::internal {

std::uint32_t HashValue(Value value) noexcept {
  std::size_t hash = 0;
  switch (value.kind()) {
    case ValueKind::kUndefined:
    case ValueKind::kNull:
      hash = absl::HashOf(static_cast<int>(value.kind()));
      break;
    case ValueKind::kBoolean:
      hash = absl::HashOf(value.AsBool());
      break;
    case ValueKind::kNumber: {
      double number = ValueAccess::number(value) + 0.0;  // -0 to +0
      if (number != number) number = 0;
      hash = absl::HashOf(std::bit_cast<std::uint64_t>(number));
      break;
    }
    case ValueKind::kBigInt: {
      const absl::string_view bytes(static_cast<const char*>(ValueAccess::pointer(value)),
                                    std::size_t{ValueAccess::size(value)} * 8);
      hash = absl::HashOf(bytes, ValueAccess::negative(value));
      break;
    }
    case ValueKind::kString:
      hash = absl::HashOf(ViewOfText(value));
      break;
    default:
      hash = absl::HashOf(ValueAccess::pointer(value));
      break;
  }
  return Scatter(hash);
}

}  // namespace sabre::internal
