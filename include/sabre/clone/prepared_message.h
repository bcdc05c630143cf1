// sabre/clone/prepared_message.h: a message that is sure to succeed and has changed nothing yet.
#ifndef SABRE_CLONE_PREPARED_MESSAGE_H_
#define SABRE_CLONE_PREPARED_MESSAGE_H_

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/message.h"
#include "sabre/clone/serializer.h"
#include "sabre/clone/transferable.h"

namespace sabre {

// PreparedMessage
//
// The first of the two phases of sending. Prepare may fail and detaches nothing; Commit detaches
// and cannot fail. Whatever else can go wrong (a closed port, a full queue) belongs between the
// two.
//
//   absl::StatusOr<PreparedMessage> message =
//       PreparedMessage::Prepare(frame, {.transfer = {&frame.pixels}});
//   if (!message.ok()) return message.status();
//   … reserve a place in the queue …
//   queue.Push(std::move(*message).Commit());
//
// Thread-safety: thread-compatible. Between the phases the objects of the transfer list must not be
//   detached by others.
// Spec: HTML StructuredSerializeWithTransfer
//   (https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer).
// Differs: HTML keeps the first entries of the list detached if a later one cannot be; here a
//   failure detaches nothing.
class PreparedMessage {
 public:
  // 1. Checks the transfer list. 2. Writes the value. 3. Checks that nothing in the list is
  // detached.
  // Errors: a DataCloneError if an entry of the list is null, shared, listed twice or detached, or
  //   if the value holds what cannot be cloned (a detached buffer, an object that is not in the
  //   list); the message tells the path to it. kResourceExhausted if the value nests too deeply.
  template <class T>
  static absl::StatusOr<PreparedMessage> Prepare(const T& value,
                                                 const StructuredSerializeOptions& options = {}) {
    Serializer out;
    if (absl::Status listed = out.BeginMessage(options.transfer); !listed.ok()) return listed;
    if (absl::Status failed = internal::WriteWith(out, value); !failed.ok()) return failed;
    return out.FinishMessage();
  }

  // The list that Commit will detach, in the caller's order.
  std::span<const TransferItem> transfer() const noexcept { return transfer_; }
  // Bytes of the serialized value, attachments not counted.
  std::size_t byte_length() const noexcept { return message_.bytes.size(); }
  // How many buffers and objects will travel beside the bytes, and the bytes of those buffers that move.
  std::size_t attachments() const noexcept {
    return transfer_.size() + message_.transferred_buffers.size() + message_.shared_buffers.size() +
           message_.objects.size();
  }
  std::size_t transferred_bytes() const noexcept;

  // Detaches every entry of the transfer list and returns the message. Cannot fail.
  Message Commit() &&;

 private:
  friend class Serializer;
  PreparedMessage(Message message, std::vector<TransferItem> transfer) noexcept
      : message_(std::move(message)), transfer_(std::move(transfer)) {}

  Message message_;
  std::vector<TransferItem> transfer_;
};

}  // namespace sabre

#endif  // SABRE_CLONE_PREPARED_MESSAGE_H_
