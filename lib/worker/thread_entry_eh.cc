#include <exception>

#include "lib/worker/thread_entry.h"

namespace sabre::internal {

absl::Status CallCatching(absl::FunctionRef<absl::Status()> body) {
  try {
    return body();
  } catch (const std::exception& thrown) {
    return absl::UnknownError(thrown.what());
  } catch (...) {
    return absl::UnknownError("an exception that is no std::exception");
  }
}

}  // namespace sabre::internal
