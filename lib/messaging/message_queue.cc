#include "lib/messaging/message_queue.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <span>

#include "sabre/memory/check.h"

namespace sabre::internal {
namespace {

// The first chunk is small, for the many ports that see few messages.
constexpr std::size_t kFirstChunk = 512;
constexpr std::size_t kLargestChunk = 16 * 1024;
// Longer messages are moved, not copied.
constexpr std::size_t kLongestInRecord = 1024;

constexpr std::size_t RoundUp(std::size_t length) { return (length + 7) & ~std::size_t{7}; }

}  // namespace

struct MessageQueue::Chunk {
  Chunk* next;
  std::uint32_t capacity;
  std::uint32_t written;

  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
};

struct MessageQueue::Boxed {
  Message message;
  std::size_t bytes;
};

MessageQueue::~MessageQueue() {
  while (count_ > 0) {
    if (Front().length == kBoxed) {
      delete FrontBox();
      RemoveFront(sizeof(Boxed*));
    } else {
      RemoveFront(Front().length);
    }
  }
  while (first_ != nullptr) std::free(std::exchange(first_, first_->next));
}

std::uint8_t* MessageQueue::Append(Record record, std::size_t length) {
  const std::size_t whole = sizeof(Record) + RoundUp(length);
  if (last_ == nullptr || last_->capacity - last_->written < whole) AddChunk(whole);
  std::uint8_t* const at = last_->data() + last_->written;
  last_->written += static_cast<std::uint32_t>(whole);
  std::memcpy(at, &record, sizeof record);
  return at + sizeof(Record);
}

void MessageQueue::AddChunk(std::size_t length) {
  const std::size_t wanted =
      last_ == nullptr ? kFirstChunk : std::min<std::size_t>(last_->capacity * 2, kLargestChunk);
  const std::size_t capacity = std::max(wanted, length);
  auto* const chunk = static_cast<Chunk*>(std::malloc(sizeof(Chunk) + capacity));
  if (chunk == nullptr) CallerBug("MessagePort: out of memory for a queued message");
  chunk->next = nullptr;
  chunk->capacity = static_cast<std::uint32_t>(capacity);
  chunk->written = 0;
  if (last_ == nullptr) {
    first_ = chunk;
  } else {
    last_->next = chunk;
  }
  last_ = chunk;
}

void MessageQueue::Push(ByteBuffer& message, std::size_t bytes) {
  if (message.size() > kLongestInRecord) {
    // Memory that was made for a longer message is not counted, and stays with the poster.
    const bool much_unused = message.capacity() / 2 > message.size();
    Message boxed{.bytes = much_unused ? ByteBuffer(std::span(message)) : std::move(message)};
    Push(boxed, bytes);
    return;
  }
  const auto length = static_cast<std::uint32_t>(message.size());
  std::uint8_t* const at = Append({length, static_cast<std::uint32_t>(bytes)}, length);
  std::memcpy(at, message.data(), length);
  count_ += 1;
  bytes_ += bytes;
}

void MessageQueue::Push(Message& message, std::size_t bytes) {
  Boxed* const box = new Boxed{std::move(message), bytes};
  std::memcpy(Append({kBoxed, 0}, sizeof box), &box, sizeof box);
  count_ += 1;
  bytes_ += bytes;
}

const MessageQueue::Record& MessageQueue::Front() const noexcept {
  return *reinterpret_cast<const Record*>(first_->data() + read_);
}

MessageQueue::Boxed* MessageQueue::FrontBox() const noexcept {
  Boxed* box;
  std::memcpy(&box, &Front() + 1, sizeof box);
  return box;
}

std::size_t MessageQueue::front_bytes() const noexcept {
  return Front().length == kBoxed ? FrontBox()->bytes : Front().bytes;
}

void MessageQueue::PopFront(std::optional<MessageEvent>& event) {
  const Record& front = Front();
  if (front.length == kBoxed) {
    Boxed* const box = FrontBox();
    event.emplace(std::move(box->message));
    bytes_ -= box->bytes;
    delete box;
    RemoveFront(sizeof box);
    return;
  }
  event.emplace(std::span(reinterpret_cast<const std::uint8_t*>(&front + 1), front.length));
  bytes_ -= front.bytes;
  RemoveFront(front.length);
}

void MessageQueue::RemoveFront(std::size_t length) {
  count_ -= 1;
  read_ += sizeof(Record) + RoundUp(length);
  if (read_ < first_->written) return;
  read_ = 0;
  if (first_->next == nullptr) {
    first_->written = 0;
  } else {
    std::free(std::exchange(first_, first_->next));
  }
}

}  // namespace sabre::internal
