#include "sabre/pool/task_base.h"

#include <memory>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/loop_core.h"
#include "lib/pool/task_core.h"
#include "lib/worker/thread_entry.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {
namespace {

// A thread that waits in AwaitSettled.
class BlockedAwaiter final : public kernel::TaskContinuation {
 public:
  void OnTaskSettled() override { parker_.Unpark(); }
  Parker& parker() { return parker_; }

 private:
  Parker parker_;
};

// A callback that waits for its loop. Owned by the task's state, then by the loop's queue.
class LoopAwaiter final : public kernel::TaskContinuation, public LoopItem {
 public:
  LoopAwaiter(std::shared_ptr<LoopCore> loop, absl::AnyInvocable<void() &&> callback)
      : loop_(std::move(loop)), callback_(std::move(callback)) {
    loop_->references += 1;
  }
  void OnTaskSettled() override {
    // A copy: once pushed, this object may be gone.
    const std::shared_ptr<LoopCore> loop = loop_;
    loop->Push(*this);
  }
  void Run() override {
    const std::unique_ptr<LoopAwaiter> self(this);
    loop_->references -= 1;
    std::move(callback_)();
  }
  void Drop() override { delete this; }

 private:
  const std::shared_ptr<LoopCore> loop_;
  absl::AnyInvocable<void() &&> callback_;
};

}  // namespace

TaskBase::TaskBase(bool stoppable) {
  static_assert(sizeof(TaskCore) <= kCoreSize && alignof(TaskCore) <= alignof(std::max_align_t));
  new (core_) TaskCore(stoppable);
}

TaskBase::~TaskBase() { core().~TaskCore(); }

void TaskBase::AddReference() noexcept { core().references.Increment(); }

void TaskBase::DropReference() noexcept {
  if (!core().references.Decrement()) return;
  // While the task is whole: this waits for a Cancel that is running in another thread.
  core().cancel_with.reset();
  delete this;
}

void TaskBase::Execute(std::size_t worker_index) {
  if (!core().state.Claim()) return;
  Agent& agent = Agent::Current();
  const std::stop_token of_worker = agent.stop_token();
  // A task that can be stopped is woken from the library's blocking calls too.
  if (stoppable()) agent.set_stop_token(core().stop_source.get_token());
  TaskContext context(worker_index, core().stop_source.get_token());
  Run(context);
  agent.set_stop_token(of_worker);
  core().state.Settle();
}

bool TaskBase::Refuse(absl::StatusCode code, const char* message) {
  if (!core().state.Claim()) return false;
  Fail(absl::Status(code, message));
  core().state.Settle();
  return true;
}

void TaskBase::Cancel() {
  // Before the claim: a function that begins between the two must see the request.
  core().stop_source.request_stop();
  Refuse(absl::StatusCode::kCancelled, "Task: cancelled");
}

void TaskBase::CancelWith(const std::stop_token& token) {
  if (token.stop_possible()) core().cancel_with.emplace(token, TaskCore::CancelTask{this});
}

bool TaskBase::settled() const noexcept { return core().state.settled(); }

bool TaskBase::stoppable() const noexcept { return core().stop_source.stop_possible(); }

absl::Status TaskBase::AwaitSettled(absl::Duration timeout) {
  kernel::TaskState<StdSync>& state = core().state;
  if (state.settled()) return absl::OkStatus();
  const TimePoint deadline = DeadlineAfter(timeout);
  const Agent& agent = Agent::Current();
  if (!agent.can_block() && deadline != TimePoint::min()) {
    return absl::FailedPreconditionError("Task: this thread may not block (can_block)");
  }
  BlockedAwaiter awaiter;
  if (!state.Await(awaiter)) return absl::OkStatus();
  {
    const TracedSpan span(kTraceTaskAwait);
    // Whoever takes the awaiter back gives its token: the one that settles the task, the stop
    // callback, or (below) this thread. So the frame outlives every use of it.
    const std::stop_callback stop(agent.stop_token(), [&] {
      if (state.StopAwaiting(awaiter)) awaiter.OnTaskSettled();
    });
    if (!awaiter.parker().Park(deadline)) {
      if (state.StopAwaiting(awaiter)) {
        return absl::DeadlineExceededError("Task: no result in time");
      }
      awaiter.parker().Park(kNever);
    }
  }
  if (state.settled()) return absl::OkStatus();
  return absl::AbortedError("Task: the awaiting agent is terminated");
}

void TaskBase::OnSettled(EventLoop& loop, absl::AnyInvocable<void() &&> callback) {
  auto* const awaiter = new LoopAwaiter(loop.core(), std::move(callback));
  if (!core().state.Await(*awaiter)) awaiter->OnTaskSettled();
}

absl::Status RunUserCode(absl::FunctionRef<absl::Status()> body) { return CallCatching(body); }

}  // namespace sabre::internal
