// sabre/clone/message.h: a value on its way between threads.
#ifndef SABRE_CLONE_MESSAGE_H_
#define SABRE_CLONE_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sabre/clone/byte_buffer.h"
#include "sabre/clone/transferable.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/backing_store.h"
#include "sabre/memory/shared_array_buffer.h"

namespace sabre {

// Message
//
// A serialized value: bytes in V8's format, and beside them what bytes cannot carry. The value in
// the bytes names an attachment by its index. Holds no pointer into another thread's heap.
//
// Thread-safety: thread-compatible; move it to another thread as a whole.
struct Message {
  ByteBuffer bytes = {};
  // The contents of the transferred ArrayBuffers, in the order of the transfer list, and behind them
  // those of the immutable ones, which the sender keeps too, in the order in which the value first names
  // them (tag `t`).
  std::vector<internal::BackingStore> transferred_buffers = {};
  // The shared blocks in the order in which the value first names them (tag `u`).
  std::vector<SharedArrayBuffer> shared_buffers = {};
  // The other transferred objects, in the order of the transfer list, and behind them the copies of
  // those that the value names without the list (tag `\`).
  std::vector<std::unique_ptr<TransferredObject>> objects = {};
  // The number of its arrow in a trace; 0: none.
  std::uint64_t trace_arrow = 0;
};

// Attachments
//
// The attachments of a message in the thread that received it. One message has one of them, however
// often its bytes are decoded, so that a transferred buffer is the same buffer each time.
//
// Thread-safety: confined to one thread, like the ArrayBuffers in it.
// Spec: HTML StructuredDeserializeWithTransfer, step 2: transferred values exist before the value.
struct Attachments {
  Attachments() = default;
  // Takes all attachments out of `message`; its bytes stay.
  explicit Attachments(Message& message);

  // A handle that names nothing stands for an attachment that is not there.
  std::vector<ArrayBuffer> transferred_buffers = {};
  std::vector<SharedArrayBuffer> shared_buffers = {};
  // An element is null once a decoder has taken it.
  std::vector<std::unique_ptr<TransferredObject>> objects = {};
};

}  // namespace sabre

#endif  // SABRE_CLONE_MESSAGE_H_
