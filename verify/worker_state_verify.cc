// Claims about the life of a worker.
#include "lib/kernel/worker_state.h"

#include <memory>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using namespace sabre::kernel;
using S = RelacySync;
using sabre::TimePoint;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes
constexpr TimePoint kThen = TimePoint(std::chrono::nanoseconds(7));   // an exit
constexpr TimePoint kAsked = TimePoint(std::chrono::nanoseconds(3));  // a request to stop

using State = WorkerState<S>;
using Phase = State::Phase;

// Somebody who wants to hear everything.
struct Hearer final : WorkerListener {
  void OnWorkerOnline() override {
    SABRE_VERIFY(!heard_exit.Get());
    heard_online.Set(true);
  }
  void OnWorkerExited() override {
    SABRE_VERIFY(!heard_exit.Get());
    heard_exit.Set(true);
    bell.Unpark();
  }
  S::Var<bool> heard_online{false};
  S::Var<bool> heard_exit{false};
  S::Parker bell;
};

// The thread of a worker: the system's join is a flag that its last instruction sets.
struct WorkerThread {
  State state;
  S::Var<int> status{0};
  S::Parker at_end;  // what pthread_join waits for
  void Run() {
    state.Online();
    status.Set(7);
    state.Exit(kThen);
    at_end.Unpark();
  }
  // As WorkerControl does. Returns whether this call has joined it.
  bool Join() {
    const bool mine = state.ClaimThread();
    if (mine) {
      at_end.Park(sabre::kNever);
      state.ThreadEnded();
    }
    SABRE_VERIFY(status.Get() == 7 && state.exited());
    return mine;
  }
};

// Who waits for the exit sees what the worker wrote, and may destroy the state at once.
struct WaiterSeesStatus : Model<WaiterSeesStatus, 2> {
  std::unique_ptr<State> state = std::make_unique<State>();
  S::Var<int> status{0};
  void Thread(int id) {
    if (id == 0) {
      state->Online();
      status.Set(7);
      state->Exit(kThen);
      return;
    }
    State::Waiter waiter;
    SABRE_VERIFY(state->WaitForExit(sabre::kNever, waiter));
    SABRE_VERIFY(status.Get() == 7 && state->stop().exited_at == kThen);
    state.reset();
  }
};

// With a deadline the wait says what it saw: so a worker is reported as stuck only if it had not exited.
struct WaitWithDeadline : Model<WaitWithDeadline, 2> {
  State state;
  S::Var<int> status{0};
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      status.Set(7);
      state.Exit(kThen);
      return;
    }
    const bool asked = state.RequestStop(kAsked);
    State::Waiter waiter;
    if (state.WaitForExit(kSoon, waiter)) {
      SABRE_VERIFY(status.Get() == 7 && state.exited());
      Reached("exited");
    } else {
      SABRE_VERIFY(asked);
      Reached("stuck");
      // It goes on, and so does the one who waits.
      SABRE_VERIFY(state.WaitForExit(sabre::kNever, waiter));
    }
    SABRE_VERIFY(state.stop().requested == asked);
    SABRE_VERIFY(!asked || state.stop().requested_at == kAsked);
  }
};

// A wait that is cancelled ends, before, at, or instead of the exit; nobody else's does.
struct CancelledWait : Model<CancelledWait, 3> {
  State state;
  State::Waiter waiters[2];
  void Thread(int id) {
    if (id == 0) {
      Reached(state.WaitForExit(sabre::kNever, waiters[0]) ? "exited" : "cancelled");
    } else if (id == 1) {
      state.Cancel(waiters[0]);
    } else {
      state.Online();
      state.Exit(kThen);
      SABRE_VERIFY(state.WaitForExit(sabre::kNever, waiters[1]));
    }
  }
};

// The exit that never comes: the cancellation alone ends the wait.
struct CancelWakes : Model<CancelWakes, 2> {
  State state;
  State::Waiter waiter;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(!state.WaitForExit(sabre::kNever, waiter));
    } else {
      state.Cancel(waiter);
    }
  }
};

