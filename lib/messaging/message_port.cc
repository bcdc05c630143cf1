#include "sabre/messaging/message_port.h"

#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "lib/memory/deadline.h"
#include "lib/messaging/in_process_transport.h"
#include "lib/messaging/port_state.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {
namespace {

using internal::PortTransport;

// A thread that waits for its port in Receive.
class BlockedReceiver final : public kernel::PortListener {
 public:
  void OnPortReady() override { parker_.Unpark(); }
  Parker& parker() { return parker_; }

 private:
  Parker parker_;
};

// Sleeps until the port is ready, the deadline, or a stop request.
void AwaitReady(PortTransport& port, TimePoint deadline, const std::stop_token& stop) {
  BlockedReceiver receiver;
  if (!port.Arm(receiver)) return;
  // Whoever takes the receiver from the port, and nobody else, gives its token: a post, a close, the
  // stop callback, or (below) this thread itself. So the frame outlives every use of it.
  const std::stop_callback cancel(stop, [&] {
    if (port.Disarm()) receiver.OnPortReady();
  });
  if (receiver.parker().Park(deadline)) return;
  if (port.Disarm()) return;
  receiver.parker().Park(kNever);
}

absl::Status ClosedError() { return absl::UnavailableError("MessagePort: the channel is closed"); }

}  // namespace

const TransferType MessagePort::kTransferType{"MessagePort"};

MessagePort::MessagePort() noexcept = default;
MessagePort::MessagePort(std::shared_ptr<internal::PortState> state) noexcept
    : state_(std::move(state)) {}
MessagePort::MessagePort(MessagePort&& other) noexcept = default;

MessagePort& MessagePort::operator=(MessagePort&& other) noexcept {
  MessagePort moved(std::move(other));
  state_.swap(moved.state_);
  return *this;
}

MessagePort::~MessagePort() {
  if (state_ == nullptr) return;
  if (state_->watcher != nullptr) state_->watcher->Stop();
  if (!state_->detached()) state_->transport().Close();
}

MessagePort MessagePort::FromTransport(std::shared_ptr<PortTransport> transport) {
  return MessagePort(std::make_shared<internal::PortState>(std::move(transport)));
}

MessagePort MessagePort::FromTransferred(std::unique_ptr<TransferredObject> object) {
  if (object == nullptr || &object->type() != &kTransferType) return MessagePort();
  return FromTransport(static_cast<internal::PortData&>(*object).Take());
}

