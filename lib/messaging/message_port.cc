#include "sabre/messaging/message_port.h"

#include <algorithm>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/port_state.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/check.h"
#include "sabre/messaging/event_loop.h"

namespace sabre {
namespace {

using internal::PortTransport;

// A thread that waits for its port.
class BlockedThread final : public kernel::PortListener {
 public:
  void OnPortReady() override { parker_.Unpark(); }
  Parker& parker() { return parker_; }

 private:
  Parker parker_;
};

// Sleeps until there may be what `arm` waits for, the deadline, or a stop request.
template <class Arm>
void AwaitPort(PortTransport& port, TimePoint deadline, const std::stop_token& stop,
               const internal::TracePoint& point, Arm arm) {
  BlockedThread thread;
  if (!arm(thread)) return;
  const internal::TracedSpan span(point);
  // Whoever takes the listener from the port, and nobody else, gives its token: a post, a pop, a close,
  // the stop callback, or (below) this thread itself. So the frame outlives every use of it.
  const std::stop_callback cancel(stop, [&] {
    if (port.Disarm(thread)) thread.OnPortReady();
  });
  if (thread.parker().Park(deadline)) return;
  if (port.Disarm(thread)) return;
  thread.parker().Park(kNever);
}

// When to give up, computed once it is clear that there is something to wait for.
class Patience {
 public:
  explicit Patience(absl::Duration timeout) : timeout_(timeout) {}

  // Whether the calling thread may go to sleep now.
  // Errors: the reason why not.
  absl::Status MayWait(const Agent& agent, absl::string_view what) {
    if (agent.stop_token().stop_requested()) return TerminatedError();
    if (!deadline_.has_value()) deadline_ = internal::DeadlineAfter(timeout_);
    if (*deadline_ == TimePoint::min() || StdSync::Now() >= *deadline_) {
      return absl::DeadlineExceededError(absl::StrCat("MessagePort: no ", what, " in time"));
    }
    if (!agent.can_block()) {
      return absl::FailedPreconditionError("MessagePort: this thread may not block (can_block)");
    }
    return absl::OkStatus();
  }
  TimePoint deadline() const { return *deadline_; }

  static absl::Status TerminatedError() {
    return absl::CancelledError("MessagePort: the agent is terminated");
  }

