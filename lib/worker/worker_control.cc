#include "lib/worker/worker_control.h"

#include <utility>

#include "lib/messaging/loop_core.h"
#include "lib/platform/thread.h"
#include "lib/worker/thread_entry.h"
#include "sabre/clone/errors.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"

namespace sabre::internal {
namespace {

// An exit handler on its way to its loop. Owned by the worker's state, then by the loop's queue.
class ExitNotice final : public kernel::WorkerExitListener, public LoopItem {
 public:
  ExitNotice(std::shared_ptr<LoopCore> loop, std::shared_ptr<WorkerControl> control,
             Worker::ExitHandler handler)
      : loop_(std::move(loop)), control_(std::move(control)), handler_(std::move(handler)) {
    loop_->references += 1;
  }
  void OnWorkerExited() override {
    // A copy: once pushed, this object may be gone.
    const std::shared_ptr<LoopCore> loop = loop_;
    loop->Push(*this);
  }
  void Run() override {
    const std::unique_ptr<ExitNotice> self(this);
    loop_->references -= 1;
    // The thread is at its very end.
    control_->Join(kNever);
    handler_(control_->ExitStatus());
  }
  void Drop() override { delete this; }

 private:
  const std::shared_ptr<LoopCore> loop_;
  const std::shared_ptr<WorkerControl> control_;
  Worker::ExitHandler handler_;
};

}  // namespace

WorkerControl::WorkerControl(Worker::Entry entry, WorkerOptions options, MessagePort child_port)
    : entry_(std::move(entry)),
      options_(std::move(options)),
      child_port_(std::move(child_port)),
      thread_(std::make_unique<platform::Thread>()) {}
WorkerControl::~WorkerControl() = default;

int WorkerControl::Start() {
  self_ = shared_from_this();
  const int error = thread_->Start(&ThreadMain, this, options_.name, options_.stack_size);
  if (error != 0) {
    self_.reset();
    state_.Exit();
  }
  return error;
}

void WorkerControl::Go(std::optional<Message> worker_data) {
  worker_data_ = std::move(worker_data);
  go_.Unpark();
}

void WorkerControl::ThreadMain(void* control) {
  auto* const raw = static_cast<WorkerControl*>(control);
  const std::shared_ptr<WorkerControl> self = std::move(raw->self_);
  self->Run();
}

void WorkerControl::Run() {
  go_.Park();
  Agent& agent = Agent::Current();
  agent.set_can_block(options_.can_block);
  agent.set_stop_token(stop_source_.get_token());
  EventLoop& loop = EventLoop::Current();
  thread_id_.store(agent.id(), StdSync::kRelaxed);
  state_.Online();
  {
    WorkerScope scope(agent.id(), options_.name, stop_source_.get_token(), std::move(child_port_),
                      std::move(worker_data_));
    // Wakes the loop if the entry leaves the rest of its life to it.
    const std::stop_callback stop_loop(stop_source_.get_token(), [&loop] { loop.Stop(); });
    const absl::Status status = CallCatching([&]() -> absl::Status {
      absl::Status entered = std::move(entry_)(scope);
      // What the entry captured ends in this thread, before the worker does.
      entry_ = nullptr;
      if (entered.ok() && !stop_source_.stop_requested()) loop.Run();
      return entered;
    });
    entry_ = nullptr;
    exit_code_ = status.code();
    exit_message_ = std::string(status.message());
    exit_data_clone_error_ = IsDataCloneError(status);
  }  // The port closes: the parent hears of it after the last message.
  state_.Exit();
}

bool WorkerControl::RequestStop() { return state_.RequestStop() && stop_source_.request_stop(); }

absl::Status WorkerControl::ExitStatus() const {
  return exit_data_clone_error_ ? DataCloneError(exit_message_)
                                : absl::Status(exit_code_, exit_message_);
}

void WorkerControl::WhenExited(Worker::ExitHandler handler) {
  auto* const notice =
      new ExitNotice(EventLoop::Current().core(), shared_from_this(), std::move(handler));
  if (!state_.WhenExited(*notice)) notice->OnWorkerExited();
}

bool WorkerControl::Join(TimePoint deadline) {
  if (!state_.WaitForExit(deadline)) return false;
  if (thread_->joinable()) thread_->Join();
  return true;
}

}  // namespace sabre::internal
