// sabre/worker/worker.h: a thread that one talks to by messages.
#ifndef SABRE_WORKER_WORKER_H_
#define SABRE_WORKER_WORKER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/messaging/message_port.h"
#include "sabre/worker/worker_scope.h"

namespace sabre {

namespace internal {
class WorkerControl;
}  // namespace internal

// WorkerOptions
struct WorkerOptions {
  // Shown by debuggers and top (15 bytes on Linux).
  std::string name = "worker";
  // Bytes; 0 is the system's default.
  std::size_t stack_size = 0;
  // Whether the worker may block in atomics::Wait and Receive.
  bool can_block = true;
  // Detached from the caller and handed to the worker with its data. If Start fails, nothing is.
  std::vector<TransferItem> transfer = {};
};

// Worker
//
// A thread with an event loop, an agent and a port to whoever started it. Nobody can kill it: Terminate
// asks it to stop, wakes it from every blocking call of the library, and the entry returns.
//
// Life: the entry runs; if it returns OK, the worker's event loop runs while something keeps it alive;
// then its port closes, and the worker has exited. Everything it posted before is delivered first.
//
// Thread-safety: PostMessage and Terminate from any thread; all else from the thread that owns the
//   handle. The five questions: the entry runs in the worker's thread and is destroyed there; what it
//   posts arrives in order; Terminate does not wait, Join and the destructor do; if the worker is
//   gone, PostMessage says kUnavailable.
// Spec: HTML Worker (https://html.spec.whatwg.org/multipage/workers.html#worker); Node's
//   worker_threads.Worker.
class Worker {
 public:
  using Entry = absl::AnyInvocable<absl::Status(WorkerScope&) &&>;
  using ExitHandler = absl::AnyInvocable<void(absl::Status)>;

  // Starts a worker. Messages may be posted to it at once.
  // Errors: kResourceExhausted if the system refuses the thread; kInvalidArgument if there is a
  //   transfer list (it needs data). Then nothing is left behind.
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

  // A handle of no worker. So is one that was moved from.
  Worker() noexcept;
  Worker(Worker&&) noexcept;
  Worker& operator=(Worker&&) noexcept;
  // Terminates the worker and waits for its exit, however long that takes.
  ~Worker();

  // The number of the worker's agent.
  std::uint64_t thread_id() const noexcept;

  // The parent's end of the channel, and its functions: see MessagePort.
  MessagePort& port() noexcept { return port_; }
  template <Encodable T>
  absl::Status PostMessage(const T& value, const StructuredSerializeOptions& options = {}) {
    return port_.PostMessage(value, options);
  }
  absl::StatusOr<MessageEvent> Receive(absl::Duration timeout = absl::InfiniteDuration()) {
    return port_.Receive(timeout);
  }
  absl::StatusOr<std::optional<MessageEvent>> TryReceive() { return port_.TryReceive(); }
  void OnMessage(MessagePort::MessageHandler handler) { port_.OnMessage(std::move(handler)); }

  // Calls `handler` once, on the calling thread's loop, with the worker's exit status, after its last
  // message has been handled. Takes effect with OnMessage.
  void OnExit(ExitHandler handler);

  // Asks the worker to stop: requests it of its stop token and wakes it. Does not wait. Returns false
  // if it was asked before or has exited.
  bool Terminate();

  // Waits until the worker has exited, and returns its exit status: what its entry returned; kUnknown
  // with the text of the exception if it threw.
  // Errors: kDeadlineExceeded after `timeout`; the worker goes on then (exited() tells this from an
  //   entry that returned the same code).
  absl::Status Join(absl::Duration timeout = absl::InfiniteDuration());

  // Whether it has exited.
  bool exited() const noexcept;

 private:
  static absl::StatusOr<Worker> StartWith(Entry entry, std::optional<PreparedMessage> worker_data,
                                          WorkerOptions options);

  std::shared_ptr<internal::WorkerControl> control_;
  MessagePort port_;
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_H_
