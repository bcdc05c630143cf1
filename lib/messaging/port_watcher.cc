#include "lib/messaging/port_watcher.h"

#include <utility>

namespace sabre::internal {

void PortWatcher::SetRef(bool ref) {
  ref_wanted_ = ref;
  const bool hold = ref_wanted_ && transport_ != nullptr;
  if (hold == holds_loop_) return;
  holds_loop_ = hold;
  loop_->references += hold ? 1 : -1;
}

void PortWatcher::Start(std::shared_ptr<PortWatcher> self) {
  SetRef(ref_wanted_);
  // Through the queue even if there are messages already: a handler is never called inside OnMessage.
  self_ = std::move(self);
  loop_->Push(*this);
}

void PortWatcher::Stop() {
  if (transport_ == nullptr) return;
  if (transport_->Disarm()) self_.reset();
  End();
}

void PortWatcher::End() {
  transport_ = nullptr;
  SetRef(ref_wanted_);
}

void PortWatcher::Continue(std::shared_ptr<PortWatcher> self) {
  self_ = std::move(self);
  // Armed, the watcher belongs to the transport: it may be queued before this call returns.
  if (!transport_->Arm(*this)) loop_->Push(*this);
}

// If a handler throws, the exception goes on to whoever runs the loop; the next message is still
// handled, in the loop's next turn.
class PortWatcher::AfterThrow {
 public:
  AfterThrow(PortWatcher& watcher, const std::shared_ptr<PortWatcher>& self)
      : watcher_(watcher), self_(self) {}
  ~AfterThrow() {
    if (returned_ || watcher_.transport_ == nullptr) return;
    watcher_.self_ = self_;
    watcher_.loop_->Defer(watcher_);
  }
  void Returned() { returned_ = true; }

 private:
  PortWatcher& watcher_;
  const std::shared_ptr<PortWatcher>& self_;
  bool returned_ = false;
};

void PortWatcher::Run() {
  std::shared_ptr<PortWatcher> self = std::move(self_);
  for (int handled = 0; transport_ != nullptr; ++handled) {
    if (handled == MessagePort::kMessagesPerTurn) {
      // Other work first: in the next turn, not at the end of this one.
      self_ = std::move(self);
      loop_->Defer(*this);
      return;
    }
    Message message;
    switch (transport_->Pop(message)) {
      case PortTransport::PopResult::kMessage: {
        const std::shared_ptr<MessagePort::MessageHandler> handler = on_message_;
        AfterThrow after_throw(*this, self);
        (*handler)(MessageEvent(std::move(message)));
        after_throw.Returned();
        break;
      }
      case PortTransport::PopResult::kEmpty:
        Continue(std::move(self));
        return;
      case PortTransport::PopResult::kClosed: {
        End();
        const std::shared_ptr<MessagePort::CloseHandler> handler = on_close_;
        if (handler != nullptr && *handler != nullptr) (*handler)();
        return;
      }
    }
  }
}

}  // namespace sabre::internal
