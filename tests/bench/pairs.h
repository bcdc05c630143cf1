// tests/bench/pairs.h: what benchmarks of two threads share: where they run, the two raw ways in which they
// can talk, and what is said of many rounds.
#ifndef SABRE_TESTS_BENCH_PAIRS_H_
#define SABRE_TESTS_BENCH_PAIRS_H_

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace sabre::bench {

using Clock = std::chrono::steady_clock;

inline double Nanos(Clock::duration duration) {
  return std::chrono::duration<double, std::nano>(duration).count();
}

// The calling thread runs on this CPU from now on.
inline void Pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

// Runs `ping` here and `pong` in another thread, and returns the nanoseconds of one round trip.
inline double Measure(int iterations, int cpu, int partner_cpu,
                      const std::function<void(int)>& ping, const std::function<void(int)>& pong) {
  Pin(cpu);
  std::thread partner([&] {
    Pin(partner_cpu);
    pong(iterations);
  });
  const auto began = Clock::now();
  ping(iterations);
  const auto took = Clock::now() - began;
  partner.join();
  return Nanos(took) / iterations;
}

// Returns when the word is something else.
inline void FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  while (word.load() == value)
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}
inline void FutexWake(std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}
inline void SpinWhile(std::atomic<std::uint32_t>& word, std::uint32_t value) {
  for (int spins = 0; word.load() == value; ++spins) {
    if (spins % 64 == 63) std::this_thread::yield();  // or it never ends on one CPU
  }
}

// Two threads that exchange `n` round trips through two words, on CPUs `a` and `b`. `change` sets a word and
// tells of it, `await` waits while a word is a value; the partner runs `before_answer` in between.
template <class Change, class Await, class Before>
double PingPong(int n, int a, int b, Change change, Await await, Before before_answer) {
  return Measure(
      n, a, b,
      [&](int count) {
        for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
          change(0, i + 1);
          await(1, i);
        }
      },
      [&](int count) {
        for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(count); ++i) {
          await(0, i);
          before_answer();
          change(1, i + 1);
        }
      });
}

// The words of a raw pair, each on a cache line of its own.
struct Words {
  alignas(64) std::atomic<std::uint32_t> word[2 * 16] = {};
  std::atomic<std::uint32_t>& operator[](int i) { return word[i * 16]; }
};

template <class Before>
double RawFutex(int n, int a, int b, Before before_answer) {
  Words words;
  return PingPong(
      n, a, b,
      [&](int i, std::uint32_t value) {
        words[i].store(value);
        FutexWake(words[i]);
      },
      [&](int i, std::uint32_t value) { FutexWait(words[i], value); }, before_answer);
}
inline double RawFutex(int n, int a, int b) {
  return RawFutex(n, a, b, [] {});
}

inline double Spinning(int n, int a, int b) {
  Words words;
  return PingPong(
      n, a, b, [&](int i, std::uint32_t value) { words[i].store(value); },
      [&](int i, std::uint32_t value) { SpinWhile(words[i], value); }, [] {});
}

// The value below which `share` of them lie.
inline double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}
inline double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

// One by one: each is of one round, in which both were measured.
inline std::vector<double> Ratios(const std::vector<double>& of, const std::vector<double>& to) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < of.size(); ++i) ratios.push_back(of[i] / to[i]);
  return ratios;
}

}  // namespace sabre::bench

#endif  // SABRE_TESTS_BENCH_PAIRS_H_
