// sabre/clone/errors.h: the errors of cloning.
#ifndef SABRE_CLONE_ERRORS_H_
#define SABRE_CLONE_ERRORS_H_

#include <string_view>

#include "absl/status/status.h"

namespace sabre {

// The payload that holds the name of a DOMException, e.g. "DataCloneError".
inline constexpr char kDomExceptionPayload[] = "type.googleapis.com/sabre.DomException";

// A status kInvalidArgument that IsDataCloneError recognises: a value that cannot be cloned, or a
// transfer list that cannot be transferred. Fill `message` with what and why.
// Spec: Web IDL DataCloneError (https://webidl.spec.whatwg.org/#datacloneerror).
absl::Status DataCloneError(std::string_view message);

// Whether `status` was made by DataCloneError.
bool IsDataCloneError(const absl::Status& status);

}  // namespace sabre

#endif  // SABRE_CLONE_ERRORS_H_
