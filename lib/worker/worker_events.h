// lib/worker/worker_events.h: a worker's events, in order, on its parent's loop.
#ifndef SABRE_LIB_WORKER_WORKER_EVENTS_H_
#define SABRE_LIB_WORKER_WORKER_EVENTS_H_

#include <memory>
#include <optional>
#include <stop_token>

#include "lib/worker/worker_control.h"
#include "sabre/memory/executor.h"
#include "sabre/messaging/message_port.h"
#include "sabre/worker/worker.h"

namespace sabre::internal {

class LoopCore;

// WorkerEvents
//
// The worker's thread and the port each tell the loop what has happened; here it is put in order. A message
// that comes before the news that its sender is online brings that news along; the exit waits until the
// handler for messages has seen the end of the port, or is gone.
//
// Thread-safety: the members of WorkerListener from any thread; all else from the loop's.
class WorkerEvents final : public kernel::WorkerListener,
                           public std::enable_shared_from_this<WorkerEvents> {
 public:
  // On the calling thread's loop.
  static std::shared_ptr<WorkerEvents> Create(std::shared_ptr<WorkerControl> control);
  explicit WorkerEvents(std::shared_ptr<WorkerControl> control);

  void OnOnline(Worker::OnlineHandler handler);
  void OnError(Worker::ErrorHandler handler);
  void OnExit(Worker::ExitHandler handler);
  void OnStuck(Worker::StuckHandler handler);

  // `handler` as one of this worker's messages, and what the port shall do when the last has come.
  PortMessageHandler InOrder(PortMessageHandler handler);
  absl::AnyInvocable<void()> AtPortEnd();

  void SetRef(bool ref);
  // No handler is called after this.
  void End();

  void OnWorkerOnline() override;
  void OnWorkerExited() override;

 private:
  class MessageGate;
  class StuckTimer;
  struct TellOfStop {
    std::weak_ptr<WorkerEvents> events;
    std::shared_ptr<LoopCore> loop;
    void operator()() const;
  };

  void Begin();
  void Post(void (WorkerEvents::*what)());
  void HoldLoop(bool hold);

  // What was heard.
  void HearExit();
  void HearStop();
  // The exit is told once it was heard and no message can come any more.
  void ExitIfDone();

  // What is told, each once.
  void TellOnline();
  void TellError();
  void TellExit();
  void TellStuck();
  void StuckTimerIsOver();
  void CancelStuckTimer();

  const std::shared_ptr<WorkerControl> control_;
  const std::shared_ptr<LoopCore> loop_;
  std::shared_ptr<WorkerEvents> self_;  // while the worker's state may call
  Worker::OnlineHandler on_online_;
  Worker::ErrorHandler on_error_;
  Worker::ExitHandler on_exit_;
  Worker::StuckHandler on_stuck_;
  bool online_ = false;  // told, or has no handler
  bool exit_heard_ = false;
  bool exiting_ = false;  // being told, or told
  bool ended_ = false;    // nobody wants to hear any more
  int gates_ = 0;         // handlers for messages
  bool port_ended_ = false;
  bool ref_ = true;
  bool holds_loop_ = false;
  Executor::TimerId stuck_timer_ = 0;
  bool stuck_told_ = false;  // or there was no handler
  std::optional<std::stop_callback<TellOfStop>> on_stop_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_WORKER_EVENTS_H_
