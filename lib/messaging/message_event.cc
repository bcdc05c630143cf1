#include "sabre/messaging/message_event.h"

#include <cstring>

namespace sabre {

MessageEvent::MessageEvent(Message message)
    : long_(std::move(message.bytes)), size_(long_.size()), trace_arrow_(message.trace_arrow) {
  if (!message.transferred_buffers.empty() || !message.shared_buffers.empty() ||
      !message.objects.empty()) {
    attachments_ = std::make_unique<Attachments>(message);
  }
  if (size_ != 0 && size_ <= kShort) std::memcpy(short_, long_.data(), size_);
}

void MessageEvent::CopyLong(std::span<const std::uint8_t> bytes) { long_ = ByteBuffer(bytes); }

absl::StatusOr<Graph*> MessageEvent::graph() {
  if (graph_ == nullptr) {
    absl::StatusOr<Graph> read = As<Graph>();
    if (!read.ok()) return std::move(read).status();
    graph_ = std::make_unique<Graph>(*std::move(read));
  }
  return graph_.get();
}

}  // namespace sabre
