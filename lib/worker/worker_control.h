// lib/worker/worker_control.h: what a Worker and its thread share.
#ifndef SABRE_LIB_WORKER_WORKER_CONTROL_H_
#define SABRE_LIB_WORKER_WORKER_CONTROL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/kernel/worker_state.h"
#include "lib/worker/environment.h"
#include "sabre/clone/message.h"
#include "sabre/messaging/message_port.h"
#include "sabre/sync/std_sync.h"
#include "sabre/worker/worker.h"

namespace sabre::platform {
class Thread;
}  // namespace sabre::platform

namespace sabre::internal {

class PortState;

// WorkerControl
//
// Held by the handle, by the thread, and by the worker that is its parent, so that this one can end it when
// the handle is out of reach.
//
// Thread-safety: RequestStop, Wait, JoinThread, Watch, Metrics and the accessors from any thread; Start from
//   the parent's; RequestExit, NoteLoop and the exit code's setter from the worker's.
class WorkerControl : public std::enable_shared_from_this<WorkerControl> {
 public:
  WorkerControl(Worker::Entry entry, WorkerOptions options, MessagePort child_port);
  ~WorkerControl();

  // Makes the thread. If `worker_data` has something to detach, that is done once the thread is sure; an
  // error has detached nothing, and the entry has not run and will not.
  absl::Status Start(std::optional<PreparedMessage> worker_data);

  // The worker has an event loop.
  void NoteLoop();

  bool RequestStop();
  void RequestExit(int code);

  enum class WaitEnd : std::uint8_t { kExited, kDeadline, kCancelled };
  // Until the worker has exited and its thread has ended; or until `deadline`, or a stop request.
  WaitEnd Wait(TimePoint deadline, const std::stop_token& stop);
  // The same, however long it takes; a long wait after a request to stop is reported.
  void WaitAndReport();
  // Waits for the thread of a worker that has exited.
  void JoinThread();

  kernel::WorkerState<StdSync>::Phase Watch(kernel::WorkerListener& listener) {
    return state_.Watch(listener);
  }
  bool exited() const { return state_.exited(); }
  WorkerTermination termination() const;
  WorkerMetrics Metrics() const;
  std::uint64_t thread_id() const { return thread_id_; }
  const WorkerOptions& options() const { return options_; }
  std::stop_token stop_token() const { return stop_source_.get_token(); }

  void set_exit_code(int code) { exit_code_ = code; }

  // After the exit. The status is a new object at each call: see docs/errors.md on statuses and threads.
  absl::Status ExitStatus() const;
  int exit_code() const { return exit_code_; }
  const std::optional<WorkerError>& error() const { return error_; }

 private:
  static void ThreadMain(void* control);
  void Run();
  // The entry, and then the loop.
  absl::Status RunEntry(WorkerScope& scope);
  void Conclude(const absl::Status& status, std::optional<WorkerError> thrown);
  // The workers that this one has started. PrepareForChild makes room, so that nothing fails later.
  void PrepareForChild();
  void EndChildren();
  void BeginMetrics();
  void EndMetrics();
  // As long as the thread lives.
  WorkerMetrics MeasureLocked() const;

  const std::uint64_t thread_id_;
  Worker::Entry entry_;
  const WorkerOptions options_;
  MessagePort child_port_;
  std::shared_ptr<const EnvironmentData> environment_;
  std::optional<Message> worker_data_;  // written before go_ is given, or before the thread is made
  bool waits_for_go_ = false;
  bool called_off_ = false;  // written before go_ is given: there is nothing to go for
  Parker go_;
  std::uint64_t trace_arrow_ = 0;  // written before the thread is made
  std::stop_source stop_source_;
  kernel::WorkerState<StdSync> state_;
  const std::unique_ptr<platform::Thread> thread_;
  std::shared_ptr<WorkerControl> self_;  // the thread's reference, on its way to the thread
  std::vector<std::shared_ptr<WorkerControl>> children_;  // the worker's thread
  bool exit_requested_ = false;  // RequestExit came first; the worker's thread

  // Written by the worker before the state says exited, read by others after it.
  int exit_code_ = 0;
  absl::StatusCode status_code_ = absl::StatusCode::kOk;
  std::string status_message_;
  bool data_clone_error_ = false;
  std::optional<WorkerError> error_;

  mutable StdSync::Mutex metrics_mutex_;
  bool measurable_ = false;                 // [metrics_mutex_] the thread and its loop are there
  int clock_ = 0;                           // [metrics_mutex_] its processor time
  std::shared_ptr<PortState> child_state_;  // [metrics_mutex_]
  EventLoop* loop_ = nullptr;               // [metrics_mutex_]
  WorkerMetrics last_metrics_;              // [metrics_mutex_] once it cannot
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_WORKER_CONTROL_H_
