#include "sabre/messaging/thread_messages.h"

#include <memory>
#include <stop_token>
#include <utility>

#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/thread_inbox.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/executor.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {
namespace {

absl::Status NoAnswerInTime() {
  return absl::DeadlineExceededError("PostMessageToThread: no answer in time");
}

absl::Status StoppedSender() {
  return absl::CancelledError("PostMessageToThread: a stop was requested of this thread");
}

// A sender that sleeps.
class SleepingSender final : public kernel::TaskContinuation {
 public:
  void OnTaskSettled() override { parker_.Unpark(); }

  // Until the answer, the deadline, or a stop request.
  void Sleep(kernel::TaskState<StdSync>& state, TimePoint deadline, const std::stop_token& stop) {
    if (!state.Await(*this)) return;
    const TracedSpan traced(kTraceWaitThread);
    // Whoever takes this off the state gives the token, as in MessagePort::Receive.
    const std::stop_callback cancel(stop, [&] {
      if (state.StopAwaiting(*this)) OnTaskSettled();
    });
    if (parker_.Park(deadline) || state.StopAwaiting(*this)) return;
    parker_.Park(kNever);
  }

 private:
  Parker parker_;
};

// A sender that goes on.
//
// Thread-safety: OnTaskSettled from any thread; all else from the executor's, which alone touches the callback.
class WaitingSender final : public kernel::TaskContinuation {
 public:
  WaitingSender(Executor& executor, ThreadMessageCallback callback)
      : executor_(executor), remote_(executor.remote()), callback_(std::move(callback)) {}

  // `self` is this. The executor holds it until its end, by the timer.
  void Start(std::shared_ptr<WaitingSender> self,
             absl::StatusOr<std::shared_ptr<ThreadAnswer>> answer, absl::Duration timeout) {
    if (!answer.ok()) {
      status_ = std::move(answer).status();
      timer_ = executor_.PostAfter(absl::ZeroDuration(), Timer(std::move(self)));
      return;
    }
    answer_ = *std::move(answer);
    status_ = NoAnswerInTime();
    timer_ = executor_.PostAfter(timeout, Timer(self));
    if (timer_ == 0) return;
    self_ = std::move(self);
    // Once registered, this may be told at once, in another thread.
    if (!answer_->state().Await(*this)) OnTaskSettled();
  }

  void OnTaskSettled() override {
    std::shared_ptr<WaitingSender> self = std::move(self_);
    remote_->Post([self = std::move(self)] { self->Finish(self->answer_->status()); });
  }

 private:
  // Destroyed unrun, it takes the callback along: the executor has ended.
  class Timer {
   public:
    explicit Timer(std::shared_ptr<WaitingSender> sender) : sender_(std::move(sender)) {}
    Timer(Timer&&) = default;
    Timer& operator=(Timer&&) = delete;
    ~Timer() {
      if (sender_ != nullptr) sender_->Forget();
    }
    void operator()() && {
      const std::shared_ptr<WaitingSender> sender = std::move(sender_);
      sender->timer_ = 0;
      sender->Finish(std::move(sender->status_));
    }

   private:
    std::shared_ptr<WaitingSender> sender_;
  };

  void Forget() {
    callback_ = nullptr;
    if (answer_ != nullptr && answer_->state().StopAwaiting(*this)) self_.reset();
  }

  void Finish(absl::Status status) {
    ThreadMessageCallback callback = std::exchange(callback_, nullptr);
    if (callback == nullptr) return;
    // Both end by this: the one that has not come.
    if (timer_ != 0) executor_.CancelTimer(std::exchange(timer_, 0));
    if (answer_ != nullptr && answer_->state().StopAwaiting(*this)) self_.reset();
    std::move(callback)(std::move(status));
  }

  Executor& executor_;
  const std::shared_ptr<Executor::Remote> remote_;
  ThreadMessageCallback callback_;
  absl::Status status_;  // what the timer says
  Executor::TimerId timer_ = 0;
  std::shared_ptr<ThreadAnswer> answer_;
  std::shared_ptr<WaitingSender> self_;  // while the answer's state has this
};

}  // namespace

absl::Status SendToThread(std::uint64_t thread_id, PreparedMessage message,
                          absl::Duration timeout) {
  const Agent& agent = Agent::Current();
  if (!agent.can_block()) {
    return absl::FailedPreconditionError(
        "PostMessageToThread: this thread may not block (can_block)");
  }
  if (agent.stop_token().stop_requested()) return StoppedSender();
  absl::StatusOr<std::shared_ptr<ThreadAnswer>> answer =
      PutIntoInbox(thread_id, std::move(message));
  if (!answer.ok()) return std::move(answer).status();
  kernel::TaskState<StdSync>& state = (*answer)->state();
  SleepingSender().Sleep(state, DeadlineAfter(timeout), agent.stop_token());
  if (state.settled()) return (*answer)->status();
  return agent.stop_token().stop_requested() ? StoppedSender() : NoAnswerInTime();
}

void SendToThreadAsync(std::uint64_t thread_id, absl::StatusOr<PreparedMessage> message,
                       absl::Duration timeout, ThreadMessageCallback callback) {
  Executor* const executor = Agent::Current().executor();
  auto sender = std::make_shared<WaitingSender>(
      executor != nullptr ? *executor : EventLoop::Current(), std::move(callback));
  WaitingSender& started = *sender;
  started.Start(std::move(sender),
                message.ok() ? PutIntoInbox(thread_id, *std::move(message))
                             : absl::StatusOr<std::shared_ptr<ThreadAnswer>>(message.status()),
                timeout);
}

}  // namespace sabre::internal
