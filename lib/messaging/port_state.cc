#include "lib/messaging/port_state.h"

#include <utility>

#include "lib/messaging/drain_watcher.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {

void PortState::StopWatcher(std::shared_ptr<PortWatcher>& watcher) {
  // Taken out first: what its end destroys may come back here.
  const std::shared_ptr<PortWatcher> stopped = std::exchange(watcher, nullptr);
  if (stopped != nullptr) stopped->Stop();
}

void PortState::StartWatcher(std::shared_ptr<PortWatcher> watcher) {
  if (!ref_) watcher->SetRef(false);
  watcher->Start(watcher);
}

void PortState::SetMessageHandler(PortMessageHandler handler) {
  if (handler == nullptr) {
    StopWatcher(message_watcher_);
    handlers_->message = nullptr;
    return;
  }
  if (PortReader* const superseded = std::exchange(reader, nullptr)) superseded->Supersede();
  handlers_->message = std::make_shared<PortMessageHandler>(std::move(handler));
  if (message_watcher_ != nullptr) return;
  message_watcher_ =
      std::make_shared<MessageWatcher>(EventLoop::Current().core(), transport_, handlers_);
  StartWatcher(message_watcher_);
}

void PortState::SetDrainHandler(MessagePort::DrainHandler handler) {
  StopWatcher(drain_watcher_);
  if (handler == nullptr) return;
  drain_watcher_ =
      std::make_shared<DrainWatcher>(EventLoop::Current().core(), transport_, std::move(handler));
  StartWatcher(drain_watcher_);
}

void PortState::SetRef(bool ref) {
  ref_ = ref;
  for (const auto& watcher : {message_watcher_, drain_watcher_}) {
    if (watcher != nullptr) watcher->SetRef(ref);
  }
}

void PortState::StopWatchers() {
  // What the handlers hold ends with their use, not with the handle of a port that has gone elsewhere.
  const PortHandlers dropped = std::exchange(*handlers_, PortHandlers());
  StopWatcher(message_watcher_);
  StopWatcher(drain_watcher_);
}

}  // namespace sabre::internal
