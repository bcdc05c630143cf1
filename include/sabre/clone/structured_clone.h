// sabre/clone/structured_clone.h: StructuredClone, a copy of a value with all it refers to.
#ifndef SABRE_CLONE_STRUCTURED_CLONE_H_
#define SABRE_CLONE_STRUCTURED_CLONE_H_

#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/transferable.h"
#include "sabre/clone/value.h"

namespace sabre {

namespace internal {
// Reattaches the buffers of a transfer whose receiver failed.
void GiveBack(std::span<const TransferItem> transfer, Attachments& attachments);

template <class T>
absl::StatusOr<T> CloneOf(PreparedMessage message, const StructuredSerializeOptions& options) {
  Message sent = std::move(message).Commit();
  Attachments attachments(sent);
  absl::StatusOr<T> copy = Decode<T>(sent.bytes, attachments, TrustedBytes());
  if (!copy.ok()) GiveBack(options.transfer, attachments);
  return copy;
}
}  // namespace internal

// StructuredClone()
//
// A deep copy: buffers are copied, shared memory is shared, what `options.transfer` names is moved
// into the copy and detached here. Identity and cycles are kept. If the call fails, nothing is
// detached; only if T's codec cannot read what it has written, other objects than buffers are lost.
//
// Errors: a DataCloneError, as PreparedMessage::Prepare; what Decode says of values that T's codec
//   writes but does not read; kResourceExhausted if there is no memory for the copy.
// Threads: thread-compatible; the copy belongs to the calling thread.
// Spec: HTML structuredClone()
//   (https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone).
template <class T>
requires Encodable<T> && Decodable<T> absl::StatusOr<T> StructuredClone(
    const T& value, const StructuredSerializeOptions& options = {}) {
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value, options);
  if (!message.ok()) return std::move(message).status();
  return internal::CloneOf<T>(*std::move(message), options);
}

// The same of a Value: a Graph with the copy as its root. Unless the value holds objects that have
// steps of their own, no bytes are made: what the format limits (2^29 units of a string, 2^24 entries
// of a Map, 4 GiB of a buffer) is no limit then.
absl::StatusOr<Graph> StructuredClone(Value value, const StructuredSerializeOptions& options = {});

}  // namespace sabre

#endif  // SABRE_CLONE_STRUCTURED_CLONE_H_
