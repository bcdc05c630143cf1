// lib/messaging/port_watcher.h: a port's handler on an event loop.
#ifndef SABRE_LIB_MESSAGING_PORT_WATCHER_H_
#define SABRE_LIB_MESSAGING_PORT_WATCHER_H_

#include <memory>

#include "lib/messaging/loop_core.h"
#include "lib/messaging/port_transport.h"
#include "sabre/messaging/message_port.h"

namespace sabre::internal {

// PortWatcher
//
//   state    | meaning                                       | left by
//   idle     | nobody but the port holds it                  | Start → queued
//   armed    | the transport holds it and will call          | OnPortReady → queued; Stop → idle
//   queued   | the loop's queue holds it                     | Run → armed, queued or idle; Drop → idle
//
// While it is armed or queued it holds a reference to itself; a watcher that was stopped while it was
// queued does nothing when its turn comes.
//
// Thread-safety: OnPortReady from any thread; all else from the loop's.
class PortWatcher final : public LoopItem, public kernel::PortListener {
 public:
  PortWatcher(std::shared_ptr<LoopCore> loop, std::shared_ptr<PortTransport> transport)
      : loop_(std::move(loop)), transport_(std::move(transport)) {}

  // The handlers are shared because one may be replaced, or the port destroyed, while it runs.
  void set_message_handler(MessagePort::MessageHandler handler) {
    on_message_ = std::make_shared<MessagePort::MessageHandler>(std::move(handler));
  }
  void set_close_handler(std::shared_ptr<MessagePort::CloseHandler> handler) {
    on_close_ = std::move(handler);
  }

  // Begins to watch. `self` is this.
  void Start(std::shared_ptr<PortWatcher> self);
  // No handler is called after this.
  void Stop();
  // Whether it keeps the loop going.
  void SetRef(bool ref);

  void OnPortReady() override { loop_->Push(*this); }
  void Run() override;
  void Drop() override { self_.reset(); }

 private:
  class AfterThrow;

  // Whether the channel has more to say; then it is armed or queued again.
  void Continue(std::shared_ptr<PortWatcher> self);
  void End();

  const std::shared_ptr<LoopCore> loop_;
  std::shared_ptr<PortTransport> transport_;  // null once stopped
  std::shared_ptr<MessagePort::MessageHandler> on_message_;
  std::shared_ptr<MessagePort::CloseHandler> on_close_;
  std::shared_ptr<PortWatcher> self_;  // while armed or queued
  bool ref_wanted_ = true;
  bool holds_loop_ = false;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_WATCHER_H_
