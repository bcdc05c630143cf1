#include "sabre/messaging/event_loop.h"

#include <algorithm>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/loop_core.h"
#include "lib/messaging/loop_timers.h"
#include "lib/platform/fork.h"
#include "lib/platform/wake_fd.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/async.h"

namespace sabre {
namespace {

// Says that the loop is in a turn, as long as it exists. Turns nest: work may run the loop.
class InTurn {
 public:
  explicit InTurn(bool& flag) : flag_(flag), before_(std::exchange(flag, true)) {}
  ~InTurn() { flag_ = before_; }

 private:
  bool& flag_;
  const bool before_;
};

thread_local EventLoop* this_threads_loop = nullptr;

void OnForkInChild() {
  if (this_threads_loop != nullptr) this_threads_loop->StartAnewInChild();
}

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
      timers_(std::make_unique<internal::LoopTimers>()) {
  // It can fail for lack of memory only: then a forked child has a copy of the loop.
  static const int registered = platform::AtForkInChild(&OnForkInChild);
  static_cast<void>(registered);
  this_threads_loop = this;
}

EventLoop::~EventLoop() {
  if (Agent::Current().executor() == this) Agent::Current().set_executor(nullptr);
  closing_ = true;
  core_->references.set_observer(nullptr);
  // The end of the program inside a coroutine leaves it as it is.
  if (!in_turn_) internal::AsyncPromise::DestroyAll(*core_);
  // One by one, while the tables are whole: the end of a timer's work may cancel another.
  while (timers_->TakeAny().has_value()) {
  }
  core_->Close();
  this_threads_loop = nullptr;
}

void EventLoop::StartAnewInChild() {
  // What the parent has queued may hold locks of threads that do not exist here. It is kept as it is, for
  // ever, and where a leak checker finds it.
  struct Parents {
    std::shared_ptr<internal::LoopCore> core;
    std::unique_ptr<internal::LoopTimers> timers;
    Parents* next;
  };
  static Parents* all = nullptr;
  core_->ForgetWakeFd();
  all = new Parents{std::move(core_), std::move(timers_), all};
  core_ = std::make_shared<internal::LoopCore>();
  timers_ = std::make_unique<internal::LoopTimers>();
  metrics_ = {};
}

bool EventLoop::Post(Work work) {
  if (Agent::Current().id() == agent_id_ && closing_) return false;
  if (Agent::Current().id() != agent_id_) return core_->Post(std::move(work));
  // The loop's own: for its next turn, so that work which posts itself anew keeps no turn from ending.
  core_->Defer(*internal::NewWorkItem(std::move(work)));
  if (!in_turn_) {
    core_->Wake();
    core_->references.Notify();
  }
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
  core_->references.Notify();
  return timer;
}

bool EventLoop::CancelTimer(TimerId timer) {
  if (!timers_->Remove(timer)) return false;
  core_->references.Notify();
  return true;
}

void EventLoop::Ref() noexcept { core_->references += 1; }

void EventLoop::Unref() noexcept { core_->references -= 1; }

bool EventLoop::alive() const noexcept {
  return core_->references.count() + timers_->size() > 0 || core_->deferred() > 0;
}

void EventLoop::set_alive_observer(absl::AnyInvocable<void()> observer) {
  core_->references.set_observer(std::move(observer));
}

bool EventLoop::has_alive_observer() const noexcept { return core_->references.observed(); }

std::size_t EventLoop::Turn() {
  const TimePoint began = StdSync::Now();
  // Restored also if work throws.
  const InTurn in_turn(in_turn_);
  internal::TracedSpan span(internal::kTraceTurn);
  std::size_t ran = 0;
  core_->immediate_results = 0;
  core_->Collect();
  // One by one, so that an exception leaves the rest where it is.
  for (std::size_t left = core_->deferred(); left > 0 && !core_->stop_requested(); --left) {
    internal::LoopItem* const item = core_->PopDeferred();
    if (item == nullptr) break;  // work that ran the loop itself has taken the rest
    item->Run();
    ++ran;
  }
  std::size_t popped = 0;
  while (popped < batch_limit_ && !core_->stop_requested()) {
    internal::LoopItem* item = core_->Pop();
    if (item == nullptr) break;
    item->Run();
    ++popped;
  }
  ran += popped;
  // What is left is not announced again by those who queued it.
  if (popped >= batch_limit_) core_->Wake();
  const std::uint64_t made_before = timers_->next_id();
  while (!core_->stop_requested()) {
    std::optional<Work> due = timers_->TakeDue(StdSync::Now(), made_before);
    if (!due.has_value()) break;
    std::move (*due)();
    ++ran;
  }
  span.set_value(ran);
  if (ran == 0) return 0;
  const absl::Duration took = absl::FromChrono(StdSync::Now() - began);
  metrics_.turns += 1;
  metrics_.active += took;
  metrics_.longest_turn = std::max(metrics_.longest_turn, took);
  return ran;
}

void EventLoop::Run() { RunUntil(absl::InfiniteDuration(), SIZE_MAX); }

void EventLoop::RunFor(absl::Duration limit) { RunUntil(limit, SIZE_MAX); }

std::size_t EventLoop::RunOnce(absl::Duration limit) { return RunUntil(limit, 1); }

std::size_t EventLoop::RunUntil(absl::Duration limit, std::size_t turns) {
  const TimePoint deadline = internal::DeadlineAfter(limit);
  // The loop may also be inside a foreign one, which sleeps only if it was Poll that armed the loop.
  struct RingAtEnd {
    EventLoop& loop;
    ~RingAtEnd() {
      if (platform::WakeFd* const fd = loop.core_->wake_fd()) fd->Ring();
    }
  } ring_at_end{*this};
  core_->idle_clock().EndIdle(StdSync::Now());
  // A stop of the agent ends every run of its loop, those that begin later too.
  const std::stop_callback stop(Agent::Current().stop_token(),
                                [core = core_.get()] { core->RequestStop(); });
  for (std::size_t all = 0;;) {
    const std::size_t ran = Turn();
    all += ran;
    // A run inside a run leaves the request to the outer one.
    if (in_turn_ ? core_->stop_requested() : core_->TakeStopRequest()) return all;
    if (ran > 0 && --turns == 0) return all;
    const TimePoint now = StdSync::Now();
    if (now >= deadline) return all;
    if (ran > 0 || core_->deferred() > 0) continue;
    if (!core_->Arm()) continue;
    // Nothing was queued before Arm, and what comes now comes from outside.
    if (!alive()) {
      core_->Collect();
      return all;
    }
    core_->idle_clock().BeginIdle(now);
    {
      const internal::TracedSpan span(internal::kTraceLoopAsleep);
      core_->Sleep(std::min(deadline, timers_->next_due()));
    }
    const TimePoint woken = StdSync::Now();
    core_->idle_clock().EndIdle(woken);
    metrics_.idle += absl::FromChrono(woken - now);
  }
}

EventLoop::Utilization EventLoop::utilization() const {
  const internal::IdleClock::Times times = core_->idle_clock().Read();
  return {absl::FromChrono(times.idle), absl::FromChrono(times.active)};
}

std::size_t EventLoop::Poll() {
  if (platform::WakeFd* const fd = core_->wake_fd()) {
    fd->Clear();
    core_->idle_clock().EndIdle(StdSync::Now());
  }
  // Also if work throws: the descriptor was cleared.
  struct SetDescriptor {
    EventLoop& loop;
    bool returned = false;
    ~SetDescriptor() {
      internal::LoopCore& core = *loop.core_;
      const bool stopped = loop.in_turn_ ? core.stop_requested() : core.TakeStopRequest();
      // Work may have made it, or a fork taken it away.
      platform::WakeFd* const fd = core.wake_fd();
      if (fd == nullptr) return;
      fd->SetTimer(loop.timers_->next_due());
      // Work that came meanwhile did not ring, and a stop has left some behind.
      core.ArmOrRing(*fd, !returned || stopped || core.deferred() > 0);
      if (!loop.in_turn_) core.idle_clock().BeginIdle(StdSync::Now());
    }
  } set_descriptor{*this};
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
