// Claims about the state machines in lib/kernel in which threads block.
#include <memory>
#include <vector>

#include "lib/kernel/port_link.h"
#include "lib/kernel/work_signal.h"
#include "lib/kernel/worker_state.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using namespace sabre::kernel;
using S = RelacySync;
using sabre::TimePoint;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes

// ---- PortLink

using Link = PortLink<int, S>;

struct Listener final : PortListener {
  void OnPortReady() override {
    calls.Set(calls.Get() + 1);
    bell.Unpark();
  }
  S::Var<int> calls{0};
  S::Parker bell;
};

bool PostOne(Link& link, PortSide side, int value) {
  auto message = std::make_unique<Link::Envelope>(value);
  return link.Post(side, message) == Link::PostResult::kPosted;
}

// A receiver that arms and sleeps gets both messages in order, then hears of the close.
struct ReceiverMissesNothing : Model<ReceiverMissesNothing, 2> {
  Link link;
  Listener listener;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostOne(link, PortSide::kFirst, 1) && PostOne(link, PortSide::kFirst, 2));
      SABRE_VERIFY(link.Close(PortSide::kFirst));
      return;
    }
    for (int next = 1;;) {
      std::unique_ptr<Link::Envelope> message;
      const Link::PopResult popped = link.Pop(PortSide::kSecond, message);
      if (popped == Link::PopResult::kMessage) {
        SABRE_VERIFY(message->content == next);
        next += 1;
      } else if (popped == Link::PopResult::kClosed) {
        SABRE_VERIFY(next == 3);
        return;
      } else if (link.Arm(PortSide::kSecond, listener)) {
        Reached("slept");
        listener.bell.Park(sabre::kNever);
      } else {
        Reached("ready before sleep");
      }
    }
  }
};

// Post against the peer's Close: the message is refused, or dropped; it leaks in neither case.
struct PostAgainstClose : Model<PostAgainstClose, 2> {
  Link link;
  bool posted = false;
  void Thread(int id) {
    if (id == 0) {
      posted = PostOne(link, PortSide::kFirst, 1);
    } else {
      SABRE_VERIFY(link.Close(PortSide::kSecond));
      std::unique_ptr<Link::Envelope> message;
      SABRE_VERIFY(link.Pop(PortSide::kSecond, message) == Link::PopResult::kClosed);
    }
  }
  void After() {
    Reached(posted ? "posted, dropped" : "refused");
    SABRE_VERIFY(link.CanPost(PortSide::kFirst) == Link::PostResult::kPeerClosed);
  }
};

// Both sides close while both listen: each listener is called once, each Close succeeds once.
struct BothClose : Model<BothClose, 2> {
  Link link;
  Listener listeners[2];
  void Before() {
    SABRE_VERIFY(link.Arm(PortSide::kFirst, listeners[0]) &&
                 link.Arm(PortSide::kSecond, listeners[1]));
  }
  void Thread(int id) {
    const PortSide side = id == 0 ? PortSide::kFirst : PortSide::kSecond;
    SABRE_VERIFY(link.Close(side));
    SABRE_VERIFY(!link.Close(side));
  }
  void After() { SABRE_VERIFY(listeners[0].calls.Get() == 1 && listeners[1].calls.Get() == 1); }
};

// Disarm against Post: the listener is called, or taken back, not both.
struct DisarmAgainstPost : Model<DisarmAgainstPost, 2> {
  Link link;
  Listener listener;
  bool taken_back = false;
  void Before() { SABRE_VERIFY(link.Arm(PortSide::kSecond, listener)); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostOne(link, PortSide::kFirst, 1));
    } else {
      taken_back = link.Disarm(PortSide::kSecond);
    }
  }
  void After() {
    SABRE_VERIFY(listener.calls.Get() == (taken_back ? 0 : 1));
    Reached(taken_back ? "taken back" : "called");
  }
};