// Two waits, each cancelled: both end.
struct TwoCancelled : Model<TwoCancelled, 3> {
  State state;
  State::Waiter waiters[2];
  void Thread(int id) {
    if (id < 2) {
      SABRE_VERIFY(!state.WaitForExit(sabre::kNever, waiters[id]));
      return;
    }
    state.Cancel(waiters[0]);
    state.Cancel(waiters[1]);
  }
};

// Two who wait for the exit: it wakes both.
struct ExitWakesAll : Model<ExitWakesAll, 3> {
  State state;
  void Thread(int id) {
    State::Waiter waiter;
    if (id == 0) {
      state.Online();
      state.Exit(kThen);
    } else {
      SABRE_VERIFY(state.WaitForExit(sabre::kNever, waiter));
    }
  }
};

// Two who wait while a third joins the thread: its end wakes both.
struct EndWakesAll : Model<EndWakesAll, 3> {
  State state;
  void Before() { SABRE_VERIFY(state.ClaimThread()); }
  void Thread(int id) {
    if (id == 0) {
      state.ThreadEnded();
    } else {
      SABRE_VERIFY(!state.ClaimThread());
    }
  }
};

// Two who ask for a stop, one worker that exits: at most one of them carries it out.
struct StopOnce : Model<StopOnce, 3> {
  State state;
  bool mine[2] = {};
  void Thread(int id) {
    if (id < 2) {
      mine[id] = state.RequestStop(kAsked);
    } else {
      state.Online();
      state.Exit(kThen);
    }
  }
  void After() {
    SABRE_VERIFY(!(mine[0] && mine[1]) && state.stop().requested == (mine[0] || mine[1]));
    Reached(mine[0] || mine[1] ? "stopped" : "exited before");
  }
};

// Who wants to hear of the worker hears, or learns at once, of each thing exactly once and in order; when it
// has heard of the exit it sees the status.
struct LifeIsHeard : Model<LifeIsHeard, 2> {
  State state;
  Hearer hearer;
  S::Var<int> status{0};
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      status.Set(7);
      state.Exit(kThen);
      return;
    }
    const Phase reached = state.Watch(hearer);
    if (reached == Phase::kExited) {
      Reached("exited before");
      SABRE_VERIFY(!hearer.heard_exit.Get());
    } else {
      hearer.bell.Park(sabre::kNever);
      SABRE_VERIFY(hearer.heard_exit.Get());
      Reached(reached == Phase::kOnline ? "online before" : "heard all");
    }
    SABRE_VERIFY(hearer.heard_online.Get() == (reached == Phase::kStarting));
    SABRE_VERIFY(status.Get() == 7 && state.exited());
  }
};

// What others see while the worker exits.
struct LookersAgainstExit : Model<LookersAgainstExit, 3> {
  State state;
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      state.Exit(kThen);
    } else if (id == 1) {
      Reached(state.RequestStop(kAsked) ? "stopped" : "too late");
    } else {
      const State::Stop seen = state.stop();
      const State::Stop later = state.stop();
      SABRE_VERIFY(!seen.exited || (later.exited && state.exited()));
      SABRE_VERIFY(!seen.requested || later.requested);
      Reached(seen.requested ? (seen.exited ? "asked, exited" : "asked")
              : seen.exited  ? "exited"
                             : "neither");
    }
  }
};

// Two wait for the thread, the handle and the parent say: one of them joins it, and the other does not return
// before it is no more, and may then destroy everything.
struct TwoJoiners : Model<TwoJoiners, 3> {
  std::unique_ptr<WorkerThread> worker = std::make_unique<WorkerThread>();
  bool joined[2] = {};
  void Thread(int id) {
    if (id == 0) {
      worker->Run();
      return;
    }
    joined[id - 1] = worker->Join();
    Reached(joined[id - 1] ? "joined" : "found it joined");
  }
  void After() { SABRE_VERIFY(joined[0] != joined[1]); }
};

