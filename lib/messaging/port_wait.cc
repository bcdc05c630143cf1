#include "lib/messaging/port_wait.h"

#include <utility>

#include "absl/status/status.h"
#include "lib/messaging/port_state.h"
#include "sabre/memory/agent.h"

namespace sabre::internal {

PortWait::PortWait(std::shared_ptr<LoopCore> loop, PortAwaiter& awaiter,
                   std::coroutine_handle<> coroutine, bool holds_loop)
    : loop_(std::move(loop)),
      coroutine_(coroutine),
      stop_(Agent::Current().stop_token()),
      holds_loop_(holds_loop),
      awaiter_(&awaiter) {
  if (holds_loop_) loop_->references += 1;
}

void PortWait::Start(std::shared_ptr<PortWait> self, bool look_first) {
  if (look_first) {
    self_ = std::move(self);
    loop_->Defer(*this);
    // Who is not in a turn has begun none that would see it.
    loop_->Wake();
  } else {
    Arm(std::move(self));
  }
}

void PortWait::Arm(std::shared_ptr<PortWait> self) {
  self_ = self;
  // Armed, the wait belongs to the transport: it may be queued before this call returns.
  if (!awaiter_->Arm(*awaiter_->port_, *this)) {
    loop_->Push(*this);
    return;
  }
  // Not before: a request that comes between would find nothing to interrupt.
  if (!on_stop_.has_value()) {
    on_stop_.emplace(stop_, OnStop{this});
  } else if (stop_.stop_requested()) {
    Interrupt();
  }
}

void PortWait::Interrupt() {
  if (awaiter_->port_->transport().Disarm(*this)) loop_->Push(*this);
}

void PortWait::End() {
  // While there is an awaiter: the request may be under way.
  on_stop_.reset();
  awaiter_ = nullptr;
  if (holds_loop_) loop_->references -= 1;
}

void PortWait::Abandon() {
  PortTransport& transport = awaiter_->port_->transport();
  on_stop_.reset();
  // If it is queued, or about to be, Run finds that there is nothing to do.
  if (transport.Disarm(*this)) self_.reset();
  End();
}

void PortWait::Supersede() {
  awaiter_->status_ = absl::FailedPreconditionError("MessagePort: port has a message handler");
  Interrupt();
}

void PortWait::Run() {
  std::shared_ptr<PortWait> self = std::move(self_);
  if (awaiter_ == nullptr) return;
  if (awaiter_->status_.ok() && !awaiter_->Try()) return Arm(std::move(self));
  PortAwaiter& awaiter = *awaiter_;
  End();
  awaiter.EndWait();
  coroutine_.resume();
}

}  // namespace sabre::internal
