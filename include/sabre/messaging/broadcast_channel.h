// sabre/messaging/broadcast_channel.h: messages to all who have joined a name.
#ifndef SABRE_MESSAGING_BROADCAST_CHANNEL_H_
#define SABRE_MESSAGING_BROADCAST_CHANNEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"

namespace sabre {

namespace internal {
class BroadcastTransport;
}  // namespace internal

// BroadcastOptions
struct BroadcastOptions {
  // How much may wait to be received, counted as QueueLimits says. What comes beyond it this channel
  // misses, and nobody else; missed() counts it.
  QueueLimits::Level capacity = {};
  // False: the channel is only posted to, and nothing waits in it.
  bool receives = true;
};

// BroadcastChannel
//
// Sends values to all other channels of the same name in this process, and receives what they send.
//
//   sabre::BroadcastChannel news = sabre::BroadcastChannel::Create("news");
//   news.PostMessage(Article{…});                     // serialized once, whoever listens
//   news.OnMessage<Article>([](Article article) { … });
//
// A channel hears what is posted from its Create on, never its own posts. All channels of a name hear all
// messages in one order, whichever threads post them. What is queued is held once for all; each
// receiver deserializes it anew. SharedArrayBuffers are shared and immutable ArrayBuffers too; nothing is
// transferred, and what only one can have (a MessagePort, a FileDescriptor) is refused.
//
// Nobody is waited for: a receiver that is slow misses what finds its queue full.
//
// Thread-safety: PostMessage, Close and missed from any thread, as long as the object exists; all else from
//   the thread that receives (with a handler: the loop's).
// Memory ordering: everything before a PostMessage happens before each receipt of its message.
// Spec: HTML BroadcastChannel
//   (https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts).
// Differs: docs/spec_differences.md, "Messaging".
class BroadcastChannel {
 public:
  // Joins the name, which may be any text. Blocking: no.
  static BroadcastChannel Create(std::string_view name, const BroadcastOptions& options = {});

  // A channel that is none: closed.
  BroadcastChannel() noexcept;
  BroadcastChannel(BroadcastChannel&&) noexcept;
  BroadcastChannel& operator=(BroadcastChannel&&) noexcept;
  // Closes it.
  ~BroadcastChannel();

  // "" of one that is none.
  const std::string& name() const noexcept;

  // Sends `value` to all others. OK also if there is nobody, or somebody misses it.
  // Errors: kInvalidArgument (DataCloneError) if the value cannot be cloned, or holds what only one can have;
  //   kFailedPrecondition (InvalidStateError) if the channel is closed.
  // Blocking: no.
  template <Encodable T>
  absl::Status PostMessage(const T& value) {
    absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value);
    if (!message.ok()) return std::move(message).status();
    return Post(*std::move(message));
  }
  // The same for a message that is prepared already, without a transfer list.
  absl::Status Post(PreparedMessage message);

  // How many messages found the queue of this channel full.
  std::uint64_t missed() const;

  // Receiving: as the members of MessagePort of the same names. A channel ends only by its own Close.
  absl::StatusOr<MessageEvent> Receive(absl::Duration timeout = absl::InfiniteDuration()) {
    return port_.Receive(timeout);
  }
  absl::StatusOr<std::optional<MessageEvent>> TryReceive() { return port_.TryReceive(); }
  template <class Handler>
  void OnMessage(Handler handler) {
    port_.OnMessage(std::move(handler));
  }
  template <Decodable T, class Handler>
  void OnMessage(Handler handler) {
    port_.template OnMessage<T>(std::move(handler));
  }
  void OnMessageError(MessagePort::ErrorHandler handler) {
    port_.OnMessageError(std::move(handler));
  }
  internal::NextAwaiter Next() { return port_.Next(); }
  void Ref() { port_.Ref(); }
  void Unref() { port_.Unref(); }

  // The receiving end as a port: for Select and adapters, and to hand it to another thread. Whoever has it
  // then receives, and leaves the name by its Close; this object still posts.
  // What is posted to it is refused with kUnavailable.
  MessagePort& port() noexcept { return port_; }

  // Leaves the name; what is queued is dropped. Closing twice does nothing.
  void Close();

 private:
  explicit BroadcastChannel(std::shared_ptr<internal::BroadcastTransport> transport);

  std::shared_ptr<internal::BroadcastTransport> transport_;  // null: none
  MessagePort port_;
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_BROADCAST_CHANNEL_H_
