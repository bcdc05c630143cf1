// lib/kernel/port_listener.h: who wants to hear of a change at one end of a channel.
#ifndef SABRE_LIB_KERNEL_PORT_LISTENER_H_
#define SABRE_LIB_KERNEL_PORT_LISTENER_H_

#include <cstddef>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

template <BlockingPolicy S>
class PortListeners;

// BasicPortListener
//
// Waits at one end of a channel for one thing: a message, room for one, or a drain. A close of either
// end and a transfer of this one end every wait.
//
//   state | meaning                                      | left by
//   free  | the owner's                                  | Arm…, if there is a reason to wait → armed
//   armed | in a list of the end                         | what it waits for → told; Disarm → free
//   told  | taken out of the list; OnPortReady is coming | OnPortReady → free
template <BlockingPolicy S>
class BasicPortListener {
 public:
  BasicPortListener() = default;
  BasicPortListener(const BasicPortListener&) = delete;
  BasicPortListener& operator=(const BasicPortListener&) = delete;

  // Called once for each successful Arm… that was not disarmed, without a lock, in the thread that made
  // the change. The listener is not touched afterwards. It may be called although by then the message
  // or the room is gone again: look, and arm anew.
  virtual void OnPortReady() = 0;

 protected:
  virtual ~BasicPortListener() = default;

 private:
  friend class PortListeners<S>;
  typename S::template Var<BasicPortListener*> next_{nullptr};  // [lock of the list]
  typename S::template Var<std::size_t> bytes_{0};              // room for how many it wants
};

using PortListener = BasicPortListener<StdSync>;

// PortListeners
//
// First come, first told. Thread-safety: none; the link's lock guards it.
template <BlockingPolicy S>
class PortListeners {
 public:
  using Listener = BasicPortListener<S>;

  PortListeners() = default;
  PortListeners(const PortListeners&) = delete;
  PortListeners& operator=(const PortListeners&) = delete;

  bool empty() const { return first_.Get() == nullptr; }

  void Add(Listener& listener, std::size_t bytes = 0) {
    listener.bytes_.Set(bytes);
    Append(&listener);
  }

  // False: it was not here.
  bool Remove(Listener& listener) {
    for (Listener *at = first_.Get(), *before = nullptr; at != nullptr;
         before = at, at = at->next_.Get()) {
      if (at != &listener) continue;
      Unlink(at, before);
      return true;
    }
    return false;
  }

  // Moves to the end of `to` whoever wants `fits` many bytes.
  template <class Fits>
  void MoveTo(PortListeners& to, Fits fits) {
    for (Listener *at = first_.Get(), *before = nullptr; at != nullptr;) {
      Listener* const next = at->next_.Get();
      if (fits(at->bytes_.Get())) {
        Unlink(at, before);
        to.Append(at);
      } else {
        before = at;
      }
      at = next;
    }
  }
  void MoveTo(PortListeners& to) {
    MoveTo(to, [](std::size_t) { return true; });
  }

  // Calls them all; without a lock.
  void Tell() {
    while (Listener* const listener = first_.Get()) {
      // Before the call, with which it ends to be ours.
      Unlink(listener, nullptr);
      listener->OnPortReady();
    }
  }

 private:
  void Append(Listener* listener) {
    listener->next_.Set(nullptr);
    if (empty()) {
      first_.Set(listener);
    } else {
      last_.Get()->next_.Set(listener);
    }
    last_.Set(listener);
  }
  void Unlink(Listener* listener, Listener* before) {
    Listener* const next = listener->next_.Get();
    if (before == nullptr) {
      first_.Set(next);
    } else {
      before->next_.Set(next);
    }
    if (next == nullptr) last_.Set(before);
  }

  typename S::template Var<Listener*> first_{nullptr};
  typename S::template Var<Listener*> last_{nullptr};  // good unless empty
};

// PortWaits
//
// All who wait at one end. Thread-safety: as PortListeners.
template <BlockingPolicy S>
struct PortWaits {
  PortListeners<S> readable;  // for a message
  PortListeners<S> room;      // for room for one
  PortListeners<S> drained;

  bool Remove(BasicPortListener<S>& listener) {
    return readable.Remove(listener) || room.Remove(listener) || drained.Remove(listener);
  }
  void MoveAllTo(PortListeners<S>& to) {
    readable.MoveTo(to);
    room.MoveTo(to);
    drained.MoveTo(to);
  }
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_PORT_LISTENER_H_
