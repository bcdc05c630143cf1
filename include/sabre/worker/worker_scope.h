// sabre/worker/worker_scope.h: what a worker's entry sees.
#ifndef SABRE_WORKER_WORKER_SCOPE_H_
#define SABRE_WORKER_WORKER_SCOPE_H_

#include <concepts>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/message.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"

namespace sabre {

namespace internal {
class WorkerControl;
}  // namespace internal

// WorkerScope
//
// The worker's side of a Worker: its port to the parent, its data, its stop token.
//
// Thread-safety: PostMessage, Close and stop_token from any thread; all else from the worker's.
// Lifetime: from the call of the entry to the end of the worker.
// Spec: HTML DedicatedWorkerGlobalScope; Node's worker_threads, parentPort and workerData.
class WorkerScope {
 public:
  WorkerScope(const WorkerScope&) = delete;
  WorkerScope& operator=(const WorkerScope&) = delete;

  // The number of this worker's agent.
  std::uint64_t thread_id() const noexcept;
  const std::string& name() const noexcept;

  // Requested by Worker::Terminate, by the end of the parent, by Exit. Blocking calls of the library look at
  // it by themselves; long computations should, every few milliseconds.
  const std::stop_token& stop_token() const noexcept { return stop_token_; }

  // What the parent passed to Worker::Start. Transferred buffers are the same objects at each call.
  // Errors: kNotFound if it passed nothing; kDataLoss if it is not a T.
  template <Decodable T>
  absl::StatusOr<T> worker_data() {
    if (!worker_data_.has_value()) return absl::NotFoundError("WorkerScope: no worker data");
    return worker_data_->As<T>();
  }

  // The port to the parent, and its functions: see MessagePort.
  MessagePort& parent_port() noexcept { return parent_port_; }
  template <Encodable T>
  absl::Status PostMessage(const T& value, const StructuredSerializeOptions& options = {}) {
    return parent_port_.PostMessage(value, options);
  }
  template <Encodable T>
  absl::Status PostWait(const T& value, const StructuredSerializeOptions& options = {},
                        absl::Duration timeout = absl::InfiniteDuration()) {
    return parent_port_.PostWait(value, options, timeout);
  }
  absl::StatusOr<MessageEvent> Receive(absl::Duration timeout = absl::InfiniteDuration()) {
    return parent_port_.Receive(timeout);
  }
  absl::StatusOr<std::optional<MessageEvent>> TryReceive() { return parent_port_.TryReceive(); }
  template <internal::HandlesEvents Handler>
  void OnMessage(Handler handler) {
    static_cast<void>(loop());
    parent_port_.OnMessage(std::move(handler));
  }
  template <Decodable T, std::invocable<T> Handler>
  void OnMessage(Handler handler) {
    static_cast<void>(loop());
    parent_port_.OnMessage<T>(std::move(handler));
  }
  void Close() { parent_port_.Close(); }

  // Ends the worker from within: requests a stop as Terminate does, with `code` as its exit code. The entry
  // still has to return; what is reported as an error then still is one.
  // Spec: Node's process.exit in a worker.
  void Exit(int code);
  // The exit code of a worker that ends well; 0 at first.
  // Spec: Node's process.exitCode.
  void set_exit_code(int code) noexcept;
  int exit_code() const noexcept;

  // The worker's event loop. It runs after the entry has returned OK, as long as something keeps it
  // alive (a message handler on an open port, a timer) and no stop is requested.
  EventLoop& loop();

 private:
  friend class internal::WorkerControl;
  WorkerScope(internal::WorkerControl& control, std::stop_token stop_token, MessagePort parent_port,
              std::optional<Message> worker_data);

  internal::WorkerControl& control_;
  const std::stop_token stop_token_;
  MessagePort parent_port_;
  std::optional<MessageEvent> worker_data_;
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_SCOPE_H_
