#include "tests/seeded/scheduler.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <utility>

// Of the sanitizers, if the program has one.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace sabre::seeded {
namespace {

constexpr std::uint64_t kMostEvents = 300'000;
constexpr unsigned kSecondsOfARun = 60;
constexpr std::size_t kShownEvents = 60;
constexpr std::chrono::nanoseconds kTimeOfAnEvent{100};

enum class State : std::uint8_t { kReady, kAsleep, kEnded };

struct Thread {
  int id;
  std::function<void()> entry;
  State state = State::kReady;
  const void* object = nullptr;  // what it sleeps on
  TimePoint deadline = kNever;   // while it sleeps
  bool timed_out = false;
  std::int64_t priority = 0;
  sem_t turn;
  std::thread thread;
};

// S. Vigna's splitmix64: every seed is a good one.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

 private:
  std::uint64_t state_;
};

// How a seed schedules. A seed draws one of two ways:
// - a random walk, which changes threads at each point with the same chance;
// - priorities, as S. Burckhardt et al., "A randomized scheduler with probabilistic guarantees of finding
//   bugs" (ASPLOS 2010): the thread with the highest runs, and at a few random points the one that runs
//   falls behind all others. A bug that needs k such points is found with a known chance.
struct Strategy {
  bool priorities = false;
  std::uint64_t change_one_in = 2;           // random walk
  std::vector<std::uint64_t> change_points;  // priorities: numbers of points
  std::uint64_t sleepers_one_in = 0;         // so often time jumps to the next deadline; 0: never
};

struct World {
  explicit World(std::uint64_t seed) : random(seed) {
    constexpr std::uint64_t kOften[] = {0, 0, 16, 100};
    strategy.sleepers_one_in = kOften[random.Below(4)];
    strategy.priorities = random.Below(2) == 0;
    strategy.change_one_in = std::uint64_t{1} << (1 + random.Below(5));
    const std::uint64_t within = std::uint64_t{32} << random.Below(6);
    const std::uint64_t depth = 1 + random.Below(4);
    for (std::uint64_t i = 0; i < depth; ++i) {
      strategy.change_points.push_back(random.Below(within));
    }
  }

  Random random;
  Strategy strategy;
  std::vector<std::unique_ptr<Thread>> threads;
  std::vector<Event> events;
  std::uint64_t points = 0;
  std::uint64_t fingerprint = 14695981039346656037u;
  std::int64_t lowest_priority = 0;
  TimePoint now{std::chrono::hours(1)};
  sem_t over;
};

// The run. Its data belong to the thread whose turn it is; the semaphores hand them over.
World* world = nullptr;
std::uint64_t seed_of_run = 0;
std::string command_of_run;
bool trace_of_run = false;
thread_local Thread* me = nullptr;

// The path within the repository; whoever compiled this has named it in his own way.
const char* FileIn(const char* path) {
  for (const char* const folder : {"tests/seeded/", "include/sabre/", "lib/"}) {
    const char* found = nullptr;
    for (const char* at = path; (at = std::strstr(at, folder)) != nullptr; ++at) found = at;
    if (found != nullptr) return found;
  }
  return path;
}

void PrintEvent(const Event& event, std::map<const void*, int>& numbers) {
  std::string text = std::string("  T") + std::to_string(event.thread) + "  " +
                     std::string(4 * static_cast<std::size_t>(event.thread), ' ') + event.what;
  if (event.object != nullptr) {
    const int number = static_cast<int>(numbers.size()) + 1;
    text += " #" + std::to_string(numbers.emplace(event.object, number).first->second);
  }
  if (event.value.has_value()) text += " = " + std::to_string(*event.value);
  if (text.size() < 50) text.resize(50, ' ');
  // Calls from within the std library (lock_guard) do not say from where.
  const bool known = std::strstr(event.place.file, "/c++/") == nullptr;
  std::fprintf(stderr, "%s  %s:%d\n", text.c_str(), known ? FileIn(event.place.file) : "std",
               event.place.line);
}

