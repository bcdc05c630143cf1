// lib/messaging/in_process_transport.h: two queues in one address space.
#ifndef SABRE_LIB_MESSAGING_IN_PROCESS_TRANSPORT_H_
#define SABRE_LIB_MESSAGING_IN_PROCESS_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "lib/kernel/port_link.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/message_queue.h"
#include "lib/messaging/port_transport.h"

namespace sabre::internal {

// InProcessTransport
//
// One end of a PortLink. Both ends hold the link.
class InProcessTransport final : public PortTransport {
 public:
  using Link = kernel::PortLink<MessageQueue, StdSync>;

  InProcessTransport(std::shared_ptr<Link> link, kernel::PortEnd end)
      : link_(std::move(link)), end_(end) {}
  ~InProcessTransport() override { link_->Close(end_); }

  kernel::PostResult CanPost(std::size_t cost) override { return link_->CanPost(end_, cost); }
  kernel::PostResult Post(ByteBuffer& bytes) override {
    const std::size_t cost = MessageCost(bytes.size());
    return Traced(TraceCategory::kMessages) ? PostTraced(bytes, cost)
                                            : link_->Post(end_, bytes, cost);
  }
  kernel::PostResult Reserve(std::size_t cost) override { return link_->Reserve(end_, cost); }
  void PostReserved(Message message, std::size_t cost) override {
    message.trace_arrow = NewTraceArrow(TraceCategory::kMessages);
    const TracedSpan span(kTracePost, message.trace_arrow);
    link_->PostReserved(end_.side, message, cost);
  }
  kernel::PopResult Pop(std::optional<MessageEvent>& event) override {
    const kernel::PopResult result = link_->Pop(end_, event);
    if (result == kernel::PopResult::kMessage) {
      const TracedSpan span(kTraceReceive, event->trace_arrow());
    }
    return result;
  }

  bool ReadableSoon() noexcept override {
    constexpr int kLooks = 50;
    for (int i = 0; i < kLooks; ++i) {
      if (link_->MayPop(end_.side)) return true;
      StdSync::SpinHint();
    }
    return false;
  }
  bool ArmReadable(kernel::PortListener& listener) override {
    return link_->ArmReadable(end_, listener);
  }
  bool ArmRoom(kernel::PortListener& listener, std::size_t cost) override {
    return link_->ArmRoom(end_, listener, cost);
  }
  bool ArmDrain(kernel::PortListener& listener, std::uint64_t seen) override {
    return link_->ArmDrain(end_, listener, seen);
  }
  bool Disarm(kernel::PortListener& listener) override {
    return link_->Disarm(end_.side, listener);
  }

  void Close() override { link_->Close(end_); }
  std::shared_ptr<PortTransport> Move() override {
    return std::make_shared<InProcessTransport>(link_, link_->Move(end_));
  }

  kernel::PortDrains drains() override { return link_->drains(end_.side); }
  kernel::PortCounts counts() override { return link_->counts(end_.side); }
  kernel::PortLoad outgoing() override { return link_->counts(Other(end_.side)).queued; }
  const void* channel() const noexcept override { return link_.get(); }

 private:
  // Boxed, so that the message has a place for its arrow.
  kernel::PostResult PostTraced(ByteBuffer& bytes, std::size_t cost) {
    const kernel::PostResult reserved = Reserve(cost);
    if (reserved == kernel::PostResult::kPosted) PostReserved({.bytes = std::move(bytes)}, cost);
    return reserved;
  }

  const std::shared_ptr<Link> link_;
  const kernel::PortEnd end_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_IN_PROCESS_TRANSPORT_H_
