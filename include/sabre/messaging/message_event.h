// sabre/messaging/message_event.h: a message that has arrived.
#ifndef SABRE_MESSAGING_MESSAGE_EVENT_H_
#define SABRE_MESSAGING_MESSAGE_EVENT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
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
  // One without a value, in place of a message that has not come.
  MessageEvent() noexcept {}
  explicit MessageEvent(Message message);
  // Of a message that is `bytes` only, of which it takes a copy.
  explicit MessageEvent(std::span<const std::uint8_t> bytes) : size_(bytes.size()) {
    if (size_ > kShort) {
      CopyLong(bytes);
    } else if (size_ != 0) {
      std::memcpy(short_, bytes.data(), size_);
    }
  }
  // What was moved from has no value.
  MessageEvent(MessageEvent&& other) noexcept
      : attachments_(std::move(other.attachments_)),
        graph_(std::move(other.graph_)),
        long_(std::move(other.long_)),
        size_(std::exchange(other.size_, 0)),
        trace_arrow_(other.trace_arrow_) {
    std::memcpy(short_, other.short_, sizeof short_);
  }
  MessageEvent& operator=(MessageEvent&& other) noexcept {
    attachments_ = std::move(other.attachments_);
    graph_ = std::move(other.graph_);
    long_ = std::move(other.long_);
    size_ = std::exchange(other.size_, 0);
    trace_arrow_ = other.trace_arrow_;
    std::memmove(short_, other.short_, sizeof short_);
    return *this;
  }

  // The value as a T. Unknown fields are skipped.
  // Errors: kDataLoss if the message is not a T: the path, the byte offset, what was expected.
  template <Decodable T>
  absl::StatusOr<T> As() {
    return internal::Decode<T>(Deserializer(bytes(), attachments_.get(), TrustedBytes()));
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
  Attachments& attachments() {
    if (attachments_ == nullptr) attachments_ = std::make_unique<Attachments>();
    return *attachments_;
  }

  // Bytes of the serialized value, attachments not counted.
  std::size_t byte_length() const noexcept { return size_; }

  // For the library: the number of its arrow in a trace; 0: none.
  std::uint64_t trace_arrow() const noexcept { return trace_arrow_; }
  void set_trace_arrow(std::uint64_t number) noexcept { trace_arrow_ = number; }

 private:
  // So long are most messages; they need no allocation.
  static constexpr std::size_t kShort = 120;

  void CopyLong(std::span<const std::uint8_t> bytes);
  std::span<const std::uint8_t> bytes() const noexcept {
    return {size_ <= kShort ? short_ : long_.data(), size_};
  }

  std::unique_ptr<Attachments> attachments_;  // null: none
  std::unique_ptr<Graph> graph_;
  ByteBuffer long_;
  std::size_t size_ = 0;
  std::uint64_t trace_arrow_ = 0;
  std::uint8_t short_[kShort];
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_MESSAGE_EVENT_H_
