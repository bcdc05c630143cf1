// tests/litmus/pause.h: small random delays.
#ifndef SABRE_TESTS_LITMUS_PAUSE_H_
#define SABRE_TESTS_LITMUS_PAUSE_H_

#include <cstdint>
#include <thread>

namespace sabre::litmus {

// Pause
//
// Thread-safety: thread-compatible; each thread has its own.
class Pause {
 public:
  explicit Pause(std::uint64_t seed) noexcept : state_(seed * 2 + 1) {}

  // A number in [0, bound).
  std::uint32_t Random(std::uint32_t bound) noexcept {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>((state_ >> 32) * bound >> 32);
  }

  // Takes the time of up to `most` steps, often none.
  void Skew(std::uint32_t most) noexcept {
    if (most > 0) Spin(Random(most));
  }

  // Between two accesses: mostly nothing, sometimes some steps, sometimes the CPU goes to another thread.
  // Where there are more threads than CPUs, nothing else lets them interleave within an instance.
  void Between() noexcept {
    const std::uint32_t what = Random(16);
    if (what < 3) {
      std::this_thread::yield();
    } else if (what < 6) {
      Spin(Random(256));
    }
  }

 private:
  static void Spin(std::uint32_t steps) noexcept {
    volatile std::uint32_t left = steps;
    while (left > 0) left = left - 1;
  }

  std::uint64_t state_;
};

}  // namespace sabre::litmus

#endif  // SABRE_TESTS_LITMUS_PAUSE_H_
