// lib/kernel/port_link.h: the two ends of a channel.
#ifndef SABRE_LIB_KERNEL_PORT_LINK_H_
#define SABRE_LIB_KERNEL_PORT_LINK_H_

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "lib/kernel/brief_mutex.h"
#include "lib/kernel/port_end.h"
#include "lib/kernel/port_limits.h"
#include "lib/kernel/port_listener.h"
#include "lib/kernel/port_side_data.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// PortLink
//
// Two bounded queues of messages and the life of the two ports at their ends. Nothing here knows a
// thread: a port that is transferred takes its end along. An end is known by its side and by how often
// it has moved; what an earlier owner still does with it fails as on a closed one.
//
//   side   | meaning                                      | left by
//   open   | takes messages from the other side           | Close of this side → closed
//   closed | its queue was dropped; its Post fails         | never
//
// A side whose peer is closed still pops what was posted before, reserved places included; then Pop says
// kClosed. A message for a reserved place of a side that was closed meanwhile is dropped, as the rest of
// its queue was.
//
// `Queue`: see PortInbox; `kLooks`: see BriefMutex.
//
// Thread-safety: all members from any thread.
// Locks: a side's `reading`, then `mutex_`; none while a message is destroyed or a listener is told.
// Memory ordering: everything before a Post happens before the return of the Pop that takes its message,
//   and before the OnPortReady it causes; with limits, everything before a Pop happens before the Post
//   that finds room because of it.
template <class Queue, BlockingPolicy S = StdSync, int kLooks = 100>
class PortLink {
 public:
  using Listener = BasicPortListener<S>;

  // `limits`: of each of the two queues.
  explicit PortLink(const PortLimits& limits = {}) : sides_{Side(limits), Side(limits)} {}
  PortLink(const PortLink&) = delete;
  PortLink& operator=(const PortLink&) = delete;
  // What Post would say of a message of `bytes` now.
  PostResult CanPost(PortEnd from, std::size_t bytes) {
    std::lock_guard<Mutex> lock(mutex_);
    return CanPostLocked(from, bytes);
  }
  // Puts `message` into the queue of the other side. On failure it is left as it is.
  template <class M>
  PostResult Post(PortEnd from, M& message, std::size_t bytes) {
    Told told;
    {
      std::lock_guard<Mutex> lock(mutex_);
      const PostResult result = TakePlaceLocked(from, bytes);
      if (result != PostResult::kPosted) return result;
      Side& target = At(Other(from.side));
      target.inbox.Push(message, bytes);
      target.waits.readable.MoveTo(told);
    }
    told.Tell();
    return PostResult::kPosted;
  }

  // Promises a place for a message of `bytes`, which counts as posted now. PostReserved must follow.
  PostResult Reserve(PortEnd from, std::size_t bytes) {
    std::lock_guard<Mutex> lock(mutex_);
    const PostResult result = TakePlaceLocked(from, bytes);
    Side& target = At(Other(from.side));
    if (result == PostResult::kPosted) target.reserved.Set(target.reserved.Get() + 1);
    return result;
  }
  // Fills the place. `message` is left as it is if the other side was closed meanwhile.
  template <class M>
  void PostReserved(PortSide from, M& message, std::size_t bytes) {
    Told told;
    {
      std::lock_guard<Mutex> lock(mutex_);
      Side& target = At(Other(from));
      target.reserved.Set(target.reserved.Get() - 1);
      if (target.closed.Get()) return;
      target.inbox.Push(message, bytes);
      target.waits.readable.MoveTo(told);
    }
    told.Tell();
  }

  // Takes the oldest message of the end's side into `out`.
  template <class Out>
  PopResult Pop(PortEnd at, Out& out) {
    Side& own = At(at.side);
    Told told;
    {
      std::lock_guard<typename S::Mutex> reading(own.reading);
      if (own.moves.Get() != at.moves) return PopResult::kMoved;
      if (own.inbox.limited() || own.inbox.older_empty()) {
        std::lock_guard<Mutex> lock(mutex_);
        bool drained = false;
        if (!own.inbox.PreparePop(drained))
          return EndedLocked(at.side) ? PopResult::kClosed : PopResult::kEmpty;
        MoveWaitersForRoomLocked(at.side, drained, told);
      }
      own.inbox.Pop(out);
      own.received.Increment();
    }
    told.Tell();
    return PopResult::kMessage;
  }

  // Whether Pop may have something to say: by a look at numbers that are counted elsewhere, of a moment ago.
  bool MayPop(PortSide side) const {
    const Side& own = sides_[static_cast<std::size_t>(side)];
    return own.posted.Look() != own.received.Look();
  }

