// lib/worker/named_lock.h: what a Lock is behind its handle.
#ifndef SABRE_LIB_WORKER_NAMED_LOCK_H_
#define SABRE_LIB_WORKER_NAMED_LOCK_H_

#include <stop_token>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/kernel/lock_queue.h"
#include "sabre/worker/locks.h"

namespace sabre::internal {

using LockQueues = kernel::LockQueues<StdSync>;

// Those of the process.
LockQueues& NamedLocks();

// NamedLock
//
// A request for a lock by the calling agent, whose end it does not outlive in the queues.
//
// Thread-safety: that of LockRequest; lost_token from any thread.
class NamedLock : public kernel::LockRequest<StdSync> {
 public:
  NamedLock(std::string_view name, LockMode mode);

  std::stop_token lost_token() const { return lost_.get_token(); }

  // What RequestLock looks at before it looks at the lock.
  static absl::Status Check(std::string_view name, const LockOptions& options);
  // Enters the queues; does not wait if the caller `may_not_wait`. Returns what the state is then.
  State Request(const LockOptions& options, bool may_not_wait);
  // The result once the request is over. A held lock is the caller's, who calls this once.
  absl::StatusOr<Lock> Result(const LockOptions& options);

 protected:
  ~NamedLock() override = default;

 private:
  void OnLost() override { lost_.request_stop(); }

  std::stop_source lost_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_NAMED_LOCK_H_
