// sabre/messaging/event_loop.h: one thread's turn-by-turn execution.
#ifndef SABRE_MESSAGING_EVENT_LOOP_H_
#define SABRE_MESSAGING_EVENT_LOOP_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sabre/memory/executor.h"

namespace sabre {

namespace internal {
class LoopCore;
class LoopTimers;
}  // namespace internal

// EventLoop
//
// Runs posted work, due timers and the messages of ports on one thread: its own, or inside a loop
// that a program has already (see native_handle). Each thread has one, made at first use.
//
// Thread-safety: Post and Stop from any thread; all else from the loop's thread.
// Blocking: Run, RunFor and RunOnce block; a sleeping loop uses no CPU and makes no wake-ups.
// Fork: a child's loop is new and empty; nothing of the parent's runs there, and its descriptors are closed
//   there. Ports and timers made before the fork are the parent's: the child leaves them alone.
// Spec: HTML, event loops (https://html.spec.whatwg.org/multipage/webappapis.html#event-loops), with
//   Node's rule for the end: a loop that nothing keeps alive returns from Run.
class EventLoop final : public Executor {
 public:
  // The calling thread's loop. It ends with its thread: work that is still queued is destroyed unrun.
  static EventLoop& Current();

  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop() override;

  // Runs until Stop, until a stop is requested of the agent (Worker::Terminate), or until nothing keeps the
  // loop alive: no work, no timer, no Ref.
  void Run();
  // The same, for at most `limit`.
  void RunFor(absl::Duration limit);
  // The same, for at most one turn in which there is something to do. Returns how many pieces of work it
  // ran; 0 after `limit`, after Stop, and if nothing keeps the loop alive.
  std::size_t RunOnce(absl::Duration limit = absl::InfiniteDuration());
  // Runs what is ready now and returns without blocking: for a foreign loop. Returns how many pieces
  // of work it ran.
  std::size_t Poll();
  // Makes the current or next Run or RunFor return after the piece of work it is in. Any thread.
  void Stop();

  // Executor. Any thread, as long as the loop's thread lives; while it ends, Post returns false and
  // destroys `work`. What the loop's own thread posts runs in the next turn, after timers and messages
  // that are due before.
  bool Post(Work work) override;
  std::shared_ptr<Remote> remote() override;

  // Runs `work` once, `delay` from now (zero and less: in the next turn; infinite: never). Timers that are
  // due at the same time run in the order in which they were made. Keeps the loop alive.
  TimerId PostAfter(absl::Duration delay, Work work) override;
  // Destroys the timer's work unrun. Returns false if it has run or was cancelled before.
  bool CancelTimer(TimerId timer) override;

  // Keep Run going, as an open port with a handler does, and as each timer does. Every Ref needs its
  // Unref; an Unref that comes first makes the loop end although there is a timer.
  void Ref() noexcept override;
  void Unref() noexcept override;

  // A file descriptor that is readable whenever Poll would run something, timers included; for epoll,
  // libuv, Asio, Qt (sabre/adapters). Made at the first call, the same at each; it belongs to the loop.
  // Readable at first and after a Run, too: call Poll after each wait on it.
  // Errors: kResourceExhausted if the process is out of descriptors; kUnimplemented where the platform
  //   has none.
  absl::StatusOr<int> native_handle();

  // Whether Run would go on: the loop's own work, a timer, a Ref. A foreign loop asks this to know
  // whether it may end.
  bool alive() const noexcept;
  // Calls `observer` whenever alive() may have changed, in Poll and outside of it. Replaces an earlier
  // one; null: nobody. The observer must not run the loop.
  void set_alive_observer(absl::AnyInvocable<void()> observer);
  // Whether there is one: an adapter has put the loop into a foreign loop.
  bool has_alive_observer() const noexcept;

  // How many pieces of work that other threads posted, ports that became ready among them, run in one turn
  // before timers and what the loop's own work has posted get theirs. At least 1.
  static constexpr std::size_t kBatchLimit = 256;
  void set_batch_limit(std::size_t items) { batch_limit_ = items > 0 ? items : 1; }

  // How busy the loop is, since it was made. What is not idle is active: it sleeps in Run, or (with a
  // native_handle) is between one Poll and the next. From any thread, as long as the loop's lives.
  // Spec: Node's performance.eventLoopUtilization.
  struct Utilization {
    absl::Duration idle;
    absl::Duration active;
    double utilization() const { return absl::FDivDuration(active, idle + active); }
    // What it was since `earlier`.
    Utilization Since(const Utilization& earlier) const {
      return {idle - earlier.idle, active - earlier.active};
    }
  };
  Utilization utilization() const;

  // Counts since the loop was made.
  struct Metrics {
    std::int64_t turns = 0;       // rounds of work
    absl::Duration active;        // spent in them
    absl::Duration idle;          // asleep in Run
    absl::Duration longest_turn;  // the longest time for which the loop was blocked by one round
  };
  Metrics metrics() const noexcept { return metrics_; }

  // For ports.
  const std::shared_ptr<internal::LoopCore>& core() const noexcept { return core_; }
  // For a forked child. See the class.
  void StartAnewInChild();

 private:
  EventLoop();

  std::size_t RunUntil(absl::Duration limit, std::size_t turns);
  std::size_t Turn();

  const std::uint64_t agent_id_;  // of the loop's thread
  bool in_turn_ = false;
  bool closing_ = false;
  std::size_t batch_limit_ = kBatchLimit;
  std::shared_ptr<internal::LoopCore> core_;  // others only in a forked child
  std::unique_ptr<internal::LoopTimers> timers_;
  Metrics metrics_;
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_EVENT_LOOP_H_
