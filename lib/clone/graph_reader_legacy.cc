// lib/clone/graph_reader_legacy.cc: version 0, which had no header and closed objects without opening
// them.
#include <string>

#include "lib/clone/graph_reader.h"
#include "lib/clone/number_text.h"

namespace sabre::internal {

// A stack machine: a value is pushed; tags `{` and `@` make an object or a sparse array of the pairs on
// top. One value must remain when the bytes end. Spec: V8 ReadObjectUsingEntireBufferForLegacyFormat.
bool GraphReader::ReadVersion0(WireCursor& cursor, Value& root) {
  cursor_ = cursor;
  view_flags_ = false;
  bool good = true;
  while (good) {
    const std::uint8_t tag = cursor_.PeekTag();
    if (tag == 0) break;  // nothing but padding is left
    if (tag == wire::kEndObject || tag == wire::kEndSparseArray) {
      cursor_.ReadTag();
      good = CloseVersion0(tag);
    } else {
      good = Pend(Value()) && ReadWhole(pending_.end() - 1);
    }
  }
  if (good && pending_.size() != 1) good = Malformed("one value in all of the bytes");
  if (good) root = pending_[0];
  cursor = cursor_;
  return good;
}

bool GraphReader::CloseVersion0(std::uint8_t tag) {
  std::uint32_t count, length = 0;
  const bool array = tag == wire::kEndSparseArray;
  if (!cursor_.ReadVarint(count) || (array && !cursor_.ReadVarint(length)) ||
      count > pending_.size() / 2) {
    return Malformed("as many keys and values as are closed");
  }
  Value* const pairs = pending_.end() - 2 * std::size_t{count};
  for (std::uint32_t i = 0; i < count; ++i) {
    Value& key = pairs[2 * std::size_t{i}];
    if (key.is_string()) {
      key = GraphStorage::NormalizeKey(key);
    } else if (!key.is_number()) {
      return Malformed("keys that are strings or numbers");
    } else if (!MakeNumberKey(ValueAccess::number(key), key)) {
      return false;
    }
  }
  pending_.Cut(pending_.size() - 2 * std::size_t{count});
  if (array) {
    auto* const node = storage_.NewNode<ArrayNode>(ValueKind::kArray);
    if (node == nullptr) return Full();
    node->length = length;
    return FillArray(*node, /*sparse=*/true, pairs, count) && Pend(ValueAccess::Of(node));
  }
  auto* const node = storage_.NewObject();
  if (node == nullptr) return Full();
  bool duplicate;
  if (!storage_.BuildTable(pairs, count, node->properties, duplicate)) {
    return duplicate ? Malformed("different keys in an object") : Full();
  }
  return Pend(ValueAccess::Of(node));
}

}  // namespace sabre::internal
