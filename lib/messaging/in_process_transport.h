// lib/messaging/in_process_transport.h: two queues in one address space.
#ifndef SABRE_LIB_MESSAGING_IN_PROCESS_TRANSPORT_H_
#define SABRE_LIB_MESSAGING_IN_PROCESS_TRANSPORT_H_

#include <memory>
#include <utility>

#include "lib/messaging/port_transport.h"

namespace sabre::internal {

// InProcessTransport
//
// One side of a PortLink. Both sides hold the link.
class InProcessTransport final : public PortTransport {
 public:
  InProcessTransport(std::shared_ptr<Link> link, kernel::PortSide side)
      : link_(std::move(link)), side_(side) {}
  ~InProcessTransport() override { link_->Close(side_); }

  PostResult CanPost() override { return link_->CanPost(side_); }
  PostResult Post(Message message) override {
    auto envelope = std::make_unique<Link::Envelope>(std::move(message));
    return link_->Post(side_, envelope);
  }
  PopResult Pop(Message& message) override {
    std::unique_ptr<Link::Envelope> envelope;
    const PopResult result = link_->Pop(side_, envelope);
    if (result == PopResult::kMessage) message = std::move(envelope->content);
    return result;
  }
  bool Arm(kernel::PortListener& listener) override { return link_->Arm(side_, listener); }
  bool Disarm() override { return link_->Disarm(side_); }
  void Close() override { link_->Close(side_); }
  const void* channel() const noexcept override { return link_.get(); }

 private:
  const std::shared_ptr<Link> link_;
  const kernel::PortSide side_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_IN_PROCESS_TRANSPORT_H_
