#include "lib/worker/thread_entry.h"

namespace sabre::internal {

absl::Status CallCatching(absl::FunctionRef<absl::Status()> body, std::optional<WorkerError>*) {
  return body();
}

absl::Status CallAllocating(const char*, absl::FunctionRef<absl::Status()> body) { return body(); }

}  // namespace sabre::internal
