#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <typeinfo>

#include "absl/strings/str_cat.h"
#include "lib/worker/thread_entry.h"

namespace sabre::internal {
namespace {

constexpr int kMaxNesting = 16;

// The type of the exception that is being handled, as one writes it.
std::string TypeOfException() {
  const std::type_info* const type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "exception";
  int failed = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(type->name(), nullptr, nullptr, &failed), &std::free);
  std::string name = failed == 0 ? readable.get() : type->name();
  // What std::throw_with_nested has made of the type.
  constexpr std::string_view kNested = "std::_Nested_exception<";
  if (name.starts_with(kNested) && name.ends_with('>')) {
    name = name.substr(kNested.size(), name.size() - kNested.size() - 1);
  }
  return name;
}

WorkerError Describe(const std::exception_ptr& exception, int nesting_left);

// By a handler each, which needs no type information: std::rethrow_if_nested does.
std::shared_ptr<const WorkerError> DescribeNested(const std::exception_ptr& exception,
                                                  int nesting_left) {
  if (nesting_left == 0) return nullptr;
  try {
    std::rethrow_exception(exception);
  } catch (const std::nested_exception& outer) {
    if (outer.nested_ptr() == nullptr) return nullptr;
    return std::make_shared<const WorkerError>(Describe(outer.nested_ptr(), nesting_left - 1));
  } catch (...) {
    return nullptr;
  }
}

WorkerError Describe(const std::exception_ptr& exception, int nesting_left) {
  WorkerError error;
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc& thrown) {
    error.message = thrown.what();
    error.type = TypeOfException();
    error.code = absl::StatusCode::kResourceExhausted;
  } catch (const std::exception& thrown) {
    error.message = thrown.what();
    error.type = TypeOfException();
  } catch (...) {
    error.type = TypeOfException();
    error.message = "an exception that is no std::exception";
  }
  error.stack = absl::StrCat(error.type, ": ", error.message);
  error.cause = DescribeNested(exception, nesting_left);
  return error;
}

}  // namespace

absl::Status CallCatching(absl::FunctionRef<absl::Status()> body,
                          std::optional<WorkerError>* thrown) {
  try {
    return body();
  } catch (...) {
    WorkerError error = Describe(std::current_exception(), kMaxNesting);
    const absl::Status status = error.ToStatus();
    if (thrown != nullptr) *thrown = std::move(error);
    return status;
  }
}

absl::Status CallAllocating(const char* what, absl::FunctionRef<absl::Status()> body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(what);
  }
}

}  // namespace sabre::internal
