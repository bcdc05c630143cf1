#include "sabre/sync/waiter_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

using List = WaiterList<StdSync>;
using Outcomes = std::vector<std::pair<int, WaitOutcome>>;

constexpr std::size_t kAll = SIZE_MAX;
constexpr auto kYes = [] { return true; };
constexpr auto kNo = [] { return false; };

// An asynchronous waiter that writes its number and its outcome into a log.
class Recorder : public Waiter<StdSync> {
 public:
  Recorder(int number, Outcomes& log)
      : Waiter<StdSync>(&Recorder::Record), number_(number), log_(log) {}

 private:
  static void Record(Waiter<StdSync>& waiter, WaitOutcome outcome) {
    const Recorder& self = static_cast<Recorder&>(waiter);
    self.log_.emplace_back(self.number_, outcome);
  }

  const int number_;
  Outcomes& log_;
};

Outcomes All(std::initializer_list<int> numbers, WaitOutcome outcome) {
  Outcomes outcomes;
  for (const int number : numbers) outcomes.emplace_back(number, outcome);
  return outcomes;
}

struct ThreeRecorders {
  Outcomes log;
  Recorder a{1, log};
  Recorder b{2, log};
  Recorder c{3, log};
};

TEST_CASE("a waiter whose condition does not hold is not queued") {
  List list;
  ThreeRecorders r;
  CHECK_FALSE(list.Enqueue(r.a, 0, kNo));
  CHECK(list.Notify(0, kAll) == 0);
  CHECK(r.log.empty());
}

TEST_CASE("waiters are completed in order of arrival, at most as many as asked for") {
  List list;
  ThreeRecorders r;
  CHECK(list.Notify(0, kAll) == 0);
  CHECK(list.Enqueue(r.a, 0, kYes));
  CHECK(list.Enqueue(r.b, 0, kYes));
  CHECK(list.Enqueue(r.c, 0, kYes));
  CHECK(list.Notify(0, 0) == 0);
  CHECK(r.log.empty());
  CHECK(list.Notify(0, 2) == 2);
  CHECK(r.log == All({1, 2}, WaitOutcome::kNotified));
  CHECK(list.Notify(0, 2) == 1);
  CHECK(r.log == All({1, 2, 3}, WaitOutcome::kNotified));
  CHECK(list.Notify(0, kAll) == 0);
}

TEST_CASE("who is enqueued at the front is completed before all others of its key") {
  List list;
  ThreeRecorders r;
  CHECK_FALSE(list.EnqueueFront(r.a, 0, kNo));
  CHECK(list.Count(0) == 0);
  CHECK(list.EnqueueFront(r.a, 0, kYes));
  CHECK(list.Enqueue(r.b, 0, kYes));
  CHECK(list.EnqueueFront(r.c, 0, kYes));
  CHECK(list.Notify(0, kAll) == 3);
  CHECK(r.log == All({3, 1, 2}, WaitOutcome::kNotified));
}

TEST_CASE("NotifyAndSettle settles once, whoever waits, and before anybody is completed") {
  List list;
  ThreeRecorders r;
  struct Settled {
    Waiter<StdSync>* first;
    std::size_t taken;
    bool more;
  };
  std::vector<Settled> settled;
  const auto settle = [&](Waiter<StdSync>* first, std::size_t taken, bool more) {
    settled.push_back({first, taken, more});
    CHECK(r.log.size() < 3);
  };
  const auto check = [&](Waiter<StdSync>* first, std::size_t taken, bool more) {
    REQUIRE(settled.size() == 1);
    CHECK(settled[0].first == first);
    CHECK(settled[0].taken == taken);
    CHECK(settled[0].more == more);
    settled.clear();
  };
  CHECK(list.NotifyAndSettle(0, 1, settle) == 0);
  check(nullptr, 0, false);
  CHECK(list.Enqueue(r.a, 0, kYes));
  CHECK(list.Enqueue(r.b, 0, kYes));
  CHECK(list.Enqueue(r.c, 0, kYes));
  CHECK(list.NotifyAndSettle(4, kAll, settle) == 0);
  check(nullptr, 0, false);
  CHECK(list.NotifyAndSettle(0, 0, settle) == 0);
  check(nullptr, 0, true);
  CHECK(list.NotifyAndSettle(0, 1, settle) == 1);
  check(&r.a, 1, true);
  CHECK(r.log == All({1}, WaitOutcome::kNotified));
  CHECK(list.NotifyAndSettle(0, kAll, settle) == 2);
  check(&r.b, 2, false);
  CHECK(r.log == All({1, 2, 3}, WaitOutcome::kNotified));
}