 private:
  const absl::Duration timeout_;
  std::optional<TimePoint> deadline_;
};

absl::Status ClosedError() { return absl::UnavailableError("MessagePort: the channel is closed"); }
absl::Status NoPortError() {
  return absl::FailedPreconditionError("MessagePort: port is closed or was transferred");
}

// The memory that messages of this thread are written into, one after the other.
struct Scratch {
  ByteBuffer bytes;
  ~Scratch();
};
thread_local bool scratch_is_gone = false;  // other thread-locals may still post when they end
thread_local Scratch scratch;
Scratch::~Scratch() { scratch_is_gone = true; }

constexpr std::size_t kLargestScratch = 64 * 1024;

}  // namespace

const TransferType MessagePort::kTransferType{"MessagePort"};

MessagePort::MessagePort() noexcept = default;
MessagePort::MessagePort(std::shared_ptr<internal::PortState> state) noexcept
    : state_(std::move(state)) {}
MessagePort::MessagePort(MessagePort&& other) noexcept = default;

MessagePort& MessagePort::operator=(MessagePort&& other) noexcept {
  MessagePort moved(std::move(other));
  state_.swap(moved.state_);
  Transferable::operator=(std::move(moved));
  return *this;
}

MessagePort::~MessagePort() {
  if (state_ == nullptr) return;
  state_->StopWatchers();
  state_->transport().Close();
}

MessagePort MessagePort::FromTransport(std::shared_ptr<PortTransport> transport) {
  return MessagePort(std::make_shared<internal::PortState>(std::move(transport)));
}

MessagePort MessagePort::FromTransferred(std::unique_ptr<TransferredObject> object) {
  if (object == nullptr || &object->type() != &kTransferType) return MessagePort();
  return FromTransport(static_cast<internal::PortData&>(*object).Take());
}

ByteBuffer MessagePort::TakeScratch() noexcept {
  return scratch_is_gone ? ByteBuffer() : std::move(scratch.bytes);
}

template <class TryPost>
absl::Status MessagePort::PostOrWait(std::size_t cost, absl::Duration timeout, TryPost try_post) {
  PortTransport& transport = state_->transport();
  for (Patience patience(timeout);;) {
    switch (try_post(transport)) {
      case kernel::PostResult::kPosted:
        return absl::OkStatus();
      case kernel::PostResult::kClosed:
        return NoPortError();
      case kernel::PostResult::kPeerClosed:
        return absl::UnavailableError("MessagePort: the other end is closed");
      case kernel::PostResult::kFull:
        break;
    }
    state_->set_refused_cost(cost);
    if (timeout == kDoNotWait) {
      return absl::ResourceExhaustedError(
          absl::StrCat("MessagePort: the other end's queue has no room for a message that counts ",
                       cost, " bytes"));
    }
    const Agent& agent = Agent::Current();
    if (absl::Status may = patience.MayWait(agent, "room"); !may.ok()) return may;
    AwaitPort(transport, patience.deadline(), agent.stop_token(), internal::kTraceWaitRoom,
              [&](BlockedThread& thread) { return transport.ArmRoom(thread, cost); });
  }
}

absl::Status MessagePort::Send(Serializer& out, absl::Duration timeout) {
  if (!out.bytes_only()) {
    absl::StatusOr<PreparedMessage> message = out.FinishMessage();
    if (!message.ok()) return std::move(message).status();
    return SendPrepared(*std::move(message), timeout);
  }
  if (state_ == nullptr) return NoPortError();
  ByteBuffer bytes = out.TakeBytes();
  absl::Status sent = PostOrWait(internal::MessageCost(bytes.size()), timeout,
                                 [&](PortTransport& transport) { return transport.Post(bytes); });
  if (bytes.capacity() <= kLargestScratch && !scratch_is_gone) scratch.bytes = std::move(bytes);
  return sent;
}

absl::Status MessagePort::SendPrepared(PreparedMessage message, absl::Duration timeout) {
  if (state_ == nullptr) return NoPortError();
  for (const TransferItem& item : message.transfer()) {
    if (item.object() == nullptr || &item.object()->type() != &kTransferType) continue;
    const auto& port = static_cast<const MessagePort&>(*item.object());
    if (port.state_ == nullptr) {
      return DataCloneError("MessagePort: a port was moved away after its message was prepared");
    }
    // Either end, sent through itself, would wait in its own queue for ever.
    if (port.state_->transport().channel() == state_->transport().channel()) {
      return DataCloneError("MessagePort: the transfer list contains an end of the same channel");
    }
  }
  if (message.attachments() > 0 && !state_->transport().carries_attachments()) {
    return DataCloneError(
        absl::StrCat("MessagePort: this channel carries bytes only, and the message has ",
                     message.attachments(), " buffers or objects beside them"));
  }
  const std::size_t cost = internal::MessageCost(message.byte_length()) +
                           message.attachments() * internal::kCostOfAttachment +
                           message.transferred_bytes();
  absl::Status reserved =
      PostOrWait(cost, timeout, [&](PortTransport& transport) { return transport.Reserve(cost); });
  if (!reserved.ok()) return reserved;
  // The message is posted: if the other end closes now, it is dropped with the rest of the queue.
  state_->transport().PostReserved(std::move(message).Commit(), cost);
  return absl::OkStatus();
}

absl::Status MessagePort::Pop(std::optional<MessageEvent>& event) {
  if (state_ == nullptr) return NoPortError();
  if (absl::Status may = state_->CheckReader(); !may.ok()) return may;
  switch (state_->transport().Pop(event)) {
    case kernel::PopResult::kMessage:
    case kernel::PopResult::kEmpty:
      return absl::OkStatus();
    case kernel::PopResult::kClosed:
      return ClosedError();
    case kernel::PopResult::kMoved:
      return NoPortError();
  }
  StdSync::Unreachable("PopResult");
}

absl::StatusOr<std::optional<MessageEvent>> MessagePort::TryReceive() {
  absl::StatusOr<std::optional<MessageEvent>> event(absl::in_place);
  if (absl::Status popped = Pop(*event); !popped.ok()) event = std::move(popped);
  return event;
}

absl::StatusOr<MessageEvent> MessagePort::Receive(absl::Duration timeout) {
  const Agent& agent = Agent::Current();
  bool look_again = timeout > absl::ZeroDuration();
  for (Patience patience(timeout);;) {
    if (agent.stop_token().stop_requested()) return Patience::TerminatedError();
    std::optional<MessageEvent> event;
    if (absl::Status popped = Pop(event); !popped.ok()) return popped;
    if (event.has_value()) return *std::move(event);
    PortTransport& transport = state_->transport();
    // In a quick exchange of two threads neither has to become a listener. Once for each sleep: what is
    // to come soon may be a promise (Reserve) whose poster does not run.
    if (std::exchange(look_again, false) && Parker::WouldSpin() && transport.ReadableSoon())
      continue;
    if (absl::Status may = patience.MayWait(agent, "message"); !may.ok()) return may;
    AwaitPort(transport, patience.deadline(), agent.stop_token(), internal::kTraceWaitMessage,
              [&](BlockedThread& thread) { return transport.ArmReadable(thread); });
    look_again = true;
  }
}

void MessagePort::SetMessageHandler(internal::PortMessageHandler handler) {
  if (state_ == nullptr) return;
  state_->SetMessageHandler(std::move(handler));
}

void MessagePort::OnMessageError(ErrorHandler handler) {
  if (state_ == nullptr) return;
  state_->handlers().error = std::make_shared<ErrorHandler>(std::move(handler));
}

void MessagePort::OnClose(CloseHandler handler) {
  if (state_ == nullptr) return;
  state_->handlers().close = std::make_shared<CloseHandler>(std::move(handler));
}

void MessagePort::OnDrain(DrainHandler handler) {
  if (state_ == nullptr) return;
  state_->SetDrainHandler(std::move(handler));
}

void MessagePort::set_messages_per_turn(int count) {
  if (state_ == nullptr) return;
  state_->handlers().messages_per_turn = std::max(1, count);
}

void MessagePort::Ref() {
  if (state_ != nullptr) state_->SetRef(true);
}

void MessagePort::Unref() {
  if (state_ != nullptr) state_->SetRef(false);
}

void MessagePort::Close() {
  if (state_ != nullptr) state_->transport().Close();
}

bool MessagePort::needs_drain() const {
  return state_ != nullptr && state_->transport().drains().needed;
}

std::size_t MessagePort::queued_messages() const {
  return state_ == nullptr ? 0 : state_->transport().counts().queued.messages;
}
std::size_t MessagePort::queued_bytes() const {
  return state_ == nullptr ? 0 : state_->transport().counts().queued.bytes;
}
std::size_t MessagePort::outgoing_messages() const {
  return state_ == nullptr ? 0 : state_->transport().outgoing().messages;
}
std::size_t MessagePort::outgoing_bytes() const {
  return state_ == nullptr ? 0 : state_->transport().outgoing().bytes;
}
std::uint64_t MessagePort::posted_messages() const {
  return state_ == nullptr ? 0 : state_->transport().counts().posted;
}
std::uint64_t MessagePort::received_messages() const {
  return state_ == nullptr ? 0 : state_->transport().counts().received;
}

absl::Status MessagePort::CanTransfer() const {
  if (state_ == nullptr || state_->transport().CanPost(0) == kernel::PostResult::kClosed) {
    return DataCloneError("MessagePort: port is closed or was transferred");
  }
  return absl::OkStatus();
}

std::unique_ptr<TransferredObject> MessagePort::TransferOut() {
  if (state_ == nullptr) internal::CallerBug("MessagePort: moved away between Prepare and Commit");
  state_->StopWatchers();
  return std::make_unique<internal::PortData>(state_->transport().Move());
}

const void* MessagePort::identity() const noexcept { return state_.get(); }

const TransferType& MessagePort::type() const noexcept { return kTransferType; }

}  // namespace sabre
