#include "lib/messaging/message_watcher.h"

#include <optional>
#include <utility>

#include "lib/memory/trace_points.h"

namespace sabre::internal {

void MessageWatcher::Handle(PortMessageHandler& handler, MessageEvent& event) {
  const TracedSpan span(kTraceHandler, event.trace_arrow());
  absl::Status handled = handler(event);
  if (handled.ok()) return;
  const std::shared_ptr<MessagePort::ErrorHandler> on_error = handlers_->error;
  if (on_error != nullptr && *on_error != nullptr) {
    (*on_error)(std::move(handled), std::move(event));
  }
}

PortWatcher::Then MessageWatcher::Turn() {
  // Kept while it runs: it may be replaced by itself.
  std::shared_ptr<PortMessageHandler> handler;
  for (int handled = 0; handled < handlers_->messages_per_turn; ++handled) {
    std::optional<MessageEvent> event;
    switch (transport()->Pop(event)) {
      case kernel::PopResult::kMessage:
        if (handler != handlers_->message) handler = handlers_->message;
        Handle(*handler, *event);
        if (transport() == nullptr) return Then::kEnd;
        break;
      case kernel::PopResult::kEmpty:
        return Then::kWait;
      case kernel::PopResult::kMoved:
        return Then::kEnd;
      case kernel::PopResult::kClosed: {
        End();
        // What the handlers hold ends with their use: it may be the port itself.
        PortHandlers last = std::exchange(*handlers_, PortHandlers());
        if (last.at_end != nullptr) last.at_end();
        if (last.close != nullptr && *last.close != nullptr) (*last.close)();
        return Then::kEnd;
      }
    }
  }
  // Other work first: in the next turn, not at the end of this one.
  return Then::kDefer;
}

}  // namespace sabre::internal
