// tests/support/stress.h: how much a stress test does, and how its threads begin together.
#ifndef SABRE_TESTS_SUPPORT_STRESS_H_
#define SABRE_TESTS_SUPPORT_STRESS_H_

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace sabre::test {

// `rounds`, or ten times as many where time does not matter (./dev full).
inline int Rounds(int rounds) {
  return std::getenv("SABRE_FULL") != nullptr ? 10 * rounds : rounds;
}

// For how long a stress test goes on that could go on for ever: SABRE_STRESS_SECONDS, if it is set; a minute
// where time does not matter; else `usual`.
inline std::chrono::duration<double> Lasting(std::chrono::duration<double> usual) {
  const char* const seconds = std::getenv("SABRE_STRESS_SECONDS");
  if (seconds != nullptr) return std::chrono::duration<double>(std::atof(seconds));
  return std::getenv("SABRE_FULL") != nullptr ? std::chrono::minutes(1) : usual;
}

// Runs the functions in a thread each and returns when all have returned. They begin as closely
// together as the machine allows: a thread that is done before the next one exists tests nothing.
inline void Together(const std::vector<std::function<void()>>& bodies) {
  std::atomic<std::size_t> ready{0};
  std::vector<std::thread> threads;
  for (const std::function<void()>& body : bodies) {
    threads.emplace_back([&] {
      ready.fetch_add(1);
      while (ready.load() < bodies.size()) std::this_thread::yield();
      body();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace sabre::test

#endif  // SABRE_TESTS_SUPPORT_STRESS_H_
