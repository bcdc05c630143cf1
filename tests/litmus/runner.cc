#include "tests/litmus/runner.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

namespace sabre::litmus {
namespace {

constexpr std::uint32_t kInstances = 256;  // in a batch
constexpr std::uint32_t kLine = 32;        // cells in two cache lines: processors fetch pairs
constexpr std::uint64_t kPlans = 32;       // different kinds of batches
constexpr int kSpins = 2000;               // before a waiting thread lets another run
constexpr std::uint64_t kNoMore = std::numeric_limits<std::uint64_t>::max();  // batches

// The CPUs that this process may use.
std::vector<int> AllowedCpus() {
  cpu_set_t allowed;
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
    }
  }
  return cpus;
}

// How a batch is run. All combinations take turns.
struct Plan {
  bool in_step;             // the threads meet before each instance, not only before the batch
  bool paused;              // small pauses between the accesses of an instance
  bool neighbours;          // the cells of an instance lie side by side, not in lines of their own
  bool pinned;              // thread t stays on CPU t + shift
  std::uint32_t skew;       // steps, at most, by which a thread begins an instance late
  std::uint32_t shift;      // which CPU is the first
  std::uint32_t reordered;  // a bit for each thread, some of them set (Variant::kReordered)

  static Plan Of(std::uint64_t round, std::size_t threads, Pause& random) {
    const std::uint64_t kind = round % kPlans;
    return {(kind & 1) == 0,
            (kind & 2) != 0,
            (kind & 4) != 0,
            (kind & 8) == 0,
            (kind & 16) == 0 ? 0U : 1U << random.Random(8),
            random.Random(1024),
            1 + random.Random((1U << threads) - 1)};
  }
};

// How often a thread has come to a meeting of all. Each waits for the counts of the others.
struct alignas(128) Meetings {
  std::atomic<std::uint64_t> count{0};
};

// What a thread has for itself.
struct Local {
  Local(std::size_t thread, std::uint64_t seed) : id(thread), pause(seed * kMaxThreads + thread) {}
  const std::size_t id;
  Pause pause;
  std::uint64_t meetings = 0;
  bool pinned = false;
};

class Runner {
 public:
  Runner(const Test& test, Variant variant, const Limits& limits, std::uint64_t seed)
      : test_(test),
        variant_(variant),
        limits_(limits),
        seed_(seed),
        cells_(*Int32Array::Over(
            *SharedArrayBuffer::Create(sizeof(std::int32_t) * kLine * kInstances * test.cells))),
        lines_(kInstances * test.cells),
        places_(kInstances) {
    std::iota(lines_.begin(), lines_.end(), 0);
    for (std::vector<Registers>& registers : registers_) registers.resize(kInstances);
  }

  Counts Run() {
    std::vector<std::thread> threads;
    threads.emplace_back([this] { Lead(); });
    for (std::size_t id = 1; id < threads_; ++id) threads.emplace_back([this, id] { Follow(id); });
    for (std::thread& thread : threads) thread.join();
    return std::move(counts_);
  }

 private:
  void Prepare(std::uint64_t round, Pause& random) {
    plan_ = Plan::Of(round, threads_, random);
    for (std::size_t i = lines_.size() - 1; i > 0; --i) {
      std::swap(lines_[i], lines_[random.Random(static_cast<std::uint32_t>(i + 1))]);
    }
    for (std::uint32_t i = 0; i < kInstances; ++i) {
      const std::uint32_t* const lines = &lines_[i * test_.cells];
      for (std::uint32_t c = 0; c < test_.cells; ++c) {
        places_[i][c] = plan_.neighbours ? lines[0] * kLine + c : lines[c] * kLine;
        cells_.Set(places_[i][c], 0);
      }
    }
  }

  // Thread 0 also prepares the batches and looks at what came out: a thread more would take a CPU.
  void Lead() {
    const auto end = std::chrono::steady_clock::now() + limits_.time;
    Local local(0, seed_);
    for (std::uint64_t round = 1;; ++round) {
      Prepare(round, local.pause);
      round_.store(round, std::memory_order_release);
      Batch(local);
      WaitFor(done_, (threads_ - 1) * round);
      Collect();
      const bool late = std::chrono::steady_clock::now() >= end;
      const bool enough =
          limits_.until_seen ? counts_.outcome > 0 || late : late && round >= kPlans;
      if (enough) break;
    }
    round_.store(kNoMore, std::memory_order_release);
  }

