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
    case kernel::PostResult::kPeerClosed:
      End();
      return Then::kEnd;
  }
  StdSync::Unreachable("PostResult");
}

}  // namespace sabre::internal
