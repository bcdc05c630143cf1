// Waiting and waking: what it costs, and what it costs while nothing happens. Every figure stands beside
// that of a peer of the same run, measured in the same rounds, in turn; ratios are medians over the rounds
// with their quartiles, each beside the bar that it must not pass.
//
//   wait [ROUNDS [PART…]]     parts: notify, trips, slow, async, idle
#include <dirent.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <random>

#include "sabre/memory/atomics.h"
#include "sabre/memory/wait_async.h"
#include "sabre/messaging/event_loop.h"
#include "tests/bench/pairs.h"

namespace {

using namespace sabre::bench;
using sabre::AsyncWait;
using sabre::EventLoop;
using sabre::Int32Array;
using sabre::SharedArrayBuffer;
namespace atomics = sabre::atomics;

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

int rows_above_bar = 0;

// A row of the table: `ours` against `peer`, in `unit`.
void Row(const char* what, const std::vector<double>& ours, const std::vector<double>& peer,
         const char* unit, double per_unit, double bar) {
  const std::vector<double> ratios = Ratios(ours, peer);
  const double median = Median(ratios);
  if (median > bar) rows_above_bar += 1;
  std::printf("  %-58s %9.2f %9.2f %s   %6.2f [%.2f, %.2f]  %s %.2f\n", what,
              Median(ours) / per_unit, Median(peer) / per_unit, unit, median,
              Quantile(ratios, 0.25), Quantile(ratios, 0.75), median <= bar ? "<=" : "ABOVE", bar);
}
void Title(const char* title, const char* ours, const char* peer) {
  std::printf("\n%s\n  %-58s %9s %9s      ratio [quartiles]  bar\n", title, "", ours, peer);
}

// ---- Notify with nobody waiting

// Nanoseconds of one call of `call(thread)`, made in `threads` threads at once.
template <class Call>
double PerCall(int threads, Call call) {
  constexpr int kCalls = 1'000'000;
  std::atomic<int> ready{0};
  std::vector<double> nanos(static_cast<std::size_t>(threads));
  const auto body = [&](int thread) {
    Pin(thread);
    ready.fetch_add(1);
    while (ready.load() < threads) std::this_thread::yield();
    const auto began = Clock::now();
    for (int i = 0; i < kCalls; ++i) call(thread);
    nanos[static_cast<std::size_t>(thread)] = Nanos(Clock::now() - began) / kCalls;
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(body, i);
  body(0);
  for (std::thread& other : others) other.join();
  return Median(nanos);
}

// Whether a process that may do nothing but read, write and exit survives a million calls.
bool MakesNoSystemCall(const Int32Array& cells) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(2);
    std::size_t woken = 0;
    for (int i = 0; i < 1'000'000; ++i) woken += atomics::Notify(cells, 0);
    syscall(SYS_exit, woken == 0 ? 0 : 1);  // _exit calls exit_group, which is not allowed
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void NobodyWaits(int rounds, int cpus) {
  const Int32Array cells = SharedCells(1024);
  const Int32Array peer = SharedCells(1024);
  const auto notify = [&](int thread) {
    atomics::Notify(cells, static_cast<std::size_t>(thread) * 32);
  };
  Words* const words = new Words[static_cast<std::size_t>(cpus)];
  const auto fetch_add = [&](int thread) { words[thread][0].fetch_add(1); };
  std::vector<double> notify_one, add_one, notify_all, add_all;
  for (int round = 0; round < rounds; ++round) {
    add_one.push_back(PerCall(1, fetch_add));
    notify_one.push_back(PerCall(1, notify));
    add_all.push_back(PerCall(cpus, fetch_add));
    notify_all.push_back(PerCall(cpus, notify));
  }
  Title("Notify with nobody waiting, against a seq_cst fetch_add", "Notify", "fetch_add");
  Row("one thread", notify_one, add_one, "ns", 1, 1.6);
  Row("a thread on each CPU, cells of one block", notify_all, add_all, "ns", 1, 1.6);
  Row("the same against Notify in one thread", notify_all, notify_one, "ns", 1, 1.2);
  const bool none = MakesNoSystemCall(cells);
  rows_above_bar += none ? 0 : 1;
  std::printf("  system calls in a million calls (under strict seccomp): %s\n",
              none ? "none" : "SOME");
  delete[] words;
}

// ---- round trips

template <class Before>
double WaitNotify(int n, int a, int b, Before before_answer) {
  const Int32Array cells = SharedCells(64);
  const auto at = [](int i) { return static_cast<std::size_t>(i) * 32; };
  return PingPong(
      n, a, b,
      [&](int i, std::uint32_t value) {
        atomics::Store(cells, at(i), static_cast<std::int32_t>(value));
        atomics::Notify(cells, at(i));
      },
      [&](int i, std::uint32_t value) {
        const auto old = static_cast<std::int32_t>(value);
        while (atomics::Load(cells, at(i)) == old) atomics::Wait(cells, at(i), old);
      },
      before_answer);
}
double WaitNotify(int n, int a, int b) {
  return WaitNotify(n, a, b, [] {});
}

void RoundTrips(int rounds, int cpus) {
  constexpr int kTrips = 20'000;
  Title("Round trips by Wait and Notify", "ours", "peer");
  std::vector<double> ours, peer;
  if (cpus > 1) {
    for (int round = 0; round < rounds; ++round) {
      peer.push_back(Spinning(kTrips, 0, 1));
      ours.push_back(WaitNotify(kTrips, 0, 1));
    }
    Row("pinned to two CPUs, against the spinning pair", ours, peer, "us", 1e3, 2.5);
  }
  ours.clear();
  peer.clear();
  for (int round = 0; round < rounds; ++round) {
    peer.push_back(RawFutex(kTrips, 0, 0));
    ours.push_back(WaitNotify(kTrips, 0, 0));
  }
  Row("pinned to one CPU, against a raw futex pair", ours, peer, "us", 1e3, 1.25);
}

double CpuNanos() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto nanos = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
  };
  return nanos(usage.ru_utime) + nanos(usage.ru_stime);
}

