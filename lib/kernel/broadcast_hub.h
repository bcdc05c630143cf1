// lib/kernel/broadcast_hub.h: what each member says, all others hear.
#ifndef SABRE_LIB_KERNEL_BROADCAST_HUB_H_
#define SABRE_LIB_KERNEL_BROADCAST_HUB_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <utility>

#include "lib/kernel/port_end.h"
#include "lib/kernel/port_limits.h"
#include "lib/kernel/port_listener.h"
#include "lib/kernel/ref_count.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

template <class T, BlockingPolicy S>
class BroadcastHub;

// BroadcastMessage
//
// One message in as many queues as there are receivers. Made by `new`; whoever pops it has a reference.
//
// Thread-safety: of `content` that of a const object; of the only receiver it is his own.
template <class T, BlockingPolicy S = StdSync>
class BroadcastMessage {
 public:
  BroadcastMessage(T its_content, std::size_t bytes)
      : content(std::move(its_content)), bytes_(bytes) {}

  T content;

  // Whether nobody else has received it or will.
  bool only() const noexcept { return only_.Get(); }
  void DropReference() noexcept {
    if (references_.Decrement()) delete this;
  }

 private:
  friend class BroadcastHub<T, S>;
  ~BroadcastMessage() = default;

  const std::size_t bytes_;  // what it counts for
  RefCount<S> references_;
  typename S::template Var<bool> only_{false};  // written before it is in a queue
};

// BroadcastHub
//
// A name's members: a message that one of them posts is put into the queues of all others. One lock for all
// of them, so all hear all messages in one order. A receiver whose queue is full misses the message and
// counts that; nobody else is concerned.
//
//   member | meaning                                       | left by
//   out    | hears nothing, and its Post fails             | Join → in, once
//   in     | hears what is posted from now on              | Leave → out, for good; its queue is dropped
//
// Thread-safety: all members from any thread, as long as the member exists. Lock: one, never held while a
//   message is destroyed or a listener is told.
// Memory ordering: everything before a Post happens before the return of each Pop that takes its message,
//   and before each OnPortReady it causes.
template <class T, BlockingPolicy S = StdSync>
class BroadcastHub {
 public:
  using Message = BroadcastMessage<T, S>;
  using Listener = BasicPortListener<S>;

  // Member. The end that it is to its owner has a number, as in a PortLink: what an earlier owner still
  // does with it fails.
  class Member {
   public:
    // `receives`: whether there is a queue at all.
    Member(PortLoad capacity, bool receives) : capacity_(capacity), receives_(receives) {}
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

   private:
    friend class BroadcastHub;
    template <class U>
    using Var = typename S::template Var<U>;

    const PortLoad capacity_;
    const bool receives_;
    // Of the lock of the hub, all of them.
    Var<Member*> next_{nullptr};
    Var<Member*> previous_{nullptr};
    Var<bool> in_{false};
    Var<std::uint64_t> moves_{0};
    Var<std::size_t> bytes_{0};  // in the queue
    Var<std::uint64_t> posted_{0};
    Var<std::uint64_t> received_{0};
    Var<std::uint64_t> missed_{0};
    std::deque<Message*> queue_;
    PortListeners<S> readable_;
  };

  BroadcastHub() = default;
  BroadcastHub(const BroadcastHub&) = delete;
  BroadcastHub& operator=(const BroadcastHub&) = delete;

  void Join(Member& member) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    member.in_.Set(true);
    Member* const second = first_.Get();
    member.next_.Set(second);
    if (second != nullptr) second->previous_.Set(&member);
    first_.Set(&member);
  }

  // Returns: false if it is out, or if the end has moved.
  bool Leave(Member& member, std::uint64_t moves) {
    std::deque<Message*> dropped;
    Told told;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (member.moves_.Get() != moves || !member.in_.Get()) return false;
      member.in_.Set(false);
      Member* const next = member.next_.Get();
      Member* const previous = member.previous_.Get();
      (previous != nullptr ? previous->next_ : first_).Set(next);
      if (next != nullptr) next->previous_.Set(previous);
      dropped.swap(member.queue_);
      member.bytes_.Set(0);
      member.readable_.MoveTo(told);
    }
    for (Message* const message : dropped) message->DropReference();
    told.Tell();
    return true;
  }

  // Whether the member is in, and the end has not moved.
  bool Holds(const Member& member, std::uint64_t moves) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return member.moves_.Get() == moves && member.in_.Get();
  }

  // Takes the caller's reference. Returns: kPosted, also if there is nobody to hear; kClosed if it is out.
  PostResult Post(Member& from, Message* message) {
    Told told;
    const bool posted = PutIntoQueues(from, *message, told);
    told.Tell();
    message->DropReference();
    return posted ? PostResult::kPosted : PostResult::kClosed;
  }

  // Takes the oldest message out, with its reference.
  PopResult Pop(Member& member, std::uint64_t moves, Message*& out) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (member.moves_.Get() != moves) return PopResult::kMoved;
    if (!member.in_.Get()) return PopResult::kClosed;
    if (member.queue_.empty()) return PopResult::kEmpty;
    out = TakeOldest(member);
    return PopResult::kMessage;
  }

  // Registers `listener` for the moment when there is a message, or none will come.
  // Returns: false, and does not register it, if it is so now.
  bool ArmReadable(Member& member, std::uint64_t moves, Listener& listener) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (member.moves_.Get() != moves || !member.in_.Get() || !member.queue_.empty()) return false;
    member.readable_.Add(listener);
    return true;
  }
  // Takes it back. False: it has been or is being told.
  bool Disarm(Member& member, Listener& listener) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return member.readable_.Remove(listener);
  }

  // Hands the end to its next owner. Returns its new number; its listeners are told.
  std::uint64_t Move(Member& member, std::uint64_t moves) {
    Told told;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (member.moves_.Get() != moves) return moves;
      member.moves_.Set(moves + 1);
      member.readable_.MoveTo(told);
    }
    told.Tell();
    return moves + 1;
  }

  PortCounts counts(const Member& member) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return {
        {member.queue_.size(), member.bytes_.Get()}, member.posted_.Get(), member.received_.Get()};
  }
  // How many messages the member did not hear because its queue was full.
  std::uint64_t missed(const Member& member) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return member.missed_.Get();
  }

 private:
  using Told = PortListeners<S>;

  static Message* TakeOldest(Member& member) {
    Message* const oldest = member.queue_.front();
    member.queue_.pop_front();
    member.bytes_.Set(member.bytes_.Get() - oldest->bytes_);
    member.received_.Set(member.received_.Get() + 1);
    return oldest;
  }

  // False: `from` is out.
  bool PutIntoQueues(Member& from, Message& message, Told& told) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (!from.in_.Get()) return false;
    from.posted_.Set(from.posted_.Get() + 1);
    std::size_t heard = 0;
    for (Member* to = first_.Get(); to != nullptr; to = to->next_.Get()) {
      if (to == &from || !to->receives_) continue;
      const PortLoad load{to->queue_.size(), to->bytes_.Get()};
      if (!to->capacity_.Admits(load, message.bytes_)) {
        to->missed_.Set(to->missed_.Get() + 1);
        continue;
      }
      message.references_.Increment();
      to->queue_.push_back(&message);
      to->bytes_.Set(load.bytes + message.bytes_);
      to->readable_.MoveTo(told);
      heard += 1;
    }
    message.only_.Set(heard == 1);
    return true;
  }

  typename S::Mutex mutex_;
  typename S::template Var<Member*> first_{nullptr};  // [mutex_] all that are in
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_BROADCAST_HUB_H_
