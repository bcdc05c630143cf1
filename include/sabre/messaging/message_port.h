// sabre/messaging/message_port.h: one end of a channel.
#ifndef SABRE_MESSAGING_MESSAGE_PORT_H_
#define SABRE_MESSAGING_MESSAGE_PORT_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/transferable.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_handler.h"
#include "sabre/messaging/port_awaiters.h"

namespace sabre {

class EventLoop;

namespace internal {
class PortState;
class PortTransport;
}  // namespace internal

// MessagePort
//
// Sends values to the port it is entangled with, and receives what that one sends. Messages arrive in
// the order in which they were posted, each once. They are cloned on the way (see PreparedMessage);
// the transfer list names what moves instead.
//
// A port is received from in one of two ways: by a handler on an event loop (OnMessage), or by calls
// (Receive, TryReceive, Next). A port can be transferred in a message, except through its own channel; what
// is queued in it goes along, and what is posted later follows.
//
// Backpressure: MessageChannel::Create may limit what waits to be received (QueueLimits). A post beyond the
// capacity fails; PostWait and Room wait for room; needs_drain and OnDrain tell earlier, by the water marks.
//
// Life: closing either end closes both. The closer's own queue is dropped; the other end still
// receives what was posted before, then its close. A port is closed when it is destroyed.
//
// Thread-safety: PostMessage, PostWait, Room, needs_drain, Close and the counts from any thread, as long as
//   the handle exists; all else from the thread that owns the port (with a handler: the loop's).
// Memory ordering: everything before a PostMessage happens before the receipt of its message; with
//   limits, everything before the receipt that makes room happens before the post that takes it.
// Spec: HTML MessagePort (https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports).
// Differs: docs/spec_differences.md, "Messaging".
class MessagePort final : public Transferable {
 public:
  using MessageHandler = absl::AnyInvocable<void(MessageEvent)>;
  using ErrorHandler = absl::AnyInvocable<void(absl::Status, MessageEvent)>;
  using CloseHandler = absl::AnyInvocable<void()>;
  using DrainHandler = absl::AnyInvocable<void()>;

  // A port that is none: closed.
  MessagePort() noexcept;
  MessagePort(MessagePort&&) noexcept;
  MessagePort& operator=(MessagePort&&) noexcept;
  ~MessagePort() override;

  // Sends `value`. If the call fails, nothing was sent and nothing is detached.
  // Errors: kInvalidArgument (DataCloneError) if the value or the transfer list cannot be cloned or
  //   transferred, either port of this channel included; kFailedPrecondition if this port is closed or was
  //   transferred; kUnavailable if the other end is closed; kResourceExhausted if the other end's queue has
  //   no room for this message now.
  // Blocking: no.
  template <Encodable T>
  absl::Status PostMessage(const T& value, const StructuredSerializeOptions& options = {}) {
    return PostWait(value, options, kDoNotWait);
  }

  // The same, but waits for room if there is none.
  // Errors: as PostMessage, and in place of kResourceExhausted: kDeadlineExceeded after `timeout`;
  //   kCancelled if a stop is requested of the calling agent; kFailedPrecondition if the thread may not
  //   block.
  // Blocking: yes, unless timeout <= 0.
  template <Encodable T>
  absl::Status PostWait(const T& value, const StructuredSerializeOptions& options = {},
                        absl::Duration timeout = absl::InfiniteDuration()) {
    Serializer out(TakeScratch(), SerializeOptions());
    if (absl::Status listed = out.BeginMessage(options.transfer); !listed.ok()) return listed;
    if (absl::Status failed = internal::WriteWith(out, value); !failed.ok()) return failed;
    return Send(out, timeout);
  }

  // The same for a message that is prepared already.
  absl::Status Post(PreparedMessage message) {
    return SendPrepared(std::move(message), kDoNotWait);
  }
  absl::Status PostWait(PreparedMessage message,
                        absl::Duration timeout = absl::InfiniteDuration()) {
    return SendPrepared(std::move(message), timeout);
  }

  // Whether the other end's queue has reached its high water and has not come back to its low water yet:
  // then it is better to post later. Always false without limits.
  bool needs_drain() const;
  // Calls `handler` on the calling thread's event loop once each time needs_drain() becomes false again,
  // from now on, and keeps that loop going until the channel is closed. Replaces an earlier handler; null
  // removes it.
  void OnDrain(DrainHandler handler);

  // What this end was sent and has not received yet, and the same of the other end; bytes as QueueLimits
  // counts them. Of the moment, while others post and receive.
  std::size_t queued_messages() const;
  std::size_t queued_bytes() const;
  std::size_t outgoing_messages() const;
  std::size_t outgoing_bytes() const;
  // How many messages went out and came in at this end since the channel was made, in all its owners'
  // hands.
  std::uint64_t posted_messages() const;
  std::uint64_t received_messages() const;

  // Waits for the next message.
  // Errors: kDeadlineExceeded after `timeout`; kUnavailable if the channel is closed and everything
  //   has been received; kCancelled if a stop is requested of the calling agent (Worker::Terminate);
  //   kFailedPrecondition if the port has a handler, was transferred, or the thread may not block.
  // Blocking: yes, unless timeout <= 0.
  absl::StatusOr<MessageEvent> Receive(absl::Duration timeout = absl::InfiniteDuration());

