// lib/clone/describe.cc
#include "sabre/clone/describe.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "sabre/clone/codec_collection.h"

namespace sabre::internal {

bool ReadFieldsByName(Deserializer& in, void* object, std::span<const FieldEntry> fields,
                      std::uint64_t seen, std::uint32_t count) {
  std::string key;
  std::size_t likely = 0;  // a writer with an order of its own keeps most of it: the next field
  for (;; ++count) {
    bool end;
    if (!in.ReadKeyOrEnd(key, end, count)) return false;
    if (end) break;
    std::size_t tried = 0, index = likely;
    for (; tried < fields.size(); ++tried, ++index) {
      if (index >= fields.size()) index = 0;
      if (fields[index].name == key) break;
    }
    if (tried == fields.size()) {
      if (in.SkipValue()) continue;
      in.PrependKey(key);
      return false;
    }
    const std::uint64_t bit = std::uint64_t{1} << index;
    if ((seen & bit) != 0) return FailTwice(in, key);
    seen |= bit;
    if (!fields[index].read(in, object)) {
      in.PrependKey(key);
      return false;
    }
    likely = index + 1;
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if ((seen >> i & 1) != 0 || fields[i].may_be_missing) continue;
    return in.FailExpected(absl::StrCat(
        "a property '", absl::string_view(fields[i].name.data(), fields[i].name.size()), "'"));
  }
  return true;
}

}  // namespace sabre::internal