void Report(const char* what) {
  if (world == nullptr) return;
  World& w = *std::exchange(world, nullptr);
  std::fprintf(stderr, "%s\n  seed %" PRIu64 ", after %zu events (%s)\n", what, seed_of_run,
               w.events.size(), w.strategy.priorities ? "priorities" : "random walk");
  std::map<const void*, int> numbers;
  std::fprintf(stderr, "the last events:\n");
  const std::size_t from = w.events.size() - std::min(w.events.size(), kShownEvents);
  for (std::size_t i = from; i < w.events.size(); ++i) PrintEvent(w.events[i], numbers);
  std::fprintf(stderr, "the threads, and what each did last (newest first):\n");
  for (const std::unique_ptr<Thread>& thread : w.threads) {
    const char* const states[] = {"can run", "sleeps", "has ended"};
    std::fprintf(
        stderr, " T%d %s%s\n", thread->id, states[static_cast<int>(thread->state)],
        thread->state == State::kAsleep && thread->deadline != kNever ? ", for some time" : "");
    std::size_t shown = 0;
    for (std::size_t i = w.events.size(); i-- > 0 && shown < 4;) {
      if (w.events[i].thread != thread->id) continue;
      PrintEvent(w.events[i], numbers);
      ++shown;
    }
  }
  std::fprintf(stderr, "to repeat it:\n  %s --seed %" PRIu64 " --seeds 1 --trace\n",
               command_of_run.c_str(), seed_of_run);
}

[[noreturn]] void Fail(const char* what) {
  Report(what);
  std::fflush(nullptr);
  _exit(1);
}

void OnSignal(int number) {
  Fail(number == SIGALRM   ? "a thread blocks where the scheduler does not see it"
       : number == SIGABRT ? "the program aborted"
                           : "the program crashed");
}

// Whose turn it is next. Wakes those whose time has come.
Thread* Choose(bool yields) {
  World& w = *world;
  const auto wake_due = [&w] {
    for (const std::unique_ptr<Thread>& thread : w.threads) {
      if (thread->state != State::kAsleep || thread->deadline > w.now) continue;
      thread->state = State::kReady;
      thread->timed_out = true;
    }
  };
  TimePoint next_deadline = kNever;
  std::vector<Thread*> ready;
  for (bool jumped = false;;) {
    wake_due();
    next_deadline = kNever;
    ready.clear();
    for (const std::unique_ptr<Thread>& thread : w.threads) {
      if (thread->state == State::kReady) ready.push_back(thread.get());
      if (thread->state == State::kAsleep) {
        next_deadline = std::min(next_deadline, thread->deadline);
      }
    }
    const bool jump = next_deadline != kNever && !jumped &&
                      (ready.empty() || (w.strategy.sleepers_one_in != 0 &&
                                         w.random.Below(w.strategy.sleepers_one_in) == 0));
    if (!jump) break;
    w.now = std::max(w.now, next_deadline);
    jumped = true;
  }
  if (ready.empty()) {
    for (const std::unique_ptr<Thread>& thread : w.threads) {
      if (thread->state == State::kAsleep)
        Fail("deadlock: nobody can run, and some sleep for ever");
    }
    return nullptr;
  }
  const auto self = std::find(ready.begin(), ready.end(), me);
  const bool can_stay = self != ready.end();
  w.points += 1;
  if (!w.strategy.priorities) {
    if (can_stay && !yields && w.random.Below(w.strategy.change_one_in) != 0) return me;
    if (can_stay && yields && ready.size() > 1) ready.erase(self);
    return ready[w.random.Below(ready.size())];
  }
  const std::vector<std::uint64_t>& changes = w.strategy.change_points;
  const bool change = std::find(changes.begin(), changes.end(), w.points) != changes.end();
  // One that spins with the highest priority would spin for ever.
  if (can_stay && (change || yields)) me->priority = --w.lowest_priority;
  return *std::max_element(ready.begin(), ready.end(), [](const Thread* a, const Thread* b) {
    return a->priority < b->priority;
  });
}

void AwaitTurn(Thread& thread) {
  while (sem_wait(&thread.turn) != 0) {
  }
}

void GiveTurnTo(Thread* next) {
  if (next == nullptr) {
    sem_post(&world->over);
  } else {
    sem_post(&next->turn);
  }
}

// The last thing that ends in a thread: it is made before all other thread-locals.
struct EndOfThread {
  bool armed = false;
  ~EndOfThread() {
    if (!armed) return;
    Note("ends", nullptr, {__FILE__, __LINE__});
    me->state = State::kEnded;
    WakeAll(me);
    Thread* const next = Choose(false);
    me = nullptr;
    GiveTurnTo(next);
  }
};
thread_local EndOfThread end_of_thread;

void ThreadMain(Thread* self) {
  AwaitTurn(*self);
  me = self;
  end_of_thread.armed = true;
  Note("begins", nullptr, {__FILE__, __LINE__});
  self->entry();
  self->entry = nullptr;
}

void PrepareProgram() {
  static const bool prepared = [] {
    // One processor: to hand the turn to a thread on another one takes many times as long.
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    for (const int number : {SIGABRT, SIGALRM}) signal(number, OnSignal);
    if (__sanitizer_set_death_callback != nullptr) {
      __sanitizer_set_death_callback([] { Report("a sanitizer has found a mistake"); });
    } else {
      signal(SIGSEGV, OnSignal);
    }
    return true;
  }();
  static_cast<void>(prepared);
}

}  // namespace