// A parent that ends while the owner of the handle, elsewhere, terminates and waits as well: the child is
// asked once, both wait, and both see it whole.
struct ParentEnds : Model<ParentEnds, 3> {
  WorkerThread child;
  S::Parker stop;  // the child's stop token
  int carried_out[2] = {};
  void End(int who) {
    if (child.state.RequestStop(kAsked)) {
      carried_out[who] = 1;
      stop.Unpark();
    }
    child.Join();
  }
  void Thread(int id) {
    if (id == 0) {
      child.state.Online();
      stop.Park(sabre::kNever);
      child.status.Set(7);
      child.state.Exit(kThen);
      child.at_end.Unpark();
    } else {
      End(id - 1);
      Reached(carried_out[id - 1] != 0 ? "asked" : "had been asked");
    }
  }
  void After() { SABRE_VERIFY(carried_out[0] + carried_out[1] == 1); }
};

// The life of a worker, one step after the other.
struct WorkerStepByStep : Model<WorkerStepByStep, 1> {
  void Asked() {
    State state;
    State::Waiter waiter;
    Hearer hearer;
    SABRE_VERIFY(!state.exited() && !state.stop().requested && !state.stop().exited);
    SABRE_VERIFY(!state.WaitForExit(kSoon, waiter));
    SABRE_VERIFY(state.RequestStop(kAsked) && !state.RequestStop(kThen));
    SABRE_VERIFY(state.stop().requested && state.stop().requested_at == kAsked);
    SABRE_VERIFY(state.Watch(hearer) == Phase::kStarting && !hearer.heard_online.Get());
    state.Online();
    SABRE_VERIFY(hearer.heard_online.Get() && !hearer.heard_exit.Get());
    SABRE_VERIFY(!state.exited() && !state.WaitForExit(kSoon, waiter));
    state.Exit(kThen);
    SABRE_VERIFY(hearer.heard_exit.Get() && state.exited());
    SABRE_VERIFY(state.WaitForExit(sabre::kNever, waiter) && state.WaitForExit(kSoon, waiter));
    SABRE_VERIFY(state.Watch(hearer) == Phase::kExited);
    const State::Stop stop = state.stop();
    SABRE_VERIFY(stop.exited && stop.exited_at == kThen && stop.requested_at == kAsked);
  }
  void Watched() {
    State state;
    Hearer hearer;
    state.Online();
    SABRE_VERIFY(state.Watch(hearer) == Phase::kOnline);
    state.Exit(kThen);
    SABRE_VERIFY(hearer.heard_exit.Get() && !hearer.heard_online.Get());
    SABRE_VERIFY(!state.RequestStop(kAsked) && !state.stop().requested);
  }
  void Cancelled() {
    State state;
    State::Waiter waiter;
    State::Waiter other;
    state.Cancel(waiter);
    SABRE_VERIFY(!state.WaitForExit(sabre::kNever, waiter));
    SABRE_VERIFY(!state.WaitForExit(kSoon, other));
    // No thread came about.
    state.Exit(kThen);
    SABRE_VERIFY(state.WaitForExit(sabre::kNever, waiter));
  }
  void Claimed() {
    State state;
    SABRE_VERIFY(state.ClaimThread());
    state.ThreadEnded();
    SABRE_VERIFY(!state.ClaimThread() && !state.ClaimThread());
  }
  void Thread(int) {
    Asked();
    Watched();
    Cancelled();
    Claimed();
  }
};

// Misuse is noticed.
struct OnlineTwice : Model<OnlineTwice, 1> {
  State state;
  void Thread(int) {
    state.Online();
    state.Online();
  }
};
struct ExitTwice : Model<ExitTwice, 1> {
  State state;
  void Thread(int) {
    state.Exit(kThen);
    state.Exit(kThen);
  }
};
struct OnlineAfterExit : Model<OnlineAfterExit, 1> {
  State state;
  void Thread(int) {
    state.Exit(kThen);
    state.Online();
  }
};
struct EndedUnclaimed : Model<EndedUnclaimed, 1> {
  State state;
  void Thread(int) { state.ThreadEnded(); }
};

