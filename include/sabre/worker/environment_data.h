// sabre/worker/environment_data.h: values that workers inherit.
#ifndef SABRE_WORKER_ENVIRONMENT_DATA_H_
#define SABRE_WORKER_ENVIRONMENT_DATA_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/message.h"
#include "sabre/clone/prepared_message.h"

namespace sabre {

namespace internal {
absl::Status StoreEnvironmentData(std::string_view key, PreparedMessage value);
// Null if there is none.
std::shared_ptr<const Message> LoadEnvironmentData(std::string_view key);
absl::Status NoEnvironmentData(std::string_view key);
}  // namespace internal

// Environment data
//
// A table of the calling thread, of clones by name. A worker starts with a copy of its parent's, unless
// WorkerOptions say otherwise; what either sets later the other does not see. Shared memory in a value is
// the same memory for all.
//
//   sabre::SetEnvironmentData("level", 3);            // before Worker::Start
//   absl::StatusOr<int> level = sabre::GetEnvironmentData<int>("level");   // in the worker: 3
//
// Thread-safety: each thread has its own.
// Spec: Node's setEnvironmentData and getEnvironmentData. Differs: RemoveEnvironmentData, where Node sets
//   undefined.

// Replaces an earlier value.
// Errors: those of PreparedMessage::Prepare; kInvalidArgument if `value` holds an object that only one
//   thread can have (a MessagePort, a FileDescriptor).
template <Encodable T>
absl::Status SetEnvironmentData(std::string_view key, const T& value) {
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value);
  if (!message.ok()) return std::move(message).status();
  return internal::StoreEnvironmentData(key, *std::move(message));
}

// A clone of the value.
// Errors: kNotFound if there is none; those of Decode if it is not a T.
template <Decodable T>
absl::StatusOr<T> GetEnvironmentData(std::string_view key) {
  const std::shared_ptr<const Message> message = internal::LoadEnvironmentData(key);
  if (message == nullptr) return internal::NoEnvironmentData(key);
  Attachments attachments;
  attachments.shared_buffers = message->shared_buffers;
  return Decode<T>(message->bytes, attachments, TrustedBytes());
}

// Returns whether there was one.
bool RemoveEnvironmentData(std::string_view key);

}  // namespace sabre

#endif  // SABRE_WORKER_ENVIRONMENT_DATA_H_
