// lib/clone/codec_time.cc
#include "sabre/clone/codec_time.h"

#include <limits>

#include "absl/strings/str_cat.h"

namespace sabre {
namespace internal {

bool WriteValidDate(Serializer& out, double milliseconds) {
  constexpr double kMaxDate = 8.64e15;
  if (!(milliseconds >= -kMaxDate && milliseconds <= kMaxDate)) {
    return out.FailDataClone(
        absl::StrCat("a time of ", milliseconds, " ms from 1970 is beyond any Date (8.64e15)"));
  }
  // Reading takes a level for any object.
  out.EnterPointer();
  const bool good = out.CheckDepth();
  out.LeavePointer();
  if (good) out.WriteDate(milliseconds);
  return good;
}

bool ReadValidDate(Deserializer& in, std::int64_t& milliseconds) {
  double number;
  if (!in.ReadDate(number)) return false;
  if (number != number) return in.FailValue("a Date is invalid");
  milliseconds = static_cast<std::int64_t>(number);
  return true;
}

bool FailClockRange(Deserializer& in) {
  return in.FailValue("a Date is out of the range of the clock that takes it");
}

}  // namespace internal

bool Codec<absl::Duration>::Write(Serializer& out, absl::Duration duration) {
  const std::int64_t count = absl::ToInt64Nanoseconds(duration);
  // Beyond its range the conversion gives the nearest it has.
  using Limits = std::numeric_limits<std::int64_t>;
  if (count == Limits::max() || count == Limits::min()) {
    return out.FailDataClone(absl::StrCat("a duration of ", absl::FormatDuration(duration),
                                          " is not within 2^63 nanoseconds"));
  }
  out.WriteInt64(count);
  return true;
}

bool Codec<absl::Duration>::Read(Deserializer& in, absl::Duration& duration) {
  std::int64_t count;
  if (!in.ReadInt64(count)) return false;
  duration = absl::Nanoseconds(count);
  return true;
}

}  // namespace sabre
