// sabre/messaging/message_channel.h: two ports that are entangled.
#ifndef SABRE_MESSAGING_MESSAGE_CHANNEL_H_
#define SABRE_MESSAGING_MESSAGE_CHANNEL_H_

#include <cstddef>
#include <cstdint>

#include "sabre/messaging/message_port.h"

namespace sabre {

// QueueLimits
//
// How much may wait at each end of a channel, posted and not received yet: in messages and in bytes,
// whichever is reached first. Unlimited unless set.
//
//   MessageChannel::Create({.capacity = {.messages = 1'000, .bytes = 16 << 20}});
//
// A message counts for its serialized bytes, the bytes of the buffers that it transfers (not of those that
// it shares), kBytesPerMessage, and kBytesPerAttachment for each buffer or object that travels beside the
// bytes.
struct QueueLimits {
  static constexpr std::size_t kUnlimited = SIZE_MAX;
  static constexpr std::size_t kBytesPerMessage = 64;
  static constexpr std::size_t kBytesPerAttachment = 128;

  struct Level {
    std::size_t messages = kUnlimited;
    std::size_t bytes = kUnlimited;
  };
  // A post that would exceed it fails. An empty queue takes one message of any size.
  Level capacity = {};
  // A queue that reaches it needs a drain. Unlimited, or more than the capacity: the capacity.
  Level high_water = {};
  // A queue that was at high water has drained when it is down at it, in messages and in bytes.
  // Unlimited, or not below high water: half of high water.
  Level low_water = {};
};

// MessageChannel
//
//   auto [port1, port2] = sabre::MessageChannel::Create();
//
// Spec: HTML MessageChannel (https://html.spec.whatwg.org/multipage/web-messaging.html#message-channels).
struct MessageChannel {
  MessagePort port1;
  MessagePort port2;

  // A new channel. What is posted to one port arrives at the other. `limits` hold for each direction.
  static MessageChannel Create(const QueueLimits& limits = {});
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_MESSAGE_CHANNEL_H_
