// lib/messaging/port_wait.h: a coroutine that waits for a port, as the port and the loop see it.
#ifndef SABRE_LIB_MESSAGING_PORT_WAIT_H_
#define SABRE_LIB_MESSAGING_PORT_WAIT_H_

#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>

#include "lib/messaging/loop_core.h"
#include "lib/messaging/port_reader.h"
#include "lib/messaging/port_transport.h"
#include "sabre/messaging/port_awaiters.h"

namespace sabre::internal {

// PortWait
//
//   state     | meaning                                     | left by
//   armed     | the transport holds it and will call        | OnPortReady, a stop request → queued;
//             |                                             | Abandon → over
//   queued    | the loop's queue holds it                   | Run → armed, or over, and then it resumes the
//             |                                             | coroutine; Drop → over
//   over      | nobody but the awaiter holds it             |
//
// While it is armed or queued it holds a reference to itself. A coroutine that was destroyed meanwhile is
// not resumed: its awaiter has abandoned the wait.
//
// Thread-safety: OnPortReady from any thread; all else from the loop's.
class PortWait final : public LoopItem, public kernel::PortListener, public PortReader {
 public:
  // `awaiter` has found nothing yet. `holds_loop`: Run goes on meanwhile.
  PortWait(std::shared_ptr<LoopCore> loop, PortAwaiter& awaiter, std::coroutine_handle<> coroutine,
           bool holds_loop);

  // Begins. `look_first`: it is worth looking in the loop's next turn. `self` is this.
  void Start(std::shared_ptr<PortWait> self, bool look_first);
  // The awaiter goes, and the coroutine with it.
  void Abandon();

  void OnPortReady() override { loop_->Push(*this); }
  void Run() override;
  void Drop() override { self_.reset(); }

  // PortReader.
  const char* what() const override { return "a pending Next"; }
  void Supersede() override;

 private:
  struct OnStop {
    PortWait* wait;
    void operator()() const { wait->Interrupt(); }
  };

  void Arm(std::shared_ptr<PortWait> self);
  // Looks at once instead of when the port is ready. Any thread.
  void Interrupt();
  // Nobody is to be told of anything any more.
  void End();

  const std::shared_ptr<LoopCore> loop_;
  const std::coroutine_handle<> coroutine_;
  const std::stop_token stop_;
  const bool holds_loop_;
  PortAwaiter* awaiter_;            // null: the coroutine has gone on, or was destroyed
  std::shared_ptr<PortWait> self_;  // while armed or queued
  std::optional<std::stop_callback<OnStop>> on_stop_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_PORT_WAIT_H_