  // Register `listener` for the moment when there is a message (room for one of `bytes`; more than
  // `seen` drains).
  // Returns: false, and does not register it, if it is so now, if it never will be, or if the end has moved.
  bool ArmReadable(PortEnd at, Listener& listener) {
    Side& own = At(at.side);
    std::lock_guard<typename S::Mutex> reading(own.reading);
    std::lock_guard<Mutex> lock(mutex_);
    if (own.moves.Get() != at.moves || EndedLocked(at.side) || !own.inbox.empty()) return false;
    own.waits.readable.Add(listener);
    return true;
  }
  bool ArmRoom(PortEnd at, Listener& listener, std::size_t bytes) {
    std::lock_guard<Mutex> lock(mutex_);
    if (CanPostLocked(at, bytes) != PostResult::kFull) return false;
    At(at.side).waits.room.Add(listener, bytes);
    return true;
  }
  bool ArmDrain(PortEnd at, Listener& listener, std::uint64_t seen) {
    std::lock_guard<Mutex> lock(mutex_);
    Side& own = At(at.side);
    if (own.moves.Get() != at.moves || own.drains.Get() > seen) return false;
    if (own.closed.Get() || At(Other(at.side)).closed.Get()) return false;
    own.waits.drained.Add(listener);
    return true;
  }
  // Takes the registration back.
  // Returns: true if it was still there: OnPortReady will not be called for it. False: it has been or
  //   is being called, and the listener must live until then.
  bool Disarm(PortSide side, Listener& listener) {
    std::lock_guard<Mutex> lock(mutex_);
    return At(side).waits.Remove(listener);
  }

  // Closes the end: its queue is dropped, all listeners of both sides are told. The messages that it
  // posted stay in the other side's queue.
  // Returns: false if it was closed already or has moved.
  bool Close(PortEnd at) {
    Queue older;
    Queue younger;
    Told told;
    {
      Side& own = At(at.side);
      std::lock_guard<typename S::Mutex> reading(own.reading);
      std::lock_guard<Mutex> lock(mutex_);
      if (own.moves.Get() != at.moves || own.closed.Get()) return false;
      own.closed.Set(true);
      own.inbox.TakeAll(older, younger);
      own.waits.MoveAllTo(told);
      At(Other(at.side)).waits.MoveAllTo(told);
    }
    told.Tell();
    return true;
  }

  // Hands the end to its next owner; the end as `at` names it has moved. Its listeners are told.
  PortEnd Move(PortEnd at) {
    Told told;
    {
      Side& own = At(at.side);
      std::lock_guard<typename S::Mutex> reading(own.reading);
      std::lock_guard<Mutex> lock(mutex_);
      if (own.moves.Get() != at.moves) return at;
      own.moves.Set(at.moves + 1);
      own.waits.MoveAllTo(told);
    }
    told.Tell();
    return {at.side, at.moves + 1};
  }
  PortDrains drains(PortSide side) {
    std::lock_guard<Mutex> lock(mutex_);
    return {At(Other(side)).inbox.strained(), At(side).drains.Get()};
  }
  PortCounts counts(PortSide side) {
    Side& own = At(side);
    std::lock_guard<typename S::Mutex> reading(own.reading);
    std::lock_guard<Mutex> lock(mutex_);
    return {own.closed.Get() ? PortLoad{0, 0} : own.inbox.queued(), At(Other(side)).posted.Get(),
            own.received.Get()};
  }

 private:
  using Told = PortListeners<S>;
  using Mutex = BriefMutex<S, kLooks>;
  using Side = PortSideData<Queue, S>;

  Side& At(PortSide side) noexcept { return sides_[static_cast<std::size_t>(side)]; }
  PostResult CanPostLocked(PortEnd from, std::size_t bytes) {
    const Side& own = At(from.side);
    const Side& target = At(Other(from.side));
    if (own.moves.Get() != from.moves || own.closed.Get()) return PostResult::kClosed;
    if (target.closed.Get()) return PostResult::kPeerClosed;
    return target.inbox.Admits(bytes) ? PostResult::kPosted : PostResult::kFull;
  }

  // Whether no message will come any more.
  bool EndedLocked(PortSide side) {
    if (At(side).closed.Get()) return true;
    return At(Other(side)).closed.Get() && At(side).reserved.Get() == 0;
  }

  PostResult TakePlaceLocked(PortEnd from, std::size_t bytes) {
    const PostResult result = CanPostLocked(from, bytes);
    if (result != PostResult::kPosted) return result;
    Side& target = At(Other(from.side));
    target.posted.Increment();
    target.inbox.TakePlace(bytes);
    return result;
  }

  // A place of the queue of `side` has become free.
  void MoveWaitersForRoomLocked(PortSide side, bool drained, Told& told) {
    Side& peer = At(Other(side));
    peer.waits.room.MoveTo(told, [&](std::size_t bytes) { return At(side).inbox.Admits(bytes); });
    if (!drained) return;
    peer.drains.Set(peer.drains.Get() + 1);
    peer.waits.drained.MoveTo(told);
  }

  Mutex mutex_;
  Side sides_[2];
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_LINK_H_
