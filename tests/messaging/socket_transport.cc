#include "tests/messaging/socket_transport.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace sabre::test {

using kernel::PopResult;
using kernel::PostResult;

SocketEnd::SocketEnd(int socket, const kernel::PortLimits& limits)
    : socket_(socket), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), limits_(limits) {
  pump_ = std::thread([this] { Pump(); });
}

SocketEnd::~SocketEnd() {
  Close(owner_);
  pump_.join();
  close(wake_);
  close(socket_);
}

void SocketEnd::WakePump() {
  const std::uint64_t one = 1;
  static_cast<void>(!write(wake_, &one, sizeof one));
}

PostResult SocketEnd::CanPostLocked(std::uint64_t owner, std::size_t cost) const {
  if (owner != owner_ || closed_) return PostResult::kClosed;
  if (peer_closed_) return PostResult::kPeerClosed;
  return limits_.capacity.Admits(outgoing_, cost) ? PostResult::kPosted : PostResult::kFull;
}

PostResult SocketEnd::CanPost(std::uint64_t owner, std::size_t cost) {
  std::lock_guard lock(mutex_);
  return CanPostLocked(owner, cost);
}

PostResult SocketEnd::Post(std::uint64_t owner, const ByteBuffer& bytes) {
  Listeners told;
  {
    std::lock_guard lock(mutex_);
    const PostResult result = CanPostLocked(owner, internal::MessageCost(bytes.size()));
    if (result != PostResult::kPosted) return result;
    AppendLocked(bytes, told);
  }
  told.Tell();
  return PostResult::kPosted;
}

void SocketEnd::PostAnyway(const ByteBuffer& bytes) {
  Listeners told;
  {
    std::lock_guard lock(mutex_);
    if (!closed_ && !peer_closed_) AppendLocked(bytes, told);
  }
  told.Tell();
}

void SocketEnd::AppendLocked(const ByteBuffer& bytes, Listeners& told) {
  const auto length = static_cast<std::uint32_t>(bytes.size());
  const std::size_t cost = internal::MessageCost(bytes.size());
  unsent_.append(reinterpret_cast<const char*>(&length), sizeof length);
  unsent_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  messages_.push_back({sent_before_ + unsent_.size(), cost});
  outgoing_ = {outgoing_.messages + 1, outgoing_.bytes + cost};
  posted_ += 1;
  SendLocked(told);
  if (unsent_.empty()) return;
  if (limits_.high_water.ReachedBy(outgoing_)) drains_.needed = true;
  // It waits for the socket from now on.
  WakePump();
}

void SocketEnd::SendLocked(Listeners& told) {
  while (sent_ < unsent_.size()) {
    const ssize_t count =
        send(socket_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
      sent_ += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      return EndLocked(told);
    }
  }
  bool fewer = false;
  for (; !messages_.empty() && messages_.front().end <= sent_before_ + sent_; fewer = true) {
    const std::size_t cost = messages_.front().cost;
    outgoing_ = {outgoing_.messages - 1, outgoing_.bytes - cost};
    messages_.pop_front();
  }
  if (sent_ == unsent_.size() || sent_ > 64 * 1024) {
    sent_before_ += sent_;
    unsent_.erase(0, std::exchange(sent_, 0));
  }
  if (!fewer) return;
  room_.MoveTo(told, [&](std::size_t cost) { return limits_.capacity.Admits(outgoing_, cost); });
  if (drains_.needed && limits_.low_water.Covers(outgoing_)) {
    drains_ = {false, drains_.count + 1};
    drained_.MoveTo(told);
  }
}

void SocketEnd::ReceiveLocked(Listeners& told) {
  char buffer[16 * 1024];
  while (!peer_closed_ && (closed_ || unread_load_.bytes < kMaxUnread)) {
    const ssize_t count = recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) {
      if (closed_) continue;  // nobody will receive it
      incoming_.append(buffer, static_cast<std::size_t>(count));
      ReadFramesLocked(told);
    } else if (count == 0) {
      EndLocked(told);
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      EndLocked(told);
    }
  }
}

void SocketEnd::ReadFramesLocked(Listeners& told) {
  std::size_t at = 0;
  for (std::uint32_t length; incoming_.size() - at >= sizeof length;) {
    std::memcpy(&length, incoming_.data() + at, sizeof length);
    if (length > kMaxFrame) return EndLocked(told);
    if (incoming_.size() - at - sizeof length < length) break;
    unread_.push_back(incoming_.substr(at + sizeof length, length));
    unread_load_ = {unread_load_.messages + 1, unread_load_.bytes + internal::MessageCost(length)};
    at += sizeof length + length;
    readable_.MoveTo(told);
  }
  incoming_.erase(0, at);
}

