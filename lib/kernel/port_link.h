// lib/kernel/port_link.h: the two ends of a channel.
#ifndef SABRE_LIB_KERNEL_PORT_LINK_H_
#define SABRE_LIB_KERNEL_PORT_LINK_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// Which end of a link.
enum class PortSide : std::uint8_t { kFirst = 0, kSecond = 1 };

constexpr PortSide Other(PortSide side) noexcept {
  return side == PortSide::kFirst ? PortSide::kSecond : PortSide::kFirst;
}

// PortListener
//
// Who wants to know that a side has become ready: that it has a message, or is closed and drained.
class PortListener {
 public:
  // Called once for each successful Arm that was not disarmed, without the link's lock, in the thread
  // that made the side ready. The link does not touch the listener afterwards.
  virtual void OnPortReady() = 0;

 protected:
  ~PortListener() = default;
};

// PortLink
//
// Two queues of messages and the life of the two ports at their ends. A port that is transferred takes
// its end along: an end is (link, side), and nothing here knows a thread.
//
//   side   | meaning                                      | left by
//   open   | takes messages from the other side           | Close of this side → closed
//   closed | its queue was dropped; its Post fails         | never
//
// A side whose peer is closed still pops what was posted before; then Pop says kClosed.
//
//   listener | meaning                                     | left by
//   none     | nobody wants to know                         | Arm, if the side is not ready → armed
//   armed    | the next Post to, or Close of, either end    | that call (which then calls
//            | concerns it                                  | OnPortReady), or Disarm → none
//
// Thread-safety: all members from any thread. Lock: one a link, never held while a message is
//   destroyed or a listener is called.
// Memory ordering: everything before a Post happens before the return of the Pop that takes its
//   message, and before the OnPortReady it causes.
template <class T, BlockingPolicy S = StdSync>
class PortLink {
 public:
  // A message in a queue.
  class Envelope {
   public:
    explicit Envelope(T value) : content(std::move(value)) {}
    T content;

   private:
    friend class PortLink;
    typename S::template Var<Envelope*> next_{nullptr};
  };

  enum class PostResult : std::uint8_t {
    kPosted,
    kClosed,      // this side is closed
    kPeerClosed,  // the other side is closed
  };
  enum class PopResult : std::uint8_t {
    kMessage,
    kEmpty,
    kClosed,  // this side is closed, or the other is and its messages have been taken
  };

  PortLink() = default;
  PortLink(const PortLink&) = delete;
  PortLink& operator=(const PortLink&) = delete;
  ~PortLink() {
    DropAll(sides_[0].queue.TakeAll());
    DropAll(sides_[1].queue.TakeAll());
  }

  // Whether a Post from `side` would succeed now. A caller that must not lose what it posts asks this
  // first: if the peer closes between, the message is dropped as if posted just before the close.
  PostResult CanPost(PortSide side) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return CanPostLocked(side);
  }

  // Puts a message into the queue of the other side. On failure `message` is left as it is.
  PostResult Post(PortSide side, std::unique_ptr<Envelope>& message) {
    PortListener* listener = nullptr;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (const PostResult result = CanPostLocked(side); result != PostResult::kPosted)
        return result;
      Side& target = sides_[Index(Other(side))];
      target.queue.PushBack(message.release());
      listener = TakeListener(target);
    }
    if (listener != nullptr) listener->OnPortReady();
    return PostResult::kPosted;
  }

  // Takes the oldest message of `side` into `message`.
  PopResult Pop(PortSide side, std::unique_ptr<Envelope>& message) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    Side& own = sides_[Index(side)];
    if (Envelope* first = own.queue.PopFront()) {
      message.reset(first);
      return PopResult::kMessage;
    }
    return ReadyLocked(side) ? PopResult::kClosed : PopResult::kEmpty;
  }

  // Registers `listener` for the moment when `side` becomes ready.
  // Returns: false, and does not register it, if the side is ready now.
  bool Arm(PortSide side, PortListener& listener) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (ReadyLocked(side)) return false;
    sides_[Index(side)].listener.Set(&listener);
    return true;
  }

  // Takes the registration back.
  // Returns: true if it was still there: OnPortReady will not be called for it. False: it has been or
  //   is being called, and the listener must live until then.
  bool Disarm(PortSide side) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return TakeListener(sides_[Index(side)]) != nullptr;
  }

  // Closes `side`: its queue is dropped, both sides become ready. The messages that it posted stay in
  // the other side's queue.
  // Returns: false if it was closed already.
  bool Close(PortSide side) {
    Envelope* dropped = nullptr;
    PortListener* own_listener = nullptr;
    PortListener* peer_listener = nullptr;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      Side& own = sides_[Index(side)];
      if (own.closed.Get()) return false;
      own.closed.Set(true);
      dropped = own.queue.TakeAll();
      own_listener = TakeListener(own);
      peer_listener = TakeListener(sides_[Index(Other(side))]);
    }
    DropAll(dropped);
    if (own_listener != nullptr) own_listener->OnPortReady();
    if (peer_listener != nullptr) peer_listener->OnPortReady();
    return true;
  }

 private:
  template <class U>
  using Var = typename S::template Var<U>;

  // FIFO, linked through Envelope::next_.
  class Queue {
   public:
    bool empty() const { return first_.Get() == nullptr; }
    void PushBack(Envelope* message) {
      message->next_.Set(nullptr);
      if (empty()) {
        first_.Set(message);
      } else {
        last_.Get()->next_.Set(message);
      }
      last_.Set(message);
    }
    Envelope* PopFront() {
      Envelope* const first = first_.Get();
      if (first != nullptr) first_.Set(first->next_.Get());
      return first;
    }
    Envelope* TakeAll() {
      Envelope* const first = first_.Get();
      first_.Set(nullptr);
      return first;
    }

   private:
    Var<Envelope*> first_{nullptr};
    Var<Envelope*> last_{nullptr};
  };

  struct Side {
    Queue queue;                           // [mutex_] what it will receive
    Var<bool> closed{false};               // [mutex_]
    Var<PortListener*> listener{nullptr};  // [mutex_]
  };

  static std::size_t Index(PortSide side) noexcept { return static_cast<std::size_t>(side); }

  PostResult CanPostLocked(PortSide side) const {
    if (sides_[Index(side)].closed.Get()) return PostResult::kClosed;
    if (sides_[Index(Other(side))].closed.Get()) return PostResult::kPeerClosed;
    return PostResult::kPosted;
  }

  bool ReadyLocked(PortSide side) const {
    return !sides_[Index(side)].queue.empty() || sides_[0].closed.Get() || sides_[1].closed.Get();
  }

  static PortListener* TakeListener(Side& side) {
    PortListener* const listener = side.listener.Get();
    if (listener != nullptr) side.listener.Set(nullptr);
    return listener;
  }

  static void DropAll(Envelope* first) {
    while (first != nullptr) {
      Envelope* const next = first->next_.Get();
      delete first;
      first = next;
    }
  }

  typename S::Mutex mutex_;
  Side sides_[2];
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_LINK_H_
