// lib/messaging/port_transport.h: how a port's messages get to the other end.
#ifndef SABRE_LIB_MESSAGING_PORT_TRANSPORT_H_
#define SABRE_LIB_MESSAGING_PORT_TRANSPORT_H_

#include "lib/kernel/port_link.h"
#include "sabre/clone/message.h"

namespace sabre::internal {

// PortTransport
//
// One end of a channel. Bound to no thread, so that a port can travel. Closes its end when destroyed.
//
// Thread-safety: all members from any thread. The meaning of the results, and of Arm and Disarm, is
//   that of kernel::PortLink.
class PortTransport {
 public:
  using Link = kernel::PortLink<Message, StdSync>;
  using PostResult = Link::PostResult;
  using PopResult = Link::PopResult;

  virtual ~PortTransport() = default;

  virtual PostResult CanPost() = 0;
  // A message that cannot be posted is destroyed.
  virtual PostResult Post(Message message) = 0;
  virtual PopResult Pop(Message& message) = 0;
  virtual bool Arm(kernel::PortListener& listener) = 0;
  virtual bool Disarm() = 0;
  virtual void Close() = 0;
  // The same for both ends of one channel, different for different channels.
  virtual const void* channel() const noexcept = 0;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_TRANSPORT_H_
