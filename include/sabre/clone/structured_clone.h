// sabre/clone/structured_clone.h: StructuredClone, a copy of a value with all it refers to.
#ifndef SABRE_CLONE_STRUCTURED_CLONE_H_
#define SABRE_CLONE_STRUCTURED_CLONE_H_

#include <utility>

#include "absl/status/statusor.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/transferable.h"
#include "sabre/clone/value.h"

namespace sabre {

// StructuredClone()
//
// A deep copy: buffers are copied, shared memory is shared, what `options.transfer` names is moved
// into the copy and detached here. Identity and cycles are kept. If the call fails, nothing is
// detached.
//
// Errors: a DataCloneError, as PreparedMessage::Prepare; what Decode says of values that T's codec
//   writes but does not read.
// Threads: thread-compatible; the copy belongs to the calling thread.
// Spec: HTML structuredClone()
//   (https://html.spec.whatwg.org/multipage/structured-data.html#dom-structuredclone).
template <class T>
requires Encodable<T> && Decodable<T> absl::StatusOr<T> StructuredClone(
    const T& value, const StructuredSerializeOptions& options = {}) {
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value, options);
  if (!message.ok()) return std::move(message).status();
  return Decode<T>(std::move(*message).Commit(), TrustedBytes());
}

// The same of a Value: a Graph with the copy as its root.
absl::StatusOr<Graph> StructuredClone(Value value, const StructuredSerializeOptions& options = {});

}  // namespace sabre

#endif  // SABRE_CLONE_STRUCTURED_CLONE_H_
