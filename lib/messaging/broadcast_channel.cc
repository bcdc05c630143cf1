#include "sabre/messaging/broadcast_channel.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/messaging/broadcast_transport.h"
#include "sabre/clone/errors.h"

namespace sabre {
BroadcastChannel::BroadcastChannel() noexcept = default;
BroadcastChannel::BroadcastChannel(BroadcastChannel&&) noexcept = default;
BroadcastChannel& BroadcastChannel::operator=(BroadcastChannel&&) noexcept = default;
BroadcastChannel::~BroadcastChannel() = default;

BroadcastChannel::BroadcastChannel(std::shared_ptr<internal::BroadcastTransport> transport)
    : transport_(std::move(transport)), port_(MessagePort::FromTransport(transport_)) {}

BroadcastChannel BroadcastChannel::Create(std::string_view name, const BroadcastOptions& options) {
  const QueueLimits::Level& capacity = options.capacity;
  return BroadcastChannel(std::make_shared<internal::BroadcastTransport>(
      std::string(name), kernel::PortLoad{capacity.messages, capacity.bytes}, options.receives));
}

const std::string& BroadcastChannel::name() const noexcept {
  static const std::string* const none = new std::string;
  return transport_ != nullptr ? transport_->name() : *none;
}

absl::Status BroadcastChannel::Post(PreparedMessage message) {
  if (!message.transfer().empty()) {
    return DataCloneError("BroadcastChannel: nothing is transferred to many (transfer)");
  }
  const std::size_t cost = internal::MessageCost(message.byte_length()) +
                           message.attachments() * internal::kCostOfAttachment;
  // Detaches nothing, without a list.
  Message committed = std::move(message).Commit();
  if (!committed.objects.empty()) {
    return DataCloneError(absl::StrCat("BroadcastChannel: a ", committed.objects[0]->type().name,
                                       " cannot be sent to many"));
  }
  if (transport_ == nullptr ||
      transport_->Say(std::move(committed), cost) != kernel::PostResult::kPosted) {
    return absl::FailedPreconditionError("BroadcastChannel: the channel is closed");
  }
  return absl::OkStatus();
}

std::uint64_t BroadcastChannel::missed() const {
  return transport_ != nullptr ? transport_->missed() : 0;
}

void BroadcastChannel::Close() { port_.Close(); }

}  // namespace sabre
