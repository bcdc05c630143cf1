#include "sabre/messaging/event_loop.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/messaging/loop_core.h"
#include "lib/messaging/loop_timers.h"
#include "lib/platform/wake_fd.h"
#include "sabre/memory/agent.h"

namespace sabre {
namespace {

// Pieces of work in one turn before the timers are looked at again.
constexpr std::size_t kItemsPerTurn = 256;

// Says that the loop is in a turn, as long as it exists. Turns nest: work may run the loop.
class InTurn {
 public:
  explicit InTurn(bool& flag) : flag_(flag), before_(std::exchange(flag, true)) {}
  ~InTurn() { flag_ = before_; }

 private:
  bool& flag_;
  const bool before_;
};

}  // namespace

EventLoop& EventLoop::Current() {
  // Before the loop, so that it outlives it.
  Agent& agent = Agent::Current();
  thread_local EventLoop loop;
  // Not while it ends: what its work's destructors find must not stay behind.
  if (agent.executor() == nullptr && !loop.closing_) agent.set_executor(&loop);
  return loop;
}

EventLoop::EventLoop()
    : agent_id_(Agent::Current().id()),
      core_(std::make_shared<internal::LoopCore>()),
      timers_(std::make_unique<internal::LoopTimers>()) {}

EventLoop::~EventLoop() {
  if (Agent::Current().executor() == this) Agent::Current().set_executor(nullptr);
  closing_ = true;
  // One by one, while the tables are whole: the end of a timer's work may cancel another.
  while (timers_->TakeAny().has_value()) {
  }
  core_->Close();
}

bool EventLoop::Post(Work work) {
  if (Agent::Current().id() == agent_id_ && closing_) return false;
  if (Agent::Current().id() != agent_id_) return core_->Post(std::move(work));
  // The loop's own: for its next turn, so that work which posts itself anew keeps no turn from ending.
  core_->Defer(*internal::NewWorkItem(std::move(work)));
  if (!in_turn_) core_->Wake();
  return true;
}

std::shared_ptr<Executor::Remote> EventLoop::remote() { return core_; }

void EventLoop::Stop() { core_->RequestStop(); }

EventLoop::TimerId EventLoop::PostAfter(absl::Duration delay, Work work) {
  if (closing_) return 0;
  // A timer for the next turn is due now.
  const TimePoint due =
      delay > absl::ZeroDuration() ? internal::DeadlineAfter(delay) : StdSync::Now();
  const TimerId timer = timers_->Add(due, std::move(work));
  if (platform::WakeFd* fd = core_->wake_fd(); fd != nullptr && !in_turn_) {
    fd->SetTimer(timers_->next_due());
  }
  return timer;
}

bool EventLoop::CancelTimer(TimerId timer) { return timers_->Remove(timer); }

void EventLoop::Ref() noexcept { core_->references += 1; }

void EventLoop::Unref() noexcept { core_->references -= 1; }

bool EventLoop::Alive() const noexcept { return core_->references + timers_->size() > 0; }

std::size_t EventLoop::Turn() {
  const TimePoint began = StdSync::Now();
  // Restored also if work throws.
  const InTurn in_turn(in_turn_);
  std::size_t ran = 0;
  core_->Collect();
  // One by one, so that an exception leaves the rest where it is.
  for (std::size_t left = core_->deferred(); left > 0 && !core_->stop_requested(); --left) {
    internal::LoopItem* const item = core_->PopDeferred();
    if (item == nullptr) break;  // work that ran the loop itself has taken the rest
    item->Run();
    ++ran;
  }
  std::size_t popped = 0;
  while (popped < kItemsPerTurn && !core_->stop_requested()) {
    internal::LoopItem* item = core_->Pop();
    if (item == nullptr) break;
    item->Run();
    ++popped;
  }
  ran += popped;
  // What is left is not announced again by those who queued it.
  if (popped == kItemsPerTurn) core_->Wake();
  const std::uint64_t made_before = timers_->next_id();
  while (!core_->stop_requested()) {
    std::optional<Work> due = timers_->TakeDue(StdSync::Now(), made_before);
    if (!due.has_value()) break;
    std::move (*due)();
    ++ran;
  }
  if (ran == 0) return 0;
  const absl::Duration took = absl::FromChrono(StdSync::Now() - began);
  metrics_.turns += 1;
  metrics_.active += took;
  metrics_.longest_turn = std::max(metrics_.longest_turn, took);
  return ran;
}

void EventLoop::Run() { RunUntil(absl::InfiniteDuration()); }

void EventLoop::RunFor(absl::Duration limit) { RunUntil(limit); }

void EventLoop::RunUntil(absl::Duration limit) {
  const TimePoint deadline = internal::DeadlineAfter(limit);
  for (;;) {
    const std::size_t ran = Turn();
    // A run inside a run leaves the request to the outer one.
    if (in_turn_ ? core_->stop_requested() : core_->TakeStopRequest()) return;
    const TimePoint now = StdSync::Now();
    if (now >= deadline) return;
    if (ran > 0 || core_->deferred() > 0) continue;
    if (!core_->Arm()) continue;
    // Nothing was queued before Arm, and what comes now comes from outside.
    if (!Alive()) {
      core_->Collect();
      return;
    }
    core_->Sleep(std::min(deadline, timers_->next_due()));
    metrics_.idle += absl::FromChrono(StdSync::Now() - now);
  }
}

std::size_t EventLoop::Poll() {
  platform::WakeFd* const fd = core_->wake_fd();
  if (fd != nullptr) fd->Clear();
  // Also if work throws: the descriptor was cleared.
  struct SetDescriptor {
    EventLoop& loop;
    platform::WakeFd* fd;
    bool returned = false;
    ~SetDescriptor() {
      const bool stopped =
          loop.in_turn_ ? loop.core_->stop_requested() : loop.core_->TakeStopRequest();
      if (fd == nullptr) return;
      fd->SetTimer(loop.timers_->next_due());
      // Work that came meanwhile did not ring, and a stop has left some behind.
      if (!returned || stopped || loop.core_->deferred() > 0 || !loop.core_->Arm()) fd->Ring();
    }
  } set_descriptor{*this, fd};
  const std::size_t ran = Turn();
  set_descriptor.returned = true;
  return ran;
}

absl::StatusOr<int> EventLoop::native_handle() {
  if (!platform::WakeFd::Supported()) {
    return absl::UnimplementedError("EventLoop: this platform has no pollable descriptors");
  }
  if (core_->wake_fd() == nullptr) {
    if (const int error = core_->OpenWakeFd(); error != 0) {
      return absl::ErrnoToStatus(error, "EventLoop: cannot make a descriptor");
    }
    core_->wake_fd()->SetTimer(timers_->next_due());
    core_->wake_fd()->Ring();
  }
  return core_->wake_fd()->fd();
}

}  // namespace sabre