TEST_CASE("ForEach and Count show who waits, for what, and since when") {
  List list;
  ThreeRecorders r;
  const TimePoint since = StdSync::Now();
  CHECK(r.a.owner() == 0);
  r.a.Describe(7, since);
  r.b.Describe(8, since + std::chrono::seconds(1));
  CHECK(list.Enqueue(r.a, 4, kYes));
  CHECK(list.Enqueue(r.b, 4, kYes));
  CHECK(list.Enqueue(r.c, 8, kYes));
  CHECK(list.Count(0) == 0);
  CHECK(list.Count(4) == 2);
  CHECK(list.Count(8) == 1);
  std::vector<std::pair<List::Key, std::uint64_t>> seen;
  list.ForEach([&](List::Key key, const Waiter<StdSync>& waiter) {
    seen.emplace_back(key, waiter.owner());
    if (waiter.owner() == 7) CHECK(waiter.since() == since);
  });
  std::stable_sort(seen.begin(), seen.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  CHECK(seen == std::vector<std::pair<List::Key, std::uint64_t>>{{4, 7}, {4, 8}, {8, 0}});
  list.CancelAll();
  CHECK(list.Count(4) == 0);
  list.ForEach([](List::Key, const Waiter<StdSync>&) { CHECK(false); });
}

TEST_CASE("keys do not disturb each other") {
  List list;
  ThreeRecorders r;
  CHECK(list.Enqueue(r.a, 0, kYes));
  CHECK(list.Enqueue(r.b, 4, kYes));
  CHECK(list.Enqueue(r.c, 0, kYes));
  CHECK(list.Notify(8, kAll) == 0);
  CHECK(list.Notify(4, kAll) == 1);
  CHECK(list.Notify(0, kAll) == 2);
  CHECK(r.log == All({2, 1, 3}, WaitOutcome::kNotified));
}

TEST_CASE("a cancelled waiter swallows no notification, wherever it stood in the queue") {
  for (int cancelled = 1; cancelled <= 3; ++cancelled) {
    CAPTURE(cancelled);
    List list;
    ThreeRecorders r;
    CHECK(list.Enqueue(r.a, 0, kYes));
    CHECK(list.Enqueue(r.b, 0, kYes));
    CHECK(list.Enqueue(r.c, 0, kYes));
    Recorder& waiter = cancelled == 1 ? r.a : cancelled == 2 ? r.b : r.c;
    CHECK(list.Cancel(waiter, WaitOutcome::kTimedOut));
    CHECK(r.log == All({cancelled}, WaitOutcome::kTimedOut));
    r.log.clear();
    CHECK(list.Notify(0, 1) == 1);
    CHECK(list.Notify(0, 1) == 1);
    CHECK(list.Notify(0, 1) == 0);
    CHECK(r.log == (cancelled == 1   ? All({2, 3}, WaitOutcome::kNotified)
                    : cancelled == 2 ? All({1, 3}, WaitOutcome::kNotified)
                                     : All({1, 2}, WaitOutcome::kNotified)));
  }
}

TEST_CASE("a wait ends once: Cancel after Notify changes nothing") {
  List list;
  ThreeRecorders r;
  CHECK(list.Enqueue(r.a, 0, kYes));
  CHECK(list.Notify(0, 1) == 1);
  CHECK_FALSE(list.Cancel(r.a, WaitOutcome::kCancelled));
  CHECK(r.log == All({1}, WaitOutcome::kNotified));
}

TEST_CASE("CancelAll ends every wait of every key") {
  List list;
  Outcomes log;
  std::deque<Recorder> recorders;
  for (int i = 0; i < 100; ++i) {
    CHECK(list.Enqueue(recorders.emplace_back(i, log), static_cast<List::Key>(i % 30), kYes));
  }
  CHECK(list.CancelAll() == 100);
  CHECK(log.size() == 100);
  for (const auto& [number, outcome] : log) CHECK(outcome == WaitOutcome::kCancelled);
  CHECK(list.CancelAll() == 0);
}

TEST_CASE("ten thousand waiters on one key leave in order of arrival") {
  List list;
  Outcomes log;
  std::deque<Recorder> recorders;
  for (int i = 0; i < 10'000; ++i) list.Enqueue(recorders.emplace_back(i, log), 0, kYes);
  CHECK(list.Notify(0, 4000) == 4000);
  CHECK(list.Notify(0, kAll) == 6000);
  bool in_order = log.size() == 10'000;
  for (std::size_t i = 0; i < log.size(); ++i) in_order &= log[i].first == static_cast<int>(i);
  CHECK(in_order);
}

TEST_CASE("ten thousand waiters on as many keys are found by their key") {
  List list;
  Outcomes log;
  std::deque<Recorder> recorders;
  const auto key_of = [](int i) { return 8 * static_cast<List::Key>(i); };
  for (int i = 0; i < 10'000; ++i) {
    list.Enqueue(recorders.emplace_back(i, log), key_of(i), kYes);
  }
  bool found = true;
  for (int i = 9999; i >= 0; --i) {
    found &= list.Notify(key_of(i), kAll) == 1 && log.back().first == i;
  }
  CHECK(found);
}

TEST_CASE("a completion may enqueue its waiter again: it stands at the end") {
  struct Again : Waiter<StdSync> {
    explicit Again(List& l) : Waiter<StdSync>(&Again::Complete), list(l) {}
    static void Complete(Waiter<StdSync>& waiter, WaitOutcome) {
      Again& self = static_cast<Again&>(waiter);
      self.completions += 1;
      self.list.Enqueue(self, 0, kYes);
    }
    List& list;
    int completions = 0;
  };
  List list;
  Again again(list);
  ThreeRecorders r;
  CHECK(list.Enqueue(again, 0, kYes));
  CHECK(list.Enqueue(r.a, 0, kYes));
  // It is queued after the notifier took its batch, so this Notify does not find it twice.
  CHECK(list.Notify(0, kAll) == 2);
  CHECK(again.completions == 1);
  CHECK(list.Notify(0, kAll) == 1);
  CHECK(again.completions == 2);
  CHECK(list.Notify(0, 1) == 1);
  CHECK(again.completions == 3);
  // Not by CancelAll, whose completion would queue it once more.
  struct Quiet : Waiter<StdSync> {
    Quiet() : Waiter<StdSync>([](Waiter<StdSync>&, WaitOutcome) {}) {}
  };
  Quiet quiet;
  CHECK(list.Enqueue(quiet, 0, kYes));
  CHECK(list.Cancel(quiet, WaitOutcome::kCancelled));
}

TEST_CASE("a completion may destroy its waiter") {
  struct Owned : Waiter<StdSync> {
    explicit Owned(int& c) : Waiter<StdSync>(&Owned::Complete), completed(c) {}
    static void Complete(Waiter<StdSync>& waiter, WaitOutcome) {
      const std::unique_ptr<Owned> self(static_cast<Owned*>(&waiter));
      self->completed += 1;
    }
    int& completed;
  };
  List list;
  int completed = 0;
  for (int i = 0; i < 10; ++i) {
    CHECK(list.Enqueue(*std::make_unique<Owned>(completed).release(), static_cast<List::Key>(i % 3),
                       kYes));
  }
  CHECK(list.Notify(0, kAll) == 4);
  CHECK(list.CancelAll() == 6);
  CHECK(completed == 10);
}

TEST_CASE("a blocking wait whose condition does not hold does not sleep") {
  List list;
  CHECK(list.Wait(0, kNo, kNever) == WaitOutcome::kNotEqual);
}

TEST_CASE("a blocking wait ends at its deadline, not before, and leaves the queue") {
  List list;
  const TimePoint deadline = StdSync::Now() + std::chrono::milliseconds(3);
  CHECK(list.Wait(0, kYes, deadline) == WaitOutcome::kTimedOut);
  CHECK(StdSync::Now() >= deadline);
  CHECK(list.Wait(0, kYes, deadline) == WaitOutcome::kTimedOut);
  CHECK(list.Notify(0, kAll) == 0);
}

// A thread that waits on a key. The constructor returns once it is in the queue: the condition is called
// under the lock, so whoever enters the list after it finds the waiter there.
class WaitingThread {
 public:
  WaitingThread(List& list, List::Key key, TimePoint deadline = kNever)
      : thread_([this, &list, key, deadline] {
          list.Enqueue(waiter_, key, [this] {
            queued_.store(true);
            return true;
          });
          outcome_.store(list.Await(waiter_, deadline));
        }) {
    while (!queued_.load()) std::this_thread::yield();
  }
  WaitOutcome Join() {
    thread_.join();
    return outcome_.load();
  }
  bool done() const { return outcome_.load() != WaitOutcome::kNotEqual; }
  List::Waiter& waiter() { return waiter_; }

 private:
  List::BlockingWaiter waiter_;
  std::atomic<bool> queued_{false};
  std::atomic<WaitOutcome> outcome_{WaitOutcome::kNotEqual};
  std::thread thread_;
};

TEST_CASE("blocking and asynchronous waiters stand in one queue") {
  List list;
  ThreeRecorders r;
  CHECK(list.Enqueue(r.a, 0, kYes));
  WaitingThread first(list, 0);
  CHECK(list.Enqueue(r.b, 0, kYes));
  WaitingThread second(list, 0);
  CHECK(list.Notify(0, 1) == 1);
  CHECK(r.log == All({1}, WaitOutcome::kNotified));
  CHECK_FALSE(first.done());
  CHECK(list.Notify(0, 1) == 1);
  CHECK(first.Join() == WaitOutcome::kNotified);
  CHECK_FALSE(second.done());
  CHECK(list.Notify(0, kAll) == 2);
  CHECK(second.Join() == WaitOutcome::kNotified);
  CHECK(r.log == All({1, 2}, WaitOutcome::kNotified));
}

TEST_CASE("a sleeping thread is woken by Cancel and by CancelAll") {
  List list;
  WaitingThread first(list, 0);
  WaitingThread second(list, 4);
  CHECK(list.Cancel(first.waiter(), WaitOutcome::kCancelled));
  CHECK(first.Join() == WaitOutcome::kCancelled);
  CHECK_FALSE(second.done());
  CHECK(list.CancelAll() == 1);
  CHECK(second.Join() == WaitOutcome::kCancelled);
}

TEST_CASE("a wait whose deadline passes while its notification is on its way was notified") {
  // Its completion comes after this one, which takes longer than the deadline.
  struct Slow : Waiter<StdSync> {
    Slow() : Waiter<StdSync>(&Slow::Complete) {}
    static void Complete(Waiter<StdSync>&, WaitOutcome) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  };
  List list;
  Slow slow;
  CHECK(list.Enqueue(slow, 0, kYes));
  WaitingThread thread(list, 0, StdSync::Now() + std::chrono::milliseconds(2));
  // A machine so slow that the deadline came first tries nothing here, but is right as well.
  const bool taken = list.Notify(0, kAll) == 2;
  CHECK(thread.Join() == (taken ? WaitOutcome::kNotified : WaitOutcome::kTimedOut));
}

// StdSync with a mutex that counts how often it is locked.
struct CountingSync : StdSync {
  class Mutex : public std::mutex {
   public:
    void lock() {
      locks += 1;
      std::mutex::lock();
    }
    static inline std::atomic<int> locks{0};
  };
};

TEST_CASE("Notify takes no lock while nobody waits, however earlier waits have ended") {
  using CountedList = WaiterList<CountingSync>;
  struct Quiet : CountedList::Waiter {
    Quiet() : CountedList::Waiter([](CountedList::Waiter&, WaitOutcome) {}) {}
  };
  CountedList list;
  std::atomic<int>& locks = CountingSync::Mutex::locks;
  const auto notify_locks = [&] {
    const int before = locks;
    CHECK(list.Notify(0, kAll) == 0);
    return locks - before;
  };
  CHECK(notify_locks() == 0);
  Quiet waiter;
  CHECK_FALSE(list.Enqueue(waiter, 0, kNo));
  CHECK(notify_locks() == 0);
  CHECK(list.Enqueue(waiter, 4, kYes));
  CHECK(notify_locks() == 1);
  CHECK(list.Notify(4, 1) == 1);
  CHECK(notify_locks() == 0);
  CHECK(list.Enqueue(waiter, 0, kYes));
  CHECK(list.Cancel(waiter, WaitOutcome::kCancelled));
  CHECK(notify_locks() == 0);
  CHECK(list.Enqueue(waiter, 0, kYes));
  CHECK(list.CancelAll() == 1);
  CHECK(notify_locks() == 0);
  CHECK(list.Wait(0, kYes, StdSync::Now()) == WaitOutcome::kTimedOut);
  CHECK(notify_locks() == 0);
}

TEST_CASE("a wait that timed out swallows no notification") {
  List list;
  WaitingThread first(list, 0, StdSync::Now() + std::chrono::milliseconds(1));
  WaitingThread second(list, 0);
  CHECK(first.Join() == WaitOutcome::kTimedOut);
  CHECK(list.Notify(0, 1) == 1);
  CHECK(second.Join() == WaitOutcome::kNotified);
}

}  // namespace
}  // namespace sabre
