#include "sabre/sync/park.h"

#include <algorithm>
#include <thread>

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

// What this thread knows about its waits: whether spinning has paid. A hit adds one, a failure takes
// four, and at zero spinning stops; waits that slept but would have been short earn it again. Each
// failure in a row also doubles the number of waits that sleep at once after that. So a thread whose
// partner answers fast spins, and one whose partner is now fast and now slow spins ever more seldom.
struct SpinScore {
  static constexpr int kMax = 16;
  int score = 1;
  int skip = 0;      // so many waits still sleep at once
  int failures = 0;  // spins in a row that found nothing
  std::int32_t last_notifier_cpu = -1;

  bool Worthwhile() noexcept {
    if (score <= 0) return false;
    if (skip > 0) {
      --skip;
      return false;
    }
    // A notifier on this CPU cannot run while we spin. Unknown (-1): try.
    return last_notifier_cpu < 0 || last_notifier_cpu != platform::CurrentCpu();
  }
  void Hit() noexcept {
    score = std::min(score + 1, kMax);
    failures = 0;
    skip = 0;
  }
  void Failed() noexcept {
    score = std::max(score - 4, -4);
    failures = std::min(failures + 1, 10);
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
  if (ThreadScore().Worthwhile()) {
    if (Spin(deadline)) {
      Learn(began, /*spun=*/true);
      return true;
    }
    ThreadScore().Failed();
  }
  if (!Sleep(deadline)) return false;
  Learn(began, /*spun=*/false);
  return true;
}

bool Parker::Spin(TimePoint deadline) noexcept {
  const std::int64_t began = platform::NowNanos();
  const std::int64_t give_up =
      deadline == kNever
          ? began + kSpinCapNanos
          : std::min(began + kSpinCapNanos, std::int64_t{deadline.time_since_epoch().count()});
  for (std::int64_t now = began; now < give_up; now = platform::NowNanos()) {
    for (int i = 0; i < kSpinsPerClockRead; ++i) {
      // Relaxed: only watches; the exchange below acquires.
      if (state_.load(std::memory_order_relaxed) == kNotified) {
        state_.exchange(kEmpty, std::memory_order_acquire);
        return true;
      }
      internal::CpuRelax();
    }
    if (now - began > kSpinYieldAfterNanos) std::this_thread::yield();
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
  // Relaxed: published by the exchange below.
  notifier_cpu_.store(platform::CurrentCpu(), std::memory_order_relaxed);
  notified_at_ns_.store(platform::NowNanos(), std::memory_order_relaxed);
  const std::atomic<std::uint32_t>* const word = &state_;
  // Release: pairs with the acquires in Park. The last access to this object: see Lifetime.
  if (state_.exchange(kNotified, std::memory_order_release) == kParked) {
    platform::FutexWakeOne(word);
  }
}

}  // namespace sabre
