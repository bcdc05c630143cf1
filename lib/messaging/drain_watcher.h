// lib/messaging/drain_watcher.h: a port's drain handler on an event loop.
#ifndef SABRE_LIB_MESSAGING_DRAIN_WATCHER_H_
#define SABRE_LIB_MESSAGING_DRAIN_WATCHER_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "lib/messaging/port_watcher.h"
#include "sabre/messaging/message_port.h"

namespace sabre::internal {

// DrainWatcher
//
// Calls the handler once for each drain after it was made. Thread-safety: as PortWatcher.
class DrainWatcher final : public PortWatcher {
 public:
  DrainWatcher(std::shared_ptr<LoopCore> loop, std::shared_ptr<PortTransport> transport,
               MessagePort::DrainHandler handler)
      : PortWatcher(std::move(loop), transport),
        seen_(transport->drains().count),
        handler_(std::move(handler)) {}

 protected:
  Then Turn() override;
  bool Arm() override { return transport()->ArmDrain(*this, seen_); }

 private:
  std::uint64_t seen_;
  MessagePort::DrainHandler handler_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_DRAIN_WATCHER_H_
