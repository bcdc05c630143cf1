// sabre/worker/worker.h: a thread that one talks to by messages.
#ifndef SABRE_WORKER_WORKER_H_
#define SABRE_WORKER_WORKER_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/messaging/message_port.h"
#include "sabre/worker/worker_error.h"
#include "sabre/worker/worker_metrics.h"
#include "sabre/worker/worker_options.h"
#include "sabre/worker/worker_scope.h"

namespace sabre {

namespace internal {
class WorkerControl;
class WorkerEvents;
}  // namespace internal

// Worker
//
// A thread with an event loop, an agent and a port to whoever started it. Nobody can kill it: Terminate
// asks it to stop, wakes it from every blocking call of the library, and the entry returns.
//
// Life: the entry runs; if it returns OK, the worker's event loop runs while something keeps it alive;
// then the workers that it has started itself are asked to stop and waited for, wherever their handles are;
// then its port closes, and the worker has exited. Everything it posted before is delivered first.
//
// Events arrive on the event loop of the thread that asked for them, in this order: online, messages, error,
// exit. They keep that loop going, and end with the handle.
//
// Exit code: 1 after an error (an exception, a status that is not OK; kCancelled is none once a stop is
// requested) and after Terminate, unless that came when the entry and its loop had ended; else that of
// WorkerScope::Exit or set_exit_code; else 0.
//
// Thread-safety: PostMessage, Terminate, Metrics, termination, thread_id and exited from any thread; all else
//   from the thread that owns the handle (with handlers: their loop's). The five questions: the entry
//   runs in the worker's thread and is destroyed there; what it posts arrives in order; Terminate does not
//   wait, Join and the destructor do; if the worker is gone, PostMessage says kUnavailable.
// Spec: HTML Worker (https://html.spec.whatwg.org/multipage/workers.html#worker); Node's
//   worker_threads.Worker. Differs: docs/spec_differences.md, "Workers".
class Worker {
 public:
  using Entry = absl::AnyInvocable<absl::Status(WorkerScope&) &&>;
  using OnlineHandler = absl::AnyInvocable<void()>;
  using ErrorHandler = absl::AnyInvocable<void(WorkerError)>;
  using ExitHandler = absl::AnyInvocable<void(int exit_code)>;
  using StuckHandler = absl::AnyInvocable<void(absl::Duration since_stop)>;

  // Starts a worker. Messages may be posted to it at once.
  // Errors: kInvalidArgument if `entry` is empty, or there is a transfer list (it needs data); kOutOfRange, kPermissionDenied
  //   or kUnimplemented for an option that cannot be; kResourceExhausted if the system refuses the
  //   thread or the memory for it. Then nothing is left behind and nothing was detached.
  // Blocking: until the thread has its CPU affinity and nice value, if there are any to be had.
  static absl::StatusOr<Worker> Start(Entry entry, WorkerOptions options = {});
  // The same with data for the worker (WorkerScope::worker_data), cloned as by PostMessage.
  // Errors: also those of PreparedMessage::Prepare.
  template <Encodable T>
  static absl::StatusOr<Worker> Start(Entry entry, const T& worker_data,
                                      WorkerOptions options = {}) {
    absl::StatusOr<PreparedMessage> message =
        PreparedMessage::Prepare(worker_data, {.transfer = std::move(options.transfer)});
    if (!message.ok()) return std::move(message).status();
    return StartWith(std::move(entry), *std::move(message), std::move(options));
  }
  // The same by the name that RegisterWorker was given.
  // Errors: also kNotFound.
  static absl::StatusOr<Worker> Start(std::string_view registered, WorkerOptions options = {});
  template <Encodable T>
  static absl::StatusOr<Worker> Start(std::string_view registered, const T& worker_data,
                                      WorkerOptions options = {}) {
    absl::StatusOr<Entry> entry = Registered(registered);
    if (!entry.ok()) return std::move(entry).status();
    return Start(*std::move(entry), worker_data, std::move(options));
  }