absl::Status MessagePort::Post(PreparedMessage message) {
  if (state_ == nullptr || state_->detached()) {
    return absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
  }
  PortTransport& transport = state_->transport();
  for (const TransferItem& item : message.transfer()) {
    if (item.object() == nullptr || &item.object()->type() != &kTransferType) continue;
    // Either end, sent through itself, would wait in its own queue for ever.
    if (static_cast<const MessagePort*>(item.object())->state_->transport().channel() ==
        transport.channel()) {
      return DataCloneError("MessagePort: the transfer list contains an end of the same channel");
    }
  }
  switch (transport.CanPost()) {
    case PortTransport::PostResult::kPosted:
      break;
    case PortTransport::PostResult::kClosed:
      return absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
    case PortTransport::PostResult::kPeerClosed:
      return absl::UnavailableError("MessagePort: the other end is closed");
  }
  // If the peer closes here, the message is lost as one posted just before the close would be.
  transport.Post(std::move(message).Commit());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<MessageEvent>> MessagePort::TryReceive() {
  if (state_ == nullptr || state_->detached()) {
    return absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
  }
  if (state_->watcher != nullptr) {
    return absl::FailedPreconditionError("MessagePort: port has a message handler");
  }
  Message message;
  switch (state_->transport().Pop(message)) {
    case PortTransport::PopResult::kMessage:
      return std::optional<MessageEvent>(std::in_place, std::move(message));
    case PortTransport::PopResult::kEmpty:
      return std::optional<MessageEvent>();
    case PortTransport::PopResult::kClosed:
      return ClosedError();
  }
  StdSync::Unreachable("PopResult");
}

absl::StatusOr<MessageEvent> MessagePort::Receive(absl::Duration timeout) {
  const Agent& agent = Agent::Current();
  const std::stop_token& stop = agent.stop_token();
  const TimePoint deadline = internal::DeadlineAfter(timeout);
  for (;;) {
    if (stop.stop_requested()) return absl::CancelledError("MessagePort: the agent is terminated");
    absl::StatusOr<std::optional<MessageEvent>> event = TryReceive();
    if (!event.ok()) return std::move(event).status();
    if (event->has_value()) return **std::move(event);
    if (deadline == TimePoint::min() || StdSync::Now() >= deadline) {
      return absl::DeadlineExceededError("MessagePort: no message in time");
    }
    if (!agent.can_block()) {
      return absl::FailedPreconditionError("MessagePort: this thread may not block (can_block)");
    }
    AwaitReady(state_->transport(), deadline, stop);
  }
}

void MessagePort::OnMessage(MessageHandler handler) {
  if (state_ == nullptr || state_->detached()) return;
  if (state_->watcher != nullptr) {
    state_->watcher->set_message_handler(std::move(handler));
    return;
  }
  auto watcher = std::make_shared<internal::PortWatcher>(EventLoop::Current().core(),
                                                         state_->shared_transport());
  watcher->set_message_handler(std::move(handler));
  watcher->set_close_handler(state_->on_close);
  if (!state_->ref) watcher->SetRef(false);
  state_->watcher = watcher;
  watcher->Start(watcher);
}

void MessagePort::OnClose(CloseHandler handler) {
  if (state_ == nullptr || state_->detached()) return;
  state_->on_close = std::make_shared<CloseHandler>(std::move(handler));
  if (state_->watcher != nullptr) state_->watcher->set_close_handler(state_->on_close);
}

void MessagePort::Ref() {
  if (state_ == nullptr) return;
  state_->ref = true;
  if (state_->watcher != nullptr) state_->watcher->SetRef(true);
}

void MessagePort::Unref() {
  if (state_ == nullptr) return;
  state_->ref = false;
  if (state_->watcher != nullptr) state_->watcher->SetRef(false);
}

void MessagePort::Close() {
  if (state_ != nullptr && !state_->detached()) state_->transport().Close();
}

absl::Status MessagePort::CanTransfer() const {
  if (state_ == nullptr || state_->detached() ||
      state_->transport().CanPost() == PortTransport::PostResult::kClosed) {
    return DataCloneError("MessagePort: port is closed or was transferred");
  }
  return absl::OkStatus();
}

std::unique_ptr<TransferredObject> MessagePort::TransferOut() {
  if (state_->watcher != nullptr) {
    state_->watcher->Stop();
    state_->watcher = nullptr;
  }
  state_->Detach();
  return std::make_unique<internal::PortData>(state_->shared_transport());
}

const void* MessagePort::identity() const noexcept { return state_.get(); }

const TransferType& MessagePort::type() const noexcept { return kTransferType; }

MessageChannel MessageChannel::Create() {
  using internal::InProcessTransport;
  auto link = std::make_shared<PortTransport::Link>();
  return {MessagePort::FromTransport(
              std::make_shared<InProcessTransport>(link, kernel::PortSide::kFirst)),
          MessagePort::FromTransport(
              std::make_shared<InProcessTransport>(link, kernel::PortSide::kSecond))};
}

absl::StatusOr<Graph*> MessageEvent::graph() {
  if (graph_ == nullptr) {
    absl::StatusOr<Graph> read = Decode<Graph>(bytes_, attachments_, TrustedBytes());
    if (!read.ok()) return std::move(read).status();
    graph_ = std::make_unique<Graph>(*std::move(read));
  }
  return graph_.get();
}

}  // namespace sabre
