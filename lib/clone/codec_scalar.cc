// lib/clone/codec_scalar.cc: what codecs say of values that do not fit.
#include "sabre/clone/codec_scalar.h"

#include "absl/strings/str_cat.h"
#include "sabre/clone/codec_sequence.h"
#include "sabre/clone/codec_variant.h"

namespace sabre::internal {

bool FailRange(Deserializer& in, std::int64_t number, std::int64_t min, std::int64_t max) {
  return in.FailValue(absl::StrCat("the number ", number, " is not within [", min, ", ", max, "]"));
}

bool FailLength(Deserializer& in, std::size_t length, std::size_t wanted) {
  return in.FailExpected(absl::StrCat("an array of ", wanted, " elements, not of ", length));
}

bool FailAlternative(Deserializer& in, std::uint32_t index, std::size_t count) {
  in.FailExpected(absl::StrCat("the index of one of ", count, " alternatives, not ", index));
  in.PrependIndex(0);
  return false;
}

}  // namespace sabre::internal