void SocketEnd::EndLocked(Listeners& told) {
  peer_closed_ = true;
  // What is unsent will never be.
  unsent_.clear();
  sent_ = 0;
  messages_.clear();
  outgoing_ = {0, 0};
  TellAllLocked(told);
}

void SocketEnd::TellAllLocked(Listeners& told) {
  for (Listeners* listeners : {&readable_, &room_, &drained_}) listeners->MoveTo(told);
}

PopResult SocketEnd::Pop(std::uint64_t owner, std::optional<MessageEvent>& event) {
  std::lock_guard lock(mutex_);
  if (owner != owner_) return PopResult::kMoved;
  if (unread_.empty()) return closed_ || peer_closed_ ? PopResult::kClosed : PopResult::kEmpty;
  const std::string& bytes = unread_.front();
  event.emplace(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  const std::size_t cost = internal::MessageCost(bytes.size());
  const bool was_full = unread_load_.bytes >= kMaxUnread;
  unread_load_ = {unread_load_.messages - 1, unread_load_.bytes - cost};
  unread_.pop_front();
  received_ += 1;
  if (was_full && unread_load_.bytes < kMaxUnread) WakePump();
  return PopResult::kMessage;
}

bool SocketEnd::ArmReadable(std::uint64_t owner, kernel::PortListener& listener) {
  std::lock_guard lock(mutex_);
  if (owner != owner_ || closed_ || peer_closed_ || !unread_.empty()) return false;
  readable_.Add(listener);
  return true;
}

bool SocketEnd::ArmRoom(std::uint64_t owner, kernel::PortListener& listener, std::size_t cost) {
  std::lock_guard lock(mutex_);
  if (CanPostLocked(owner, cost) != PostResult::kFull) return false;
  room_.Add(listener, cost);
  return true;
}

bool SocketEnd::ArmDrain(std::uint64_t owner, kernel::PortListener& listener, std::uint64_t seen) {
  std::lock_guard lock(mutex_);
  if (owner != owner_ || closed_ || peer_closed_ || drains_.count > seen) return false;
  drained_.Add(listener);
  return true;
}

bool SocketEnd::Disarm(kernel::PortListener& listener) {
  std::lock_guard lock(mutex_);
  return readable_.Remove(listener) || room_.Remove(listener) || drained_.Remove(listener);
}

void SocketEnd::Close(std::uint64_t owner) {
  Listeners told;
  {
    std::lock_guard lock(mutex_);
    if (owner != owner_ || closed_) return;
    closed_ = true;
    give_up_ = StdSync::Now() + kLinger;
    unread_.clear();
    unread_load_ = {0, 0};
    TellAllLocked(told);
    WakePump();
  }
  told.Tell();
}

std::uint64_t SocketEnd::Move(std::uint64_t owner) {
  Listeners told;
  std::uint64_t next;
  {
    std::lock_guard lock(mutex_);
    next = owner == owner_ ? ++owner_ : owner;
    TellAllLocked(told);
  }
  told.Tell();
  return next;
}

kernel::PortDrains SocketEnd::drains() {
  std::lock_guard lock(mutex_);
  return drains_;
}

kernel::PortCounts SocketEnd::counts() {
  std::lock_guard lock(mutex_);
  return {unread_load_, posted_, received_};
}

kernel::PortLoad SocketEnd::outgoing() {
  std::lock_guard lock(mutex_);
  return outgoing_;
}

void SocketEnd::Pump() {
  for (;;) {
    pollfd waits[] = {{wake_, POLLIN, 0}, {socket_, 0, 0}};
    int timeout_ms = -1;
    {
      std::lock_guard lock(mutex_);
      if (closed_ && (unsent_.empty() || StdSync::Now() >= give_up_)) break;
      if (closed_) timeout_ms = 100;
      if (peer_closed_) waits[1].fd = -1;
      if (closed_ || unread_load_.bytes < kMaxUnread) waits[1].events |= POLLIN;
      if (!unsent_.empty()) waits[1].events |= POLLOUT;
      // A socket whose peer is gone says so for ever, asked or not.
      if (waits[1].events == 0) waits[1].fd = -1;
    }
    poll(waits, 2, timeout_ms);
    std::uint64_t count;
    static_cast<void>(!read(wake_, &count, sizeof count));
    Listeners told;
    {
      std::lock_guard lock(mutex_);
      if (!peer_closed_) SendLocked(told);
      if (!peer_closed_) ReceiveLocked(told);
    }
    told.Tell();
  }
  shutdown(socket_, SHUT_RDWR);
}

}  // namespace sabre::test
