#include "sabre/worker/worker.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/messaging/port_state.h"
#include "lib/platform/thread.h"
#include "lib/worker/registered_workers.h"
#include "lib/worker/thread_entry.h"
#include "lib/worker/worker_control.h"
#include "lib/worker/worker_events.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/check.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {
namespace {

// What can be said of the options before the system is asked.
absl::Status CheckOptions(const WorkerOptions& options) {
  // The system looks its limits up in files.
  if (options.stack_size == 0 && options.cpu_affinity.empty() && !options.nice.has_value()) {
    return absl::OkStatus();
  }
  const platform::ThreadLimits limits = platform::LimitsOfThreads();
  if (options.stack_size != 0 && options.stack_size < limits.least_stack_size) {
    return absl::OutOfRangeError(absl::StrCat("Worker: stack_size ", options.stack_size,
                                              " is less than ", limits.least_stack_size));
  }
  // Where the platform has no say in these, it says so itself.
  for (std::size_t i = 0; limits.cpus > 0 && i < options.cpu_affinity.size(); ++i) {
    const int cpu = options.cpu_affinity[i];
    if (cpu < 0 || cpu >= limits.cpus) {
      return absl::OutOfRangeError(absl::StrCat("Worker: cpu_affinity[", i, "] ", cpu,
                                                " is not in [0, ", limits.cpus - 1, "]"));
    }
  }
  if (options.nice.has_value() && limits.least_nice <= limits.most_nice &&
      (*options.nice < limits.least_nice || *options.nice > limits.most_nice)) {
    return absl::OutOfRangeError(absl::StrCat("Worker: nice ", *options.nice, " is not in [",
                                              limits.least_nice, ", ", limits.most_nice, "]"));
  }
  return absl::OkStatus();
}

bool IsCallingThread(const internal::WorkerControl& control) {
  return Agent::Current().id() == control.thread_id();
}

}  // namespace

WorkerScope::WorkerScope(internal::WorkerControl& control, std::stop_token stop_token,
                         MessagePort parent_port, std::optional<Message> worker_data)
    : control_(control), stop_token_(std::move(stop_token)), parent_port_(std::move(parent_port)) {
  if (worker_data.has_value()) worker_data_.emplace(*std::move(worker_data));
}

std::uint64_t WorkerScope::thread_id() const noexcept { return control_.thread_id(); }
const std::string& WorkerScope::name() const noexcept { return control_.options().name; }
EventLoop& WorkerScope::loop() {
  control_.NoteLoop();
  return EventLoop::Current();
}
void WorkerScope::Exit(int code) { control_.RequestExit(code); }
void WorkerScope::set_exit_code(int code) noexcept { control_.set_exit_code(code); }
int WorkerScope::exit_code() const noexcept { return control_.exit_code(); }

Worker::Worker() noexcept = default;
Worker::Worker(Worker&&) noexcept = default;

Worker& Worker::operator=(Worker&& other) noexcept {
  Worker moved(std::move(other));
  control_.swap(moved.control_);
  events_.swap(moved.events_);
  std::swap(port_, moved.port_);
  return *this;
}

Worker::~Worker() {
  if (control_ == nullptr) return;
  if (IsCallingThread(*control_)) internal::CallerBug("~Worker: a worker cannot wait for itself");
  if (events_ != nullptr) events_->End();
  Terminate();
  control_->WaitAndReport();
}

absl::StatusOr<Worker> Worker::Start(Entry entry, WorkerOptions options) {
  if (!options.transfer.empty()) {
    return absl::InvalidArgumentError("Worker: a transfer list needs worker data");
  }
  return StartWith(std::move(entry), std::nullopt, std::move(options));
}

absl::StatusOr<Worker::Entry> Worker::Registered(std::string_view name) {
  std::shared_ptr<const RegisteredWorker> entry = internal::FindRegisteredWorker(name);
  if (entry == nullptr) {
    return absl::NotFoundError(absl::StrCat(
        "Worker: no worker '", absl::string_view(name.data(), name.size()), "' is registered"));
  }
  return Entry([entry = std::move(entry)](WorkerScope& self) { return (*entry)(self); });
}

