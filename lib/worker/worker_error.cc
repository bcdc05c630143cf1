#include "sabre/worker/worker_error.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sabre/clone/errors.h"

namespace sabre {
namespace {

constexpr char kDataCloneErrorName[] = "DataCloneError";
constexpr int kMaxCauses = 16;

// The standard JavaScript error for what C++ calls `type`.
const char* StandardErrorName(const WorkerError& error) {
  constexpr std::string_view kRange[] = {
      "RangeError",        "OUT_OF_RANGE",        "std::out_of_range",   "std::range_error",
      "std::length_error", "std::overflow_error", "std::underflow_error"};
  constexpr std::string_view kType[] = {
      "TypeError",         "INVALID_ARGUMENT",        "std::invalid_argument",
      "std::bad_cast",     "std::bad_typeid",         "std::bad_variant_access",
      "std::bad_any_cast", "std::bad_optional_access"};
  constexpr const char* kOthers[] = {"EvalError", "ReferenceError", "SyntaxError", "URIError"};
  const auto is = [&](std::string_view name) { return name == error.type; };
  if (std::any_of(std::begin(kRange), std::end(kRange), is)) return "RangeError";
  if (std::any_of(std::begin(kType), std::end(kType), is)) return "TypeError";
  const auto other = std::find_if(std::begin(kOthers), std::end(kOthers), is);
  return other != std::end(kOthers) ? *other : "Error";
}

WorkerError ErrorFromValue(Value value, int causes_left) {
  WorkerError error;
  if (value.kind() != ValueKind::kError) {
    error.message = value.is_string() ? value.AsString() : value.ToDebugString();
    error.stack = absl::StrCat(error.type, ": ", error.message);
    return error;
  }
  error.type = value.error_name();
  error.message = value.error_message().StringOr("");
  error.stack = value.error_stack().StringOr("");
  // "<type>: <message>…" is what engines begin a stack with, and ToValue.
  const std::size_t colon = error.stack.find(": ");
  if (colon != std::string::npos && colon > 0 &&
      error.stack.compare(colon + 2, error.message.size(), error.message) == 0 &&
      error.stack.find('\n') >= colon) {
    error.type = error.stack.substr(0, colon);
  }
  constexpr absl::StatusCode kLast = absl::StatusCode::kUnauthenticated;
  for (int code = 1; code <= static_cast<int>(kLast); ++code) {
    if (absl::StatusCodeToString(static_cast<absl::StatusCode>(code)) == error.type) {
      error.code = static_cast<absl::StatusCode>(code);
    }
  }
  if (error.type == kDataCloneErrorName) error.code = absl::StatusCode::kInvalidArgument;
  if (value.error_has_cause() && causes_left > 0) {
    error.cause =
        std::make_shared<const WorkerError>(ErrorFromValue(value.error_cause(), causes_left - 1));
  }
  return error;
}

}  // namespace

absl::Status WorkerError::ToStatus() const {
  return type == kDataCloneErrorName ? DataCloneError(message) : absl::Status(code, message);
}

Value WorkerError::ToValue(Graph& graph) const {
  const Value error = graph.Error(StandardErrorName(*this), message);
  graph.SetErrorStack(error, stack);
  if (cause != nullptr) graph.SetErrorCause(error, cause->ToValue(graph));
  return error;
}

WorkerError WorkerError::FromStatus(const absl::Status& status) {
  WorkerError error;
  error.message = std::string(status.message());
  error.type =
      IsDataCloneError(status) ? kDataCloneErrorName : absl::StatusCodeToString(status.code());
  error.stack = absl::StrCat(error.type, ": ", error.message);
  error.code = status.code();
  return error;
}

WorkerError WorkerError::FromValue(Value value) { return ErrorFromValue(value, kMaxCauses); }

}  // namespace sabre
