// lib/messaging/loop_core.h: the side of an event loop that other threads see.
#ifndef SABRE_LIB_MESSAGING_LOOP_CORE_H_
#define SABRE_LIB_MESSAGING_LOOP_CORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "lib/kernel/loop_wakeup.h"
#include "lib/messaging/idle_clock.h"
#include "sabre/lockfree/mpsc_queue.h"
#include "sabre/memory/executor.h"
#include "sabre/sync/std_sync.h"

namespace sabre::platform {
class WakeFd;
}  // namespace sabre::platform

namespace sabre::internal {

class AsyncPromise;

// LoopItem
//
// Something that a loop does in its turn. The queue owns it from Push until Run or Drop.
class LoopItem : public MpscNode<StdSync> {
 public:
  // In the loop's thread.
  virtual void Run() = 0;
  // The loop is gone. In any thread.
  virtual void Drop() = 0;

 protected:
  ~LoopItem() = default;
};

// An item that runs `work` once.
LoopItem* NewWorkItem(Executor::Work work);

// LoopReferences
//
// How many things outside the queue keep a loop going. The loop's thread.
class LoopReferences {
 public:
  LoopReferences& operator+=(std::int64_t change) {
    count_ += change;
    if (observer_ != nullptr) observer_();
    return *this;
  }
  LoopReferences& operator-=(std::int64_t change) { return *this += -change; }
  std::int64_t count() const { return count_; }

  // Called after each change, and by Notify. Null: nobody.
  void set_observer(absl::AnyInvocable<void()> observer) { observer_ = std::move(observer); }
  bool observed() const { return observer_ != nullptr; }
  void Notify() { *this += 0; }

 private:
  std::int64_t count_ = 0;
  absl::AnyInvocable<void()> observer_;
};

// LoopCore
//
// Outlives its loop as long as ports, tasks or waits refer to it; what they push then is dropped.
//
// Thread-safety: Push, Post, Wake, RequestStop and the reading of idle_clock from any thread; the others from
//   the loop's.
class LoopCore final : public Executor::Remote, public std::enable_shared_from_this<LoopCore> {
 public:
  LoopCore();
  ~LoopCore() override;
  LoopCore(const LoopCore&) = delete;
  LoopCore& operator=(const LoopCore&) = delete;

  // Queues `item` and wakes the loop if it sleeps. False: the loop is gone and the item was dropped.
  bool Push(LoopItem& item);
  bool Post(Executor::Work work) override;
  // Makes a sleeping loop look around.
  void Wake();
  // Makes the loop's Run return, this one or the next.
  void RequestStop();

  // What is queued, oldest first. Null: nothing, or a push is under way that will wake the loop.
  LoopItem* Pop() { return queue_.Pop(); }

  // Queues `item` for the loop's next turn. The loop's thread.
  void Defer(LoopItem& item) { deferred_.push_back(&item); }
  std::size_t deferred() const { return deferred_.size(); }
  // The one that was deferred first. Null if there is none.
  LoopItem* PopDeferred() {
    if (deferred_.empty()) return nullptr;
    LoopItem* const item = deferred_.front();
    deferred_.pop_front();
    return item;
  }

  void Collect() { wakeup_.Collect(); }
  bool Arm() { return wakeup_.Arm(); }
  // The end of a turn that somebody else polls: the descriptor is readable if there is `more` to do, now or
  // later.
  void ArmOrRing(platform::WakeFd& fd, bool more);
  // Sleeps until woken or `deadline`, after Arm said yes.
  void Sleep(TimePoint deadline) { bell_.Park(deadline); }

  bool stop_requested() const {
    // Relaxed: a flag that nothing depends on; Collect orders what came before it.
    return stop_requested_.load(StdSync::kRelaxed);
  }
  // Whether a stop was requested; there is no request afterwards.
  bool TakeStopRequest() {
    // Relaxed: as above.
    return stop_requested() && stop_requested_.exchange(false, StdSync::kRelaxed);
  }

  LoopReferences references;

  // Of the loop's thread: the coroutines that it owns, and how many results they had in this turn without
  // waiting.
  AsyncPromise* coroutines = nullptr;
  int immediate_results = 0;

  // The loop ends. Everything queued, now and later, is dropped.
  void Close();

  // The descriptor of native_handle. Null until OpenWakeFd succeeded.
  platform::WakeFd* wake_fd() {
    // Acquire: pairs with the release in OpenWakeFd. Carries: the open descriptor.
    return has_wake_fd_.load(StdSync::kAcquire) ? wake_fd_.get() : nullptr;
  }
  // 0 or an errno.
  int OpenWakeFd();
  // In a forked child: the descriptors are the parent's to write, and this loop's no more.
  void ForgetWakeFd();

  IdleClock& idle_clock() { return idle_clock_; }

 private:
  bool Signal();
  void ClearQueue();

  MpscQueue<LoopItem, StdSync> queue_;
  kernel::LoopWakeup<StdSync> wakeup_;
  Parker bell_;
  std::deque<LoopItem*> deferred_;
  StdSync::Atomic<bool> stop_requested_{false};
  StdSync::Mutex clearing_;  // held by the one that clears the queue of a closed loop
  StdSync::Atomic<bool> has_wake_fd_{false};
  std::unique_ptr<platform::WakeFd> wake_fd_;
  IdleClock idle_clock_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_LOOP_CORE_H_
