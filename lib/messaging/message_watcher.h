// lib/messaging/message_watcher.h: a port's message handler on an event loop.
#ifndef SABRE_LIB_MESSAGING_MESSAGE_WATCHER_H_
#define SABRE_LIB_MESSAGING_MESSAGE_WATCHER_H_

#include <memory>
#include <utility>

#include "lib/messaging/port_watcher.h"
#include "sabre/messaging/message_port.h"

namespace sabre::internal {

// PortHandlers
//
// What a port calls. Each is shared because it may be replaced, or the port destroyed, while it runs.
//
// Thread-safety: the owner's thread.
struct PortHandlers {
  std::shared_ptr<PortMessageHandler> message;
  std::shared_ptr<MessagePort::ErrorHandler> error;
  std::shared_ptr<MessagePort::CloseHandler> close;
  // No more messages will come; just before the close is told. Of the library, not of the port's owner.
  absl::AnyInvocable<void()> at_end;
  int messages_per_turn = MessagePort::kMessagesPerTurn;
};

// MessageWatcher
//
// Hands messages to the handlers, then the close. Thread-safety: as PortWatcher.
class MessageWatcher final : public PortWatcher {
 public:
  MessageWatcher(std::shared_ptr<LoopCore> loop, std::shared_ptr<PortTransport> transport,
                 std::shared_ptr<PortHandlers> handlers)
      : PortWatcher(std::move(loop), std::move(transport)), handlers_(std::move(handlers)) {}

 protected:
  Then Turn() override;
  bool Arm() override { return transport()->ArmReadable(*this); }

 private:
  void Handle(PortMessageHandler& handler, MessageEvent& event);

  const std::shared_ptr<PortHandlers> handlers_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_MESSAGE_WATCHER_H_
