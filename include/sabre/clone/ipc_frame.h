// sabre/clone/ipc_frame.h: messages as Node's child processes frame them.
#ifndef SABRE_CLONE_IPC_FRAME_H_
#define SABRE_CLONE_IPC_FRAME_H_

#include <cstdint>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/clone/byte_buffer.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/options.h"
#include "sabre/clone/value.h"

namespace sabre {

// What Node calls advanced serialization: the channel between a parent and its child, a stream of bytes,
// carries frames. A frame is the length of a message in bytes, without itself, in four bytes, the most
// significant one first; then the message in Dialect::kNodeIpc. IpcFrameReader reads them.
//
// Node's `process.send` sends strings, numbers, booleans, null and objects only, but receives any value.

// AppendIpcFrame()
//
// Appends `message`, bytes of Dialect::kNodeIpc, to `stream` as one frame.
//
// Errors: kOutOfRange if the message has no bytes, or more than 2^31 - 1, which Node takes for a negative
//   length; `stream` is as it was.
// Thread-safety: thread-compatible.
absl::Status AppendIpcFrame(ByteBuffer& stream, std::span<const std::uint8_t> message);

// EncodeIpcFrame()
//
// `value` as one frame. The dialect of `options` is not looked at.
//
// Errors: those of Encode and of AppendIpcFrame.
// Thread-safety: as Encode.
template <Encodable T>
absl::StatusOr<ByteBuffer> EncodeIpcFrame(const T& value, SerializeOptions options = {}) {
  options.dialect = Dialect::kNodeIpc;
  absl::StatusOr<ByteBuffer> message = Encode(value, options);
  if (!message.ok()) return message;
  ByteBuffer stream;
  if (absl::Status status = AppendIpcFrame(stream, *message); !status.ok()) return status;
  return stream;
}

// IsNodeInternalMessage()
//
// Whether Node keeps `message` to itself: an object whose own property `cmd` is a string of more than
// five characters that begins with NODE_, such as {cmd: 'NODE_HANDLE', …}. A peer ignores those that it
// does not know, and neither sends nor forwards any: one that Node does not expect ends the process.
//
// Thread-safety: thread-safe, except that the graph is read.
bool IsNodeInternalMessage(Value message);

}  // namespace sabre

#endif  // SABRE_CLONE_IPC_FRAME_H_
