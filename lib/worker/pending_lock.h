// lib/worker/pending_lock.h: a request for a lock by name that no thread sleeps for.
#ifndef SABRE_LIB_WORKER_PENDING_LOCK_H_
#define SABRE_LIB_WORKER_PENDING_LOCK_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include "lib/worker/named_lock.h"
#include "sabre/memory/executor.h"
#include "sabre/worker/async_lock.h"

namespace sabre::internal {

// PendingLock
//
// Two things come to the executor's thread, as for a PendingWait: a timer, which stands for the executor's
// patience (that it fires is the timeout, or the turn in which the result is delivered; that it is destroyed
// is the executor's end), and a message that the request is settled.
//
//   waits     | in the queue, with a timer               | the message, Withdraw, the end → over
//   over      | the result is there; a timer delivers it | TakeResult, Withdraw, the end → taken
//             | if somebody wants it                     |
//   taken     | nothing is left to do                    |
//
// Thread-safety: all but OnSettled belongs to the executor's thread. References: the handle's, the
// timer's, the message's, and those of LockRequest.
class PendingLock final : public NamedLock {
 public:
  // Requests the lock. The caller has a reference.
  static PendingLock& Start(std::string_view name, LockOptions options);

  // Runs `deliver` in a turn of the executor when the request is over. `also_at_end`: or when the executor
  // ends, in its destructor or in this call. Once.
  void WhenOver(Executor::Work deliver, bool also_at_end);
  absl::StatusOr<Lock> TakeResult();
  // Nobody wants the lock any more.
  void Withdraw();

 private:
  class Timer;
  class Notice;
  struct CancelOnStop {
    PendingLock* lock;
    void operator()() const noexcept { NamedLocks().Cancel(*lock, State::kCancelled); }
  };

  PendingLock(std::string_view name, LockOptions options, Executor& executor);
  ~PendingLock() override = default;

  void OnSettled() override;
  void OnTimer();
  void Settle();
  void Deliver();
  // The executor ends.
  void Abandon();
  void EndWait();
  void CancelTimer();

  Executor& executor_;
  const std::shared_ptr<Executor::Remote> remote_;
  const LockOptions options_;
  absl::Status error_;  // not OK: the result
  bool over_ = false;
  bool taken_ = false;
  Executor::TimerId timer_ = 0;
  Executor::Work deliver_;
  bool also_at_end_ = false;
  std::optional<std::stop_callback<CancelOnStop>> by_agent_;
  std::optional<std::stop_callback<CancelOnStop>> by_caller_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_PENDING_LOCK_H_
