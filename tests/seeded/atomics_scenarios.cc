// Scenarios of the memory room: waits that are notified, time out, are stopped or lose their buffer, and locks
// over shared cells.
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "sabre/memory/atomics.h"
#include "sabre/memory/condition.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/semaphore.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"
#include "sabre/memory/wait_async.h"
#include "sabre/messaging/event_loop.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * 4));
}

// Two threads wait, one of them not for ever; two notifications are given, each for one waiter.
void WaitAndNotify() {
  const Int32Array cells = SharedCells(1);
  std::size_t notified = 0;
  int ok[2] = {};
  {
    const Actor patient([&] {
      while (atomics::Load(cells, 0) == 0) {
        if (atomics::Wait(cells, 0, 0) == WaitResult::kOk) ok[0] += 1;
      }
    });
    const Actor impatient([&] {
      switch (atomics::Wait(cells, 0, 0, absl::Milliseconds(1))) {
        case WaitResult::kOk:
          ok[1] += 1;
          return Reached("both are notified or one of them, in time");
        case WaitResult::kTimedOut:
          return Reached("a wait times out");
        case WaitResult::kNotEqual:
          return Reached("a wait comes too late");
        case WaitResult::kTerminated:
          Expect(false, "nobody has asked for a stop");
      }
    });
    notified += atomics::Notify(cells, 0, 1);
    atomics::Store(cells, 0, 1);
    notified += atomics::Notify(cells, 0);
  }
  Expect(static_cast<std::size_t>(ok[0] + ok[1]) == notified,
         "as many waits say ok as the notifications have counted");
}

// A wait against a stop request, a notification and its deadline, all at once. What a wait that was
// stopped or late has not used wakes the next.
void WaitAgainstStop() {
  const Int32Array cells = SharedCells(1);
  std::stop_source stop;
  WaitResult result = WaitResult::kNotEqual;
  std::size_t notified = 0;
  bool second_ok = false;
  {
    const Actor waiter(
        [&] { result = atomics::Wait(cells, 0, 0, absl::Milliseconds(1), stop.get_token()); });
    const Actor stopper([&] { stop.request_stop(); });
    const Actor second(
        [&] { second_ok = atomics::Wait(cells, 0, 0, absl::Milliseconds(2)) == WaitResult::kOk; });
    notified = atomics::Notify(cells, 0, 1);
  }
  const std::size_t woken = (result == WaitResult::kOk ? 1u : 0u) + (second_ok ? 1u : 0u);
  Expect(woken == notified,
         "a notification wakes one, and is not lost in a wait that ends otherwise");
  if (result == WaitResult::kOk) Reached("notified");
  if (result == WaitResult::kTimedOut) Reached("late");
  if (result == WaitResult::kTerminated) Reached("stopped");
  if (second_ok) Reached("the other is notified");
}

// Asynchronous waits on this thread's loop against notifications, timeouts, Cancel and the end of the
// buffer. One that another thread blocks in stands in the same list.
void WaitAsync() {
  Int32Array cells = SharedCells(1);
  std::size_t notified = 0;
  int blocking_ok = 0;
  int ended[2] = {};
  int ok[2] = {};
  {
    const Actor blocking([cells, &blocking_ok] {
      if (atomics::Wait(cells, 0, 0, absl::Milliseconds(3)) == WaitResult::kOk) blocking_ok = 1;
    });
    const Actor notifier([cells, &notified] {
      for (int i = 0; i < 2; ++i) notified += atomics::Notify(cells, 0, 1);
    });
    EventLoop& loop = EventLoop::Current();
    // The patient one ends by a notification, or else by Cancel or with the buffer.
    const bool keep_buffer = Chance(2);
    std::optional<AsyncWait> waits[2];
    for (int i = 0; i < 2; ++i) {
      waits[i].emplace(atomics::WaitAsync(
          cells, 0, 0, i == 0 ? absl::InfiniteDuration() : absl::Milliseconds(1)));
      Expect(waits[i]->async(), "the element has the value");
      waits[i]->OnComplete([&, i](const AsyncWait::Result& result) {
        ended[i] += 1;
        if (!result.ok()) {
          Expect(absl::IsCancelled(result.status()), "an error is a cancellation");
          Reached(keep_buffer ? "cancelled" : "ended with the buffer");
        } else if (*result == WaitResult::kOk) {
          ok[i] = 1;
          Reached("an asynchronous wait is notified");
        } else {
          Expect(*result == WaitResult::kTimedOut && i == 1, "only one has a timeout");
          Reached("an asynchronous wait times out");
        }
      });
    }
    loop.PostAfter(absl::Milliseconds(2), [&] {
      if (keep_buffer) {
        waits[0]->Cancel();
      } else {
        cells = Int32Array();
      }
    });
    loop.Run();
    Expect(ended[0] == 1 && ended[1] == 1, "the loop runs until both have ended, each once");
  }
  Expect(notified == static_cast<std::size_t>(blocking_ok + ok[0] + ok[1]),
         "each notification that counted a waiter has ended one");
  if (blocking_ok == 1) Reached("a blocking wait in the same list is notified");
}

