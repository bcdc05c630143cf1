#include "lib/worker/worker_events.h"

#include <utility>

#include "lib/messaging/loop_core.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {

// A handler for messages has one as long as it is there.
class WorkerEvents::MessageGate {
 public:
  explicit MessageGate(const std::shared_ptr<WorkerEvents>& events) : events_(events) {
    events->gates_ += 1;
  }
  ~MessageGate() {
    const std::shared_ptr<WorkerEvents> events = events_.lock();
    if (events == nullptr) return;
    events->gates_ -= 1;
    // Later: this may be in the middle of anything.
    if (events->gates_ == 0) events->Post(&WorkerEvents::ExitIfDone);
  }
  void MessageComes() const {
    if (const std::shared_ptr<WorkerEvents> events = events_.lock()) events->TellOnline();
  }

 private:
  const std::weak_ptr<WorkerEvents> events_;
};

// Destroyed when it has run, when it is cancelled, and when the loop ends, which the worker may outlive.
class WorkerEvents::StuckTimer {
 public:
  explicit StuckTimer(std::weak_ptr<WorkerEvents> events) : events_(std::move(events)) {}
  StuckTimer(StuckTimer&&) = default;
  StuckTimer& operator=(StuckTimer&&) = delete;
  ~StuckTimer() {
    if (const std::shared_ptr<WorkerEvents> events = events_.lock()) events->StuckTimerIsOver();
  }
  void operator()() && {
    const std::shared_ptr<WorkerEvents> events = events_.lock();
    if (events == nullptr) return;
    events->StuckTimerIsOver();
    events->TellStuck();
  }

 private:
  std::weak_ptr<WorkerEvents> events_;
};

WorkerEvents::WorkerEvents(std::shared_ptr<WorkerControl> control)
    : control_(std::move(control)), loop_(EventLoop::Current().core()) {}

std::shared_ptr<WorkerEvents> WorkerEvents::Create(std::shared_ptr<WorkerControl> control) {
  auto events = std::make_shared<WorkerEvents>(std::move(control));
  events->Begin();
  return events;
}

void WorkerEvents::Begin() {
  using Phase = kernel::WorkerState<StdSync>::Phase;
  HoldLoop(true);
  self_ = shared_from_this();
  // What has happened before is told as if it happened now: no handler is called inside the call that sets
  // it.
  switch (control_->Watch(*this)) {
    case Phase::kStarting:
      break;
    case Phase::kOnline:
      OnWorkerOnline();
      break;
    case Phase::kExited:
      OnWorkerExited();
      break;
  }
}

void WorkerEvents::Post(void (WorkerEvents::*what)()) {
  loop_->Post([self = shared_from_this(), what] { ((*self).*what)(); });
}

void WorkerEvents::OnWorkerOnline() { Post(&WorkerEvents::TellOnline); }

void WorkerEvents::OnWorkerExited() {
  // With the reference of the worker's state, which may be the last: this object may be gone after it.
  const std::shared_ptr<LoopCore> loop = loop_;
  loop->Post([self = std::move(self_)] { self->HearExit(); });
}

void WorkerEvents::HearExit() {
  exit_heard_ = true;
  ExitIfDone();
}

void WorkerEvents::ExitIfDone() {
  if (!exit_heard_ || exiting_ || (gates_ > 0 && !port_ended_)) return;
  exiting_ = true;
  // Each in a piece of work of its own: if one throws, the next still comes.
  Post(&WorkerEvents::TellOnline);
  Post(&WorkerEvents::TellError);
  Post(&WorkerEvents::TellExit);
}

void WorkerEvents::TellOnline() {
  if (ended_) return;
  online_ = true;
  // Moved, here and below: a handler may destroy the worker.
  if (Worker::OnlineHandler handler = std::move(on_online_)) handler();
}

void WorkerEvents::TellError() {
  if (ended_ || !control_->error().has_value()) return;
  if (Worker::ErrorHandler handler = std::move(on_error_)) handler(*control_->error());
}

void WorkerEvents::TellExit() {
  if (ended_) return;
  HoldLoop(false);
  CancelStuckTimer();
  // The thread is at its very end.
  control_->JoinThread();
  if (Worker::ExitHandler handler = std::move(on_exit_)) handler(control_->exit_code());
}

void WorkerEvents::OnOnline(Worker::OnlineHandler handler) {
  on_online_ = std::move(handler);
  if (online_) Post(&WorkerEvents::TellOnline);
}

void WorkerEvents::OnError(Worker::ErrorHandler handler) {
  on_error_ = std::move(handler);
  if (exiting_) Post(&WorkerEvents::TellError);
}

void WorkerEvents::OnExit(Worker::ExitHandler handler) {
  on_exit_ = std::move(handler);
  if (exiting_) Post(&WorkerEvents::TellExit);
}

void WorkerEvents::OnStuck(Worker::StuckHandler handler) {
  on_stuck_ = std::move(handler);
  if (stuck_told_) Post(&WorkerEvents::TellStuck);
  if (on_stop_.has_value()) return;
  // At once, if a stop was requested before.
  on_stop_.emplace(control_->stop_token(), TellOfStop{weak_from_this(), loop_});
}

// In the thread that requests the stop.
void WorkerEvents::TellOfStop::operator()() const {
  loop->Post([events = events] {
    if (const std::shared_ptr<WorkerEvents> self = events.lock()) self->HearStop();
  });
}

void WorkerEvents::HearStop() {
  if (ended_ || control_->exited()) return;
  const absl::Duration left = control_->options().stuck_after - control_->termination().elapsed;
  stuck_timer_ = EventLoop::Current().PostAfter(left, StuckTimer(weak_from_this()));
  // The events keep the loop going, if they shall; the timer does not.
  if (stuck_timer_ != 0) loop_->references -= 1;
}

void WorkerEvents::TellStuck() {
  stuck_told_ = true;
  if (ended_ || control_->exited()) return;
  if (Worker::StuckHandler handler = std::move(on_stuck_)) handler(control_->termination().elapsed);
}

void WorkerEvents::StuckTimerIsOver() {
  if (std::exchange(stuck_timer_, 0) != 0) loop_->references += 1;
}

void WorkerEvents::CancelStuckTimer() {
  if (stuck_timer_ != 0) EventLoop::Current().CancelTimer(stuck_timer_);
}

PortMessageHandler WorkerEvents::InOrder(PortMessageHandler handler) {
  return [gate = std::make_unique<MessageGate>(shared_from_this()),
          handler = std::move(handler)](MessageEvent& event) mutable {
    gate->MessageComes();
    return handler(event);
  };
}

absl::AnyInvocable<void()> WorkerEvents::AtPortEnd() {
  return [events = weak_from_this()] {
    const std::shared_ptr<WorkerEvents> self = events.lock();
    if (self == nullptr) return;
    self->port_ended_ = true;
    self->ExitIfDone();
  };
}

void WorkerEvents::SetRef(bool ref) {
  ref_ = ref;
  HoldLoop(!ended_ && !exiting_);
}

void WorkerEvents::HoldLoop(bool hold) {
  hold = hold && ref_;
  if (hold == holds_loop_) return;
  holds_loop_ = hold;
  loop_->references += hold ? 1 : -1;
}

void WorkerEvents::End() {
  ended_ = true;
  on_stop_.reset();
  CancelStuckTimer();
  HoldLoop(false);
  on_online_ = nullptr;
  on_error_ = nullptr;
  on_exit_ = nullptr;
  on_stuck_ = nullptr;
}

}  // namespace sabre::internal
