// lib/messaging/broadcast_transport.h: one member of a name, as the end of a channel.
#ifndef SABRE_LIB_MESSAGING_BROADCAST_TRANSPORT_H_
#define SABRE_LIB_MESSAGING_BROADCAST_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lib/kernel/broadcast_registry.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/port_transport.h"

namespace sabre::internal {

// BroadcastTransport
//
// The receiving end is a port's; it has no other end, so that nothing can be posted through it. What is
// said to the others goes by Say, with any owner of the end.
class BroadcastTransport final : public PortTransport {
 public:
  using Registry = kernel::BroadcastRegistry<Message, StdSync>;
  using Hub = Registry::Hub;

  // Joins `name`.
  BroadcastTransport(std::string name, kernel::PortLoad capacity, bool receives)
      : end_(std::make_shared<End>(std::move(name), capacity, receives)) {
    end_->hub.Join(end_->member);
  }
  ~BroadcastTransport() override { BroadcastTransport::Close(); }

  // Posts to all others a message that all of them can have, and that counts for `cost`.
  kernel::PostResult Say(Message message, std::size_t cost) {
    message.trace_arrow = NewTraceArrow(TraceCategory::kMessages);
    const TracedSpan span(kTracePost, message.trace_arrow);
    return end_->hub.Post(end_->member, new Hub::Message(std::move(message), cost));
  }
  std::uint64_t missed() { return end_->hub.missed(end_->member); }
  const std::string& name() const noexcept { return end_->name; }

  kernel::PostResult CanPost(std::size_t) override {
    return end_->hub.Holds(end_->member, moves_) ? kernel::PostResult::kPeerClosed
                                                 : kernel::PostResult::kClosed;
  }
  kernel::PostResult Post(ByteBuffer&) override { return kernel::PostResult::kPeerClosed; }
  kernel::PostResult Reserve(std::size_t) override { return kernel::PostResult::kPeerClosed; }
  void PostReserved(Message, std::size_t) override {
    StdSync::Unreachable("BroadcastTransport: a place that was not reserved");
  }
  kernel::PopResult Pop(std::optional<MessageEvent>& event) override;

  bool ArmReadable(kernel::PortListener& listener) override {
    return end_->hub.ArmReadable(end_->member, moves_, listener);
  }
  bool ArmRoom(kernel::PortListener&, std::size_t) override { return false; }
  bool ArmDrain(kernel::PortListener&, std::uint64_t) override { return false; }
  bool Disarm(kernel::PortListener& listener) override {
    return end_->hub.Disarm(end_->member, listener);
  }

  void Close() override { end_->hub.Leave(end_->member, moves_); }
  std::shared_ptr<PortTransport> Move() override {
    return std::shared_ptr<PortTransport>(
        new BroadcastTransport(end_, end_->hub.Move(end_->member, moves_)));
  }

  kernel::PortDrains drains() override { return {}; }
  kernel::PortCounts counts() override { return end_->hub.counts(end_->member); }
  kernel::PortLoad outgoing() override { return {0, 0}; }
  const void* channel() const noexcept override { return end_.get(); }

 private:
  // What all owners of the end share.
  struct End {
    End(std::string its_name, kernel::PortLoad capacity, bool receives);
    ~End();
    const std::string name;
    Hub& hub;
    Hub::Member member;
  };

  BroadcastTransport(std::shared_ptr<End> end, std::uint64_t moves)
      : end_(std::move(end)), moves_(moves) {}

  const std::shared_ptr<End> end_;
  const std::uint64_t moves_ = 0;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_BROADCAST_TRANSPORT_H_
