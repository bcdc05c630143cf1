// sabre/messaging/message_channel.h: two ports that are entangled.
#ifndef SABRE_MESSAGING_MESSAGE_CHANNEL_H_
#define SABRE_MESSAGING_MESSAGE_CHANNEL_H_

#include "sabre/messaging/message_port.h"

namespace sabre {

// MessageChannel
//
//   auto [port1, port2] = sabre::MessageChannel::Create();
//
// Spec: HTML MessageChannel (https://html.spec.whatwg.org/multipage/web-messaging.html#message-channels).
struct MessageChannel {
  MessagePort port1;
  MessagePort port2;

  // A new channel. What is posted to one port arrives at the other.
  static MessageChannel Create();
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_MESSAGE_CHANNEL_H_
