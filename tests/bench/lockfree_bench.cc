// The lock-free containers against those that people use: moodycamel's, boost.lockfree's, TBB's.
// All are driven by the same loop: try, and yield if there was nothing to do. Rounds interleaved;
// every ratio is the median over the rounds, in each of which both were measured, with its
// quartiles.
//
//   lockfree [ROUNDS [PART…]]     parts: spsc, mpmc, blocking, others
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <concurrentqueue/concurrentqueue.h>
#include <oneapi/tbb/concurrent_queue.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <array>
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#include <boost/lockfree/stack.hpp>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "sabre/lockfree/blocking_queue.h"
#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/seq_lock.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/lockfree/treiber_stack.h"
#include "tests/bench/pairs.h"

namespace {

using namespace sabre::bench;

constexpr std::size_t kCapacity = 1024;
using Item = std::uint64_t;

// ---- one face for all: Push and Pop say whether they did it

template <class Container>
struct Ours {
  Container container{kCapacity};
  bool Push(Item item) { return container.TryPush(item); }
  bool Pop(Item& item) {
    const std::optional<Item> popped = container.TryPop();
    if (popped) item = *popped;
    return popped.has_value();
  }
};
struct ReaderWriter {
  moodycamel::ReaderWriterQueue<Item> queue{kCapacity};
  bool Push(Item item) { return queue.try_enqueue(item); }
  bool Pop(Item& item) { return queue.try_dequeue(item); }
};
template <class Container>
struct Boost {
  Container container;
  bool Push(Item item) { return container.push(item); }
  bool Pop(Item& item) { return container.pop(item); }
};
using BoostSpsc = Boost<boost::lockfree::spsc_queue<Item, boost::lockfree::capacity<kCapacity>>>;
using BoostQueue = Boost<boost::lockfree::queue<Item, boost::lockfree::capacity<kCapacity>>>;
using BoostStack = Boost<boost::lockfree::stack<Item, boost::lockfree::capacity<kCapacity>>>;
struct Tbb {
  tbb::concurrent_bounded_queue<Item> queue;
  Tbb() { queue.set_capacity(kCapacity); }
  bool Push(Item item) { return queue.try_push(item); }
  bool Pop(Item& item) { return queue.try_pop(item); }
};
struct Concurrent {
  moodycamel::ConcurrentQueue<Item> queue{kCapacity};
  bool Push(Item item) { return queue.try_enqueue(item); }
  bool Pop(Item& item) { return queue.try_dequeue(item); }
};
struct Locked {
  std::mutex mutex;
  std::array<Item, kCapacity> items;
  std::size_t head = 0;
  std::size_t tail = 0;
  bool Push(Item item) {
    const std::lock_guard lock(mutex);
    if (tail - head == kCapacity) return false;
    items[tail++ % kCapacity] = item;
    return true;
  }
  bool Pop(Item& item) {
    const std::lock_guard lock(mutex);
    if (tail == head) return false;
    item = items[head++ % kCapacity];
    return true;
  }
};

// Runs body(i) in `threads` threads that begin together, thread i on CPU i % cpus. Returns
// nanoseconds.
template <class Body>
double Together(int threads, Body body) {
  static const int cpus = static_cast<int>(std::thread::hardware_concurrency());
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&, i] {
      Pin(i % cpus);
      ready.fetch_add(1);
      while (!go.load()) std::this_thread::yield();
      body(i);
    });
  }
  while (ready.load() < threads) std::this_thread::yield();
  const auto began = Clock::now();
  go.store(true);
  for (std::thread& thread : all) thread.join();
  return Nanos(Clock::now() - began);
}

// Nanoseconds an item, from `pairs` producers to as many consumers.
template <class Queue>
double PerItem(int pairs, int items) {
  const auto queue = std::make_unique<Queue>();
  std::atomic<Item> sum{0};
  const int each = items / pairs;
  const double nanos = Together(2 * pairs, [&](int thread) {
    if (thread < pairs) {
      for (int i = 1; i <= each; ++i) {
        while (!queue->Push(static_cast<Item>(i))) std::this_thread::yield();
      }
    } else {
      Item mine = 0;
      for (int i = 0; i < each; ++i) {
        Item item = 0;
        while (!queue->Pop(item)) std::this_thread::yield();
        mine += item;
      }
      sum.fetch_add(mine);
    }
  });
  const Item right = static_cast<Item>(each) * static_cast<Item>(each + 1) / 2;
  if (sum.load() != right * static_cast<Item>(pairs)) {
    std::printf("a queue lost something\n");
    std::exit(2);
  }
  return nanos / (each * pairs);
}

