#include "lib/messaging/drain_watcher.h"

namespace sabre::internal {

PortWatcher::Then DrainWatcher::Turn() {
  while (seen_ < transport()->drains().count) {
    seen_ += 1;
    handler_();
    if (transport() == nullptr) return Then::kEnd;
  }
  switch (transport()->CanPost(0)) {
    case kernel::PostResult::kPosted:
    case kernel::PostResult::kFull:
      return Then::kWait;
    case kernel::PostResult::kClosed:
    case kernel::PostResult::kPeerClosed: {
      End();
      // As in MessageWatcher: what the handler holds ends with its use.
      const MessagePort::DrainHandler last = std::move(handler_);
      return Then::kEnd;
    }
  }
  StdSync::Unreachable("PostResult");
}

}  // namespace sabre::internal
