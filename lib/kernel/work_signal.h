// lib/kernel/work_signal.h: waking workers for a queue, one at a time.
#ifndef SABRE_LIB_KERNEL_WORK_SIGNAL_H_
#define SABRE_LIB_KERNEL_WORK_SIGNAL_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/announcement.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/waiter_list.h"

namespace sabre::kernel {

// WorkSignal
//
// An event count for a queue that many workers drain, with wake-up throttling: while a woken worker
// has not looked at the queue yet, further submissions wake nobody. The woken worker takes a task and,
// if there is more, wakes the next (as the Go scheduler and tokio keep at most one searching worker).
// A burst of submissions costs one wake-up and a chain, not a wake-up each.
//
//   // worker                                    // submitter
//   for (;;) {                                   queue.Push(task);
//     if (task = queue.Pop()) return task;       signal.NotifyOne();
//     key = signal.PrepareWait();
//     if (task = queue.Pop()) signal.CancelWait();
//     else { signal.CommitWait(key, deadline); task = queue.Pop(); }
//     if (task) { if (!queue.empty()) signal.NotifyOne(); return task; }
//   }
//
// Why no task is left beside sleeping workers: a submitter skips the wake-up only if nobody has
// announced itself, or if the announcement is muted. It is muted by a notifier that saw a worker
// between PrepareWait and the end of its wait, and every such worker unmutes it before it looks at the
// queue; by the announcement's fences, either the submitter sees that or the worker sees the task.
//
// Thread-safety: all members from any thread; each PrepareWait is followed, in its thread, by exactly
//   one CancelWait or CommitWait, and that by a look at the queue.
template <BlockingPolicy S = StdSync>
class WorkSignal {
 public:
  using Key = std::uint64_t;

  // The caller must look at the queue after this call.
  Key PrepareWait() noexcept {
    // The key first, then the announcement: whoever mutes because of this worker raises the epoch
    // after that, so the key is old and CommitWait returns to unmute. The other way round a notifier
    // comes between, the worker finds that task gone, and sleeps muted with a key that is new.
    // [K1] Acquire: pairs with the increment in Notify. Carries: that notifier's mute is older than
    // this announcement. [kept: without it C++ lets this load read the increment of a notifier that
    // has seen the announcement below (load buffering, which the checker cannot show): muted, with
    // a new key]
    const Key key = epoch_.load(S::kAcquire);
    announcement_.Announce();
    return key;
  }

  // The caller found a task after PrepareWait. It must look whether there are more.
  void CancelWait() noexcept { EndWait(); }

  // Sleeps until a Notify that came after PrepareWait, or until `deadline`. The caller must look at
  // the queue after this call. Returns: false at the deadline.
  bool CommitWait(Key key, TimePoint deadline = kNever) {
    const WaitOutcome outcome = waiters_.Wait(
        kTheKey,
        [&] {
          // Relaxed: a Notify that this load does not see comes later to the list's lock.
          return epoch_.load(S::kRelaxed) == key;
        },
        deadline);
    EndWait();
    return outcome != WaitOutcome::kTimedOut;
  }

  // A task was queued: wakes one worker, unless one is already on its way to the queue.
  void NotifyOne() {
    if (announcement_.AnyoneWaiting() && announcement_.TryMute()) Notify(1);
  }

  // Something that concerns all workers has changed (the end). Not throttled: a wake-up that is on its
  // way to one worker is none for the others.
  void NotifyAll() {
    if (announcement_.AnyoneAnnounced()) Notify(SIZE_MAX);
  }

 private:
  static constexpr std::uint64_t kTheKey = 0;

  void Notify(std::size_t count) {
    // [K1] Release: pairs with the load in PrepareWait. [kept: as there; the fence of AnyoneWaiting is
    // older than the mute and does not carry it]
    epoch_.fetch_add(1, S::kRelease);
    waiters_.Notify(kTheKey, count);
  }

  void EndWait() noexcept {
    announcement_.Retract();
    announcement_.Unmute();
  }

  Announcement<S> announcement_;
  typename S::template Atomic<std::uint64_t> epoch_{0};
  WaiterList<S> waiters_;
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_WORK_SIGNAL_H_
