// sabre/lockfree/blocking_queue.h: a ring whose users wait instead of giving up, and that can be
// closed.
#ifndef SABRE_LOCKFREE_BLOCKING_QUEUE_H_
#define SABRE_LOCKFREE_BLOCKING_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/event_count.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"
#include "sabre/sync/time.h"

namespace sabre {

enum class PushResult : std::uint8_t {
  kPushed,
  kFull,    // no room, or none until the deadline; the value is still the caller's
  kClosed,  // closed; the value is still the caller's
};
enum class PopResult : std::uint8_t {
  kPopped,
  kEmpty,   // nothing there, or nothing until the deadline
  kClosed,  // closed, and everything that was pushed has been popped
};

// BlockingQueue
//
// A bounded queue over a ring, `BlockingQueue<MpmcRing<Job>>` or `BlockingQueue<SpscRing<Job>>`,
// with two event counts: one wakes who waits for a value, the other who waits for room. While
// nobody waits, a push or pop costs the ring's and a fence; a push two additions to the state word
// besides.
//
//   state_               | meaning
//   pushers * 2          | open; so many threads are pushing
//   pushers * 2 + 1      | closed; those that came before the close may still bring their values
//   1                    | closed for good: what the ring does not hold now, it never will
//
// Close: after it every push is refused; pops deliver what is there and then say so. A value whose
// push returned kPushed is popped exactly once, if the pops go on until kClosed; one whose push did
// not is not.
//
// Links libsabre, unlike the rest of lockfree: waiting threads sleep in its Parker.
//
// Bounds: those of the ring.
// Memory: 320 bytes and the ring's. Each waiter adds a record on its own stack.
// Thread-safety: that of the ring: any number of threads push and pop an MpmcRing, one each an
//   SpscRing. Close, closed, size and empty from any thread.
// Progress: that of the ring, and a lock for a moment while somebody waits.
// Blocking: Push and Pop, until the deadline; they never spin. TryPush, TryPop and Close never. A
//   value whose predecessor's push is under way in an MpmcRing is not there yet for TryPop.
// Memory ordering: everything before a push happens before the return of the pop that takes its
//   value. Everything before Close happens before a return of kClosed.
// Destruction: when no thread is in a member. To get there: Close, and join.
template <class Ring, BlockingPolicy S = StdSync>
class BlockingQueue {
 public:
  using value_type = typename Ring::value_type;

  // capacity: as the ring's.
  explicit BlockingQueue(std::size_t capacity) : ring_(capacity) {}
  BlockingQueue(const BlockingQueue&) = delete;
  BlockingQueue& operator=(const BlockingQueue&) = delete;

  [[nodiscard]] PushResult TryPush(value_type&& value) {
    // [C1] Acquire: pairs with the release in Close. Carries: what preceded the close. Else relaxed
    // would do: that this push is refused after a close, and awaited before, is one word's order.
    if ((state_.fetch_add(kPusher, S::kAcquire) & kClosedBit) != 0) {
      Leave();
      return PushResult::kClosed;
    }
    const bool pushed = ring_.TryPush(std::move(value));
    Leave();
    if (!pushed) return PushResult::kFull;
    values_.NotifyOne();
    return PushResult::kPushed;
  }

  // Waits for room until `deadline`.
  [[nodiscard]] PushResult Push(value_type&& value, TimePoint deadline = kNever) {
    bool waited = false;
    const PushResult result = Await(
        room_, PushResult::kFull, [&] { return TryPush(std::move(value)); }, deadline, waited);
    // Who took the value before this one's place may have woken nobody else. See Await.
    if (waited && ring_.size() < ring_.capacity()) room_.NotifyOne();
    return result;
  }

  // Takes the oldest value into `value`, which stays as it is unless the result is kPopped.
  [[nodiscard]] PopResult TryPop(value_type& value) {
    if (Take(value)) return PopResult::kPopped;
    // [C1] Acquire: pairs with the release in Leave and Close. Carries: the values of all pushes
    // that were not refused. Without: the last one is in the ring, and this thread does not see it.
    if (state_.load(S::kAcquire) != kClosedBit) return PopResult::kEmpty;
    return Take(value) ? PopResult::kPopped : PopResult::kClosed;
  }

  // Waits for a value until `deadline`.
  [[nodiscard]] PopResult Pop(value_type& value, TimePoint deadline = kNever) {
    bool waited = false;
    const PopResult result = Await(
        values_, PopResult::kEmpty, [&] { return TryPop(value); }, deadline, waited);
    if (waited && !ring_.empty()) values_.NotifyOne();
    return result;
  }

  // Refuses all further pushes and wakes everybody. Again: no effect.
  void Close() {
    // [C1] Release: pairs with the acquires in TryPush and TryPop.
    state_.fetch_or(kClosedBit, S::kRelease);
    room_.NotifyAll();
    values_.NotifyAll();
  }

  // Whether Close was called. A moment's answer.
  bool closed() const noexcept {
    // Relaxed: a hint.
    return (state_.load(S::kRelaxed) & kClosedBit) != 0;
  }
  // Moments' answers.
  std::size_t size() const noexcept { return ring_.size(); }
  bool empty() const noexcept { return ring_.empty(); }
  std::size_t capacity() const noexcept { return ring_.capacity(); }

 private:
  static constexpr std::uint64_t kClosedBit = 1;
  static constexpr std::uint64_t kPusher = 2;

  // The caller pushes no more. The last one out after the close tells those who wait for the end.
  void Leave() {
    // [C1] Release: pairs with the acquire in TryPop. Carries: the value is in the ring.
    const std::uint64_t before = state_.fetch_sub(kPusher, S::kRelease);
    if (before == (kClosedBit | kPusher)) values_.NotifyAll();
  }

  bool Take(value_type& value) {
    std::optional<value_type> taken = ring_.TryPop();
    if (!taken.has_value()) return false;
    value = std::move(*taken);
    room_.NotifyOne();
    return true;
  }

  // Attempts until the result is another than `again` or the deadline has passed, and sleeps in
  // between.
  //
  // In an MpmcRing the value of a push that is complete is hidden for as long as an earlier push is
  // under way: its notification may wake a thread that finds nothing. The earlier push then
  // notifies one thread, and there are two values. So a thread that has waited passes the
  // notification on if there is more.
  template <class Result, class Attempt>
  Result Await(EventCount<S>& events, Result again, Attempt attempt, TimePoint deadline,
               bool& waited) {
    for (bool in_time = true;;) {
      Result result = attempt();
      if (result != again || !in_time) return result;
      const auto key = events.PrepareWait();
      result = attempt();
      if (result != again) {
        events.CancelWait();
        return result;
      }
      in_time = events.CommitWait(key, deadline);
      waited = true;
    }
  }

  Ring ring_;
  alignas(kCacheLine) typename S::template Atomic<std::uint64_t> state_{0};
  alignas(kCacheLine) EventCount<S> values_;
  alignas(kCacheLine) EventCount<S> room_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_BLOCKING_QUEUE_H_
