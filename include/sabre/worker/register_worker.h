// sabre/worker/register_worker.h: workers by name.
#ifndef SABRE_WORKER_REGISTER_WORKER_H_
#define SABRE_WORKER_REGISTER_WORKER_H_

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "sabre/worker/worker_scope.h"

namespace sabre {

// What a registered worker runs; by several threads at the same time, so it is const.
using RegisteredWorker = absl::AnyInvocable<absl::Status(WorkerScope&) const>;

// Makes `entry` known to Worker::Start("name") in the whole process, for good.
//
//   sabre::RegisterWorker("thumbnails", &MakeThumbnails);
//   absl::StatusOr<sabre::Worker> worker = sabre::Worker::Start("thumbnails");
//
// Errors: kInvalidArgument if `name` or `entry` is empty; kAlreadyExists if the name is taken.
// Thread-safety: thread-safe.
// Spec: Node's Worker(filename).
absl::Status RegisterWorker(std::string_view name, RegisteredWorker entry);

}  // namespace sabre

#endif  // SABRE_WORKER_REGISTER_WORKER_H_
