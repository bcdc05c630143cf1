// lib/worker/thread_entry.h: the one place where exceptions of user code end.
#ifndef SABRE_LIB_WORKER_THREAD_ENTRY_H_
#define SABRE_LIB_WORKER_THREAD_ENTRY_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace sabre::internal {

// Calls `body`. An exception that leaves it becomes kUnknown with its text. Meson compiles
// thread_entry_eh.cc, or thread_entry_noeh.cc for a build without exceptions.
absl::Status CallCatching(absl::FunctionRef<absl::Status()> body);

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_THREAD_ENTRY_H_
