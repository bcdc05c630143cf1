#include "sabre/memory/mutex.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/barrier.h"
#include "sabre/memory/condition.h"
#include "sabre/memory/semaphore.h"
#include "tests/memory/lock_helpers.h"
#include "tests/support/aborts.h"

namespace sabre {
namespace {

using atomics::Mutex;
using atomics::UnlockToken;
using internal::WaiterKind;
using test::SharedCells;
using test::UntilWaiting;

TEST_CASE("locks of every kind refuse bad cells in the order shared, index") {
  const Int32Array shared = SharedCells(4);
  const Int32Array unshared = *Int32Array::Create(4);
  const Int32Array nothing;
  struct {
    const char* what;
    const Int32Array& cells;
    std::size_t index;
    absl::StatusCode one_cell;
    absl::StatusCode two_cells;
  } const rows[] = {
      {"the first", shared, 0, absl::StatusCode::kOk, absl::StatusCode::kOk},
      {"the last but one", shared, 2, absl::StatusCode::kOk, absl::StatusCode::kOk},
      {"the last", shared, 3, absl::StatusCode::kOk, absl::StatusCode::kOutOfRange},
      {"the end", shared, 4, absl::StatusCode::kOutOfRange, absl::StatusCode::kOutOfRange},
      {"far", shared, SIZE_MAX, absl::StatusCode::kOutOfRange, absl::StatusCode::kOutOfRange},
      {"unshared", unshared, 0, absl::StatusCode::kInvalidArgument,
       absl::StatusCode::kInvalidArgument},
      {"unshared and far", unshared, 9, absl::StatusCode::kInvalidArgument,
       absl::StatusCode::kInvalidArgument},
      {"no buffer", nothing, 0, absl::StatusCode::kInvalidArgument,
       absl::StatusCode::kInvalidArgument},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(Mutex::Over(row.cells, row.index).status().code() == row.one_cell);
    CHECK(atomics::Condition::Over(row.cells, row.index).status().code() == row.one_cell);
    CHECK(atomics::Semaphore::Over(row.cells, row.index).status().code() == row.one_cell);
    CHECK(atomics::Barrier::Over(row.cells, row.index, 1).status().code() == row.two_cells);
  }
}

TEST_CASE("the message of a bad index names it and its bound") {
  const Int32Array cells = SharedCells(4);
  CHECK(Mutex::Over(cells, 4).status().message() ==
        "Atomics.Mutex: index 4 is not below the length 4");
  CHECK(atomics::Barrier::Over(cells, 3, 1).status().message() ==
        "Barrier: index 3 + 1 is not below the length 4");
}

TEST_CASE("a token unlocks once, in its destructor at the latest") {
  const Int32Array cells = SharedCells(2);
  const Mutex mutex = *Mutex::Over(cells, 1);
  {
    UnlockToken token = *mutex.Lock();
    CHECK(token.locked());
    CHECK(mutex.HeldByCaller());
    CHECK(token.Unlock());
    CHECK_FALSE(token.locked());
    CHECK_FALSE(token.Unlock());
    CHECK_FALSE(mutex.HeldByCaller());
  }
  {
    const UnlockToken token = *mutex.Lock();
    CHECK(mutex.HeldByCaller());
  }
  CHECK_FALSE(mutex.HeldByCaller());
  CHECK(atomics::Load(cells, 1) == 0);
  CHECK_FALSE(UnlockToken().locked());
  CHECK_FALSE(UnlockToken().Unlock());
}

TEST_CASE(
    "a token that is moved takes the right to unlock along; what it is moved to unlocks first") {
  const Int32Array cells = SharedCells(2);
  const Mutex a = *Mutex::Over(cells, 0);
  const Mutex b = *Mutex::Over(cells, 1);
  UnlockToken first = *a.Lock();
  UnlockToken second = std::move(first);
  CHECK_FALSE(first.locked());  // NOLINT(bugprone-use-after-move)
  CHECK(a.HeldByCaller());
  second = *b.Lock();
  CHECK_FALSE(a.HeldByCaller());
  CHECK(b.HeldByCaller());
  UnlockToken& same = second;
  second = std::move(same);
  CHECK(second.locked());
  second = UnlockToken();
  CHECK_FALSE(b.HeldByCaller());
}

TEST_CASE("a mutex keeps its buffer alive, and so does a token") {
  UnlockToken token;
  {
    const Mutex mutex = *Mutex::Over(SharedCells(1), 0);
    token = *mutex.Lock();
  }
  CHECK(token.Unlock());
}

TEST_CASE("handles over one cell are one mutex, whatever view names it") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(64);
  const Mutex a = *Mutex::Over(*Int32Array::Over(buffer), 3);
  const Mutex b = *Mutex::Over(*Int32Array::Over(buffer, 12, 1), 0);
  const Mutex c = *Mutex::Over(*Int32Array::Over(buffer), 4);
  CHECK(a == b);
  CHECK_FALSE(a == c);
  UnlockToken token = *a.Lock();
  CHECK(b.HeldByCaller());
  CHECK(c.LockIfAvailable(absl::ZeroDuration())->locked());
}

TEST_CASE("recursion is refused, and names the mutex") {
  const Mutex mutex = *Mutex::Over(SharedCells(4), 2);
  UnlockToken token = *mutex.Lock();
  const absl::Status again = mutex.Lock().status();
  CHECK(again.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(again.message() ==
        "Atomics.Mutex.lock: this thread already holds the mutex at byte 8 of its buffer");
  for (const absl::Duration timeout : {absl::ZeroDuration(), absl::InfiniteDuration()}) {
    CHECK(absl::IsFailedPrecondition(mutex.LockIfAvailable(timeout).status()));
  }
  CHECK_FALSE(mutex.try_lock());
  CHECK(token.Unlock());
  CHECK(mutex.Lock().ok());
}

TEST_CASE("what std::mutex leaves undefined aborts") {
  const Int32Array cells = SharedCells(1);
  const Mutex mutex = *Mutex::Over(cells, 0);
  CHECK(test::Aborts([&] { mutex.unlock(); }));
  CHECK(test::Aborts([&] {
    mutex.lock();
    mutex.lock();
  }));
  CHECK(test::Aborts([&] {
    mutex.lock();
    static_cast<void>(mutex.try_lock_for(std::chrono::seconds(1)));
  }));
  CHECK(test::Aborts([&] {
    UnlockToken token = *mutex.Lock();
    atomics::Store(cells, 0, 12345 << 1);  // another thread's
    token.Unlock();
  }));
  CHECK(test::Aborts([&] {
    atomics::Store(cells, 0, 12345 << 1);
    Agent::Current().set_can_block(false);
    mutex.lock();
  }));
  CHECK_FALSE(test::Aborts([&] {
    mutex.lock();
    mutex.unlock();
  }));
}

// A thread that holds a mutex until it is told to go.
class Holder {
 public:
  explicit Holder(const Mutex& mutex)
      : thread_([this, mutex] {
          const UnlockToken token = *mutex.Lock();
          held_.store(true);
          while (!go_.load()) std::this_thread::yield();
        }) {
    while (!held_.load()) std::this_thread::yield();
  }
  ~Holder() { Go(); }
  void Go() {
    go_.store(true);
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::atomic<bool> held_{false};
  std::atomic<bool> go_{false};
  std::thread thread_;
};

TEST_CASE("LockIfAvailable gives an empty token at its timeout") {
  const Int32Array cells = SharedCells(1);
  const Mutex mutex = *Mutex::Over(cells, 0);
  Holder holder(mutex);
  for (const absl::Duration timeout :
       {-absl::InfiniteDuration(), absl::Seconds(-1), absl::ZeroDuration(), absl::Nanoseconds(1),
        absl::Microseconds(300)}) {
    CAPTURE(absl::FormatDuration(timeout));
    absl::StatusOr<UnlockToken> token = mutex.LockIfAvailable(timeout);
    REQUIRE(token.ok());
    CHECK_FALSE(token->locked());
  }
  CHECK(test::Waiting(cells, 0, WaiterKind::kMutex) == 0);
  holder.Go();
  CHECK(mutex.LockIfAvailable(absl::ZeroDuration())->locked());
  CHECK(mutex.LockIfAvailable(absl::InfiniteDuration())->locked());
  CHECK(atomics::Load(cells, 0) == 0);
}

TEST_CASE("a thread that may not block gets an error where it would have to wait") {
  const Mutex mutex = *Mutex::Over(SharedCells(1), 0);
  const test::NoBlocking no_blocking;
  CHECK(mutex.Lock().ok());
  CHECK(mutex.LockIfAvailable(absl::Seconds(9))->locked());
  Holder holder(mutex);
  CHECK(absl::IsFailedPrecondition(mutex.Lock().status()));
  CHECK(absl::IsFailedPrecondition(mutex.LockIfAvailable(absl::Seconds(9)).status()));
  CHECK_FALSE(mutex.LockIfAvailable(absl::ZeroDuration())->locked());
  CHECK_FALSE(mutex.try_lock());
}

TEST_CASE("a stop request ends the wait for a lock, and takes none that is free") {
  const Int32Array cells = SharedCells(1);
  const Mutex mutex = *Mutex::Over(cells, 0);
  {
    const test::StopRequested stopped;
    CHECK(mutex.Lock().ok());
    Holder holder(mutex);
    CHECK(absl::IsCancelled(mutex.Lock().status()));
    CHECK(absl::IsCancelled(mutex.LockIfAvailable(absl::Hours(1)).status()));
    CHECK_FALSE(mutex.try_lock_for(std::chrono::hours(1)));
    CHECK_FALSE(mutex.LockIfAvailable(absl::ZeroDuration())->locked());
  }
  UnlockToken token = *mutex.Lock();
  std::stop_source stop;
  absl::StatusCode code = absl::StatusCode::kOk;
  std::thread waiter([&] {
    Agent::Current().set_stop_token(stop.get_token());
    code = mutex.Lock().status().code();
  });
  UntilWaiting(cells, 0, WaiterKind::kMutex, 1);
  stop.request_stop();
  waiter.join();
  CHECK(code == absl::StatusCode::kCancelled);
  CHECK(token.Unlock());
  CHECK(mutex.Lock().ok());
}

TEST_CASE("lock() of a thread that is to stop holds the lock when it returns") {
  const Int32Array cells = SharedCells(1);
  const Mutex mutex = *Mutex::Over(cells, 0);
  UnlockToken token = *mutex.Lock();
  bool held = false;
  std::thread waiter([&] {
    const test::StopRequested stopped;
    const std::lock_guard<const Mutex> lock(mutex);
    held = mutex.HeldByCaller();
  });
  UntilWaiting(cells, 0, WaiterKind::kMutex, 1);
  CHECK(token.Unlock());
  waiter.join();
  CHECK(held);
}

TEST_CASE("the std locks work, on two mutexes at once too") {
  const Int32Array cells = SharedCells(2);
  Mutex a = *Mutex::Over(cells, 0);
  Mutex b = *Mutex::Over(cells, 1);
  {
    const std::scoped_lock both(a, b);
    CHECK(a.HeldByCaller());
    CHECK(b.HeldByCaller());
  }
  {
    const std::lock_guard<Mutex> lock(a);
    std::unique_lock<Mutex> tried(b, std::try_to_lock);
    CHECK(tried.owns_lock());
    tried.unlock();
    tried = std::unique_lock<Mutex>(b, std::chrono::nanoseconds(1));
    CHECK(tried.owns_lock());
  }
  CHECK_FALSE(a.HeldByCaller());
  CHECK_FALSE(b.HeldByCaller());

  Holder holder(a);
  using std::chrono::steady_clock;
  using std::chrono::system_clock;
  CHECK_FALSE(a.try_lock_for(std::chrono::duration<double, std::micro>(100.5)));
  CHECK_FALSE(a.try_lock_for(std::chrono::hours::min()));
  CHECK_FALSE(a.try_lock_until(steady_clock::now() + std::chrono::microseconds(100)));
  CHECK_FALSE(a.try_lock_until(system_clock::now() + std::chrono::microseconds(100)));
  CHECK_FALSE(a.try_lock_until(steady_clock::time_point::min()));
  CHECK_FALSE(a.try_lock_until(system_clock::time_point::min()));
  holder.Go();
  CHECK(a.try_lock_for(std::chrono::hours::max()));
  a.unlock();
  CHECK(a.try_lock_until(steady_clock::time_point::max()));
  a.unlock();
}

TEST_CASE("Atomics.notify on the cell of a mutex wakes none of its waiters") {
  const Int32Array cells = SharedCells(1);
  const Mutex mutex = *Mutex::Over(cells, 0);
  UnlockToken token = *mutex.Lock();
  bool locked = false;
  std::thread waiter([&] { locked = mutex.Lock().ok(); });
  UntilWaiting(cells, 0, WaiterKind::kMutex, 1);
  CHECK(atomics::Notify(cells, 0) == 0);
  CHECK(test::Waiting(cells, 0, WaiterKind::kMutex) == 1);
  CHECK(token.Unlock());
  waiter.join();
  CHECK(locked);
  CHECK(atomics::Load(cells, 0) == 0);
}

TEST_CASE("waiters get the lock in order of arrival when nobody else wants it") {
  const Int32Array cells = SharedCells(1);
  const Mutex mutex = *Mutex::Over(cells, 0);
  std::vector<std::size_t> order;  // [mutex]
  std::vector<std::thread> threads;
  UnlockToken token = *mutex.Lock();
  for (std::size_t i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      const std::lock_guard<const Mutex> lock(mutex);
      order.push_back(i);
    });
    UntilWaiting(cells, 0, WaiterKind::kMutex, i + 1);
  }
  CHECK(token.Unlock());
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("random calls of one thread on four mutexes do what four flags would") {
  std::mt19937 random(11);
  const Int32Array cells = SharedCells(4);
  std::vector<Mutex> mutexes;
  for (std::size_t i = 0; i < 4; ++i) mutexes.push_back(*Mutex::Over(cells, i));
  std::vector<UnlockToken> tokens(4);
  std::vector<bool> held(4, false);
  std::size_t mistakes = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t i = random() % 4;
    switch (random() % 3) {
      case 0: {
        absl::StatusOr<UnlockToken> token = mutexes[i].Lock();
        mistakes += token.ok() == held[i];
        if (token.ok()) tokens[i] = *std::move(token);
        held[i] = true;
        break;
      }
      case 1:
        mistakes += tokens[i].Unlock() != held[i];
        held[i] = false;
        break;
      default:
        mistakes += mutexes[i].HeldByCaller() != held[i];
        mistakes += tokens[i].locked() != held[i];
    }
  }
  CHECK(mistakes == 0);
}

}  // namespace
}  // namespace sabre
