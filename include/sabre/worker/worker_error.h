// sabre/worker/worker_error.h: what ended a worker that did not end well.
#ifndef SABRE_WORKER_WORKER_ERROR_H_
#define SABRE_WORKER_WORKER_ERROR_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/value.h"

namespace sabre {

// WorkerError
//
// An exception or an error status, as plain text that can cross threads. In a message, and as a Value,
// it is a JavaScript Error.
//
// Thread-safety: thread-compatible.
// Spec: HTML, runtime script errors in workers; Node's 'error' event of a Worker.
struct WorkerError {
  // What the exception or the status says.
  std::string message;
  // The exception's type ("std::runtime_error"); of a status, its code ("DATA_LOSS") or "DataCloneError"; of
  // an Error from elsewhere, its name ("RangeError").
  std::string type = "Error";
  // "<type>: <message>", and below it a line for each place that is known: of a worker, its name.
  std::string stack;
  // Of a status, its code; of an exception, kUnknown (of std::bad_alloc, kResourceExhausted).
  absl::StatusCode code = absl::StatusCode::kUnknown;
  // What it was thrown in answer to (std::nested_exception), or an Error's cause. Null: nothing.
  std::shared_ptr<const WorkerError> cause = nullptr;

  // Code and message.
  absl::Status ToStatus() const;
  // An Error with the cause as its cause. Its name is that of the standard JavaScript error that fits:
  // RangeError for kOutOfRange and exceptions like std::out_of_range, TypeError for kInvalidArgument and
  // exceptions like std::invalid_argument, else Error.
  Value ToValue(Graph& graph) const;

  static WorkerError FromStatus(const absl::Status& status);
  // What ToValue has made of it, or any Error, with causes 16 deep. A value that is no Error is the
  // message of one, as by ToDebugString.
  static WorkerError FromValue(Value value);
};

// An Error value.
template <>
struct Codec<WorkerError> {
  static constexpr bool kThreadConfined = false;
  static bool Write(Serializer& out, const WorkerError& error) {
    Graph graph;
    return internal::WriteValue(out, error.ToValue(graph));
  }
  static bool Read(Deserializer& in, WorkerError& error) {
    Graph graph;
    if (!internal::ReadGraph(in, graph)) return false;
    error = WorkerError::FromValue(graph.root());
    return true;
  }
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_ERROR_H_
