// sabre/sync/park.h: a place for one thread to sleep.
#ifndef SABRE_SYNC_PARK_H_
#define SABRE_SYNC_PARK_H_

#include <atomic>
#include <cstdint>

#include "sabre/sync/time.h"

namespace sabre {

// Parker
//
// A token that one thread takes and others give: `Unpark` gives it, `Park` waits for it and takes it.
// Giving a token that is already there changes nothing.
//
// Thread-safety: `Unpark` from any thread; `Park` from one thread at a time.
// Lifetime: a Parker may be destroyed as soon as `Park` has returned true, even if the `Unpark` that
//   ended it is still running in another thread. (Unpark touches the parker's memory for the last
//   time when it publishes the token; the wake-up that may follow only names its address.)
// Memory ordering: everything before an `Unpark` happens before the return of the `Park` it ends.
//
// Park spins before it sleeps while that pays: while this thread's recent waits were short and
// ended by a thread on another CPU. An idle program does not spin. See docs/design/0003-the-parker.md.
class Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  // Blocks until the token is there and takes it, or until `deadline`.
  // Returns: true if it took the token, false at the deadline. Never false before the deadline, and
  //   never true without an Unpark. A token that is already there is taken even after the deadline.
  // Blocking: yes; no system call if the token is there.
  bool Park(TimePoint deadline = kNever) noexcept;

  // Gives the token and wakes the thread in Park, if there is one.
  // Blocking: no. One system call if a thread sleeps, otherwise none.
  void Unpark() noexcept;

  // Whether the calling thread's waits have been ending so soon lately, in other CPUs, that Park would spin
  // now: then it pays to look at a condition for a moment before one goes to the trouble of waiting.
  static bool WouldSpin() noexcept;

 private:
  // Whether it took the token. `crowded`: others want this CPU, so that sleeping would have been better.
  bool Spin(TimePoint deadline, bool& crowded) noexcept;
  bool Sleep(TimePoint deadline) noexcept;
  void Learn(std::int64_t began_ns, bool spun) noexcept;

  //  state_    | meaning                                | left by
  //  kEmpty    | no token, nobody sleeps                | Park → kParked, Unpark → kNotified
  //  kParked   | no token, a thread sleeps or is about to | Unpark → kNotified, deadline → kEmpty
  //  kNotified | the token is there                     | Park → kEmpty
  std::atomic<std::uint32_t> state_{0};
  std::atomic<std::int32_t> notifier_cpu_{-1};   // where the last Unpark ran; -1: unknown
  std::atomic<std::int64_t> notified_at_ns_{0};  // when, on the monotonic clock
};

}  // namespace sabre

#endif  // SABRE_SYNC_PARK_H_
