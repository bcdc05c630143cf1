#include "sabre/messaging/port_awaiters.h"

#include <utility>

#include "absl/status/status.h"
#include "lib/messaging/loop_core.h"
#include "lib/messaging/port_state.h"
#include "lib/messaging/port_wait.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_port.h"

namespace sabre::internal {

PortAwaiter::PortAwaiter(std::shared_ptr<PortState> port, bool receives) noexcept
    : port_(std::move(port)), receives_(receives) {}

PortAwaiter::~PortAwaiter() {
  if (wait_ == nullptr) return;
  wait_->Abandon();
  EndWait();
}

void PortAwaiter::EndWait() {
  if (port_->reader == wait_.get()) port_->reader = nullptr;
  wait_ = nullptr;
}

bool PortAwaiter::Try() {
  if (Agent::Current().stop_token().stop_requested()) {
    status_ = absl::CancelledError("MessagePort: the agent is terminated");
    return true;
  }
  absl::StatusOr<bool> found = Look(*port_);
  status_ = found.status();
  return !found.ok() || *found;
}

bool PortAwaiter::await_ready() {
  if (port_ == nullptr) {
    status_ = absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
    return true;
  }
  if (receives_) {
    status_ = port_->CheckReader();
    if (!status_.ok()) return true;
  }
  LoopCore& loop = *EventLoop::Current().core();
  // A port that always has something would keep all other work waiting.
  if (loop.immediate_results >= MessagePort::kMessagesPerTurn) return false;
  if (!Try()) return false;
  loop.immediate_results += 1;
  return true;
}

void PortAwaiter::await_suspend(std::coroutine_handle<> coroutine) {
  const std::shared_ptr<LoopCore>& loop = EventLoop::Current().core();
  const bool look_first = loop->immediate_results >= MessagePort::kMessagesPerTurn;
  // Whether others may hold the loop is the owner's to say, who need not be the one that waits for room.
  wait_ = std::make_shared<PortWait>(loop, *this, coroutine, !receives_ || port_->ref());
  if (receives_) port_->reader = wait_.get();
  wait_->Start(wait_, look_first);
}

NextAwaiter::NextAwaiter(std::shared_ptr<PortState> port) noexcept
    : PortAwaiter(std::move(port), /*receives=*/true) {}
NextAwaiter::~NextAwaiter() = default;

absl::StatusOr<bool> NextAwaiter::Look(PortState& port) {
  switch (port.transport().Pop(event_)) {
    case kernel::PopResult::kMessage:
      return true;
    case kernel::PopResult::kEmpty:
      return false;
    case kernel::PopResult::kMoved:
      return absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
    case kernel::PopResult::kClosed:
      return absl::UnavailableError("MessagePort: the channel is closed");
  }
  StdSync::Unreachable("PopResult");
}

bool NextAwaiter::Arm(PortState& port, PortWait& wait) {
  return port.transport().ArmReadable(wait);
}

absl::StatusOr<MessageEvent> NextAwaiter::await_resume() {
  if (!event_.has_value()) return TakeStatus();
  return *std::move(event_);
}

ReadableAwaiter::ReadableAwaiter(std::shared_ptr<PortState> port) noexcept
    : PortAwaiter(std::move(port), /*receives=*/true) {}
ReadableAwaiter::~ReadableAwaiter() = default;

// Who is asked once more after Arm was told, or is told that there is something.
absl::StatusOr<bool> ReadableAwaiter::Look(PortState&) { return armed_; }

bool ReadableAwaiter::Arm(PortState& port, PortWait& wait) {
  armed_ = true;
  return port.transport().ArmReadable(wait);
}

absl::Status ReadableAwaiter::await_resume() { return TakeStatus(); }

RoomAwaiter::RoomAwaiter(std::shared_ptr<PortState> port) noexcept
    : PortAwaiter(std::move(port), /*receives=*/false) {}
RoomAwaiter::~RoomAwaiter() = default;

absl::StatusOr<bool> RoomAwaiter::Look(PortState& port) {
  switch (port.transport().CanPost(port.refused_cost())) {
    case kernel::PostResult::kPosted:
      return true;
    case kernel::PostResult::kFull:
      return false;
    case kernel::PostResult::kClosed:
      return absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
    case kernel::PostResult::kPeerClosed:
      return absl::UnavailableError("MessagePort: the other end is closed");
  }
  StdSync::Unreachable("PostResult");
}

bool RoomAwaiter::Arm(PortState& port, PortWait& wait) {
  return port.transport().ArmRoom(wait, port.refused_cost());
}

absl::Status RoomAwaiter::await_resume() { return TakeStatus(); }

}  // namespace sabre::internal
