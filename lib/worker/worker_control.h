// lib/worker/worker_control.h: what a Worker and its thread share.
#ifndef SABRE_LIB_WORKER_WORKER_CONTROL_H_
#define SABRE_LIB_WORKER_WORKER_CONTROL_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "lib/kernel/worker_state.h"
#include "sabre/clone/message.h"
#include "sabre/messaging/message_port.h"
#include "sabre/worker/worker.h"

namespace sabre::platform {
class Thread;
}  // namespace sabre::platform

namespace sabre::internal {

// WorkerControl
//
// Thread-safety: RequestStop, thread_id and exited from any thread; Start and Join from the owner's.
class WorkerControl : public std::enable_shared_from_this<WorkerControl> {
 public:
  WorkerControl(Worker::Entry entry, WorkerOptions options, MessagePort child_port);
  ~WorkerControl();

  // 0 or an errno; after a refusal the entry has not run and will not. After a success the thread
  // waits for Go.
  int Start();
  // Lets the thread begin, with its data. Split from Start because data may be detached only once the
  // thread is sure.
  void Go(std::optional<Message> worker_data);

  bool RequestStop();
  bool exited() const { return state_.exited(); }
  std::uint64_t thread_id() const { return thread_id_.load(StdSync::kRelaxed); }

  // False at the deadline.
  bool Join(TimePoint deadline);
  // The exit status, after Join. A new object at each call: see docs/errors.md on statuses and threads.
  absl::Status ExitStatus() const;
  // Calls `handler` with the exit status on the calling thread's loop, which this keeps going.
  void WhenExited(Worker::ExitHandler handler);

 private:
  static void ThreadMain(void* control);
  void Run();

  Worker::Entry entry_;
  const WorkerOptions options_;
  MessagePort child_port_;
  std::optional<Message> worker_data_;  // written before go_ is given
  Parker go_;
  std::stop_source stop_source_;
  kernel::WorkerState<StdSync> state_;
  const std::unique_ptr<platform::Thread> thread_;
  std::shared_ptr<WorkerControl> self_;  // the thread's reference, on its way to the thread
  // Relaxed at both ends: a number, 0 until the thread has begun.
  StdSync::Atomic<std::uint64_t> thread_id_{0};
  absl::StatusCode exit_code_ = absl::StatusCode::kOk;  // written before the state says exited
  std::string exit_message_;
  bool exit_data_clone_error_ = false;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_WORKER_CONTROL_H_
