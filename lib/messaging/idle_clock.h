// lib/messaging/idle_clock.h: how much of its time a loop sleeps, as other threads may read it.
#ifndef SABRE_LIB_MESSAGING_IDLE_CLOCK_H_
#define SABRE_LIB_MESSAGING_IDLE_CLOCK_H_

#include "sabre/lockfree/seq_lock.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// IdleClock
//
// Thread-safety: Read from any thread; the others from the thread whose time it is.
class IdleClock {
 public:
  // Since the clock was made. A sleep that goes on counts as far as it has come.
  struct Times {
    std::chrono::nanoseconds idle{0};
    std::chrono::nanoseconds active{0};
  };

  // A pause that goes on may be begun again.
  void BeginIdle(TimePoint now) {
    if (state_.idle_since == kNotIdle) Publish({state_.idle, now});
  }
  void EndIdle(TimePoint now) {
    if (state_.idle_since == kNotIdle) return;
    Publish({state_.idle + (now - state_.idle_since), kNotIdle});
  }

  Times Read() const {
    const State state = published_.Load();
    // After the load, so that no sleep begins later than now.
    const TimePoint now = StdSync::Now();
    std::chrono::nanoseconds idle = state.idle;
    if (state.idle_since != kNotIdle) idle += now - state.idle_since;
    return {idle, now - began_ - idle};
  }

 private:
  static constexpr TimePoint kNotIdle = kNever;

  struct State {
    std::chrono::nanoseconds idle{0};
    TimePoint idle_since = kNotIdle;
  };

  void Publish(const State& state) {
    state_ = state;
    published_.Store(state);
  }

  const TimePoint began_ = StdSync::Now();
  State state_;  // the owner's
  SeqLock<State> published_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_IDLE_CLOCK_H_