  void Follow(std::size_t id) {
    Local local(id, seed_);
    for (std::uint64_t round = 1;; ++round) {
      if (WaitFor(round_, round) == kNoMore) return;
      Batch(local);
      done_.fetch_add(1, std::memory_order_release);
    }
  }

  void Batch(Local& local) {
    if (plan_.pinned || local.pinned) Place(local.id);
    local.pinned = plan_.pinned;
    Variant variant = variant_;
    if (variant == Variant::kReordered && (plan_.reordered >> local.id & 1) == 0) {
      variant = Variant::kRight;
    }
    const Thread::Bodies& bodies = test_.thread[local.id].bodies[static_cast<std::size_t>(variant)];
    const Body body = plan_.paused ? bodies.paused : bodies.straight;
    std::vector<Registers>& registers = registers_[local.id];
    const bool in_step = plan_.in_step;
    const std::uint32_t skew = plan_.skew;
    Meet(local);
    for (std::uint32_t i = 0; i < kInstances; ++i) {
      if (in_step) Meet(local);
      local.pause.Skew(skew);
      body(cells_, places_[i], registers[i], local.pause);
    }
  }

  // Returns when all threads have come as often.
  void Meet(Local& local) {
    const std::uint64_t times = ++local.meetings;
    meetings_[local.id].count.store(times, std::memory_order_release);
    for (std::size_t other = 0; other < threads_; ++other) WaitFor(meetings_[other].count, times);
  }

  // Returns the value when it has become `least` or more.
  std::uint64_t WaitFor(const std::atomic<std::uint64_t>& value, std::uint64_t least) const {
    for (int spins = 0;; ++spins) {
      const std::uint64_t now = value.load(std::memory_order_acquire);
      if (now >= least) return now;
      if (spins >= spins_) std::this_thread::yield();
    }
  }

  void Place(std::size_t id) const {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (std::size_t i = 0; i < cpus_.size(); ++i) {
      const bool here = (id + plan_.shift) % cpus_.size() == i;
      if (!plan_.pinned || here) CPU_SET(cpus_[i], &set);
    }
    // A system that refuses lets the thread run anywhere: less variety, nothing wrong.
    (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
  }

  void Collect() {
    State state;
    for (std::uint32_t i = 0; i < kInstances; ++i) {
      std::uint64_t values = 0;
      for (std::size_t t = 0; t < threads_; ++t) {
        state.reg[t] = registers_[t][i];
        for (std::size_t r = 0; r < test_.thread[t].registers; ++r) {
          values = values << 4 | static_cast<std::uint32_t>(state.reg[t][r]);
        }
      }
      for (std::size_t c = 0; c < test_.cells; ++c) {
        state.cell[c] = cells_.Get(places_[i][c]);
        values = values << 4 | static_cast<std::uint32_t>(state.cell[c]);
      }
      ++counts_.states[values];
      if (test_.is_outcome(state)) ++counts_.outcome;
    }
    counts_.instances += kInstances;
  }

  const Test& test_;
  const std::size_t threads_ = test_.threads;
  const Variant variant_;
  const Limits limits_;
  const std::uint64_t seed_;
  const std::vector<int> cpus_ = AllowedCpus();
  // If threads share a CPU, to wait for one is to let it run.
  const int spins_ = cpus_.size() < threads_ ? 0 : kSpins;

  // Written by thread 0 between two batches, read by all during one.
  Plan plan_{};
  Int32Array cells_;
  std::vector<std::uint32_t> lines_;  // where cells may be, in random order
  std::vector<Places> places_;        // by instance

  std::atomic<std::uint64_t> round_{0};  // the batch that may be run
  std::atomic<std::uint64_t> done_{0};   // how often a thread other than 0 has finished one
  std::array<Meetings, kMaxThreads> meetings_;
  std::array<std::vector<Registers>, kMaxThreads> registers_;  // by thread and instance
  Counts counts_;
};

}  // namespace

std::size_t UsableCpus() { return std::max<std::size_t>(1, AllowedCpus().size()); }

Counts Run(const Test& test, Variant variant, const Limits& limits, std::uint64_t seed) {
  return Runner(test, variant, limits, seed).Run();
}

}  // namespace sabre::litmus
