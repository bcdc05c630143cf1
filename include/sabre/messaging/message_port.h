// sabre/messaging/message_port.h: one end of a channel.
#ifndef SABRE_MESSAGING_MESSAGE_PORT_H_
#define SABRE_MESSAGING_MESSAGE_PORT_H_

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
// (Receive, TryReceive). A port can be transferred in a message, except through its own channel; what
// is queued in it goes along, and what is posted later follows.
//
// Life: closing either end closes both. The closer's own queue is dropped; the other end still
// receives what was posted before, then its close. A port is closed when it is destroyed.
//
// Thread-safety: PostMessage and Close from any thread; all else from the thread that owns the port
//   (with a handler: the loop's).
// Memory ordering: everything before a PostMessage happens before the receipt of its message.
// Spec: HTML MessagePort (https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports).
// Differs: docs/spec_differences.md, "Messaging".
class MessagePort final : public Transferable {
 public:
  using MessageHandler = absl::AnyInvocable<void(MessageEvent)>;
  using CloseHandler = absl::AnyInvocable<void()>;

  // A port that is none: closed.
  MessagePort() noexcept;
  MessagePort(MessagePort&&) noexcept;
  MessagePort& operator=(MessagePort&&) noexcept;
  ~MessagePort() override;

  // Sends `value`. If the call fails, nothing was sent and nothing is detached.
  // Errors: kInvalidArgument (DataCloneError) if the value or the transfer list cannot be cloned or
  //   transferred, either port of this channel included; kFailedPrecondition if this port is closed or was
  //   transferred; kUnavailable if the other end is closed.
  // Blocking: no.
  template <Encodable T>
  absl::Status PostMessage(const T& value, const StructuredSerializeOptions& options = {}) {
    absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value, options);
    if (!message.ok()) return std::move(message).status();
    return Post(*std::move(message));
  }

  // The same for a message that is prepared already.
  absl::Status Post(PreparedMessage message);

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

  // Calls `handler` on the calling thread's event loop for each message from now on, those that are
  // queued first, and keeps that loop going until the channel is closed. Replaces an earlier handler.
  // Between two pieces of other work at most kMessagesPerTurn messages are handled.
  void OnMessage(MessageHandler handler);
  // Calls `handler` once, on the same loop, when the channel is closed and the last message has been
  // handled. Takes effect with OnMessage.
  void OnClose(CloseHandler handler);

  // Whether the port, while it has a handler, keeps its loop going. It does until Unref.
  void Ref();
  void Unref();

  // Closes both ends. What was posted before still arrives. Closing twice does nothing.
  void Close();

  // How many messages a handler gets before other work of the loop has its turn.
  static constexpr int kMessagesPerTurn = 64;

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

 private:
  explicit MessagePort(std::shared_ptr<internal::PortState> state) noexcept;

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
