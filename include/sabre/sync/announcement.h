// sabre/sync/announcement.h: "is anybody waiting?", asked without a lock.
#ifndef SABRE_SYNC_ANNOUNCEMENT_H_
#define SABRE_SYNC_ANNOUNCEMENT_H_

#include <cstdint>

#include "sabre/sync/policy.h"

namespace sabre {

// Announcement
//
// Lets a notifier skip its slow path while nobody waits, without losing a wake-up. The waiter
// announces itself and then looks at the condition once more; the notifier makes the condition true
// and then asks. One of the two sees the other:
//
//   waiter                          notifier
//   count_ += 1                     condition = true      (any order, relaxed too)
//   fence                           fence
//   condition? yes: do not sleep    count_ != 0? yes: wake
//
// This is store buffering (litmus SB) with a seq_cst fence on both sides, which is the one form that
// holds whatever the order of the condition's own accesses: with a seq_cst load of the count in
// place of the notifier's fence, a condition that was stored relaxed may be seen after it and the
// wake-up is lost (litmus FUTEX_rs). It is the library's only use of fences; no plain data may
// depend on it, because ThreadSanitizer does not model them. [A1]
//
// A notifier whose one wake-up serves all changes until it has been looked at may mute the
// announcement: other notifiers then skip their slow path as if nobody waited, until a waiter unmutes
// it. Unmuting is announcing once more: the waiter looks at the condition after it.
//
//   word_                | meaning
//   kMuted | number      | so many have announced themselves; kMuted: a wake-up is on its way
//
// Thread-safety: all members from any thread. Never blocks.
template <AtomicPolicy S>
class Announcement {
 public:
  // The caller is about to wait. It must look at its condition after this call.
  void Announce() noexcept {
    // [A1] Relaxed: ordered by the fence. Without the fence: the waiter's look at the condition may
    // be satisfied before the count is visible, and both sides miss each other.
    word_.fetch_add(1, S::kRelaxed);
    S::Fence();  // pairs with [A1] in AnyoneWaiting
  }

  // The caller of Announce waits no more.
  void Retract() noexcept {
    // Relaxed: a stale count costs a notifier its slow path, never a wake-up.
    word_.fetch_sub(1, S::kRelaxed);
  }

  // Whether a notifier must take the slow path. Call it after the condition was made true.
  bool AnyoneWaiting() const noexcept {
    S::Fence();  // pairs with [A1] in Announce and Unmute
    // [A1] Relaxed: ordered by the fence.
    return IsWanted(word_.load(S::kRelaxed));
  }

  // The same, muted or not: for what all must hear.
  bool AnyoneAnnounced() const noexcept {
    S::Fence();  // pairs with [A1] in Announce
    // [A1] Relaxed: ordered by the fence.
    return (word_.load(S::kRelaxed) & ~kMuted) != 0;
  }

  // The caller takes it on itself to wake one that waits, after AnyoneWaiting said yes. False: another
  // notifier has done so, or nobody waits any more.
  bool TryMute() noexcept {
    // Relaxed, all of it: who wins carries nothing; the wake-up itself does.
    std::uint32_t word = word_.load(S::kRelaxed);
    while (IsWanted(word)) {
      // Relaxed: as above.
      if (word_.compare_exchange_weak(word, word | kMuted, S::kRelaxed, S::kRelaxed)) return true;
      S::SpinHint();
    }
    return false;
  }

  // A waiter is awake. It must look at its condition after this call.
  void Unmute() noexcept {
    // [A1] Relaxed: ordered by the fence. Without the fence: a notifier may skip its slow path because
    // of a mute whose waiter has already looked.
    word_.fetch_and(~kMuted, S::kRelaxed);
    S::Fence();  // pairs with [A1] in AnyoneWaiting
  }

 private:
  static constexpr std::uint32_t kMuted = 1u << 31;

  static bool IsWanted(std::uint32_t word) noexcept { return word != 0 && (word & kMuted) == 0; }

  typename S::template Atomic<std::uint32_t> word_{0};
};

}  // namespace sabre

#endif  // SABRE_SYNC_ANNOUNCEMENT_H_
