// sabre/worker/worker_scope.h: what a worker's entry sees.
#ifndef SABRE_WORKER_WORKER_SCOPE_H_
#define SABRE_WORKER_WORKER_SCOPE_H_

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
  std::uint64_t thread_id() const noexcept { return thread_id_; }
  const std::string& name() const noexcept { return name_; }

  // Requested by Worker::Terminate. Blocking calls of the library look at it by themselves; long
  // computations should, every few milliseconds.
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
  absl::StatusOr<MessageEvent> Receive(absl::Duration timeout = absl::InfiniteDuration()) {
    return parent_port_.Receive(timeout);
  }
  absl::StatusOr<std::optional<MessageEvent>> TryReceive() { return parent_port_.TryReceive(); }
  void OnMessage(MessagePort::MessageHandler handler) {
    parent_port_.OnMessage(std::move(handler));
  }
  void Close() { parent_port_.Close(); }

  // The worker's event loop. It runs after the entry has returned OK, as long as something keeps it
  // alive (a message handler on an open port, a timer) and no stop is requested.
  EventLoop& loop() noexcept { return EventLoop::Current(); }

 private:
  friend class internal::WorkerControl;
  WorkerScope(std::uint64_t thread_id, std::string name, std::stop_token stop_token,
              MessagePort parent_port, std::optional<Message> worker_data);

  const std::uint64_t thread_id_;
  const std::string name_;
  const std::stop_token stop_token_;
  MessagePort parent_port_;
  std::optional<MessageEvent> worker_data_;
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_SCOPE_H_
