// lib/messaging/message_queue.h: messages in order, packed.
#ifndef SABRE_LIB_MESSAGING_MESSAGE_QUEUE_H_
#define SABRE_LIB_MESSAGING_MESSAGE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "sabre/clone/byte_buffer.h"
#include "sabre/clone/message.h"
#include "sabre/messaging/message_event.h"

namespace sabre::internal {

// MessageQueue
//
// A chain of chunks of records, each a message: a short one that is bytes only lies in its record, any
// other is boxed. A message in the queue costs no allocation, and chunks that have been read are used
// again: the last one stays with the queue, and with Swap goes back to where messages are put.
//
// Thread-safety: thread-compatible.
class MessageQueue {
 public:
  MessageQueue() = default;
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;
  ~MessageQueue();

  void Swap(MessageQueue& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(last_, other.last_);
    std::swap(read_, other.read_);
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
  }

  bool empty() const noexcept { return count_ == 0; }
  std::size_t count() const noexcept { return count_; }
  // The sum of what Push was told.
  std::size_t bytes() const noexcept { return bytes_; }

  // Appends a message that is bytes only and costs `bytes`: copies a short one, takes a long one.
  void Push(ByteBuffer& message, std::size_t bytes);
  // Appends any message, which it takes.
  void Push(Message& message, std::size_t bytes);

  // Of the oldest message; there must be one, here and in PopFront.
  std::size_t front_bytes() const noexcept;
  // Puts the oldest message into `event`, which must be empty.
  void PopFront(std::optional<MessageEvent>& event);

 private:
  struct Chunk;
  struct Boxed;
  // What stands before each message in a chunk.
  struct Record {
    std::uint32_t length;  // of the bytes that follow; kBoxed: a pointer follows
    std::uint32_t bytes;   // what it costs, unless boxed
  };
  static constexpr std::uint32_t kBoxed = UINT32_MAX;

  // Room for a record of `length` bytes.
  std::uint8_t* Append(Record record, std::size_t length);
  void AddChunk(std::size_t length);
  const Record& Front() const noexcept;
  Boxed* FrontBox() const noexcept;
  void RemoveFront(std::size_t length);

  Chunk* first_ = nullptr;
  Chunk* last_ = nullptr;
  std::size_t read_ = 0;  // how much of the first chunk has been read
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_MESSAGE_QUEUE_H_
