#include "lib/messaging/port_state.h"

#include <memory>
#include <utility>
#include <vector>

#include "lib/messaging/drain_watcher.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {
namespace {

// What this thread is to close yet; null: it is not in the destructor of a PortData.
thread_local std::vector<std::shared_ptr<PortTransport>>* to_close = nullptr;

}  // namespace

PortData::~PortData() {
  if (transport_ == nullptr) return;
  // The queue that goes with it may hold a port, and so on: one after the other, as no stack is deep
  // enough for all of them.
  if (to_close != nullptr) {
    to_close->push_back(std::move(transport_));
    return;
  }
  std::vector<std::shared_ptr<PortTransport>> all = {std::move(transport_)};
  to_close = &all;
  while (!all.empty()) {
    const std::shared_ptr<PortTransport> last = std::move(all.back());
    all.pop_back();
    last->Close();
  }
  to_close = nullptr;
}

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
  const std::shared_ptr<LoopCore>& loop = EventLoop::Current().core();
  if (message_watcher_ != nullptr && message_watcher_->loop() == loop) return;
  // The loop of an earlier handler has ended with its thread, which left the port behind.
  StopWatcher(message_watcher_);
  message_watcher_ = std::make_shared<MessageWatcher>(loop, transport_, handlers_);
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
