// Waits that the system ends for no reason of theirs: signals, and wake-ups that nobody sent.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "sabre/messaging/message_channel.h"
#include "tests/faults/faults.h"

namespace sabre {
namespace {

using std::chrono::steady_clock;
using test::Call;
using test::InterruptedWaits;
using test::Refusal;

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

// A signal whose handler does nothing but interrupt: without SA_RESTART.
class Interrupting {
 public:
  Interrupting() {
    struct sigaction action = {};
    action.sa_handler = [](int) {};
    sigaction(SIGUSR1, &action, &before_);
  }
  ~Interrupting() { sigaction(SIGUSR1, &before_, nullptr); }
  Interrupting(const Interrupting&) = delete;
  Interrupting& operator=(const Interrupting&) = delete;

 private:
  struct sigaction before_ = {};
};

// Sends signals to a thread, without a pause, until `enough()`. The thread must not end before.
template <class Enough>
void Storm(std::thread& thread, Enough enough) {
  while (!enough()) {
    pthread_kill(thread.native_handle(), SIGUSR1);
    std::this_thread::yield();
  }
}

TEST_CASE("Signals neither end a wait nor lose its notification") {
  const Interrupting interrupting;
  const Int32Array cells = SharedCells(1);
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> returned{false};
    WaitResult result = WaitResult::kNotEqual;
    std::thread waiter([&] {
      result = atomics::Wait(cells, 0, 0);
      returned = true;
    });
    const int enough = InterruptedWaits() + 50;
    Storm(waiter, [&] { return InterruptedWaits() >= enough || returned; });
    CHECK_FALSE(returned);
    CHECK(atomics::WaiterCount(cells, 0) == 1);
    CHECK(atomics::Notify(cells, 0) == 1);
    waiter.join();
    CHECK(result == WaitResult::kOk);
  }
}

TEST_CASE("Signals do not end a wait before its time") {
  const Interrupting interrupting;
  const Int32Array cells = SharedCells(1);
  constexpr auto kTime = std::chrono::milliseconds(100);
  const int before = InterruptedWaits();
  std::atomic<bool> returned{false};
  std::atomic<bool> may_end{false};
  WaitResult result = WaitResult::kNotEqual;
  steady_clock::duration took{};
  std::thread waiter([&] {
    // Repeated on a machine so busy that no signal came in time.
    do {
      const auto began = steady_clock::now();
      result = atomics::Wait(cells, 0, 0, absl::FromChrono(kTime));
      took = steady_clock::now() - began;
    } while (InterruptedWaits() == before && result == WaitResult::kTimedOut);
    returned = true;
    while (!may_end) std::this_thread::yield();
  });
  Storm(waiter, [&] { return returned.load(); });
  may_end = true;
  waiter.join();
  CHECK(result == WaitResult::kTimedOut);
  CHECK(took >= kTime);
  CHECK(InterruptedWaits() > before);
}

TEST_CASE("In a storm of signals, what Notify counts is what waiters report") {
  const Interrupting interrupting;
  const Int32Array cells = SharedCells(1);
  constexpr int kWaits = 300;
  std::atomic<int> done{0};
  std::atomic<bool> may_end{false};
  std::atomic<std::size_t> woken{0};
  std::vector<std::thread> waiters;
  for (int t = 0; t < 2; ++t) {
    waiters.emplace_back([&] {
      for (int i = 0; i < kWaits; ++i) {
        const auto result = atomics::Wait(cells, 0, 0, absl::Microseconds(i % 5 * 100));
        if (result == WaitResult::kOk) woken += 1;
      }
      done += 1;
      while (!may_end) std::this_thread::yield();
    });
  }
  std::size_t notified = 0;
  for (std::size_t turn = 0; done < 2; ++turn) {
    for (std::thread& waiter : waiters) pthread_kill(waiter.native_handle(), SIGUSR1);
    if (turn % 8 == 0) notified += atomics::Notify(cells, 0, 1);
    std::this_thread::yield();
  }
  may_end = true;
  for (std::thread& waiter : waiters) waiter.join();
  CHECK(notified == woken);
}

TEST_CASE("Signals do not end Receive before its time or message") {
  const Interrupting interrupting;
  MessageChannel channel = MessageChannel::Create();
  std::atomic<bool> returned{false};
  std::atomic<bool> ended{false};
  std::atomic<bool> may_end{false};
  bool timed_out = false;
  bool in_time = false;
  bool received = false;
  std::thread receiver([&, port = std::move(channel.port2)]() mutable {
    constexpr auto kTime = std::chrono::milliseconds(50);
    const auto began = steady_clock::now();
    timed_out = absl::IsDeadlineExceeded(port.Receive(absl::FromChrono(kTime)).status());
    in_time = steady_clock::now() - began >= kTime;
    returned = true;
    received = port.Receive().ok();
    ended = true;
    while (!may_end) std::this_thread::yield();
  });
  Storm(receiver, [&] { return returned.load(); });
  const int enough = InterruptedWaits() + 50;
  Storm(receiver, [&] { return InterruptedWaits() >= enough || ended; });
  CHECK_FALSE(ended);
  CHECK(channel.port1.PostMessage(1).ok());
  may_end = true;
  receiver.join();
  CHECK(timed_out);
  CHECK(in_time);
  CHECK(received);
}

TEST_CASE("A futex wait that returns for no reason is not a wake-up") {
  const Int32Array cells = SharedCells(1);
  // 0: woken, but not by us. EINTR: a signal. EAGAIN: the word has changed, it says.
  for (const int error : {0, EINTR, EAGAIN}) {
    CAPTURE(error);
    {
      constexpr auto kTime = std::chrono::milliseconds(20);
      const Refusal refusal(Call::kFutexWait, error, /*after=*/0, /*times=*/1000);
      const auto began = steady_clock::now();
      CHECK(atomics::Wait(cells, 0, 0, absl::FromChrono(kTime)) == WaitResult::kTimedOut);
      CHECK(steady_clock::now() - began >= kTime);
      CHECK(refusal.refused() > 0);
    }
    const Refusal refusal(Call::kFutexWait, error, /*after=*/0, /*times=*/1000);
    WaitResult result = WaitResult::kNotEqual;
    std::atomic<bool> returned{false};
    std::thread waiter([&] {
      result = atomics::Wait(cells, 0, 0);
      returned = true;
    });
    while (refusal.refused() < 1000 && !returned) std::this_thread::yield();
    CHECK(atomics::Notify(cells, 0) == 1);
    waiter.join();
    CHECK(result == WaitResult::kOk);
  }
}

}  // namespace
}  // namespace sabre
