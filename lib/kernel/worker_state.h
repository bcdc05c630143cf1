// lib/kernel/worker_state.h: the life of a worker's thread, as others see it.
#ifndef SABRE_LIB_KERNEL_WORKER_STATE_H_
#define SABRE_LIB_KERNEL_WORKER_STATE_H_

#include <cstdint>
#include <mutex>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// WorkerExitListener
//
// Who wants to know that a worker has exited.
class WorkerExitListener {
 public:
  // Called once, in the thread that calls Exit, after the state says exited. The state does not touch
  // the listener afterwards.
  virtual void OnWorkerExited() = 0;

 protected:
  ~WorkerExitListener() = default;
};

// WorkerState
//
//   state    | meaning                                     | left by
//   kStarting| the thread is being made                    | Online → kOnline
//   kOnline  | the entry runs                              | Exit → kExited
//   kExited  | the entry has returned, its status is there | never
//
// A stop may be requested in any of them; only the first request says true.
//
// Thread-safety: Online and Exit from the worker's thread (Exit also by who fails to make the thread);
//   the others from any. Lock: one, never held while user code runs.
// Memory ordering: everything before Exit happens before OnWorkerExited, and before the return of a
//   WaitForExit or WhenExited that reports it.
template <BlockingPolicy S = StdSync>
class WorkerState {
 public:
  void Online() {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (state_.Get() != kStarting) S::Unreachable("WorkerState: online twice");
    state_.Set(kOnline);
  }

  void Exit() {
    WorkerExitListener* listener = nullptr;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (state_.Get() == kExited) S::Unreachable("WorkerState: exit twice");
      state_.Set(kExited);
      listener = listener_.Get();
      // Under the lock: a joiner may destroy this object as soon as it has seen the state.
      exited_.NotifyAll();
    }
    if (listener != nullptr) listener->OnWorkerExited();
  }

  // Registers the one listener. Returns: false, and does not register it, if the worker has exited.
  [[nodiscard]] bool WhenExited(WorkerExitListener& listener) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (state_.Get() == kExited) return false;
    listener_.Set(&listener);
    return true;
  }

  // Returns: true if the caller is the first to ask and the worker has not exited: the stop is the
  // caller's to carry out.
  [[nodiscard]] bool RequestStop() {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (stop_requested_.Get() || state_.Get() == kExited) return false;
    stop_requested_.Set(true);
    return true;
  }

  bool stop_requested() const {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return stop_requested_.Get();
  }

  bool exited() const {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return state_.Get() == kExited;
  }

  // Blocks until the worker has exited, or until `deadline`. Returns whether it has exited.
  bool WaitForExit(TimePoint deadline = kNever) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    while (state_.Get() != kExited) {
      if (!exited_.WaitUntil(mutex_, deadline)) return state_.Get() == kExited;
    }
    return true;
  }

 private:
  enum State : std::uint8_t { kStarting, kOnline, kExited };

  mutable typename S::Mutex mutex_;
  typename S::CondVar exited_;
  typename S::template Var<State> state_{kStarting};                 // [mutex_]
  typename S::template Var<bool> stop_requested_{false};             // [mutex_]
  typename S::template Var<WorkerExitListener*> listener_{nullptr};  // [mutex_]
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_WORKER_STATE_H_