absl::StatusOr<Worker> Worker::Start(std::string_view registered, WorkerOptions options) {
  absl::StatusOr<Entry> entry = Registered(registered);
  if (!entry.ok()) return std::move(entry).status();
  return Start(*std::move(entry), std::move(options));
}

absl::StatusOr<Worker> Worker::StartWith(Entry entry, std::optional<PreparedMessage> worker_data,
                                         WorkerOptions options) {
  if (entry == nullptr) return absl::InvalidArgumentError("Worker: entry is empty");
  if (absl::Status checked = CheckOptions(options); !checked.ok()) return checked;
  Worker worker;
  const absl::Status started =
      internal::CallAllocating("Worker: no memory for a worker", [&]() -> absl::Status {
        MessageChannel channel = MessageChannel::Create(options.limits);
        auto control = std::make_shared<internal::WorkerControl>(
            std::move(entry), std::move(options), std::move(channel.port2));
        if (absl::Status s = control->Start(std::move(worker_data)); !s.ok()) return s;
        worker.port_ = std::move(channel.port1);
        worker.control_ = std::move(control);
        return absl::OkStatus();
      });
  if (!started.ok()) return started;
  return worker;
}

std::uint64_t Worker::thread_id() const noexcept {
  return control_ != nullptr ? control_->thread_id() : 0;
}

internal::WorkerEvents& Worker::Events() {
  if (control_ == nullptr) internal::CallerBug("Worker: a handler for a handle of no worker");
  if (events_ == nullptr) events_ = internal::WorkerEvents::Create(control_);
  return *events_;
}

void Worker::SetMessageHandler(internal::PortMessageHandler handler) {
  internal::WorkerEvents& events = Events();
  if (port_.state() == nullptr) return;
  port_.state()->handlers().at_end = events.AtPortEnd();
  port_.OnMessage(events.InOrder(std::move(handler)));
}

void Worker::OnOnline(OnlineHandler handler) { Events().OnOnline(std::move(handler)); }
void Worker::OnError(ErrorHandler handler) { Events().OnError(std::move(handler)); }
void Worker::OnExit(ExitHandler handler) { Events().OnExit(std::move(handler)); }
void Worker::OnStuck(StuckHandler handler) { Events().OnStuck(std::move(handler)); }

void Worker::Ref() {
  port_.Ref();
  Events().SetRef(true);
}

void Worker::Unref() {
  port_.Unref();
  Events().SetRef(false);
}

bool Worker::Terminate() { return control_ != nullptr && control_->RequestStop(); }

WorkerTermination Worker::termination() const {
  return control_ != nullptr ? control_->termination() : WorkerTermination();
}

absl::Status Worker::Join(absl::Duration timeout) {
  using End = internal::WorkerControl::WaitEnd;
  if (control_ == nullptr) return absl::FailedPreconditionError("Worker: handle of no worker");
  const Agent& agent = Agent::Current();
  if (!control_->exited() && timeout > absl::ZeroDuration()) {
    if (IsCallingThread(*control_)) {
      return absl::FailedPreconditionError("Worker: a worker cannot wait for itself");
    }
    if (!agent.can_block()) {
      return absl::FailedPreconditionError("Worker: this thread may not block (can_block)");
    }
  }
  switch (control_->Wait(internal::DeadlineAfter(timeout), agent.stop_token())) {
    case End::kDeadline:
      return absl::DeadlineExceededError("Worker: it has not exited in time");
    case End::kCancelled:
      return absl::CancelledError("Worker: the agent that waits is terminated");
    case End::kExited:
      break;
  }
  return control_->ExitStatus();
}

bool Worker::exited() const noexcept { return control_ == nullptr || control_->exited(); }

std::optional<int> Worker::exit_code() const {
  if (control_ == nullptr || !control_->exited()) return std::nullopt;
  return control_->exit_code();
}

std::optional<WorkerError> Worker::error() const {
  if (control_ == nullptr || !control_->exited()) return std::nullopt;
  return control_->error();
}

WorkerMetrics Worker::Metrics() const {
  return control_ != nullptr ? control_->Metrics() : WorkerMetrics();
}

}  // namespace sabre
