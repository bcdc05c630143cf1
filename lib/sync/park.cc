#include "sabre/sync/park.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "lib/platform/clock.h"
#include "lib/platform/futex.h"
#include "sabre/sync/cpu.h"

namespace sabre {
namespace {

constexpr std::uint32_t kEmpty = 0;
constexpr std::uint32_t kParked = 1;
constexpr std::uint32_t kNotified = 2;

// Spinning longer than this costs more than the sleep it saves. It must exceed what waking a sleeping
// CPU costs (50 to 90 µs on virtual machines, less elsewhere), or two threads that have once begun to
// sleep never find out that they could spin: each would always find the other still waking up.
constexpr std::int64_t kSpinCapNanos = 50'000;
// From here on the spin lets other threads run in between: the notifier may need this CPU.
constexpr std::int64_t kSpinYieldAfterNanos = 2'000;
constexpr int kSpinsPerClockRead = 16;
// Threads that compute want this CPU if one that yields gets it back so late. Who spins among them waits
// for their time slices; who sleeps is woken before they end. So such a spin has failed, whatever it found.
constexpr std::int64_t kCrowdedNanos = kSpinCapNanos;
constexpr int kCrowdedWeight = 4;

// What this thread knows about its waits: whether spinning has paid. A hit adds one, a failure takes
// four, and at zero spinning stops; waits that slept but would have been short earn it again. Each
// failure also doubles the number of waits that sleep at once after that, and it takes hits to forget
// them. So a thread whose partner answers fast spins, and one whose partner is now fast and now slow, or
// whose CPU is not its own, spins ever more seldom.
struct SpinScore {
  static constexpr int kMax = 16;
  int score = 1;
  int skip = 0;      // so many waits still sleep at once
  int failures = 0;  // spins that found nothing; a hit halves it
  std::int32_t last_notifier_cpu = -1;

  bool Worthwhile() const noexcept {
    if (score <= 0 || skip > 0) return false;
    // A notifier on this CPU cannot run while we spin. Unknown (-1): try.
    return last_notifier_cpu < 0 || last_notifier_cpu != platform::CurrentCpu();
  }
  void Hit() noexcept {
    score = std::min(score + 1, kMax);
    failures /= 2;
  }
  // `weight`: as so many failures.
  void Failed(int weight) noexcept {
    score = std::max(score - 4, -4);
    failures = std::min(failures + weight, 10);
    skip = 1 << failures;
  }
  // A wait that slept would have been short enough to spin.
  void WouldHavePaid() noexcept { score = std::min(score + 1, kMax); }
};

SpinScore& ThreadScore() noexcept {
  thread_local SpinScore score;
  return score;
}

}  // namespace

bool Parker::Park(TimePoint deadline) noexcept {
  // Acquire: pairs with the release in Unpark. Carries: what the notifier did before.
  std::uint32_t token = kNotified;
  if (state_.compare_exchange_strong(token, kEmpty, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
    return true;
  }
  const std::int64_t began = platform::NowNanos();
  if (deadline != kNever && deadline.time_since_epoch().count() <= began) {
    // A deadline that has passed is common (Atomics.wait with timeout 0): look once more, never sleep.
    token = kNotified;
    return state_.compare_exchange_strong(token, kEmpty, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  SpinScore& score = ThreadScore();
  if (score.skip > 0 && score.score > 0) {
    --score.skip;
  } else if (score.Worthwhile()) {
    bool crowded = false;
    const bool taken = Spin(deadline, crowded);
    if (taken && !crowded) {
      Learn(began, /*spun=*/true);
      return true;
    }
    score.Failed(crowded ? kCrowdedWeight : 1);
    if (taken) return true;
  }
  if (!Sleep(deadline)) return false;
  Learn(began, /*spun=*/false);
  return true;
}

bool Parker::WouldSpin() noexcept { return ThreadScore().Worthwhile(); }

bool Parker::Spin(TimePoint deadline, bool& crowded) noexcept {
  const std::int64_t began = platform::NowNanos();
  const std::int64_t give_up =
      deadline == kNever
          ? began + kSpinCapNanos
          : std::min(began + kSpinCapNanos, std::int64_t{deadline.time_since_epoch().count()});
  for (std::int64_t now = began; now < give_up;) {
    for (int i = 0; i < kSpinsPerClockRead; ++i) {
      // Relaxed: only watches; the exchange below acquires.
      if (state_.load(std::memory_order_relaxed) == kNotified) {
        state_.exchange(kEmpty, std::memory_order_acquire);
        return true;
      }
      internal::CpuRelax();
    }
    const bool yields = now - began > kSpinYieldAfterNanos;
    if (yields) std::this_thread::yield();
    const std::int64_t before = std::exchange(now, platform::NowNanos());
    crowded = crowded || (yields && now - before > kCrowdedNanos);
  }
  return false;
}

bool Parker::Sleep(TimePoint deadline) noexcept {
  std::uint32_t expected = kEmpty;
  // Acquire for the failure: the token came. The success announces the sleep and carries nothing.
  if (state_.compare_exchange_strong(expected, kParked, std::memory_order_acquire,
                                     std::memory_order_acquire)) {
    for (;;) {
      const bool in_time = platform::FutexWait(state_, kParked, deadline);
      std::uint32_t token = kNotified;
      // Acquire: pairs with the release in Unpark.
      if (state_.compare_exchange_strong(token, kEmpty, std::memory_order_acquire,
                                         std::memory_order_relaxed)) {
        return true;
      }
      if (in_time) continue;
      std::uint32_t parked = kParked;
      // Takes the announcement back, unless the token came at the last moment.
      if (state_.compare_exchange_strong(parked, kEmpty, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
        return false;
      }
    }
  }
  state_.exchange(kEmpty, std::memory_order_acquire);
  return true;
}

void Parker::Learn(std::int64_t began_ns, bool spun) noexcept {
  // Relaxed: hints, ordered after the stores in Unpark by the token.
  const std::int64_t waited = notified_at_ns_.load(std::memory_order_relaxed) - began_ns;
  SpinScore& score = ThreadScore();
  score.last_notifier_cpu = notifier_cpu_.load(std::memory_order_relaxed);
  if (spun) {
    score.Hit();
  } else if (waited < kSpinCapNanos / 2) {
    score.WouldHavePaid();
  }
}

void Parker::Unpark() noexcept {
  // Both before the first store: a thread that spins on the cache line takes it away from slow writers.
  const std::int32_t cpu = platform::CurrentCpu();
  const std::int64_t now = platform::NowNanos();
  // Relaxed: published by the exchange below.
  notifier_cpu_.store(cpu, std::memory_order_relaxed);
  notified_at_ns_.store(now, std::memory_order_relaxed);
  const std::atomic<std::uint32_t>* const word = &state_;
  // Release: pairs with the acquires in Park. The last access to this object: see Lifetime.
  if (state_.exchange(kNotified, std::memory_order_release) == kParked) {
    platform::FutexWakeOne(word);
  }
}

}  // namespace sabre