// A partner that sleeps for a while before it answers.
void SlowPartner(int rounds, int cpus, std::chrono::microseconds pause, int trips) {
  const auto answer_later = [&] { std::this_thread::sleep_for(pause); };
  const int partner_cpu = cpus > 1 ? 1 : 0;
  std::vector<double> ours, peer, our_cpu, peer_cpu;
  const auto run = [&](auto measure, std::vector<double>& nanos, std::vector<double>& cpu) {
    const double cpu_before = CpuNanos();
    nanos.push_back(measure());
    cpu.push_back(100 * (CpuNanos() - cpu_before) / (nanos.back() * trips));
  };
  for (int round = 0; round < rounds; ++round) {
    run([&] { return RawFutex(trips, 0, partner_cpu, answer_later); }, peer, peer_cpu);
    run([&] { return WaitNotify(trips, 0, partner_cpu, answer_later); }, ours, our_cpu);
  }
  char what[80];
  std::snprintf(what, sizeof what, "the partner answers after %lld us, against pure parking",
                static_cast<long long>(pause.count()));
  Row(what, ours, peer, "us", 1e3, 1.1);
  std::vector<double> more;
  for (std::size_t i = 0; i < our_cpu.size(); ++i) more.push_back(our_cpu[i] - peer_cpu[i]);
  const double points = Median(more);
  rows_above_bar += points <= 2 ? 0 : 1;
  std::printf("  %-58s %8.2f%% %8.2f%%      %+.2f [%+.2f, %+.2f] points  %s +2.00\n",
              "  its CPU time", Median(our_cpu), Median(peer_cpu), points, Quantile(more, 0.25),
              Quantile(more, 0.75), points <= 2 ? "<=" : "ABOVE");
}

// ---- asynchronous waiters

constexpr std::size_t kFew = 10;
constexpr std::size_t kMany = 10'000;

// Nanoseconds of one Notify that wakes one pending wait, on kFew cells that are waited on again each time,
// beside those that wait on the rest of `cells`.
double NotifyOneOf(const std::vector<std::pair<Int32Array, std::size_t>>& cells) {
  EventLoop& loop = EventLoop::Current();
  constexpr int kTimes = 200;
  const auto wait = [](const std::pair<Int32Array, std::size_t>& cell) {
    atomics::WaitAsync(cell.first, cell.second, 0);
  };
  for (const auto& cell : cells) wait(cell);
  double nanos = 0;
  for (int time = 0; time < kTimes; ++time) {
    const auto began = Clock::now();
    for (std::size_t i = 0; i < kFew; ++i) {
      if (atomics::Notify(cells[i].first, cells[i].second, 1) != 1) std::abort();
    }
    nanos += Nanos(Clock::now() - began);
    loop.Poll();
    for (std::size_t i = 0; i < kFew; ++i) wait(cells[i]);
  }
  for (const auto& cell : cells) atomics::Notify(cell.first, cell.second);
  loop.Run();
  return nanos / (kTimes * kFew);
}

// Nanoseconds a waiter for `count` on one cell, from Notify until the last completion has run.
double WakeAll(std::size_t count) {
  EventLoop& loop = EventLoop::Current();
  const Int32Array cells = SharedCells(1);
  std::size_t told = 0;
  for (std::size_t i = 0; i < count; ++i) {
    atomics::WaitAsync(cells, 0, 0).OnComplete([&](const AsyncWait::Result&) { told += 1; });
  }
  const auto began = Clock::now();
  if (atomics::Notify(cells, 0) != count) std::abort();
  loop.Run();
  const double nanos = Nanos(Clock::now() - began);
  if (told != count) std::abort();
  return nanos / static_cast<double>(count);
}

