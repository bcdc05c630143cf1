#include "lib/messaging/broadcast_transport.h"

#include <span>
#include <utility>

namespace sabre::internal {
namespace {

BroadcastTransport::Registry& BroadcastNames() {
  // Never destroyed: channels may be closed while the statics of the program end.
  static auto* const names = new BroadcastTransport::Registry;
  return *names;
}

std::span<const std::uint8_t> Bytes(const Message& message) {
  return {message.bytes.data(), message.bytes.size()};
}

bool HasAttachments(const Message& message) {
  return !message.transferred_buffers.empty() || !message.shared_buffers.empty();
}

// The same for one more receiver, in his thread.
Message CopyOf(const Message& message) {
  Message copy{.bytes = ByteBuffer(Bytes(message))};
  // All of them immutable.
  for (const BackingStore& store : message.transferred_buffers) {
    copy.transferred_buffers.push_back(store.Share());
  }
  copy.shared_buffers = message.shared_buffers;
  return copy;
}

}  // namespace

BroadcastTransport::End::End(std::string its_name, kernel::PortLoad capacity, bool receives)
    : name(std::move(its_name)), hub(BroadcastNames().Enter(name)), member(capacity, receives) {}

BroadcastTransport::End::~End() { BroadcastNames().Exit(name); }

kernel::PopResult BroadcastTransport::Pop(std::optional<MessageEvent>& event) {
  Hub::Message* message = nullptr;
  const kernel::PopResult result = end_->hub.Pop(end_->member, moves_, message);
  if (result != kernel::PopResult::kMessage) return result;
  if (message->only()) {
    event.emplace(std::move(message->content));
  } else if (HasAttachments(message->content)) {
    event.emplace(CopyOf(message->content));
  } else {
    event.emplace(Bytes(message->content));
  }
  event->set_trace_arrow(message->content.trace_arrow);
  message->DropReference();
  const TracedSpan span(kTraceReceive, event->trace_arrow());
  return result;
}

}  // namespace sabre::internal
