// lib/messaging/port_state.h: what a MessagePort is behind its handle.
#ifndef SABRE_LIB_MESSAGING_PORT_STATE_H_
#define SABRE_LIB_MESSAGING_PORT_STATE_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/messaging/message_watcher.h"
#include "lib/messaging/port_reader.h"
#include "lib/messaging/port_transport.h"
#include "lib/messaging/port_watcher.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// PortState
//
// Thread-safety: transport and refused_cost from any thread; the rest belongs to the owner's.
class PortState {
 public:
  explicit PortState(std::shared_ptr<PortTransport> transport) : transport_(std::move(transport)) {}

  PortTransport& transport() const { return *transport_; }
  const std::shared_ptr<PortTransport>& shared_transport() const { return transport_; }

  // What the last message cost that was refused because the queue was full: room for that is what
  // MessagePort::Room waits for. Relaxed at both ends: a number.
  std::size_t refused_cost() const { return refused_cost_.load(StdSync::kRelaxed); }
  void set_refused_cost(std::size_t cost) { refused_cost_.store(cost, StdSync::kRelaxed); }

  // ---- The owner's thread.
  PortHandlers& handlers() { return *handlers_; }
  // Null: none, and the messages stay.
  void SetMessageHandler(PortMessageHandler handler);
  void SetDrainHandler(MessagePort::DrainHandler handler);
  // Whether the watchers keep their loop going.
  void SetRef(bool ref);
  bool ref() const { return ref_; }
  // No handler is called after this.
  void StopWatchers();

  // Who else receives from the port; null: nobody.
  PortReader* reader = nullptr;
  // Errors: kFailedPrecondition if a call may not receive because somebody else does.
  absl::Status CheckReader() const {
    if (message_watcher_ == nullptr && reader == nullptr) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("MessagePort: port has ",
                     message_watcher_ != nullptr ? "a message handler" : reader->what()));
  }

 private:
  void StartWatcher(std::shared_ptr<PortWatcher> watcher);
  static void StopWatcher(std::shared_ptr<PortWatcher>& watcher);

  const std::shared_ptr<PortTransport> transport_;
  StdSync::Atomic<std::size_t> refused_cost_{MessageCost(0)};
  const std::shared_ptr<PortHandlers> handlers_ = std::make_shared<PortHandlers>();
  std::shared_ptr<PortWatcher> message_watcher_;  // null: no message handler
  std::shared_ptr<PortWatcher> drain_watcher_;    // null: no drain handler
  bool ref_ = true;
};

// A port in a message.
class PortData final : public TransferredObject {
 public:
  explicit PortData(std::shared_ptr<PortTransport> transport) : transport_(std::move(transport)) {}
  // A port that nobody took out of its message is gone.
  ~PortData() override;
  const TransferType& type() const noexcept override { return MessagePort::kTransferType; }
  std::shared_ptr<PortTransport> Take() { return std::move(transport_); }

 private:
  std::shared_ptr<PortTransport> transport_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_STATE_H_
