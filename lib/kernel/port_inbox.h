// lib/kernel/port_inbox.h: what one end of a channel was sent and has not received yet.
#ifndef SABRE_LIB_KERNEL_PORT_INBOX_H_
#define SABRE_LIB_KERNEL_PORT_INBOX_H_

#include <cstddef>

#include "lib/kernel/port_limits.h"
#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// PortInbox
//
// A queue in two parts: the younger, where the posters put, and the older, which the receiver has taken
// in one step, so that it seldom meets them. Each has a cache line of its own.
//
// `Queue` holds messages in order: empty, Push(message, bytes), PopFront(out), front_bytes, count, bytes,
// Swap.
//
//   place    | meaning                                          | left by
//   free     | within the capacity                              | TakePlace → taken
//   taken    | promised to a message                            | Push → filled
//   filled   | holds a message                                  | Pop → free
//
//   queue    | meaning                                          | left by
//   calm     | below high water since it was last at low water  | TakePlace to high water → strained
//   strained | its poster should wait                           | Pop to low water → calm: a drain
//
// Thread-safety: by two locks of the link: the receiver's ("reading") guards the older part, the link's
//   the younger and all else. Each member says which it needs; a member that needs both, but without
//   limits only one, says so too.
template <class Queue, BlockingPolicy S = StdSync>
class PortInbox {
 public:
  explicit PortInbox(const PortLimits& limits) : limits_(limits), limited_(limits.any()) {}
  PortInbox(const PortInbox&) = delete;
  PortInbox& operator=(const PortInbox&) = delete;

  // Whether Pop needs the link's lock too.
  bool limited() const { return limited_; }

  // ---- Link's lock.
  bool Admits(std::size_t bytes) const {
    return !limited_ || limits_.capacity.Admits(used(), bytes);
  }
  void TakePlace(std::size_t bytes) {
    messages_.Set(messages_.Get() + 1);
    bytes_.Set(bytes_.Get() + bytes);
    if (limited_ && limits_.high_water.ReachedBy(used())) strained_.Set(true);
  }
  template <class M>
  void Push(M& message, std::size_t bytes) {
    younger_.Push(message, bytes);
  }
  bool strained() const { return strained_.Get(); }

  // ---- Reading.
  bool older_empty() const { return older_.empty(); }
  template <class Out>
  void Pop(Out& out) {
    older_.PopFront(out);
  }

  // ---- Both locks.
  bool empty() const { return older_.empty() && younger_.empty(); }
  // Before Pop: the older part has a message, if there is any, and its place is free. Without limits the
  // places of all that is taken are free at once, as nobody waits for one.
  // Returns: false if there is none.
  bool PreparePop(bool& drained) {
    if (older_.empty()) {
      if (younger_.empty()) return false;
      older_.Swap(younger_);
      if (!limited_) FreePlaces(older_.count(), older_.bytes());
    }
    if (!limited_) return true;
    FreePlaces(1, older_.front_bytes());
    drained = strained_.Get() && limits_.low_water.Covers(used());
    if (drained) strained_.Set(false);
    return true;
  }
  // Moves the messages out, to be dropped without a lock. Their places stay taken: nobody will ask.
  void TakeAll(Queue& older, Queue& younger) {
    older.Swap(older_);
    younger.Swap(younger_);
  }
  // What has a place, promised ones included.
  PortLoad queued() const {
    if (limited_) return used();
    return {messages_.Get() + older_.count(), bytes_.Get() + older_.bytes()};
  }

 private:
  PortLoad used() const { return {messages_.Get(), bytes_.Get()}; }
  void FreePlaces(std::size_t messages, std::size_t bytes) {
    messages_.Set(messages_.Get() - messages);
    bytes_.Set(bytes_.Get() - bytes);
  }

  const PortLimits limits_;
  const bool limited_;
  alignas(kCacheLine) Queue older_;                    // [reading]
  alignas(kCacheLine) Queue younger_;                  // [link's lock, as all below]
  typename S::template Var<std::size_t> messages_{0};  // places that are not free
  typename S::template Var<std::size_t> bytes_{0};     // of them
  typename S::template Var<bool> strained_{false};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_INBOX_H_
