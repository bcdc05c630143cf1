// lib/messaging/port_transport.h: how a port's messages get to the other end.
#ifndef SABRE_LIB_MESSAGING_PORT_TRANSPORT_H_
#define SABRE_LIB_MESSAGING_PORT_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "lib/kernel/port_end.h"
#include "lib/kernel/port_listener.h"
#include "sabre/clone/byte_buffer.h"
#include "sabre/clone/message.h"
#include "sabre/messaging/message_event.h"

namespace sabre::internal {

// What a message of `byte_length` serialized bytes counts for in the limits of a queue, and what each of its
// attachments adds, the bytes of transferred buffers not counted.
inline constexpr std::size_t kCostOfMessage = 64;
inline constexpr std::size_t kCostOfAttachment = 128;
constexpr std::size_t MessageCost(std::size_t byte_length) noexcept {
  return byte_length + kCostOfMessage;
}

// PortTransport
//
// One end of a channel, as one owner holds it. Bound to no thread, so that a port can travel. Closes its
// end when destroyed, unless the end has moved on.
//
// The meaning of the results, of listeners and of limits is that of kernel::PortLink.
//
// Thread-safety: all members from any thread.
class PortTransport {
 public:
  virtual ~PortTransport() = default;

  // What a post of a message of this cost would say now.
  virtual kernel::PostResult CanPost(std::size_t cost) = 0;
  // Posts a message that is bytes only. What was not posted is left as it is; what was may have been
  // copied or taken.
  virtual kernel::PostResult Post(ByteBuffer& bytes) = 0;
  // Whether a message may be more than its bytes: transferred or shared memory, objects.
  virtual bool carries_attachments() const noexcept { return true; }
  // Any other message takes two steps, so that nothing is detached for a post that fails: after kPosted
  // PostReserved must follow, with the same cost, and cannot fail.
  virtual kernel::PostResult Reserve(std::size_t cost) = 0;
  virtual void PostReserved(Message message, std::size_t cost) = 0;

  // Puts the next message into `event`, which must be empty.
  virtual kernel::PopResult Pop(std::optional<MessageEvent>& event) = 0;

  // Whether it pays to Pop before a wait begins: looks, for as long as that is cheaper than a wait, whether
  // something has come.
  virtual bool ReadableSoon() noexcept { return false; }

  // Register `listener`, which waits for one thing at a time, unless there is no reason to wait; then
  // they say false. Readable: for a message. Room: for room for a message of `cost`. Drain: for more than
  // `seen` drains. A close of either end and a Move of this one end every wait, and a wait that begins
  // after them is none.
  virtual bool ArmReadable(kernel::PortListener& listener) = 0;
  virtual bool ArmRoom(kernel::PortListener& listener, std::size_t cost) = 0;
  virtual bool ArmDrain(kernel::PortListener& listener, std::uint64_t seen) = 0;
  // Takes a registration of any kind back. False: OnPortReady was or is being called.
  virtual bool Disarm(kernel::PortListener& listener) = 0;

  virtual void Close() = 0;
  // The end for its next owner. For whoever still has this object, it has moved.
  virtual std::shared_ptr<PortTransport> Move() = 0;

  virtual kernel::PortDrains drains() = 0;
  virtual kernel::PortCounts counts() = 0;
  // What the other end has not received yet, as far as this one knows.
  virtual kernel::PortLoad outgoing() = 0;
  // The same for both ends of one channel, different for different channels.
  virtual const void* channel() const noexcept = 0;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_TRANSPORT_H_
