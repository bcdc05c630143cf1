#include "lib/worker/worker_control.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/port_state.h"
#include "lib/platform/thread.h"
#include "lib/worker/report_stuck_worker.h"
#include "lib/worker/thread_entry.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {
namespace {

// The worker that the calling thread is. Null: it is none.
thread_local WorkerControl* current_worker = nullptr;

absl::Status RefusalStatus(const platform::ThreadRefusal& refusal, const WorkerOptions& options) {
  using Wish = platform::ThreadRefusal::Wish;
  const std::string reason = absl::StrCat(" (errno ", refusal.error, ")");
  switch (refusal.wish) {
    case Wish::kCpuAffinity: {
      std::string cpus;
      for (const int cpu : options.cpu_affinity) absl::StrAppend(&cpus, " ", cpu);
      const std::string text = absl::StrCat("Worker: cpu_affinity", cpus,
                                            ": the system does not allow them all", reason);
      return refusal.error == ENOTSUP ? absl::UnimplementedError(text)
                                      : absl::OutOfRangeError(text);
    }
    case Wish::kNice: {
      const std::string text = absl::StrCat("Worker: nice ", *options.nice,
                                            " is less than the system allows here", reason);
      return refusal.error == ENOTSUP ? absl::UnimplementedError(text)
                                      : absl::PermissionDeniedError(text);
    }
    case Wish::kThread:
      break;
  }
  const std::string text = absl::StrCat("Worker: the system refuses a thread", reason);
  if (options.stack_size == 0) return absl::ResourceExhaustedError(text);
  const std::string with_stack = absl::StrCat(text, " with stack_size ", options.stack_size);
  return refusal.error == EINVAL ? absl::OutOfRangeError(with_stack)
                                 : absl::ResourceExhaustedError(with_stack);
}

}  // namespace

WorkerControl::WorkerControl(Worker::Entry entry, WorkerOptions options, MessagePort child_port)
    : thread_id_(Agent::ReserveId()),
      entry_(std::move(entry)),
      options_(std::move(options)),
      child_port_(std::move(child_port)),
      thread_(std::make_unique<platform::Thread>()) {}
WorkerControl::~WorkerControl() = default;

absl::Status WorkerControl::Start(std::optional<PreparedMessage> worker_data) {
  if (options_.inherit_environment_data) environment_ = OwnEnvironmentData();
  waits_for_go_ = worker_data.has_value() && !worker_data->transfer().empty();
  if (worker_data.has_value() && !waits_for_go_) worker_data_ = (*std::move(worker_data)).Commit();
  if (current_worker != nullptr) current_worker->PrepareForChild();
  const platform::ThreadWishes wishes{.name = options_.name,
                                      .stack_size = options_.stack_size,
                                      .cpu_affinity = options_.cpu_affinity,
                                      .nice = options_.nice};
  self_ = shared_from_this();
  trace_arrow_ = NewTraceArrow(TraceCategory::kWorkers);
  const TracedSpan span(kTraceWorkerStart, trace_arrow_);
  const platform::ThreadRefusal refusal = thread_->Start(&ThreadMain, this, wishes);
  if (refusal.error != 0) {
    self_.reset();
    return RefusalStatus(refusal, options_);
  }
  if (waits_for_go_) {
    const absl::Status committed = CallCatching([&] {
      worker_data_ = (*std::move(worker_data)).Commit();
      return absl::OkStatus();
    });
    called_off_ = !committed.ok();
    go_.Unpark();
    if (called_off_) {
      thread_->Join();
      return committed;
    }
  }
  if (current_worker != nullptr) current_worker->children_.push_back(shared_from_this());
  return absl::OkStatus();
}

void WorkerControl::PrepareForChild() {
  // Before the table grows: a worker may start any number of others in its life.
  if (children_.size() == children_.capacity()) {
    std::erase_if(children_, [](const std::shared_ptr<WorkerControl>& child) {
      if (!child->exited()) return false;
      child->JoinThread();
      return true;
    });
    children_.reserve(2 * children_.size() + 1);
  }
}

void WorkerControl::EndChildren() {
  // Again for those that a stop callback or the handler for stuck workers has started meanwhile.
  while (!children_.empty()) {
    const std::vector<std::shared_ptr<WorkerControl>> ending = std::exchange(children_, {});
    for (const std::shared_ptr<WorkerControl>& child : ending) child->RequestStop();
    for (const std::shared_ptr<WorkerControl>& child : ending) child->WaitAndReport();
  }
}

void WorkerControl::ThreadMain(void* control) {
  auto* const raw = static_cast<WorkerControl*>(control);
  const std::shared_ptr<WorkerControl> self = std::move(raw->self_);
  self->Run();
}

void WorkerControl::Run() {
  if (waits_for_go_) {
    go_.Park();
    if (called_off_) return;
  }
  Agent::UseReservedId(thread_id_);
  Agent& agent = Agent::Current();
  agent.set_name(options_.name);
  agent.set_can_block(options_.can_block);
  agent.set_stop_token(stop_source_.get_token());
  if (environment_ != nullptr) OwnEnvironmentData() = std::move(environment_);
  current_worker = this;
  BeginMetrics();
  {
    const TracedSpan span(kTraceWorker, trace_arrow_);
    WorkerScope scope(*this, stop_source_.get_token(), std::move(child_port_),
                      std::move(worker_data_));
    state_.Online();
    std::optional<WorkerError> thrown;
    const absl::Status status = CallCatching([&] { return RunEntry(scope); }, &thrown);
    entry_ = nullptr;
    EndChildren();
    current_worker = nullptr;
    Conclude(status, std::move(thrown));
    EndMetrics();
  }  // The port closes: the parent hears of it after the last message.
  state_.Exit(StdSync::Now());
}

