// tests/messaging/socket_transport.h: a channel whose ends are the ends of a stream socket, for two
// processes. It shows that nothing above PortTransport needs shared memory; it is no part of the library.
#ifndef SABRE_TESTS_MESSAGING_SOCKET_TRANSPORT_H_
#define SABRE_TESTS_MESSAGING_SOCKET_TRANSPORT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "lib/messaging/port_transport.h"
#include "sabre/messaging/message_port.h"

namespace sabre::test {

// SocketEnd
//
// One end, and the thread that moves its bytes. A frame is a length of 4 bytes, then the message.
//
// Sending: a post appends to `unsent_`, of which as much goes out at once as the socket takes. The limits
//   bound `unsent_`; what the socket itself holds comes on top.
// Receiving: nothing more is read while kMaxUnread bytes wait to be received: so the socket fills up, and
//   then the sender's `unsent_`.
// Close: what is unsent still goes out, if the peer takes it within kLinger; then the socket is closed, which
//   the peer reads as the end. A frame that is not whole by then is dropped.
//
// Thread-safety: any thread, but it is destroyed by none that a listener of its own has called back. Lock:
//   mutex_, not held while a listener is told.
class SocketEnd {
 public:
  SocketEnd(int socket, const kernel::PortLimits& limits);
  ~SocketEnd();
  SocketEnd(const SocketEnd&) = delete;
  SocketEnd& operator=(const SocketEnd&) = delete;

  kernel::PostResult CanPost(std::uint64_t owner, std::size_t cost);
  kernel::PostResult Post(std::uint64_t owner, const ByteBuffer& bytes);
  // The room was there.
  void PostAnyway(const ByteBuffer& bytes);
  kernel::PopResult Pop(std::uint64_t owner, std::optional<MessageEvent>& event);

  bool ArmReadable(std::uint64_t owner, kernel::PortListener& listener);
  bool ArmRoom(std::uint64_t owner, kernel::PortListener& listener, std::size_t cost);
  bool ArmDrain(std::uint64_t owner, kernel::PortListener& listener, std::uint64_t seen);
  bool Disarm(kernel::PortListener& listener);

  void Close(std::uint64_t owner);
  // The number of the next owner.
  std::uint64_t Move(std::uint64_t owner);

  kernel::PortDrains drains();
  kernel::PortCounts counts();
  kernel::PortLoad outgoing();

 private:
  using Listeners = kernel::PortListeners<StdSync>;

  static constexpr std::size_t kMaxUnread = 256 * 1024;
  static constexpr std::size_t kMaxFrame = 64 * 1024 * 1024;
  static constexpr std::chrono::seconds kLinger{10};

  void Pump();
  void WakePump();
  // With the lock.
  kernel::PostResult CanPostLocked(std::uint64_t owner, std::size_t cost) const;
  void AppendLocked(const ByteBuffer& bytes, Listeners& told);
  void SendLocked(Listeners& told);
  void ReceiveLocked(Listeners& told);
  void ReadFramesLocked(Listeners& told);
  void EndLocked(Listeners& told);
  void TellAllLocked(Listeners& told);

  const int socket_;
  const int wake_;
  const kernel::PortLimits limits_;

  std::mutex mutex_;
  std::uint64_t owner_ = 0;
  bool closed_ = false;  // by this end
  TimePoint give_up_ = kNever;
  bool peer_closed_ = false;  // the socket's end was read, or it failed
  struct Unsent {
    std::uint64_t end;  // counted from the channel's first byte
    std::size_t cost;
  };
  std::string unsent_;
  std::size_t sent_ = 0;           // of unsent_
  std::uint64_t sent_before_ = 0;  // what is in unsent_ no more
  std::deque<Unsent> messages_;    // of which the last byte is unsent
  kernel::PortLoad outgoing_{0, 0};
  kernel::PortDrains drains_;
  std::string incoming_;  // from the first byte of a frame that is not whole
  std::deque<std::string> unread_;
  kernel::PortLoad unread_load_{0, 0};
  std::uint64_t posted_ = 0;
  std::uint64_t received_ = 0;
  Listeners readable_, room_, drained_;

  std::thread pump_;  // the last, which uses all others
};

// SocketTransport
class SocketTransport final : public internal::PortTransport {
 public:
  SocketTransport(std::shared_ptr<SocketEnd> end, std::uint64_t owner)
      : end_(std::move(end)), owner_(owner) {}
  ~SocketTransport() override { end_->Close(owner_); }

  bool carries_attachments() const noexcept override { return false; }
  kernel::PostResult CanPost(std::size_t cost) override { return end_->CanPost(owner_, cost); }
  kernel::PostResult Post(ByteBuffer& bytes) override { return end_->Post(owner_, bytes); }
  kernel::PostResult Reserve(std::size_t cost) override { return end_->CanPost(owner_, cost); }
  void PostReserved(Message message, std::size_t) override {
    // If others have taken the room meanwhile, it is exceeded by this message.
    end_->PostAnyway(message.bytes);
  }
  kernel::PopResult Pop(std::optional<MessageEvent>& event) override {
    return end_->Pop(owner_, event);
  }
  bool ArmReadable(kernel::PortListener& listener) override {
    return end_->ArmReadable(owner_, listener);
  }
  bool ArmRoom(kernel::PortListener& listener, std::size_t cost) override {
    return end_->ArmRoom(owner_, listener, cost);
  }
  bool ArmDrain(kernel::PortListener& listener, std::uint64_t seen) override {
    return end_->ArmDrain(owner_, listener, seen);
  }
  bool Disarm(kernel::PortListener& listener) override { return end_->Disarm(listener); }
  void Close() override { end_->Close(owner_); }
  std::shared_ptr<PortTransport> Move() override {
    return std::make_shared<SocketTransport>(end_, end_->Move(owner_));
  }
  kernel::PortDrains drains() override { return end_->drains(); }
  kernel::PortCounts counts() override { return end_->counts(); }
  kernel::PortLoad outgoing() override { return end_->outgoing(); }
  // The other end is another object, or in another process: only this one is known.
  const void* channel() const noexcept override { return end_.get(); }

 private:
  const std::shared_ptr<SocketEnd> end_;
  const std::uint64_t owner_;
};

// A port over `socket`, which it takes.
inline MessagePort PortOverSocket(int socket, const kernel::PortLimits& limits = {}) {
  return MessagePort::FromTransport(
      std::make_shared<SocketTransport>(std::make_shared<SocketEnd>(socket, limits), 0));
}

}  // namespace sabre::test

#endif  // SABRE_TESTS_MESSAGING_SOCKET_TRANSPORT_H_
