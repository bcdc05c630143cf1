// lib/messaging/port_state.h: what a MessagePort is behind its handle.
#ifndef SABRE_LIB_MESSAGING_PORT_STATE_H_
#define SABRE_LIB_MESSAGING_PORT_STATE_H_

#include <memory>
#include <utility>

#include "lib/messaging/port_transport.h"
#include "lib/messaging/port_watcher.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// PortState
//
// Thread-safety: transport and detached from any thread; the rest belongs to the owner's.
class PortState {
 public:
  explicit PortState(std::shared_ptr<PortTransport> transport) : transport_(std::move(transport)) {}

  PortTransport& transport() const { return *transport_; }
  const std::shared_ptr<PortTransport>& shared_transport() const { return transport_; }

  bool detached() const {
    // Relaxed: a post that misses a transfer in another thread goes the same way as one just before.
    return detached_.load(StdSync::kRelaxed);
  }
  void Detach() {
    // Relaxed: as above.
    detached_.store(true, StdSync::kRelaxed);
  }

  std::shared_ptr<PortWatcher> watcher;                 // null: no handler
  std::shared_ptr<MessagePort::CloseHandler> on_close;  // waits for a watcher
  bool ref = true;

 private:
  const std::shared_ptr<PortTransport> transport_;
  StdSync::Atomic<bool> detached_{false};
};

// A port in a message.
class PortData final : public TransferredObject {
 public:
  explicit PortData(std::shared_ptr<PortTransport> transport) : transport_(std::move(transport)) {}
  // A port that nobody took out of its message is gone.
  ~PortData() override {
    if (transport_ != nullptr) transport_->Close();
  }
  const TransferType& type() const noexcept override { return MessagePort::kTransferType; }
  std::shared_ptr<PortTransport> Take() { return std::move(transport_); }

 private:
  std::shared_ptr<PortTransport> transport_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_STATE_H_