// The loop of an asynchronous wait ends with its thread: a notification that it has not heard goes to the
// next in the list, which would sleep for ever otherwise.
void WaitAsyncOnLoopThatEnds() {
  const Int32Array cells = SharedCells(1);
  bool heard = false;
  bool next_ok = false;
  {
    const Actor next([&] { next_ok = atomics::Wait(cells, 0, 0) == WaitResult::kOk; });
    {
      Parker may_end;
      const Actor ends([&] {
        EventLoop& loop = EventLoop::Current();
        AsyncWait wait = atomics::WaitAsync(cells, 0, 0);
        wait.OnComplete([&heard](const AsyncWait::Result&) { heard = true; });
        may_end.Park();
        loop.RunFor(absl::Microseconds(1));
      });
      while (atomics::WaiterCount(cells, 0) < 2) StdSync::ThreadYield();
      const bool at_once = Chance(2);
      if (at_once) may_end.Unpark();
      Expect(atomics::Notify(cells, 0, 1) == 1, "somebody waits");
      if (!at_once) may_end.Unpark();
    }
    if (heard) {
      Reached("the callback has run");
      Expect(atomics::Notify(cells, 0, 1) == 1, "the other still waits");
    } else {
      Reached("the next was notified");
    }
  }
  Expect(next_ok, "a wait without end is notified");
}

// Producers and consumers of a buffer with one place, under a mutex and two conditions; one consumer gives
// up now and then.
void MutexAndConditions() {
  const Int32Array cells = SharedCells(4);
  const atomics::Mutex mutex = *atomics::Mutex::Over(cells, 0);
  const atomics::Condition not_empty = *atomics::Condition::Over(cells, 1);
  const atomics::Condition not_full = *atomics::Condition::Over(cells, 2);
  std::vector<int> place;  // [mutex]
  int inside = 0;          // [mutex]
  const auto alone = [&] {
    Expect(++inside == 1, "one thread at a time holds the mutex");
    Point();
    Expect(--inside == 0, "one thread at a time holds the mutex");
  };
  int sum = 0;  // [mutex]
  {
    const auto consume = [&](bool patient) {
      for (int got = 0; got < 2;) {
        atomics::UnlockToken token = *mutex.Lock();
        while (place.empty()) {
          alone();
          if (patient) {
            Expect(not_empty.Wait(token).ok(), "a wait without end ends well");
          } else if (!*not_empty.WaitFor(token, absl::Milliseconds(1))) {
            Reached("a wait for a condition times out");
          }
        }
        alone();
        sum += place.back();
        place.pop_back();
        got += 1;
        not_full.Notify(1);
      }
    };
    const Actor patient([&] { consume(true); });
    const Actor impatient([&] { consume(false); });
    for (int i = 1; i <= 4; ++i) {
      atomics::UnlockToken token = *mutex.Lock();
      while (!place.empty()) {
        alone();
        Expect(not_full.Wait(token).ok(), "a wait without end ends well");
      }
      place.push_back(i);
      alone();
      not_empty.Notify(1);
    }
  }
  Expect(sum == 1 + 2 + 3 + 4, "every value arrives once");
}

