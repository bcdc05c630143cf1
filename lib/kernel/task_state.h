// lib/kernel/task_state.h: one outcome for each task, and one who awaits it.
#ifndef SABRE_LIB_KERNEL_TASK_STATE_H_
#define SABRE_LIB_KERNEL_TASK_STATE_H_

#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// TaskContinuation
//
// What happens when a task is settled.
class TaskContinuation {
 public:
  // Called once, in the thread that settles the task. The state does not touch it afterwards.
  virtual void OnTaskSettled() = 0;

 protected:
  ~TaskContinuation() = default;
};

// TaskState
//
// A task is claimed once: by the worker that will run it, or by whoever cancels it while it is queued.
// The claimer alone writes the result and settles the task; so there is exactly one outcome.
//
//   phase    | meaning                               | left by
//   kQueued  | nobody has it                         | Claim → kClaimed
//   kClaimed | one thread works on its result        | that thread's Settle
//
//   awaiter_ | meaning                               | left by
//   null     | not settled, nobody waits             | Await → a continuation, Settle → kSettled
//   pointer  | not settled, that one waits           | StopAwaiting → null, Settle → kSettled (and
//            |                                       | Settle calls it)
//   kSettled | the result is there                   | never
//
// Thread-safety: all members from any thread; Await and StopAwaiting from one thread at a time.
// Memory ordering: everything before Settle happens before OnTaskSettled, and before the return of an
//   Await, StopAwaiting or settled that reports the result.
template <AtomicPolicy S = StdSync>
class TaskState {
 public:
  // Takes the task. True for exactly one caller.
  [[nodiscard]] bool Claim() noexcept {
    std::uint32_t expected = kQueued;
    // Relaxed: carries nothing; the task's input travels by the queue.
    return phase_.compare_exchange_strong(expected, kClaimed, S::kRelaxed, S::kRelaxed);
  }

  // Whether somebody has taken it. A moment's truth.
  bool claimed() const noexcept {
    // Relaxed: a hint.
    return phase_.load(S::kRelaxed) == kClaimed;
  }

  // The result is written. By the claimer, once.
  void Settle() noexcept {
    // [T1] Release: the result, to whoever finds kSettled. [T2] Acquire: the fields of the
    // continuation, from Await. Without: the waiter reads a result that is not there, or its
    // continuation is called before it is made.
    TaskContinuation* const waiting = awaiter_.exchange(Settled(), S::kAcqRel);
    if (waiting != nullptr) waiting->OnTaskSettled();
  }

  // Registers `continuation`, unless the task is settled.
  // Returns: true if it is registered and will be called. False: the result is there.
  [[nodiscard]] bool Await(TaskContinuation& continuation) noexcept {
    TaskContinuation* expected = nullptr;
    // [T2] Release on success (as AcqRel: the checker knows no release/acquire pair), pairs with
    // Settle. [T1] Acquire on failure, pairs with Settle.
    return awaiter_.compare_exchange_strong(expected, &continuation, S::kAcqRel, S::kAcquire);
  }

  // Takes the registration back. Returns: true if it was still there and will not be called. False:
  // the result is there, and the call has been made or is on its way.
  [[nodiscard]] bool StopAwaiting(TaskContinuation& continuation) noexcept {
    TaskContinuation* expected = &continuation;
    // Relaxed on success: nothing travels. [T1] Acquire on failure, pairs with Settle.
    return awaiter_.compare_exchange_strong(expected, nullptr, S::kAcquire, S::kAcquire);
  }

  // Whether the result is there.
  bool settled() const noexcept {
    // [T1] Acquire: pairs with Settle.
    return awaiter_.load(S::kAcquire) == Settled();
  }

 private:
  static constexpr std::uint32_t kQueued = 0;
  static constexpr std::uint32_t kClaimed = 1;

  // A value that is no continuation: only compared.
  static TaskContinuation* Settled() noexcept { return reinterpret_cast<TaskContinuation*>(1); }

  typename S::template Atomic<std::uint32_t> phase_{kQueued};
  typename S::template Atomic<TaskContinuation*> awaiter_{nullptr};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_TASK_STATE_H_