template <class Queue, int kPairs, int kItems>
double Items() {
  return PerItem<Queue>(kPairs, kItems);
}

// ---- blocking: the same face, waiting

struct OurBlocking {
  sabre::BlockingQueue<sabre::MpmcRing<Item>> queue{kCapacity};
  bool Push(Item item) { return queue.Push(Item{item}) == sabre::PushResult::kPushed; }
  bool Pop(Item& item) { return queue.Pop(item) == sabre::PopResult::kPopped; }
};
struct TbbBlocking : Tbb {
  bool Push(Item item) {
    queue.push(item);
    return true;
  }
  bool Pop(Item& item) {
    queue.pop(item);
    return true;
  }
};
struct ConcurrentBlocking {  // not bounded
  moodycamel::BlockingConcurrentQueue<Item> queue{kCapacity};
  bool Push(Item item) { return queue.enqueue(item); }
  bool Pop(Item& item) {
    queue.wait_dequeue(item);
    return true;
  }
};
struct LockedBlocking {
  Locked queue;
  std::mutex mutex;
  std::condition_variable values;
  std::condition_variable room;
  bool Push(Item item) {
    std::unique_lock lock(mutex);
    room.wait(lock, [&] { return queue.Push(item); });
    values.notify_one();
    return true;
  }
  bool Pop(Item& item) {
    std::unique_lock lock(mutex);
    values.wait(lock, [&] { return queue.Pop(item); });
    room.notify_one();
    return true;
  }
};

// ---- a value of four words: one thread stores, the others load

struct Quad {
  std::uint64_t words[4];
};
struct OurQuad {
  sabre::SeqLock<Quad> lock;
  void Store(const Quad& value) { lock.Store(value); }
  Quad Load() const { return lock.Load(); }
};
template <class Mutex, class ReadLock>
struct LockedQuad {
  mutable Mutex mutex;
  Quad quad{};
  void Store(const Quad& value) {
    const std::lock_guard lock(mutex);
    quad = value;
  }
  Quad Load() const {
    const ReadLock lock(mutex);
    return quad;
  }
};
using MutexQuad = LockedQuad<std::mutex, std::lock_guard<std::mutex>>;
using SharedMutexQuad = LockedQuad<std::shared_mutex, std::shared_lock<std::shared_mutex>>;

// Nanoseconds a load, of a thread that loads while another one stores every so many loops.
template <class Shared>
double PerLoad() {
  constexpr int kLoads = 200'000;
  const auto shared = std::make_unique<Shared>();
  std::atomic<bool> done{false};
  double nanos = 0;
  Together(2, [&](int thread) {
    if (thread == 1) {
      for (std::uint64_t n = 0; !done.load(); ++n) {
        if (n % 256 == 0) shared->Store({{n, n, n, n}});
        sabre::StdSync::SpinHint();
      }
      return;
    }
    const auto began = Clock::now();
    for (int i = 0; i < kLoads; ++i) {
      const Quad value = shared->Load();
      if (value.words[0] != value.words[3]) {
        std::printf("a load was torn\n");
        std::exit(2);
      }
    }
    nanos = Nanos(Clock::now() - began) / kLoads;
    done.store(true);
  });
  return nanos;
}

// ---- tables

struct Row {
  const char* what;
  double (*measure)();
  // The most that the first row's time may be of this one's. 0: for information.
  double bar = 0;
};

int rows_above_bar = 0;

// The first row is ours, the others are its peers.
void Table(const char* title, int rounds, const std::vector<Row>& rows) {
  std::vector<std::vector<double>> nanos(rows.size());
  for (const Row& row : rows) static_cast<void>(row.measure());  // warm
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      // Each round begins with another one.
      const std::size_t at = (i + static_cast<std::size_t>(round)) % rows.size();
      nanos[at].push_back(rows[at].measure());
    }
  }
  std::printf("\n%s\n  %-46s %9s %-20s   first / this\n", title, "", "ns", "[quartiles]");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::printf("  %-46s %9.1f [%.1f, %.1f]", rows[i].what, Median(nanos[i]),
                Quantile(nanos[i], 0.25), Quantile(nanos[i], 0.75));
    if (i > 0) {
      const std::vector<double> ratios = Ratios(nanos[0], nanos[i]);
      const double median = Median(ratios);
      std::printf("   %5.2f [%.2f, %.2f]", median, Quantile(ratios, 0.25), Quantile(ratios, 0.75));
      if (rows[i].bar > 0) {
        const bool above = median > rows[i].bar;
        rows_above_bar += above ? 1 : 0;
        std::printf("  %s %.2f", above ? "ABOVE" : "<=", rows[i].bar);
      }
    }
    std::printf("\n");
  }
}

