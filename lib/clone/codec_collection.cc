// lib/clone/codec_collection.cc: what codecs say of Maps and Sets that cannot be.
#include "sabre/clone/codec_collection.h"

#include "absl/strings/str_cat.h"

namespace sabre::internal {

bool FailCollectionSize(Serializer& out, std::size_t size) {
  return out.FailDataClone(
      absl::StrCat("a Map or Set of ", size, " entries exceeds ", wire::kMaxCollectionSize));
}

bool FailCollectionSize(Deserializer& in) {
  return in.Fail(absl::ResourceExhaustedError(
      absl::StrCat("a Map or Set exceeds ", wire::kMaxCollectionSize, " entries")));
}

bool FailEntry(Serializer& out, const char* what, std::uint32_t index) {
  out.PrependText(absl::StrCat(".<", what, " ", index, ">"));
  return false;
}

bool FailEntry(Deserializer& in, const char* what, std::uint32_t index) {
  in.PrependPath(absl::StrCat(".<", what, " ", index, ">"));
  return false;
}

bool FailTwice(Deserializer& in, const std::string& key) {
  in.FailValue("the property is there twice");
  in.PrependKey(key);
  return false;
}

}  // namespace sabre::internal
