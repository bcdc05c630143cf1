// lib/kernel/loop_wakeup.h: whether a sleeping loop must be woken.
#ifndef SABRE_LIB_KERNEL_LOOP_WAKEUP_H_
#define SABRE_LIB_KERNEL_LOOP_WAKEUP_H_

#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// LoopWakeup
//
// One word between the many who give a loop work and the loop, so that a wake-up (a system call) is
// made once for each time the loop goes to sleep, however much work arrives.
//
//   state     | meaning                                    | left by
//   kRunning  | the loop runs and has seen all work         | Signal → kSignalled, Arm → kArmed
//   kSignalled| there may be work that it has not seen      | Collect → kRunning, Close → kClosed
//   kArmed    | the loop sleeps or is about to              | Signal → kSignalled (and the caller
//             |                                             | wakes it), Collect → kRunning
//   kClosed   | there is no loop any more                   | Signal → kSignalled (and the caller
//             |                                             | clears the queue, then calls Close)
//
//   // giver: queue the work, then             // loop: for (;;) {
//   if (wakeup.Signal() == kRing) bell.Ring(); //   wakeup.Collect(); run all work in the queue;
//                                              //   if (wakeup.Arm()) wait for the bell; }
//
// Thread-safety: Signal from any thread; Collect and Arm from the loop's; Close from one at a time.
// Memory ordering: everything before a Signal happens before the return of the Collect or Close that
//   follows it in the order of the state's changes.
template <AtomicPolicy S = StdSync>
class LoopWakeup {
 public:
  // What the caller of Signal must do.
  enum class Duty : std::uint8_t {
    kNone,   // the loop will see the work
    kRing,   // wake the loop: exactly one of those who signal between an Arm and the next Collect
    kClear,  // the loop is gone: Close, then clear the queue
  };

  // There is work.
  [[nodiscard]] Duty Signal() noexcept {
    // [W1] AcqRel: pairs with the exchanges in Collect and Close. Carries: the work is in the queue.
    // Without: the loop collects the signal, does not find the work, and sleeps beside it. The acquire
    // half chains the signals: the loop reads the last one and must see the work of all.
    // [kept: the exchanges are one release sequence, which chains them as well; the acquire half makes
    // that plain and costs nothing where it matters]
    switch (state_.exchange(kSignalled, S::kAcqRel)) {
      case kArmed:
        return Duty::kRing;
      case kClosed:
        return Duty::kClear;
      default:
        return Duty::kNone;
    }
  }

  // The loop is about to look for work.
  void Collect() noexcept {
    // [W1] Acquire: pairs with the exchange in Signal.
    state_.exchange(kRunning, S::kAcquire);
  }

  // The loop has found no work since Collect and wants to sleep. False: a signal came; do not sleep.
  [[nodiscard]] bool Arm() noexcept {
    std::uint32_t expected = kRunning;
    // Relaxed: carries nothing; a failure is followed by Collect, which acquires.
    return state_.compare_exchange_strong(expected, kArmed, S::kRelaxed, S::kRelaxed);
  }

  // For a loop that somebody else polls, at the end of a turn: `bell` rings if there is `more` to do or
  // a signal came. Whoever signals after it will ring.
  template <class Bell>
  void ArmOrRing(Bell& bell, bool more) {
    if (more || !Arm()) bell.Ring();
  }

  // There is no loop from now on. The caller clears the queue after this call.
  void Close() noexcept {
    // [W1] Acquire: pairs with the exchange in Signal. Carries: the work that the caller must clear.
    state_.exchange(kClosed, S::kAcquire);
  }

 private:
  static constexpr std::uint32_t kRunning = 0;
  static constexpr std::uint32_t kSignalled = 1;
  static constexpr std::uint32_t kArmed = 2;
  static constexpr std::uint32_t kClosed = 3;

  typename S::template Atomic<std::uint32_t> state_{kRunning};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_LOOP_WAKEUP_H_
