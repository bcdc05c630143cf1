// Round trips between two threads, in the two regimes that a machine has: on separate CPUs, and on one.
// Every candidate runs in every round, in turn; the table gives medians over the rounds with their
// spread, and the ratio to the raw futex pair (and to the spinning pair) of the same round.
// Ports are in `./dev bench messaging`.
//
//   latency_bench [ROUNDS [ITERATIONS]]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/memory/atomics.h"
#include "tests/bench/pairs.h"

namespace {

using namespace sabre::bench;

double ConditionVariable(int n, int a, int b) {
  struct Cell {
    std::mutex mutex;
    std::condition_variable changed;
    int value = 0;
    void Set(int v) {
      {
        std::lock_guard lock(mutex);
        value = v;
      }
      changed.notify_one();
    }
    void Await(int v) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return value == v; });
    }
  } ping, pong;
  return Measure(
      n, a, b,
      [&](int count) {
        for (int i = 0; i < count; ++i) {
          ping.Set(i + 1);
          pong.Await(i + 1);
        }
      },
      [&](int count) {
        for (int i = 0; i < count; ++i) {
          ping.Await(i + 1);
          pong.Set(i + 1);
        }
      });
}

double WaitNotify(int n, int a, int b) {
  const auto cells = *sabre::Int32Array::Over(*sabre::SharedArrayBuffer::Create(256));
  constexpr std::size_t kPing = 0;
  constexpr std::size_t kPong = 32;
  const auto await = [&](std::size_t cell, std::int32_t value) {
    while (sabre::atomics::Load(cells, cell) == value) sabre::atomics::Wait(cells, cell, value);
  };
  return Measure(
      n, a, b,
      [&](int count) {
        for (int i = 0; i < count; ++i) {
          sabre::atomics::Store(cells, kPing, i + 1);
          sabre::atomics::Notify(cells, kPing);
          await(kPong, i);
        }
      },
      [&](int count) {
        for (int i = 0; i < count; ++i) {
          await(kPing, i);
          sabre::atomics::Store(cells, kPong, i + 1);
          sabre::atomics::Notify(cells, kPong);
        }
      });
}

struct Candidate {
  const char* name;
  double (*run)(int iterations, int cpu, int partner_cpu);
  std::vector<double> nanos = {};
};

std::string Ratio(const std::vector<double>& of, const std::vector<double>& to) {
  const std::vector<double> ratios = Ratios(of, to);
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  char text[64];
  std::snprintf(text, sizeof text, "%6.2f [%.2f, %.2f]", Median(ratios), *least, *most);
  return text;
}

void RoundTrips(const char* regime, int rounds, int iterations, int partner_cpu) {
  std::vector<Candidate> candidates = {{"raw futex pair", &RawFutex},
                                       {"spinning pair", &Spinning},
                                       {"mutex + condition variable", &ConditionVariable},
                                       {"atomics::Wait / Notify", &WaitNotify}};
  for (int round = 0; round < rounds; ++round) {
    for (Candidate& candidate : candidates) {
      candidate.nanos.push_back(candidate.run(iterations, 0, partner_cpu));
    }
  }
  std::printf("\n%s, %d rounds of %d round trips\n", regime, rounds, iterations);
  std::printf("  %-28s %10s %22s %26s %26s\n", "", "median", "[least, most] us", "x raw futex",
              "x spinning");
  for (const Candidate& candidate : candidates) {
    const auto [least, most] = std::minmax_element(candidate.nanos.begin(), candidate.nanos.end());
    std::printf("  %-28s %8.3f us %10.3f, %8.3f %26s %26s\n", candidate.name,
                Median(candidate.nanos) / 1e3, *least / 1e3, *most / 1e3,
                Ratio(candidate.nanos, candidates[0].nanos).c_str(),
                Ratio(candidate.nanos, candidates[1].nanos).c_str());
  }
}

// Nanoseconds of one call, with nobody on the other side.
template <class F>
double PerCall(int count, F&& call) {
  const auto began = Clock::now();
  for (int i = 0; i < count; ++i) call(i);
  return Nanos(Clock::now() - began) / count;
}

void OneSided(int rounds) {
  constexpr int kCalls = 1'000'000;
  const auto cells = *sabre::Int32Array::Over(*sabre::SharedArrayBuffer::Create(64));
  static std::atomic<std::int32_t> plain;
  std::vector<double> fetch_add, notify;
  Pin(0);
  for (int round = 0; round < rounds; ++round) {
    fetch_add.push_back(PerCall(kCalls, [](int) { plain.fetch_add(1); }));
    notify.push_back(PerCall(kCalls, [&](int) { sabre::atomics::Notify(cells, 0); }));
  }
  std::printf("\none-sided, %d rounds\n", rounds);
  std::printf("  %-28s %8.2f ns\n", "seq_cst fetch_add", Median(fetch_add));
  std::printf("  %-28s %8.2f ns %26s x fetch_add\n", "Notify, nobody waits", Median(notify),
              Ratio(notify, fetch_add).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9;
  const int iterations = argc > 2 ? std::atoi(argv[2]) : 3000;
  if (std::thread::hardware_concurrency() > 1) {
    RoundTrips("separate CPUs (0 and 1)", rounds, iterations, 1);
  }
  RoundTrips("one CPU (0)", rounds, iterations, 0);
  OneSided(rounds);
  return 0;
}
