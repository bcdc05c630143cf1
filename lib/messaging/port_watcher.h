// lib/messaging/port_watcher.h: something that an event loop does when a port has news.
#ifndef SABRE_LIB_MESSAGING_PORT_WATCHER_H_
#define SABRE_LIB_MESSAGING_PORT_WATCHER_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "lib/messaging/loop_core.h"
#include "lib/messaging/port_transport.h"

namespace sabre::internal {

// PortWatcher
//
//   state    | meaning                                       | left by
//   idle     | nobody but the port holds it                  | Start → queued
//   armed    | the transport holds it and will call          | OnPortReady → queued; Stop → idle
//   queued   | the loop's queue holds it                     | Run → armed, queued or idle; Drop → idle
//
// While it is armed or queued it holds a reference to itself; a watcher that was stopped while it was
// queued does nothing when its turn comes.
//
// Thread-safety: OnPortReady from any thread; all else from the loop's.
class PortWatcher : public LoopItem, public kernel::PortListener {
 public:
  PortWatcher(std::shared_ptr<LoopCore> loop, std::shared_ptr<PortTransport> transport)
      : loop_(std::move(loop)), transport_(std::move(transport)) {}

  // Begins to watch. `self` is this.
  void Start(std::shared_ptr<PortWatcher> self);
  // No handler is called after this.
  void Stop();
  const std::shared_ptr<LoopCore>& loop() const { return loop_; }
  // Whether it keeps the loop going, until it stops or ends.
  void SetRef(bool ref);

  void OnPortReady() final { loop_->Push(*this); }
  void Run() final;
  void Drop() final { self_.reset(); }

 protected:
  enum class Then : std::uint8_t {
    kWait,   // arm, and come again when there is news
    kDefer,  // come again in the loop's next turn
    kEnd,    // there will be no more news, or the watcher was stopped
  };
  // Does what is to be done now. May stop the watcher, or throw: then it is deferred.
  virtual Then Turn() = 0;
  // Registers it for the next news; false: there are some.
  virtual bool Arm() = 0;

  // Null once stopped or ended.
  PortTransport* transport() const { return transport_.get(); }
  // There will be no more news.
  void End();

 private:
  class AfterThrow;

  const std::shared_ptr<LoopCore> loop_;
  std::shared_ptr<PortTransport> transport_;
  std::shared_ptr<PortWatcher> self_;  // while armed or queued
  bool ref_wanted_ = true;
  bool holds_loop_ = false;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_WATCHER_H_