  // The next message, or nothing if there is none now.
  // Errors: kUnavailable and kFailedPrecondition as Receive. Blocking: no.
  // Spec: Node's receiveMessageOnPort.
  absl::StatusOr<std::optional<MessageEvent>> TryReceive();

  // co_await port.Next() -> absl::StatusOr<MessageEvent>: the next message, for a coroutine of a thread that
  // runs its event loop (see sabre::Async). The coroutine goes on from the loop, which the wait keeps
  // going unless the port is unreferenced. It may be destroyed while it waits; then it has received
  // nothing. Between two pieces of other work at most kMessagesPerTurn waits are over at once.
  // Errors: as Receive, without a deadline; kFailedPrecondition too if another Next is pending, or if the
  //   port gets a handler meanwhile.
  internal::NextAwaiter Next() { return internal::NextAwaiter(state_); }
  // co_await port.Room() -> absl::Status: OK as soon as a message as large as the last one that was refused
  // for lack of room would be taken. Others may take the room before.
  // Errors: kFailedPrecondition, kUnavailable, kCancelled as PostWait.
  internal::RoomAwaiter Room() { return internal::RoomAwaiter(state_); }

  // Calls `handler` on the calling thread's event loop for each message from now on, those that are
  // queued first, and keeps that loop going until the channel is closed. Replaces an earlier handler.
  // Between two pieces of other work at most messages_per_turn messages are handled.
  // The handler takes the MessageEvent, or in the second form the value as a T. It returns nothing or an
  // absl::Status; an error goes to OnMessageError, and so does a message that is no T. The next message is
  // handled all the same, also after a handler that throws.
  template <internal::HandlesEvents Handler>
  void OnMessage(Handler handler) {
    SetMessageHandler(internal::EventHandler(std::move(handler)));
  }
  template <Decodable T, std::invocable<T> Handler>
  void OnMessage(Handler handler) {
    SetMessageHandler(internal::ValueHandler<T>(std::move(handler)));
  }
  // No handler any more: the port is received from by calls.
  void OnMessage(std::nullptr_t) { SetMessageHandler(nullptr); }
  // Calls `handler` for each message that could not be handled, with the reason. The event has the message
  // unless the message handler has taken it. Without such a handler the reason is dropped.
  // Spec: HTML, messageerror.
  void OnMessageError(ErrorHandler handler);
  // Calls `handler` once, on the same loop, when the channel is closed and the last message has been
  // handled. Takes effect with OnMessage. The port's handlers are destroyed after it: they may hold the port.
  void OnClose(CloseHandler handler);

  // Whether the port, while it has a message or drain handler, keeps its loop going. It does until Unref.
  void Ref();
  void Unref();

  // Closes both ends. What was posted before still arrives. Closing twice does nothing.
  void Close();

  // How many messages a handler gets before other work of the loop has its turn; at least 1.
  static constexpr int kMessagesPerTurn = 64;
  void set_messages_per_turn(int count);

  // Transferable.
  absl::Status CanTransfer() const override;
  std::unique_ptr<TransferredObject> TransferOut() override;
  const void* identity() const noexcept override;
  const TransferType& type() const noexcept override;

  // What the wire calls a MessagePort.
  static const TransferType kTransferType;

  // A port over one end of a transport.
  static MessagePort FromTransport(std::shared_ptr<internal::PortTransport> transport);
  // What TransferOut returned, as a port of the calling thread.
  static MessagePort FromTransferred(std::unique_ptr<TransferredObject> object);

  // For what waits for a port. Null: a port that is none.
  const std::shared_ptr<internal::PortState>& state() const noexcept { return state_; }

 private:
  // A timeout that says kResourceExhausted at once.
  static constexpr absl::Duration kDoNotWait = -absl::InfiniteDuration();

  explicit MessagePort(std::shared_ptr<internal::PortState> state) noexcept;

  // Memory to write a message into, which Send gives back.
  static ByteBuffer TakeScratch() noexcept;
  absl::Status Send(Serializer& out, absl::Duration timeout);
  absl::Status SendPrepared(PreparedMessage message, absl::Duration timeout);
  template <class TryPost>
  absl::Status PostOrWait(std::size_t cost, absl::Duration timeout, TryPost try_post);
  // Not OK: nothing comes any more, or not to this call.
  absl::Status Pop(std::optional<MessageEvent>& event);
  void SetMessageHandler(internal::PortMessageHandler handler);

  std::shared_ptr<internal::PortState> state_;
};

// A MessagePort in a value is transferred, so it must be in the transfer list.
template <>
struct Codec<MessagePort> {
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const MessagePort& port) {
    return out.WriteTransferable(port);
  }
  static bool Read(Deserializer& in, MessagePort& port) {
    std::unique_ptr<TransferredObject> object;
    if (!in.ReadTransferred(MessagePort::kTransferType, object)) return false;
    port = MessagePort::FromTransferred(std::move(object));
    return true;
  }
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_MESSAGE_PORT_H_
