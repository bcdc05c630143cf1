// lib/worker/thread_entry.h: the one place where exceptions end. Meson compiles thread_entry_eh.cc, or
// thread_entry_noeh.cc for a build without exceptions.
#ifndef SABRE_LIB_WORKER_THREAD_ENTRY_H_
#define SABRE_LIB_WORKER_THREAD_ENTRY_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "sabre/worker/worker_error.h"

namespace sabre::internal {

// Calls `body`, which is the user's. An exception that leaves it becomes kUnknown with its text
// (std::bad_alloc: kResourceExhausted), and *thrown, if not null, tells what it was.
absl::Status CallCatching(absl::FunctionRef<absl::Status()> body,
                          std::optional<WorkerError>* thrown = nullptr);

// Calls `body`, which is the library's. If there is no memory for it, kResourceExhausted with `what`.
absl::Status CallAllocating(const char* what, absl::FunctionRef<absl::Status()> body);

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_THREAD_ENTRY_H_