  // A handle of no worker. So is one that was moved from.
  Worker() noexcept;
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;
  // Terminates the worker and waits for its exit, however long that takes; a wait beyond
  // WorkerOptions::stuck_after is reported to the handler of SetStuckWorkerHandler. Not in the worker itself.
  ~Worker();

  // The number of the worker's agent, from Start on; never that of another. 0 for a handle of no worker.
  std::uint64_t thread_id() const noexcept;

  // The parent's end of the channel, and its functions: see MessagePort. The worker's events come in order
  // if its handlers are set here and not on the port.
  MessagePort& port() noexcept { return port_; }
  template <Encodable T>
  absl::Status PostMessage(const T& value, const StructuredSerializeOptions& options = {}) {
    return port_.PostMessage(value, options);
  }
  template <Encodable T>
  absl::Status PostWait(const T& value, const StructuredSerializeOptions& options = {},
                        absl::Duration timeout = absl::InfiniteDuration()) {
    return port_.PostWait(value, options, timeout);
  }
  absl::StatusOr<MessageEvent> Receive(absl::Duration timeout = absl::InfiniteDuration()) {
    return port_.Receive(timeout);
  }
  absl::StatusOr<std::optional<MessageEvent>> TryReceive() { return port_.TryReceive(); }
  template <internal::HandlesEvents Handler>
  void OnMessage(Handler handler) {
    SetMessageHandler(internal::EventHandler(std::move(handler)));
  }
  template <Decodable T, std::invocable<T> Handler>
  void OnMessage(Handler handler) {
    SetMessageHandler(internal::ValueHandler<T>(std::move(handler)));
  }
  void OnMessage(std::nullptr_t) { port_.OnMessage(nullptr); }
  void OnMessageError(MessagePort::ErrorHandler handler) {
    port_.OnMessageError(std::move(handler));
  }

  // Call `handler` once, on the calling thread's loop; each replaces an earlier one. A handler that comes after
  // its event is called all the same.
  // The worker is about to run its entry.
  void OnOnline(OnlineHandler handler);
  // It has ended with an error. After its last message has been handled, if there is a handler for messages.
  void OnError(ErrorHandler handler);
  // It has exited and its thread is no more. The last of its events.
  void OnExit(ExitHandler handler);
  // It was asked to stop and has not exited WorkerOptions::stuck_after later. It may still exit.
  void OnStuck(StuckHandler handler);

  // Whether the worker's events and messages keep the loop going. They do until Unref.
  // Spec: Node's worker.ref, worker.unref.
  void Ref();
  void Unref();

  // Asks the worker to stop: requests it of its stop token and wakes it. Does not wait. Returns false
  // if it was asked before or has exited.
  bool Terminate();
  // What became of that, or of another request to stop.
  WorkerTermination termination() const;
  // A worker that was asked to stop more than WorkerOptions::stuck_after ago and has not exited.
  bool stuck() const { return !exited() && termination().stuck; }

  // Waits until the worker has exited, and returns its exit status: what its entry returned; kUnknown
  // with the text of the exception if it threw.
  // Errors: kDeadlineExceeded after `timeout`; kCancelled if a stop is requested of the calling agent;
  //   kFailedPrecondition in the worker itself, if the calling agent may not block, and for a handle of no
  //   worker. In the first two cases the worker goes on (exited() tells them from an entry that returned the
  //   same code).
  // Blocking: yes, unless timeout <= 0.
  absl::Status Join(absl::Duration timeout = absl::InfiniteDuration());

  // Whether it has exited.
  bool exited() const noexcept;
  // Its exit code and what its error was, if it has exited; else nothing.
  std::optional<int> exit_code() const;
  std::optional<WorkerError> error() const;

  WorkerMetrics Metrics() const;

 private:
  static absl::StatusOr<Entry> Registered(std::string_view name);
  static absl::StatusOr<Worker> StartWith(Entry entry, std::optional<PreparedMessage> worker_data,
                                          WorkerOptions options);
  internal::WorkerEvents& Events();
  void SetMessageHandler(internal::PortMessageHandler handler);

  std::shared_ptr<internal::WorkerControl> control_;
  std::shared_ptr<internal::WorkerEvents> events_;  // null: no handler yet
  MessagePort port_;
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_H_
