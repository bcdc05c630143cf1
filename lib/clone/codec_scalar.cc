// lib/clone/codec_scalar.cc
#include "sabre/clone/codec_scalar.h"

namespace sabre::internal {

bool WriteValidDate(Serializer& out, std::int64_t milliseconds) {
  if (milliseconds > kMaxDateMilliseconds || milliseconds < -kMaxDateMilliseconds) {
    return out.FailDataClone("a time is more than 8.64e15 ms from 1970, beyond any Date");
  }
  out.WriteDate(static_cast<double>(milliseconds));
  return true;
}

bool ReadValidDate(Deserializer& in, std::int64_t& milliseconds) {
  double number;
  if (!in.ReadDate(number)) return false;
  if (number != number) return in.FailValue("a Date is invalid");
  milliseconds = static_cast<std::int64_t>(number);
  return true;
}

}  // namespace sabre::internal