// One to one, values of 8 bytes, 1,024 of them at most.
void Spsc(int rounds) {
  constexpr int kItems = 1'000'000;
  Table("A ring from one thread to one, an item", rounds,
        {{"SpscRing", Items<Ours<sabre::SpscRing<Item>>, 1, kItems>},
         {"moodycamel ReaderWriterQueue, try_enqueue", Items<ReaderWriter, 1, kItems>, 1.0},
         {"boost::lockfree::spsc_queue", Items<BoostSpsc, 1, kItems>},
         {"mutex and array", Items<Locked, 1, kItems / 10>}});
}

// 0.9 times the throughput of the best: 1 / 0.9 times its time.
constexpr double kMpmcBar = 1 / 0.9;

template <int kPairs>
void MpmcOf(const char* title, int rounds) {
  constexpr int kItems = 500'000;
  Table(title, rounds,
        {{"MpmcRing", Items<Ours<sabre::MpmcRing<Item>>, kPairs, kItems>},
         {"boost::lockfree::queue, fixed size", Items<BoostQueue, kPairs, kItems>, kMpmcBar},
         {"tbb::concurrent_bounded_queue, try_push", Items<Tbb, kPairs, kItems / 10>, kMpmcBar},
         {"moodycamel ConcurrentQueue, try_enqueue", Items<Concurrent, kPairs, kItems>, kMpmcBar},
         {"mutex and array", Items<Locked, kPairs, kItems / 10>}});
}
void Mpmc(int rounds) {
  MpmcOf<1>("A ring of many threads, 2 of them, an item", rounds);
  MpmcOf<4>("A ring of many threads, 8 of them, an item", rounds);
}

template <int kPairs>
void BlockingOf(const char* title, int rounds) {
  constexpr int kItems = 100'000;
  Table(
      title, rounds,
      {{"BlockingQueue of an MpmcRing", Items<OurBlocking, kPairs, kItems>},
       {"tbb::concurrent_bounded_queue, push", Items<TbbBlocking, kPairs, kItems>},
       {"moodycamel BlockingConcurrentQueue, no bound", Items<ConcurrentBlocking, kPairs, kItems>},
       {"mutex and condition variables", Items<LockedBlocking, kPairs, kItems>}});
}
void Blocking(int rounds) {
  BlockingOf<1>("A queue that waits, 2 threads, an item", rounds);
  BlockingOf<4>("A queue that waits, 8 threads, an item", rounds);
}

void Others(int rounds) {
  constexpr int kItems = 200'000;
  using Stack = Ours<sabre::TreiberStack<Item>>;
  Table("A stack, 2 threads, an item", rounds,
        {{"TreiberStack", Items<Stack, 1, kItems>},
         {"boost::lockfree::stack, fixed size", Items<BoostStack, 1, kItems>}});
  Table("A stack, 8 threads, an item", rounds,
        {{"TreiberStack", Items<Stack, 4, kItems>},
         {"boost::lockfree::stack, fixed size", Items<BoostStack, 4, kItems>}});
  Table("32 bytes that another thread stores now and then, a load", rounds,
        {{"SeqLock", PerLoad<OurQuad>},
         {"std::shared_mutex", PerLoad<SharedMutexQuad>},
         {"std::mutex", PerLoad<MutexQuad>}});
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const auto wanted = [&](const char* part) {
    for (int i = 2; i < argc; ++i) {
      if (std::strcmp(argv[i], part) == 0) return true;
    }
    return argc <= 2;
  };
  std::printf("Medians of %d rounds, and the ratio of our time to each peer's.\n", rounds);
  if (wanted("spsc")) Spsc(rounds);
  if (wanted("mpmc")) Mpmc(rounds);
  if (wanted("blocking")) Blocking(rounds);
  if (wanted("others")) Others(rounds);
  std::printf("\n%d rows above their bar\n", rows_above_bar);
  return rows_above_bar == 0 ? 0 : 1;
}