absl::Status WorkerControl::RunEntry(WorkerScope& scope) {
  absl::Status entered = std::move(entry_)(scope);
  // What the entry captured ends in this thread, before the worker does.
  entry_ = nullptr;
  // A loop that nobody has asked for has nothing to do.
  if (entered.ok() && Agent::Current().executor() != nullptr) {
    NoteLoop();
    EventLoop::Current().Run();
  }
  return entered;
}

void WorkerControl::Conclude(const absl::Status& status, std::optional<WorkerError> thrown) {
  const bool stop_requested = state_.stop().requested;
  // What a blocking call says when a stop is requested is no error of the entry that passes it on.
  const bool stopped = stop_requested && !thrown.has_value() && absl::IsCancelled(status);
  if (!status.ok() && !stopped) {
    error_ = thrown.has_value() ? *std::move(thrown) : WorkerError::FromStatus(status);
    absl::StrAppend(&error_->stack, "\n    at worker '", options_.name, "' (", thread_id_, ")");
  }
  if (error_.has_value() || (stop_requested && !exit_requested_)) exit_code_ = 1;
  status_code_ = status.code();
  status_message_ = std::string(status.message());
  data_clone_error_ = IsDataCloneError(status);
}

bool WorkerControl::RequestStop() {
  return state_.RequestStop(StdSync::Now()) && stop_source_.request_stop();
}

void WorkerControl::RequestExit(int code) {
  exit_code_ = code;
  if (!state_.RequestStop(StdSync::Now())) return;
  exit_requested_ = true;
  stop_source_.request_stop();
}

absl::Status WorkerControl::ExitStatus() const {
  return data_clone_error_ ? DataCloneError(status_message_)
                           : absl::Status(status_code_, status_message_);
}

WorkerControl::WaitEnd WorkerControl::Wait(TimePoint deadline, const std::stop_token& stop) {
  const TracedSpan span(kTraceJoin, thread_id_);
  // One sleep instead of two, where nothing else can end the wait.
  if (deadline != kNever || stop.stop_possible()) {
    kernel::WorkerState<StdSync>::Waiter waiter;
    const std::stop_callback cancel(stop, [&] { state_.Cancel(waiter); });
    if (!state_.WaitForExit(deadline, waiter)) {
      return stop.stop_requested() ? WaitEnd::kCancelled : WaitEnd::kDeadline;
    }
  }
  JoinThread();
  return WaitEnd::kExited;
}

void WorkerControl::WaitAndReport() {
  const TracedSpan span(kTraceJoin, thread_id_);
  const WorkerTermination so_far = termination();
  if (so_far.requested && !so_far.exited) {
    kernel::WorkerState<StdSync>::Waiter waiter;
    if (!state_.WaitForExit(DeadlineAfter(options_.stuck_after - so_far.elapsed), waiter)) {
      ReportStuckWorker({options_.name, thread_id_, termination().elapsed});
    }
  }
  JoinThread();
}

void WorkerControl::JoinThread() {
  if (!state_.ClaimThread()) return;
  thread_->Join();
  state_.ThreadEnded();
}

WorkerTermination WorkerControl::termination() const {
  const kernel::WorkerState<StdSync>::Stop stop = state_.stop();
  WorkerTermination result{.requested = stop.requested, .exited = stop.exited};
  if (!stop.requested) return result;
  const TimePoint end = stop.exited ? stop.exited_at : StdSync::Now();
  result.elapsed = absl::FromChrono(std::max(end, stop.requested_at) - stop.requested_at);
  result.stuck = result.elapsed > options_.stuck_after;
  return result;
}

void WorkerControl::BeginMetrics() {
  std::lock_guard<StdSync::Mutex> lock(metrics_mutex_);
  measurable_ = true;
  child_state_ = child_port_.state();
  clock_ = platform::CurrentThreadClock();
}

void WorkerControl::NoteLoop() {
  EventLoop& loop = EventLoop::Current();
  std::lock_guard<StdSync::Mutex> lock(metrics_mutex_);
  loop_ = &loop;
}

void WorkerControl::EndMetrics() {
  if (Agent::Current().executor() != nullptr) NoteLoop();
  std::lock_guard<StdSync::Mutex> lock(metrics_mutex_);
  last_metrics_ = MeasureLocked();
  measurable_ = false;
  child_state_ = nullptr;
}

WorkerMetrics WorkerControl::MeasureLocked() const {
  WorkerMetrics metrics;
  EventLoop::Utilization loop;
  if (loop_ != nullptr) loop = loop_->utilization();
  metrics.cpu_time = absl::Nanoseconds(platform::ReadThreadClock(clock_));
  metrics.loop_active = loop.active;
  metrics.loop_idle = loop.idle;
  if (loop.active > absl::ZeroDuration()) metrics.loop_utilization = loop.utilization();
  PortTransport& port = child_state_->transport();
  const kernel::PortCounts counts = port.counts();
  metrics.messages_in = counts.received;
  metrics.messages_out = counts.posted;
  metrics.queued_in = counts.queued.messages;
  metrics.queued_out = port.outgoing().messages;
  return metrics;
}

WorkerMetrics WorkerControl::Metrics() const {
  std::lock_guard<StdSync::Mutex> lock(metrics_mutex_);
  return measurable_ ? MeasureLocked() : last_metrics_;
}

}  // namespace sabre::internal
