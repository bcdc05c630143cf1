// How long each turn of an event loop took.
#ifndef SABRE_EXAMPLES_SABRE_HASH_TURN_WATCH_H_
#define SABRE_EXAMPLES_SABRE_HASH_TURN_WATCH_H_

#include <cstdint>

#include "absl/time/time.h"
#include "examples/sabre_hash/histogram.h"
#include "sabre/messaging/event_loop.h"

namespace sabre_hash {

// TurnWatch
//
// While a turn runs, the loop can do nothing else: that is how long it is blocked. The loop counts
// turns and the time spent in them; whoever looks in every turn knows each one's time.
//
// Thread-safety: the loop's thread.
class TurnWatch {
 public:
  explicit TurnWatch(const sabre::EventLoop& loop) : loop_(loop), last_(loop.metrics()) {}

  // Called at least once in every turn, and after the last.
  void Look() {
    const sabre::EventLoop::Metrics now = loop_.metrics();
    if (now.turns == last_.turns) return;
    turns_.Add(absl::ToInt64Nanoseconds(now.active - last_.active));
    last_ = now;
  }

  // In nanoseconds.
  const Histogram& turns() const { return turns_; }

 private:
  const sabre::EventLoop& loop_;
  sabre::EventLoop::Metrics last_;
  Histogram turns_;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_TURN_WATCH_H_
