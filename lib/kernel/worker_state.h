// lib/kernel/worker_state.h: the life of a worker's thread, as others see it.
#ifndef SABRE_LIB_KERNEL_WORKER_STATE_H_
#define SABRE_LIB_KERNEL_WORKER_STATE_H_

#include <cstdint>
#include <mutex>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/time.h"

namespace sabre::kernel {

// WorkerListener
//
// Who wants to hear of a worker's life. Each member is called at most once, in the worker's thread (in
// that of the one who failed to make it, if there is none), without the lock.
class WorkerListener {
 public:
  virtual void OnWorkerOnline() = 0;
  // The last call: the state does not touch the listener afterwards.
  virtual void OnWorkerExited() = 0;

 protected:
  ~WorkerListener() = default;
};

// WorkerState
//
//   phase     | meaning                                        | left by
//   kStarting | the thread is being made                       | Online → kOnline, Exit → kExited
//   kOnline   | the entry runs                                 | Exit → kExited
//   kExited   | the entry has returned, its status is there    | never
//
//   thread    | meaning                                        | left by
//   kRuns     | it runs, or nobody has looked yet              | ClaimThread → kClaimed
//   kClaimed  | one waits for its end                          | ThreadEnded → kEnded
//   kEnded    | it is no more                                  | never
//
// A stop may be requested in any phase but the last; only the first request says true.
//
// Thread-safety: Online and Exit from the worker's thread (Exit also by who fails to make the thread);
//   the others from any. Lock: one, never held while a listener is called.
// Memory ordering: everything before Exit happens before OnWorkerExited, and before the return of a
//   WaitForExit or Watch that reports it. Everything before ThreadEnded happens before the return of a
//   ClaimThread that says false.
template <BlockingPolicy S = StdSync>
class WorkerState {
 public:
  enum class Phase : std::uint8_t { kStarting, kOnline, kExited };

  // What became of a request to stop.
  struct Stop {
    bool requested = false;
    bool exited = false;
    TimePoint requested_at{};  // if requested
    TimePoint exited_at{};     // if exited
  };

  // One who waits for the exit and may give up.
  class Waiter {
   private:
    friend class WorkerState;
    typename S::template Var<bool> cancelled_{false};  // [mutex_]
  };

  void Online() {
    WorkerListener* listener = nullptr;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (phase_.Get() != Phase::kStarting) S::Unreachable("WorkerState: online twice");
      phase_.Set(Phase::kOnline);
      listener = listener_.Get();
    }
    if (listener != nullptr) listener->OnWorkerOnline();
  }

  void Exit(TimePoint now) {
    WorkerListener* listener = nullptr;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (phase_.Get() == Phase::kExited) S::Unreachable("WorkerState: exit twice");
      phase_.Set(Phase::kExited);
      exited_at_.Set(now);
      listener = listener_.Get();
      // Under the lock: who waits may destroy this object as soon as it has seen the phase.
      changed_.NotifyAll();
    }
    if (listener != nullptr) listener->OnWorkerExited();
  }

  // Registers the one listener; it hears of what comes after this call.
  // Returns: the phase that the worker has reached. If that is the last, nothing is registered.
  [[nodiscard]] Phase Watch(WorkerListener& listener) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (phase_.Get() != Phase::kExited) listener_.Set(&listener);
    return phase_.Get();
  }

  // Returns: true if the caller is the first to ask and the worker has not exited: the stop is the
  // caller's to carry out.
  [[nodiscard]] bool RequestStop(TimePoint now) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (stop_requested_.Get() || phase_.Get() == Phase::kExited) return false;
    stop_requested_.Set(true);
    stop_requested_at_.Set(now);
    return true;
  }

  Stop stop() const {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return {.requested = stop_requested_.Get(),
            .exited = phase_.Get() == Phase::kExited,
            .requested_at = stop_requested_at_.Get(),
            .exited_at = exited_at_.Get()};
  }

  bool exited() const {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return phase_.Get() == Phase::kExited;
  }

  // Blocks until the worker has exited, until `deadline`, or until Cancel(waiter).
  // Returns: whether it has exited.
  bool WaitForExit(TimePoint deadline, Waiter& waiter) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    while (phase_.Get() != Phase::kExited && !waiter.cancelled_.Get()) {
      if (!changed_.WaitUntil(mutex_, deadline)) break;
    }
    return phase_.Get() == Phase::kExited;
  }

  // Ends the waiter's wait, this one or the next. The waiter must still be there.
  void Cancel(Waiter& waiter) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    waiter.cancelled_.Set(true);
    changed_.NotifyAll();
  }

  // Asks for the thread, to wait for its end, before or after the exit.
  // Returns: true if it is the caller's, who then waits for its end and calls ThreadEnded; exactly one
  //   caller gets it. False: it has ended; the call has waited until another had seen to that.
  [[nodiscard]] bool ClaimThread() {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (thread_.Get() == Thread::kRuns) {
      thread_.Set(Thread::kClaimed);
      return true;
    }
    while (thread_.Get() != Thread::kEnded) changed_.Wait(mutex_);
    return false;
  }

  void ThreadEnded() {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (thread_.Get() != Thread::kClaimed) S::Unreachable("WorkerState: a thread nobody claimed");
    thread_.Set(Thread::kEnded);
    // Under the lock: as in Exit.
    changed_.NotifyAll();
  }

 private:
  enum class Thread : std::uint8_t { kRuns, kClaimed, kEnded };

  mutable typename S::Mutex mutex_;
  typename S::CondVar changed_;
  typename S::template Var<Phase> phase_{Phase::kStarting};      // [mutex_]
  typename S::template Var<Thread> thread_{Thread::kRuns};       // [mutex_]
  typename S::template Var<bool> stop_requested_{false};         // [mutex_]
  typename S::template Var<TimePoint> stop_requested_at_{};      // [mutex_]
  typename S::template Var<TimePoint> exited_at_{};              // [mutex_]
  typename S::template Var<WorkerListener*> listener_{nullptr};  // [mutex_]
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_WORKER_STATE_H_
