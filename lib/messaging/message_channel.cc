#include "sabre/messaging/message_channel.h"

#include <algorithm>
#include <memory>

#include "lib/kernel/port_limits.h"
#include "lib/messaging/in_process_transport.h"

namespace sabre {
namespace {

static_assert(QueueLimits::kBytesPerMessage == internal::kCostOfMessage);
static_assert(QueueLimits::kBytesPerAttachment == internal::kCostOfAttachment);

// One number of the limits, with its defaults.
void Complete(std::size_t& capacity, std::size_t& high, std::size_t& low) {
  high = std::max<std::size_t>(1, std::min(high, capacity));
  if (high != QueueLimits::kUnlimited && low >= high) low = high / 2;
}

kernel::PortLoad LoadOf(const QueueLimits::Level& level) { return {level.messages, level.bytes}; }

kernel::PortLimits LimitsOf(QueueLimits limits) {
  Complete(limits.capacity.messages, limits.high_water.messages, limits.low_water.messages);
  Complete(limits.capacity.bytes, limits.high_water.bytes, limits.low_water.bytes);
  return {LoadOf(limits.capacity), LoadOf(limits.high_water), LoadOf(limits.low_water)};
}

}  // namespace

MessageChannel MessageChannel::Create(const QueueLimits& limits) {
  using internal::InProcessTransport;
  const auto link = std::make_shared<InProcessTransport::Link>(LimitsOf(limits));
  const auto port = [&](kernel::PortSide side) {
    return MessagePort::FromTransport(
        std::make_shared<InProcessTransport>(link, kernel::PortEnd{side}));
  };
  return {port(kernel::PortSide::kFirst), port(kernel::PortSide::kSecond)};
}

}  // namespace sabre
