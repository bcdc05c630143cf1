#include "sabre/worker/worker.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/worker/worker_control.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {

WorkerScope::WorkerScope(std::uint64_t thread_id, std::string name, std::stop_token stop_token,
                         MessagePort parent_port, std::optional<Message> worker_data)
    : thread_id_(thread_id),
      name_(std::move(name)),
      stop_token_(std::move(stop_token)),
      parent_port_(std::move(parent_port)) {
  if (worker_data.has_value()) worker_data_.emplace(*std::move(worker_data));
}

Worker::Worker() noexcept = default;
Worker::Worker(Worker&&) noexcept = default;

Worker& Worker::operator=(Worker&& other) noexcept {
  Worker moved(std::move(other));
  control_.swap(moved.control_);
  std::swap(port_, moved.port_);
  return *this;
}

Worker::~Worker() {
  if (control_ == nullptr) return;
  Terminate();
  control_->Join(kNever);
}

absl::StatusOr<Worker> Worker::Start(Entry entry, WorkerOptions options) {
  if (!options.transfer.empty()) {
    return absl::InvalidArgumentError("Worker: a transfer list needs worker data");
  }
  return StartWith(std::move(entry), std::nullopt, std::move(options));
}

absl::StatusOr<Worker> Worker::StartWith(Entry entry, std::optional<PreparedMessage> worker_data,
                                         WorkerOptions options) {
  MessageChannel channel = MessageChannel::Create();
  Worker worker;
  worker.port_ = std::move(channel.port1);
  worker.control_ = std::make_shared<internal::WorkerControl>(std::move(entry), std::move(options),
                                                              std::move(channel.port2));
  if (const int error = worker.control_->Start(); error != 0) {
    worker.control_ = nullptr;
    return absl::ResourceExhaustedError(
        absl::StrCat("Worker: the system refuses a thread (errno ", error, ")"));
  }
  std::optional<Message> message;
  if (worker_data.has_value()) message = (*std::move(worker_data)).Commit();
  worker.control_->Go(std::move(message));
  return worker;
}

std::uint64_t Worker::thread_id() const noexcept {
  return control_ != nullptr ? control_->thread_id() : 0;
}

void Worker::OnExit(ExitHandler handler) {
  // The control, not this handle: the handle may have moved by then.
  // First the port, so that the last message comes before; it may close long before the exit.
  port_.OnClose([control = control_, handler = std::move(handler)]() mutable {
    control->WhenExited(std::move(handler));
  });
}

bool Worker::Terminate() { return control_ != nullptr && control_->RequestStop(); }

absl::Status Worker::Join(absl::Duration timeout) {
  if (control_ == nullptr) return absl::FailedPreconditionError("Worker: handle of no worker");
  if (!control_->Join(internal::DeadlineAfter(timeout))) {
    return absl::DeadlineExceededError("Worker: it has not exited in time");
  }
  return control_->ExitStatus();
}

bool Worker::exited() const noexcept { return control_ == nullptr || control_->exited(); }

}  // namespace sabre
