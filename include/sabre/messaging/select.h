// sabre/messaging/select.h: one thread that receives from many ports.
#ifndef SABRE_MESSAGING_SELECT_H_
#define SABRE_MESSAGING_SELECT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"

namespace sabre {

namespace internal {
class SelectPorts;
}  // namespace internal

// Select
//
// Waits for the next message of any of its ports.
//
//   sabre::Select select;
//   for (std::size_t i = 0; i < ports.size(); ++i) RETURN_IF_ERROR(select.Add(ports[i], i));
//   for (;;) {
//     absl::StatusOr<sabre::Select::Selected> next = select.Next();
//     if (!next.ok()) return next.status();          // the last port is closed, or a stop was requested
//     if (next->message.has_value()) Handle(ports[next->key], *std::move(next->message));
//   }
//
// Fair: the port whose message was taken stands behind all others that have one. A call costs the same
// with one port and with a thousand: only ports that have something are looked at.
//
// A port that is in a Select is received from in no other way. It leaves the Select by Remove, by its close
// (which is reported once, after its last message), and, without a word, when it is transferred, destroyed
// or given a handler. A port object that is moved stays in it.
//
// Thread-safety: confined to the thread that owns the ports. Memory ordering: as MessagePort.
// Spec: none. Go's select and iceoryx2's WaitSet are its models.
class Select {
 public:
  // What the caller calls a port by; several may have the same.
  using Key = std::uint64_t;
  struct Selected {
    Key key = 0;
    // Empty: the port's channel is closed and everything has been received.
    std::optional<MessageEvent> message;
  };

  Select();
  Select(const Select&) = delete;
  Select& operator=(const Select&) = delete;
  ~Select();

  // Errors: kFailedPrecondition if the port is none, has a handler or a pending Next, or is in a Select.
  absl::Status Add(const MessagePort& port, Key key);
  // The port is received from by other means again; its messages are still there. Returns: false if it was
  // not in here.
  bool Remove(const MessagePort& port);
  // How many ports are in here.
  std::size_t size() const noexcept;

  // Waits for the next message, or for the close of a port.
  // Errors: kDeadlineExceeded after `timeout`; kUnavailable if there is no port (any more); kCancelled if a
  //   stop is requested of the calling agent (Worker::Terminate); kFailedPrecondition if there is nothing
  //   yet and the thread may not block.
  // Blocking: yes, unless timeout <= 0.
  absl::StatusOr<Selected> Next(absl::Duration timeout = absl::InfiniteDuration());

 private:
  const std::unique_ptr<internal::SelectPorts> ports_;
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_SELECT_H_
