// sabre/clone/ipc_frame_reader.h: finds the messages in the stream of a Node process.
#ifndef SABRE_CLONE_IPC_FRAME_READER_H_
#define SABRE_CLONE_IPC_FRAME_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sabre {

// IpcFrameReader
//
// Takes bytes in whatever pieces a channel gives them and returns whole messages (see ipc_frame.h):
//
//   reader.Feed(bytes_received);
//   while (auto message = reader.Next()) {
//     if (!message->ok()) …;  // this frame was refused
//     absl::StatusOr<Graph> graph = Decode<Graph>(**message, {.dialect = Dialect::kNodeIpc});
//   }
//
// A message that cannot be decoded, is too long or has no bytes does not concern those behind it. The
// reader takes memory for what it was fed, not for what a length claims.
//
// Thread-safety: thread-compatible.
class IpcFrameReader {
 public:
  // Bytes of a message, the length not counted. Node has no limit.
  static constexpr std::size_t kDefaultMaxMessage = std::size_t{1} << 30;

  // Messages of more than `max_message` bytes are passed over without being kept.
  explicit IpcFrameReader(std::size_t max_message = kDefaultMaxMessage) noexcept
      : max_message_(max_message) {}

  // Appends what the channel has delivered. Messages that Next returned are no longer there.
  void Feed(std::span<const std::uint8_t> bytes);

  // The next message, whose bytes are good until the next call of a member; nothing if it is not
  // complete yet.
  // Errors: kDataLoss for a message without bytes, and for a length of 2^31 or more, which no Node can
  //   send: then what follows cannot be told apart, and every later call returns the same.
  //   kResourceExhausted for a message longer than allowed, as soon as its length is known.
  std::optional<absl::StatusOr<std::span<const std::uint8_t>>> Next();

  // Bytes of a message that is not complete yet, with its length. At the end of the stream they are
  // lost; Node does not mention them.
  std::size_t pending() const noexcept { return bytes_.size() - begin_; }

 private:
  const std::size_t max_message_;
  std::vector<std::uint8_t> bytes_;
  std::size_t begin_ = 0;     // of what Next has not returned
  std::size_t skip_ = 0;      // bytes of a refused message that have not come yet
  std::uint32_t broken_ = 0;  // the length that ended the stream
};

}  // namespace sabre

#endif  // SABRE_CLONE_IPC_FRAME_READER_H_
