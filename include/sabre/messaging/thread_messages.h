// sabre/messaging/thread_messages.h: messages to a thread by its number, with an answer.
#ifndef SABRE_MESSAGING_THREAD_MESSAGES_H_
#define SABRE_MESSAGING_THREAD_MESSAGES_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/transferable.h"
#include "sabre/messaging/message_event.h"

namespace sabre {

// What handles the messages to a thread: the message, and the number of the agent that sent it. What it
// returns goes back to the sender.
using ThreadMessageHandler = absl::AnyInvocable<absl::Status(MessageEvent, std::uint64_t)>;

namespace internal {
using ThreadMessageCallback = absl::AnyInvocable<void(absl::Status) &&>;
void SetThreadMessageHandler(ThreadMessageHandler handler);
absl::Status SendToThread(std::uint64_t thread_id, PreparedMessage message, absl::Duration timeout);
void SendToThreadAsync(std::uint64_t thread_id, absl::StatusOr<PreparedMessage> message,
                       absl::Duration timeout, ThreadMessageCallback callback);
}  // namespace internal

// OnThreadMessage()
//
// From now on messages to the calling thread are handled by `handler`, on this thread's event loop. It
// replaces an earlier one; null removes it. A handler does not keep the loop going.
//
//   sabre::OnThreadMessage([](sabre::MessageEvent event, std::uint64_t source) { … });
//
// `handler` returns nothing, or an absl::Status. If it fails or throws, the sender hears of it; an exception
// goes on to whoever runs the loop.
// Spec: Node's process event 'workerMessage'.
template <class Handler>
requires std::invocable<Handler&, MessageEvent, std::uint64_t>
void OnThreadMessage(Handler handler) {
  if constexpr (std::is_void_v<std::invoke_result_t<Handler&, MessageEvent, std::uint64_t>>) {
    internal::SetThreadMessageHandler(
        [handler = std::move(handler)](MessageEvent event, std::uint64_t source) mutable {
          handler(std::move(event), source);
          return absl::OkStatus();
        });
  } else {
    internal::SetThreadMessageHandler(std::move(handler));
  }
}
inline void OnThreadMessage(std::nullptr_t) { internal::SetThreadMessageHandler(nullptr); }

// PostMessageToThread()
//
// Sends `value` to the thread whose agent has the number `thread_id` (Worker::thread_id, Agent::id) and
// returns when its handler has run. Needs no port between the two. Two threads that send to each other so
// and do nothing else wait for each other.
//
// Errors, the first four before anything is sent or detached: those of PreparedMessage::Prepare;
//   kInvalidArgument if it is the calling thread; kFailedPrecondition if this may not block; kNotFound if
//   there is no such thread, or it has no handler. kUnavailable if the thread ended, or removed its handler,
//   before it came to the message; kUnknown with the reason if the handler failed or threw. kDeadlineExceeded
//   after `timeout`, kCancelled if a stop is requested of the calling agent: the message may be handled
//   later.
// Blocking: yes. Thread-safety: thread-safe. Memory ordering: everything before the call happens before
//   the handler, and everything in the handler before the return.
// Spec: Node's worker_threads.postMessageToThread.
template <Encodable T>
absl::Status PostMessageToThread(std::uint64_t thread_id, const T& value,
                                 const StructuredSerializeOptions& options = {},
                                 absl::Duration timeout = absl::InfiniteDuration()) {
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value, options);
  if (!message.ok()) return std::move(message).status();
  return internal::SendToThread(thread_id, *std::move(message), timeout);
}

// PostMessageToThreadAsync()
//
// The same without sleeping: `callback` runs with the answer on the calling thread's executor (its event
// loop), which the call keeps going; unrun if that ends before. All errors come by it. `can_block` is of no
// meaning.
template <Encodable T>
void PostMessageToThreadAsync(std::uint64_t thread_id, const T& value,
                              const StructuredSerializeOptions& options, absl::Duration timeout,
                              absl::AnyInvocable<void(absl::Status) &&> callback) {
  internal::SendToThreadAsync(thread_id, PreparedMessage::Prepare(value, options), timeout,
                              std::move(callback));
}

}  // namespace sabre

#endif  // SABRE_MESSAGING_THREAD_MESSAGES_H_
