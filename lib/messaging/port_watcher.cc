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
  // Through the queue even if there is news already: a handler is never called inside On….
  self_ = std::move(self);
  loop_->Push(*this);
}

void PortWatcher::Stop() {
  if (transport_ == nullptr) return;
  const bool was_armed = transport_->Disarm(*this);
  End();
  if (was_armed) self_.reset();
}

void PortWatcher::End() {
  transport_ = nullptr;
  SetRef(ref_wanted_);
}

// If a handler throws, the exception goes on to whoever runs the loop; the watcher goes on in the loop's
// next turn.
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
  if (transport_ == nullptr) return;
  AfterThrow after_throw(*this, self);
  const Then then = Turn();
  after_throw.Returned();
  if (transport_ == nullptr || then == Then::kEnd) return;
  self_ = std::move(self);
  if (then == Then::kDefer) {
    loop_->Defer(*this);
  } else if (!Arm()) {
    loop_->Push(*this);
  }
  // Armed, the watcher belongs to the transport: it may be queued by now, and run.
}

}  // namespace sabre::internal