// Two threads post to one side: both arrive, with what they wrote before.
struct TwoPosters : Model<TwoPosters, 3> {
  Link link;
  S::Var<int> data[2];
  int sum = 0;
  void Thread(int id) {
    if (id < 2) {
      data[id].Set(1);
      SABRE_VERIFY(PostOne(link, PortSide::kFirst, id));
    } else {
      Take();
    }
  }
  void Take() {
    std::unique_ptr<Link::Envelope> message;
    while (link.Pop(PortSide::kSecond, message) == Link::PopResult::kMessage) {
      SABRE_VERIFY(data[message->content].Get() == 1);
      sum += message->content + 1;
    }
  }
  void After() {
    Take();
    SABRE_VERIFY(sum == 3);
  }
};

const Suite port_link(
    "PortLink", {"lib/kernel/port_link.h"},
    {
        Claim<ReceiverMissesNothing>("arm and sleep: no message, no close is missed",
                                     {.searches = {Bound(3, 300'000), Random(50'000)},
                                      .reaches = {"slept", "ready before sleep"}}),
        Claim<PostAgainstClose>("Post against Close: refused or dropped, no leak",
                                {.searches = {Full(), Random(20'000)},
                                 .reaches = {"posted, dropped", "refused"}}),
        Claim<BothClose>("both sides close: each listener is called once",
                         {.searches = {Full(), Random(20'000)}}),
        Claim<DisarmAgainstPost>("Disarm or the call, not both",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"taken back", "called"}}),
        Claim<TwoPosters>("2 posters, 1 receiver: both arrive, whole",
                          {.searches = {Bound(3, 300'000), Random(50'000)}}),
    });

// ---- WorkerState

// A joiner sees what the worker wrote, and may destroy the state at once.
struct JoinerSeesStatus : Model<JoinerSeesStatus, 2> {
  std::unique_ptr<WorkerState<S>> state = std::make_unique<WorkerState<S>>();
  S::Var<int> status{0};
  void Thread(int id) {
    if (id == 0) {
      state->Online();
      status.Set(7);
      state->Exit();
      return;
    }
    SABRE_VERIFY(state->WaitForExit());
    SABRE_VERIFY(status.Get() == 7);
    state.reset();
  }
};

// With a deadline the join says what it saw.
struct JoinWithDeadline : Model<JoinWithDeadline, 2> {
  WorkerState<S> state;
  S::Var<int> status{0};
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      status.Set(7);
      state.Exit();
    } else if (state.WaitForExit(kSoon)) {
      SABRE_VERIFY(status.Get() == 7 && state.exited());
      Reached("exited");
    } else {
      Reached("timed out");
    }
  }
};

// Two who ask for a stop, one worker that exits: at most one of them carries it out.
struct StopOnce : Model<StopOnce, 3> {
  WorkerState<S> state;
  bool mine[2] = {};
  void Thread(int id) {
    if (id < 2) {
      mine[id] = state.RequestStop();
    } else {
      state.Online();
      state.Exit();
    }
  }
  void After() {
    SABRE_VERIFY(!(mine[0] && mine[1]) && state.stop_requested() == (mine[0] || mine[1]));
    Reached(mine[0] || mine[1] ? "stopped" : "exited before");
  }
};

// Who asks to be told of the exit is told, or learns that it has been; either way it sees the status.
struct ExitIsHeard : Model<ExitIsHeard, 2> {
  struct Listener final : WorkerExitListener {
    void OnWorkerExited() override { bell.Unpark(); }
    S::Parker bell;
  };
  WorkerState<S> state;
  Listener listener;
  S::Var<int> status{0};
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      status.Set(7);
      state.Exit();
      return;
    }
    if (state.WhenExited(listener)) {
      listener.bell.Park(sabre::kNever);
      Reached("told");
    } else {
      Reached("exited before");
    }
    SABRE_VERIFY(status.Get() == 7 && state.exited());
  }
};

