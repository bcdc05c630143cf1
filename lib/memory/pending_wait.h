// lib/memory/pending_wait.h: what a WaitAsync leaves behind until it is over.
#ifndef SABRE_LIB_MEMORY_PENDING_WAIT_H_
#define SABRE_LIB_MEMORY_PENDING_WAIT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>

#include "lib/kernel/async_waiter.h"
#include "lib/memory/data_block.h"
#include "sabre/memory/executor.h"
#include "sabre/memory/wait_async.h"

namespace sabre::internal {

class Completions final : public kernel::CompletionQueue<DataBlock> {};

// PendingWait
//
// An AsyncWaiter whose owner is an executor. Two things come to the executor's thread: a timer, which
// stands for the executor's patience with this wait (that it fires is the timeout, that it is destroyed is
// the executor's end), and a message that some wait is over, one for each, which takes the oldest out of
// the Completions and settles it.
//
// References: the timer's, which is there until the wait is settled; the handle's; the list's.
// Thread-safety: as AsyncWaiter; what is not of that belongs to the executor's thread.
class PendingWait final : public kernel::AsyncWaiter<DataBlock> {
 public:
  // A wait that has begun, with a reference for the caller. Null: the element is not equal any more.
  // Errors: kFailedPrecondition if the executor is ending.
  static absl::StatusOr<PendingWait*> Start(const WaitCell& cell, absl::Duration timeout,
                                            const WaitAsyncOptions& options, Executor& executor);

  bool settled() const noexcept { return settled_; }
  AsyncWait::Result result() const;

  // Runs when the wait is settled; replaces the one before. `also_at_end`: or when the executor ends.
  void set_callback(AsyncWait::Callback callback, bool also_at_end) {
    callback_ = std::move(callback);
    also_at_end_ = also_at_end;
  }
  Executor::Remote& remote() const noexcept { return *remote_; }
  // False: it was over.
  bool CancelByHandle() { return !settled_ && CancelBecause(Reason::kHandle); }
  // Whoever wanted the result is gone: cancels the wait, or passes the notification on that ended it.
  void Forsake();

 private:
  // Why a wait was cancelled.
  enum class Reason : std::uint8_t { kBlockEnd, kHandle, kStopToken, kAgentStop, kExecutorEnd };

  class Timer;  // the work of the timer
  class Hold;
  struct CancelOnStop {
    PendingWait* wait;
    Reason reason;
    void operator()() const noexcept { wait->CancelBecause(reason); }
  };

  PendingWait(DataBlock& block, Executor& executor, std::shared_ptr<Executor::Remote> remote,
              bool keep_alive) noexcept;
  ~PendingWait() override = default;

  void OnEnded() override;
  // The oldest of those that are over.
  static void SettleOne(Executor::Remote& remote);
  void Settle();
  // It need not keep the executor, nor watch it, any more.
  void LeaveExecutor();
  bool CancelBecause(Reason reason);
  void OnTimeout(Timer timer);
  // The executor ends and the wait with it.
  void Abandon();
  // Passes the notification on, if there is one, and has then been cancelled for this reason.
  void GiveUp(Reason reason);
  // From now on nobody but the executor's thread touches more of it than the references.
  void Finish();

  Executor& executor_;
  const std::shared_ptr<Executor::Remote> remote_;
  const bool keep_alive_;
  bool settled_ = false;
  // Written by the one whose Cancel succeeded, which Finish waits for.
  Reason reason_ = Reason::kBlockEnd;
  Executor::TimerId timer_ = 0;
  AsyncWait::Callback callback_;
  bool also_at_end_ = false;
  bool given_up_ = false;  // another wait has this one's notification
  std::optional<std::stop_callback<CancelOnStop>> by_agent_;
  std::optional<std::stop_callback<CancelOnStop>> by_caller_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_PENDING_WAIT_H_