// Locks with a deadline and with a stop request, and a semaphore.
void LocksThatGiveUp() {
  const Int32Array cells = SharedCells(2);
  const atomics::Mutex mutex = *atomics::Mutex::Over(cells, 0);
  const atomics::Semaphore semaphore = *atomics::Semaphore::Over(cells, 1);
  Expect(semaphore.Release().ok(), "a permit fits");
  int inside = 0;
  int permits = 1;
  {
    const auto with_lock = [&] {
      const atomics::UnlockToken token = *mutex.LockIfAvailable(absl::Microseconds(2));
      if (!token.locked()) return Reached("a lock is given up");
      Expect(++inside == 1, "one thread at a time holds the mutex");
      Point();
      inside -= 1;
    };
    const auto with_permit = [&] {
      if (!*semaphore.AcquireFor(absl::Microseconds(2))) return Reached("a permit is given up");
      Expect(--permits >= 0, "no more permits are out than there are");
      Point();
      permits += 1;
      Expect(semaphore.Release().ok(), "what was taken can be given back");
    };
    const auto both = [&] {
      for (int i = 0; i < 2; ++i) {
        with_lock();
        with_permit();
      }
    };
    const Actor one(both);
    const Actor another(both);
    both();
  }
  Expect(semaphore.Available() == 1, "no permit is lost");
  Expect(mutex.try_lock(), "the mutex is free at the end");
  mutex.unlock();
}

// Permits from two threads at once, for one that waits for ever and one that gives up: each is taken or there.
void Permits() {
  const Int32Array cells = SharedCells(1);
  const atomics::Semaphore semaphore = *atomics::Semaphore::Over(cells, 0);
  int taken = 0;
  {
    const Actor patient([&] {
      for (int i = 0; i < 2; ++i) Expect(semaphore.Acquire().ok(), "a wait without end ends well");
      taken += 2;
    });
    const Actor impatient([&] {
      if (*semaphore.AcquireFor(absl::Microseconds(1))) {
        taken += 1;
        Reached("it got a permit");
      } else {
        Reached("it gave up");
      }
    });
    const Actor one([&] { Expect(semaphore.Release().ok(), "a permit fits"); });
    const Actor other([&] {
      Expect(semaphore.Release().ok(), "a permit fits");
      Expect(semaphore.Release(2).ok(), "two permits fit");
    });
  }
  Expect(semaphore.Available() == static_cast<std::uint32_t>(4 - taken), "no permit is lost");
}

}  // namespace

const std::vector<Scenario>& AtomicsScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"wait-notify",
       "as many waits say ok as notifications have counted",
       WaitAndNotify,
       {"both are notified or one of them, in time", "a wait times out", "a wait comes too late"}},
      {"wait-stop",
       "a wait that is stopped or late swallows no notification",
       WaitAgainstStop,
       {"notified", "late", "stopped", "the other is notified"}},
      {"wait-async",
       "an asynchronous wait ends once, by a notification, its timeout, Cancel or with the buffer",
       WaitAsync,
       {"cancelled", "ended with the buffer", "an asynchronous wait is notified",
        "an asynchronous wait times out", "a blocking wait in the same list is notified"}},
      {"wait-async-end-of-loop",
       "an asynchronous wait whose loop ends takes no notification with it",
       WaitAsyncOnLoopThatEnds,
       {"the callback has run", "the next was notified"}},
      {"mutex-condition",
       "a bounded buffer under a mutex and two conditions loses nothing",
       MutexAndConditions,
       {"a wait for a condition times out"}},
      {"locks-give-up",
       "locks and permits that are given up are not lost",
       LocksThatGiveUp,
       {"a lock is given up", "a permit is given up"}},
      {"permits",
       "a permit is taken or there, whoever waits or gives up",
       Permits,
       {"it got a permit", "it gave up"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