void Point(bool yields) {
  if (me == nullptr || world == nullptr) return;
  world->now += kTimeOfAnEvent;
  Thread* const next = Choose(yields);
  if (next == me) return;
  Thread& self = *me;
  GiveTurnTo(next);
  AwaitTurn(self);
}

void Note(const char* what, const void* object, Place place, std::optional<std::int64_t> value) {
  if (me == nullptr || world == nullptr) return;
  World& w = *world;
  w.events.push_back({me->id, what, object, value, place});
  // Not the object and not the value: addresses and the numbers of agents differ from run to run.
  const auto mix = [&w](std::uint64_t x) { w.fingerprint = (w.fingerprint ^ x) * 1099511628211u; };
  mix(static_cast<std::uint64_t>(me->id));
  mix(static_cast<std::uint64_t>(place.line));
  for (const char* c = what; *c != 0; ++c) mix(static_cast<unsigned char>(*c));
  if (trace_of_run) {
    static std::map<const void*, int> numbers;
    PrintEvent(w.events.back(), numbers);
  }
  if (w.events.size() == kMostEvents) Fail("the run does not end");
}

bool Sleep(const char* what, const void* object, Place place, TimePoint deadline) {
  if (me == nullptr || world == nullptr) return true;
  Note(what, object, place);
  me->state = State::kAsleep;
  me->object = object;
  me->deadline = deadline;
  me->timed_out = false;
  Thread& self = *me;
  Thread* const next = Choose(false);
  if (next != &self) {
    GiveTurnTo(next);
    AwaitTurn(self);
  }
  Note(self.timed_out ? "times out" : "wakes", object, place);
  return !self.timed_out;
}

void WakeAll(const void* object) {
  if (world == nullptr) return;
  for (const std::unique_ptr<Thread>& thread : world->threads) {
    if (thread->state == State::kAsleep && thread->object == object) thread->state = State::kReady;
  }
}

void WakeOne(const void* object) {
  if (world == nullptr) return;
  std::vector<Thread*> sleepers;
  for (const std::unique_ptr<Thread>& thread : world->threads) {
    if (thread->state == State::kAsleep && thread->object == object) {
      sleepers.push_back(thread.get());
    }
  }
  if (sleepers.empty()) return;
  sleepers[world->random.Below(sleepers.size())]->state = State::kReady;
}

bool Chance(unsigned of) {
  return me != nullptr && world != nullptr && world->random.Below(of) == 0;
}

TimePoint Now() { return world != nullptr ? world->now : TimePoint(std::chrono::hours(1)); }

int Spawn(std::function<void()> entry) {
  auto thread = std::make_unique<Thread>();
  thread->id = static_cast<int>(world->threads.size());
  thread->entry = std::move(entry);
  thread->priority = static_cast<std::int64_t>(world->random.Below(1'000'000));
  sem_init(&thread->turn, 0, 0);
  Thread* const raw = thread.get();
  world->threads.push_back(std::move(thread));
  raw->thread = std::thread(ThreadMain, raw);
  return raw->id;
}

void AwaitEnd(int thread) {
  Point();
  const Thread& other = *world->threads[static_cast<std::size_t>(thread)];
  while (other.state != State::kEnded) Sleep("join", &other, {__FILE__, __LINE__}, kNever);
}

void Expect(bool condition, const char* text, Place place) {
  if (condition) return;
  Note("violates its claim", nullptr, place);
  Fail(("violated: " + std::string(text)).c_str());
}

Run RunSeed(const std::function<void()>& body, std::uint64_t seed, const std::string& command,
            bool trace) {
  PrepareProgram();
  World w(seed);
  sem_init(&w.over, 0, 0);
  world = &w;
  seed_of_run = seed;
  command_of_run = command;
  trace_of_run = trace;
  alarm(kSecondsOfARun);
  Spawn(body);
  sem_post(&w.threads[0]->turn);
  while (sem_wait(&w.over) != 0) {
  }
  alarm(0);
  for (const std::unique_ptr<Thread>& thread : w.threads) {
    thread->thread.join();
    sem_destroy(&thread->turn);
  }
  world = nullptr;
  sem_destroy(&w.over);
  return {w.fingerprint, w.events.size(), static_cast<int>(w.threads.size())};
}

}  // namespace sabre::seeded

// What the std library calls where it waits for another thread (std::stop_token).
extern "C" int sched_yield() noexcept {
  sabre::seeded::Point(/*yields=*/true);
  return 0;
}
