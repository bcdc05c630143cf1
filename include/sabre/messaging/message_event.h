// sabre/messaging/message_event.h: a message that has arrived.
#ifndef SABRE_MESSAGING_MESSAGE_EVENT_H_
#define SABRE_MESSAGING_MESSAGE_EVENT_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/message.h"
#include "sabre/clone/value.h"

namespace sabre {

// MessageEvent
//
// A received message. Its value is read when it is asked for, in one of two forms: as a C++ type
// (As), or as a dynamic value (value). Both may be asked for repeatedly; transferred buffers and
// shared memory are the same objects each time, a transferred port goes to the first who takes it.
//
// Thread-safety: confined to the thread that received it.
// Spec: HTML MessageEvent (https://html.spec.whatwg.org/multipage/comms.html#messageevent).
class MessageEvent {
 public:
  explicit MessageEvent(Message message)
      : attachments_(message), bytes_(std::move(message.bytes)) {}
  MessageEvent(MessageEvent&&) = default;
  MessageEvent& operator=(MessageEvent&&) = default;

  // The value as a T. Unknown fields are skipped.
  // Errors: kDataLoss if the message is not a T: the path, the byte offset, what was expected.
  template <Decodable T>
  absl::StatusOr<T> As() {
    return Decode<T>(bytes_, attachments_, TrustedBytes());
  }

  // The value as a tree, which the event owns: the Value is good as long as the event. Undefined if the
  // bytes cannot be read; graph() says why.
  Value value() {
    absl::StatusOr<Graph*> read = graph();
    return read.ok() ? (*read)->root() : Value();
  }

  // The graph of value(), to read or to take over (move from it).
  // Errors: kDataLoss, kResourceExhausted: what HTML calls a messageerror.
  absl::StatusOr<Graph*> graph();

  // What came with the message: first what the transfer list named, in its order, whether the value
  // names it or not. An object is null once it was taken.
  // Spec: HTML MessageEvent.ports, for transferable objects of any kind.
  Attachments& attachments() noexcept { return attachments_; }

  // Bytes of the serialized value, attachments not counted.
  std::size_t byte_length() const noexcept { return bytes_.size(); }

 private:
  Attachments attachments_;
  ByteBuffer bytes_;
  std::unique_ptr<Graph> graph_;
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_MESSAGE_EVENT_H_