void Asynchronous(int rounds) {
  Pin(0);
  const Int32Array one_block = SharedCells(kMany);
  std::vector<std::pair<Int32Array, std::size_t>> in_one_block, in_many_blocks;
  for (std::size_t i = 0; i < kMany; ++i) {
    in_one_block.emplace_back(one_block, i);
    in_many_blocks.emplace_back(SharedCells(1), 0);
  }
  const std::vector<std::pair<Int32Array, std::size_t>> few_in_one(in_one_block.begin(),
                                                                   in_one_block.begin() + kFew);
  const std::vector<std::pair<Int32Array, std::size_t>> few_blocks(in_many_blocks.begin(),
                                                                   in_many_blocks.begin() + kFew);
  std::vector<double> one_many, one_few, blocks_many, blocks_few, wake_many, wake_fewer;
  for (int round = 0; round < rounds; ++round) {
    one_few.push_back(NotifyOneOf(few_in_one));
    one_many.push_back(NotifyOneOf(in_one_block));
    blocks_few.push_back(NotifyOneOf(few_blocks));
    blocks_many.push_back(NotifyOneOf(in_many_blocks));
    wake_fewer.push_back(WakeAll(kMany));
    wake_many.push_back(WakeAll(10 * kMany));
  }
  Title("Asynchronous waits: a Notify that wakes one", "of 10,000", "of 10");
  Row("on as many cells of one block", one_many, one_few, "ns", 1, 1.2);
  Row("on as many blocks", blocks_many, blocks_few, "ns", 1, 1.2);
  Title("Asynchronous waits on one cell: Notify and all completions, each", "of 100,000",
        "of 10,000");
  Row("one waiter's share", wake_many, wake_fewer, "ns", 1, 1.5);
}

// ---- idle

// Context switches of this process's threads but the caller, voluntary or not, since they began.
long ContextSwitches() {
  long sum = 0;
  DIR* const tasks = opendir("/proc/self/task");
  while (const dirent* const task = readdir(tasks)) {
    if (task->d_name[0] == '.' || std::atol(task->d_name) == gettid()) continue;
    std::ifstream status("/proc/self/task/" + std::string(task->d_name) + "/status");
    for (std::string line; std::getline(status, line);) {
      const std::size_t colon = line.find("voluntary_ctxt_switches:");
      if (colon != std::string::npos) sum += std::atol(line.c_str() + line.find(':') + 1);
    }
  }
  closedir(tasks);
  return sum;
}

void Idle() {
  constexpr int kThreads = 100;
  const Int32Array cells = SharedCells(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { atomics::Wait(cells, i, 0); });
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const long switches_before = ContextSwitches();
  const double cpu_before = CpuNanos();
  std::this_thread::sleep_for(std::chrono::seconds(5));
  const double cpu = CpuNanos() - cpu_before;
  const long switches = ContextSwitches() - switches_before;
  for (std::size_t i = 0; i < kThreads; ++i) {
    if (atomics::Notify(cells, i) != 1) std::abort();
  }
  for (std::thread& thread : threads) thread.join();
  // This thread's own sleep and its reading of 100 files are in the CPU time.
  const double percent = 100 * cpu / 5e9;
  rows_above_bar += switches == 0 && percent < 0.5 ? 0 : 1;
  std::printf("\nIdle: %d blocked waiters for 5 s\n  context switches %ld (bar 0), CPU %.2f %%\n",
              kThreads, switches, percent);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 11;
  cpu_set_t allowed;
  sched_getaffinity(0, sizeof allowed, &allowed);
  const int cpus = static_cast<int>(std::thread::hardware_concurrency());
  std::printf("%d rounds, %d CPUs\n", rounds, cpus);
  const auto wanted = [&](const char* part) {
    return argc < 3 || std::find(argv + 2, argv + argc, std::string(part)) != argv + argc;
  };
  if (wanted("notify")) NobodyWaits(rounds, cpus);
  if (wanted("trips")) RoundTrips(rounds, cpus);
  if (wanted("slow")) {
    Title("A partner that sleeps before it answers", "ours", "peer");
    SlowPartner(rounds, cpus, std::chrono::microseconds(200), 2'000);
    SlowPartner(rounds, cpus, std::chrono::microseconds(5'000), 100);
  }
  if (wanted("async")) Asynchronous(rounds);
  sched_setaffinity(0, sizeof allowed, &allowed);
  if (wanted("idle")) Idle();
  std::printf("\n%d above their bar\n", rows_above_bar);
  return rows_above_bar == 0 ? 0 : 1;
}