// A mistake that is easily made: what was heard is looked up first, and then one registers.
struct WatchInTwoSteps : Model<WatchInTwoSteps, 2> {
  State state;
  Hearer hearer;
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      state.Exit(kThen);
      return;
    }
    if (state.exited()) return;
    static_cast<void>(state.Watch(hearer));
    hearer.bell.Park(sabre::kNever);
  }
};
// Another: a joiner that finds the exit and does not wait for the thread, which is still at work.
struct JoinWithoutThread : Model<JoinWithoutThread, 2> {
  std::unique_ptr<WorkerThread> worker = std::make_unique<WorkerThread>();
  void Thread(int id) {
    if (id == 0) {
      worker->Run();
      return;
    }
    State::Waiter waiter;
    SABRE_VERIFY(worker->state.WaitForExit(sabre::kNever, waiter));
    worker.reset();
  }
};

const Suite worker_state(
    "WorkerState", {"lib/kernel/worker_state.h"},
    {
        Claim<LifeIsHeard>("a listener hears of each thing once, or learns it at once",
                           {.searches = {Full(), Random(20'000)},
                            .reaches = {"heard all", "online before", "exited before"}}),
        Claim<LookersAgainstExit>("who looks at it disturbs nobody",
                                  {.searches = {Bound(3, 100'000), Random(5'000)},
                                   .reaches = {"stopped", "too late", "asked", "exited", "neither",
                                               "asked, exited"}}),
        Claim<TwoJoiners>("2 joiners: one joins, neither returns before the end",
                          {.searches = {Bound(3, 100'000), Random(10'000)},
                           .reaches = {"joined", "found it joined"}}),
        Claim<ParentEnds>("a parent's end against the handle's: asked once, both see it whole",
                          {.searches = {Bound(3, 100'000), Random(10'000)},
                           .reaches = {"asked", "had been asked"}}),
        Claim<CancelledWait>("a cancelled wait ends, and no other",
                             {.searches = {Bound(3, 100'000), Random(10'000)},
                              .reaches = {"exited", "cancelled"}}),
        Claim<TwoCancelled>("2 cancelled waits both end",
                            {.searches = {Bound(3, 100'000), Random(5'000)}}),
        Claim<ExitWakesAll>("an exit wakes both of 2 waiters",
                            {.searches = {Bound(3, 100'000), Random(5'000)}}),
        Claim<EndWakesAll>("a thread's end wakes both of 2 joiners",
                           {.searches = {Bound(3, 100'000), Random(5'000)}}),
        Claim<CancelWakes>("a cancellation alone wakes its waiter",
                           {.searches = {Full(), Random(5'000)}}),
        Claim<WorkerStepByStep>("what each call says, step by step",
                                {.searches = {Full(), Random(10)}}),
        Canary<OnlineTwice>(FailureKind::kAssertion, "online twice", {.searches = {Full()}}),
        Canary<ExitTwice>(FailureKind::kAssertion, "exit twice", {.searches = {Full()}}),
        Canary<OnlineAfterExit>(FailureKind::kAssertion, "online after exit",
                                {.searches = {Full()}}),
        Canary<EndedUnclaimed>(FailureKind::kAssertion, "the end of a thread that nobody claimed",
                               {.searches = {Full()}}),
        Canary<WatchInTwoSteps>(FailureKind::kDeadlock, "look first, register then",
                                {.searches = {Full()}}),
        Canary<JoinWithoutThread>(FailureKind::kUseAfterFree, "free a worker at its exit",
                                  {.searches = {Full()}}),
        Claim<WaiterSeesStatus>("a waiter sees the status, and may destroy at once",
                                {.searches = {Full(), Random(20'000)}}),
        Claim<WaitWithDeadline>("a wait with a deadline says what it saw",
                                {.searches = {Full(), Random(20'000)},
                                 .reaches = {"exited", "stuck"}}),
        Claim<StopOnce>("a stop is carried out once, before the exit",
                        {.searches = {Bound(3, 300'000), Random(20'000)},
                         .reaches = {"stopped", "exited before"}}),
    });

}  // namespace