const Suite worker_state("WorkerState", {"lib/kernel/worker_state.h"},
                         {
                             Claim<ExitIsHeard>("an exit listener is told, or told too late",
                                                {.searches = {Full(), Random(20'000)},
                                                 .reaches = {"told", "exited before"}}),
                             Claim<JoinerSeesStatus>("join: sees the status, may destroy at once",
                                                     {.searches = {Full(), Random(20'000)}}),
                             Claim<JoinWithDeadline>("join with a deadline says what it saw",
                                                     {.searches = {Full(), Random(20'000)},
                                                      .reaches = {"exited", "timed out"}}),
                             Claim<StopOnce>("a stop is carried out once, before the exit",
                                             {.searches = {Bound(3, 300'000), Random(20'000)},
                                              .reaches = {"stopped", "exited before"}}),
                         });

// ---- WorkSignal

// Tasks in a relaxed counter; each worker leaves with one task, as the header's example.
struct Tasks {
  WorkSignal<S> signal;
  S::Atomic<int> tasks{0};

  bool Pop() {
    int have = tasks.load(S::kRelaxed);
    while (have > 0) {
      if (tasks.compare_exchange_strong(have, have - 1, S::kRelaxed, S::kRelaxed)) return true;
    }
    return false;
  }
  void Submit() {
    tasks.fetch_add(1, S::kRelaxed);
    signal.NotifyOne();
  }
  void TakeOne() {
    for (;;) {
      if (Pop()) return;
      const auto key = signal.PrepareWait();
      bool taken = Pop();
      if (taken) {
        signal.CancelWait();
        Reached("cancelled");
      } else {
        signal.CommitWait(key);
        Reached("slept or was told");
        taken = Pop();
      }
      if (!taken) continue;
      // Relaxed: as the pool asks its ring.
      if (tasks.load(S::kRelaxed) > 0) signal.NotifyOne();
      return;
    }
  }
};
struct OneWorkerOneTask : Model<OneWorkerOneTask, 2>, Tasks {
  void Thread(int id) { id == 0 ? TakeOne() : Submit(); }
};
struct TwoWorkersTwoTasks : Model<TwoWorkersTwoTasks, 3>, Tasks {
  void Thread(int id) {
    if (id < 2) {
      TakeOne();
    } else {
      Submit();
      Submit();
    }
  }
};
struct TwoSubmitters : Model<TwoSubmitters, 3>, Tasks {
  void Thread(int id) {
    if (id == 0) {
      TakeOne();
      TakeOne();
    } else {
      Submit();
    }
  }
};
// The end reaches all who wait, though a task has muted the announcement just before.
struct EndReachesAll : Model<EndReachesAll, 3> {
  WorkSignal<S> signal;
  S::Atomic<int> ended{0};
  void Thread(int id) {
    if (id == 2) {
      signal.NotifyOne();
      ended.store(1, S::kRelaxed);
      signal.NotifyAll();
      return;
    }
    while (ended.load(S::kRelaxed) == 0) {
      const auto key = signal.PrepareWait();
      if (ended.load(S::kRelaxed) != 0) {
        signal.CancelWait();
        return;
      }
      signal.CommitWait(key);
    }
  }
};

const std::vector<const char*> kBothWays = {"cancelled", "slept or was told"};
const Suite work_signal(
    "WorkSignal", {"lib/kernel/work_signal.h"},
    {
        Claim<OneWorkerOneTask>("a task wakes the sleeping worker",
                                {.searches = {Bound(4, 300'000), Random(50'000)},
                                 .reaches = kBothWays}),
        Claim<TwoWorkersTwoTasks>("2 tasks, 2 workers, 1 wake-up at a time: both run",
                                  {.searches = {Bound(2, 200'000), Random(100'000)},
                                   .reaches = kBothWays}),
        Claim<TwoSubmitters>("2 submitters, 1 worker: both tasks run",
                             {.searches = {Bound(2, 200'000), Random(100'000)},
                              .reaches = kBothWays}),
        Claim<EndReachesAll>("NotifyAll reaches both of 2 workers, muted or not",
                             {.searches = {Bound(2, 200'000), Random(50'000)}}),
    });

}  // namespace
