// Scenarios of the pool: tasks that are submitted, cancelled, refused and dropped while the pool works, closes
// and is destroyed.
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/pool/worker_pool.h"
#include "tests/seeded/scenario.h"

namespace sabre::seeded {
namespace {

std::optional<WorkerPool> TwoWorkers(std::size_t max_queue) {
  absl::StatusOr<WorkerPool> pool = WorkerPool::Create({.max_threads = 2, .max_queue = max_queue});
  if (pool.ok()) return *std::move(pool);
  Expect(absl::IsResourceExhausted(pool.status()), "only the system refuses a pool");
  Reached("the system refuses a thread");
  return std::nullopt;
}

// What became of one task.
struct Fate {
  int ran = 0;
  int results = 0;
  absl::StatusCode code = absl::StatusCode::kUnknown;
};

void CheckFate(const Fate& fate) {
  Expect(fate.results == 1, "a task has exactly one result");
  Expect(fate.ran <= 1, "a function runs at most once");
  switch (fate.code) {
    case absl::StatusCode::kOk:
      return Expect(fate.ran == 1, "a value comes from a function that ran");
    case absl::StatusCode::kCancelled:
      Expect(fate.ran == 0, "a task that was cancelled in the queue does not run");
      return Reached("cancelled");
    case absl::StatusCode::kResourceExhausted:
      Expect(fate.ran == 0, "a refused task does not run");
      return Reached("refused: full");
    case absl::StatusCode::kFailedPrecondition:
      Expect(fate.ran == 0, "a refused task does not run");
      return Reached("refused: closed");
    default:
      Expect(false, "a task ends in no other way");
  }
}

// Two threads submit, a third cancels, the owner closes or destroys.
void PoolTasks() {
  std::optional<WorkerPool> pool = TwoWorkers(2);
  if (!pool.has_value()) return;
  std::stop_source stop;
  Fate fates[2][3];
  {
    const auto submit = [&](int who) {
      std::vector<Task<int>> tasks;
      for (Fate& fate : fates[who]) {
        tasks.push_back(pool->Run(
            [&fate](int value) {
              fate.ran += 1;
              return value;
            },
            who, {.stop_token = stop.get_token()}));
      }
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        const absl::StatusOr<int> result = tasks[i].Await();
        Expect(!result.ok() || *result == who, "a task gets its own result");
        fates[who][i].results += 1;
        fates[who][i].code = result.status().code();
      }
    };
    const Actor one([&] { submit(0); });
    const Actor other([&] { submit(1); });
    const Actor canceller([&] { stop.request_stop(); });
    if (Chance(2)) {
      const absl::Status closed = pool->Close(absl::Microseconds(5));
      Expect(closed.ok() || absl::IsDeadlineExceeded(closed), "a close has two ends");
      if (!closed.ok()) Reached("a close is given up");
    }
    pool->Destroy();
  }
  for (const auto& some : fates) {
    for (const Fate& fate : some) CheckFate(fate);
  }
}

// Running functions ask whether to stop, or sleep in the library: Destroy ends them all.
void PoolDestroyWakes() {
  std::optional<WorkerPool> pool = TwoWorkers(4);
  if (!pool.has_value()) return;
  Task<int> polite = pool->Run(
      [](int, TaskContext& context) -> absl::StatusOr<int> {
        Parker parker;
        const std::stop_callback wake(context.stop_token(), [&parker] { parker.Unpark(); });
        parker.Park();
        return absl::AbortedError("asked to stop");
      },
      0);
  Task<int> asleep = pool->Run(
      [](int) -> absl::StatusOr<int> {
        const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
        switch (atomics::Wait(cells, 0, 0)) {
          case WaitResult::kTerminated:
            return absl::AbortedError("woken");
          default:
            return 1;
        }
      },
      0);
  const bool cancels = Chance(2);
  {
    std::optional<Actor> canceller;
    if (cancels) canceller.emplace([&] { polite.Cancel(); });
    pool->Destroy();
  }
  const absl::Status first = polite.Await().status();
  const absl::Status second = asleep.Await().status();
  for (const absl::Status& status : {first, second}) {
    Expect(absl::IsAborted(status) || absl::IsCancelled(status), "both end because of Destroy");
    Reached(absl::IsAborted(status) ? "it ran and was woken" : "it never ran");
  }
}

// Results come to callbacks on a loop; one of them destroys the pool.
void PoolDestroyedInCallback() {
  std::optional<WorkerPool> pool = TwoWorkers(4);
  if (!pool.has_value()) return;
  EventLoop& loop = EventLoop::Current();
  Fate fates[3];
  for (Fate& fate : fates) {
    Task<int> task = pool->Run(
        [&fate](int value) {
          fate.ran += 1;
          return value;
        },
        1);
    std::move(task).Then(loop, [&](const absl::StatusOr<int>& result) {
      fate.results += 1;
      fate.code = result.status().code();
      if (pool.has_value()) {
        pool.reset();
      } else {
        Reached("a result comes after the end of the pool");
      }
    });
  }
  loop.Run();
  for (const Fate& fate : fates) CheckFate(fate);
}

// Two tasks that wait for each other: no task lies beside a worker that sleeps.
void PoolMeeting() {
  std::optional<WorkerPool> pool = TwoWorkers(4);
  if (!pool.has_value()) return;
  for (int round = 0; round < 2; ++round) {
    Parker one;
    Parker other;
    const auto meet = [](Parker& mine, Parker& theirs) {
      return [&mine, &theirs](int value) {
        theirs.Unpark();
        mine.Park();
        return value;
      };
    };
    Task<int> first;
    Task<int> second;
    {
      const Actor submitter([&] { first = pool->Run(meet(one, other), 1); });
      second = pool->Run(meet(other, one), 2);
    }
    Expect(*first.Await() == 1 && *second.Await() == 2, "two workers run two tasks");
  }
}

// Tasks that submit tasks, and handles that are dropped while their tasks run.
void PoolDroppedTasks() {
  std::optional<WorkerPool> pool = TwoWorkers(4);
  if (!pool.has_value()) return;
  auto alive = std::make_shared<int>(0);
  int inner = 0;
  for (int i = 0; i < 2; ++i) {
    Task<int> dropped = pool->Run(
        [&pool = *pool, &inner, alive](int value) {
          Task<int> child = pool.Run(
              [alive, &inner](int v) {
                inner += v;
                return v;
              },
              1);
          return value;
        },
        i);
    if (Chance(2)) Expect(dropped.Await().ok(), "nobody cancels it");
  }
  Expect(pool->Close().ok(), "a close without a deadline waits for all");
  Expect(inner <= 2, "each child runs at most once");
  Reached(inner == 2 ? "all children ran" : "some children came too late");
  Expect(alive.use_count() == 1, "what functions captured has ended with them");
}

}  // namespace

const std::vector<Scenario>& PoolScenarios() {
  static const std::vector<Scenario> scenarios = {
      {"pool-tasks",
       "each task has one result, and a function runs at most once",
       PoolTasks,
       {"cancelled", "refused: full", "refused: closed", "a close is given up",
        "the system refuses a thread"}},
      {"pool-destroy",
       "Destroy wakes and ends what runs",
       PoolDestroyWakes,
       {"it ran and was woken", "it never ran"}},
      {"pool-callback",
       "a callback may destroy the pool, and the others are still called",
       PoolDestroyedInCallback,
       {"a result comes after the end of the pool", "cancelled"}},
      {"pool-meeting",
       "no task lies beside a worker that sleeps",
       PoolMeeting,
       {"the system refuses a thread"}},
      {"pool-dropped",
       "tasks without handles end, with what they captured",
       PoolDroppedTasks,
       {"all children ran", "some children came too late"}},
  };
  return scenarios;
}

}  // namespace sabre::seeded
