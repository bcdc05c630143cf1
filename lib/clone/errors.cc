// lib/clone/errors.cc
#include "sabre/clone/errors.h"

#include "absl/strings/cord.h"

namespace sabre {

absl::Status DataCloneError(std::string_view message) {
  absl::Status status =
      absl::InvalidArgumentError(absl::string_view(message.data(), message.size()));
  status.SetPayload(kDomExceptionPayload, absl::Cord("DataCloneError"));
  return status;
}

bool IsDataCloneError(const absl::Status& status) {
  if (!absl::IsInvalidArgument(status)) return false;
  const auto payload = status.GetPayload(kDomExceptionPayload);
  return payload.has_value() && *payload == "DataCloneError";
}

}  // namespace sabre
