// Claims about the state machines in lib/kernel in which threads block.
#include <memory>
#include <vector>

#include "lib/kernel/port_link.h"
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

// A receiver that sleeps is woken by a message alone.
struct PostWakes : Model<PostWakes, 2> {
  Link link;
  Listener listener;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostOne(link, PortSide::kFirst, 1));
      return;
    }
    std::unique_ptr<Link::Envelope> message;
    while (link.Pop(PortSide::kSecond, message) != Link::PopResult::kMessage) {
      if (link.Arm(PortSide::kSecond, listener)) listener.bell.Park(sabre::kNever);
    }
  }
};

// Who looks whether it can post disturbs nobody.
struct CanPostAgainstClose : Model<CanPostAgainstClose, 2> {
  Link link;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(link.Close(PortSide::kSecond));
      return;
    }
    const bool open = link.CanPost(PortSide::kFirst) == Link::PostResult::kPosted;
    Reached(open ? "open" : "closed");
  }
};

// The link by one hand: what each call says, who is told, and what is left when it ends.
struct LinkStepByStep : Model<LinkStepByStep, 1> {
  static constexpr PortSide kFirst = PortSide::kFirst;
  static constexpr PortSide kSecond = PortSide::kSecond;
  using Post = Link::PostResult;
  using Pop = Link::PopResult;

  void MessagesGoRound() {
    Link link;
    std::unique_ptr<Link::Envelope> message;
    SABRE_VERIFY(link.Pop(kSecond, message) == Pop::kEmpty && message == nullptr);
    for (int i = 1; i <= 3; ++i) SABRE_VERIFY(PostOne(link, kFirst, i));
    SABRE_VERIFY(link.Pop(kSecond, message) == Pop::kMessage && message->content == 1);
    // The same envelope goes back, and is a message like any other.
    SABRE_VERIFY(link.Post(kSecond, message) == Post::kPosted && message == nullptr);
    SABRE_VERIFY(link.Pop(kFirst, message) == Pop::kMessage && message->content == 1);
    SABRE_VERIFY(link.Pop(kFirst, message) == Pop::kEmpty);
    // Both queues hold some when the link ends.
    for (int i = 4; i <= 5; ++i) SABRE_VERIFY(PostOne(link, kSecond, i));
  }
  void ReadyMeansReady() {
    Link link;
    Listener listener;
    std::unique_ptr<Link::Envelope> message;
    SABRE_VERIFY(!link.Disarm(kSecond));
    SABRE_VERIFY(link.Arm(kSecond, listener) && link.Disarm(kSecond) && !link.Disarm(kSecond));
    SABRE_VERIFY(PostOne(link, kFirst, 1) && !link.Arm(kSecond, listener));
    SABRE_VERIFY(PostOne(link, kFirst, 2) && listener.calls.Get() == 0);
    SABRE_VERIFY(link.Arm(kFirst, listener) && PostOne(link, kSecond, 3));
    SABRE_VERIFY(listener.calls.Get() == 1 && PostOne(link, kSecond, 4) &&
                 listener.calls.Get() == 1);
  }
  void CloseIsForGood() {
    Link link;
    Listener own;
    Listener peer;
    SABRE_VERIFY(PostOne(link, kFirst, 1) && PostOne(link, kFirst, 2) &&
                 PostOne(link, kSecond, 3) && PostOne(link, kSecond, 4));
    std::unique_ptr<Link::Envelope> message;
    for (int i = 0; i < 2; ++i) SABRE_VERIFY(link.Pop(kSecond, message) == Pop::kMessage);
    SABRE_VERIFY(link.Arm(kSecond, peer) && link.Close(kFirst) && !link.Close(kFirst));
    SABRE_VERIFY(peer.calls.Get() == 1 && link.Pop(kFirst, message) == Pop::kClosed);
    SABRE_VERIFY(link.CanPost(kFirst) == Post::kClosed &&
                 link.CanPost(kSecond) == Post::kPeerClosed);
    message = std::make_unique<Link::Envelope>(5);
    SABRE_VERIFY(link.Post(kSecond, message) == Post::kPeerClosed && message->content == 5);
    SABRE_VERIFY(!link.Arm(kSecond, own) && link.Pop(kSecond, message) == Pop::kClosed);
    SABRE_VERIFY(link.Close(kSecond) && link.CanPost(kSecond) == Post::kClosed);
  }
  void CloseTellsItself() {
    Link link;
    Listener own;
    SABRE_VERIFY(link.Arm(kFirst, own) && link.Close(kFirst) && own.calls.Get() == 1);
  }
  // A message of the closed side stays for its peer.
  void LastWordsAreHeard() {
    Link link;
    std::unique_ptr<Link::Envelope> message;
    SABRE_VERIFY(PostOne(link, kFirst, 1) && link.Close(kFirst));
    SABRE_VERIFY(link.Pop(kSecond, message) == Pop::kMessage && message->content == 1);
    SABRE_VERIFY(link.Pop(kSecond, message) == Pop::kClosed);
  }
  void Thread(int) {
    MessagesGoRound();
    ReadyMeansReady();
    CloseIsForGood();
    CloseTellsItself();
    LastWordsAreHeard();
  }
};

// Who is told that a side is ready may use the link at once.
struct ListenerUsesLink : Model<ListenerUsesLink, 1> {
  struct Popper final : PortListener {
    explicit Popper(Link& its_link) : link(its_link) {}
    void OnPortReady() override {
      std::unique_ptr<Link::Envelope> message;
      popped = link.Pop(PortSide::kSecond, message);
    }
    Link& link;
    Link::PopResult popped = Link::PopResult::kEmpty;
  };
  Link link;
  void Thread(int) {
    Popper popper(link);
    SABRE_VERIFY(link.Arm(PortSide::kSecond, popper) && PostOne(link, PortSide::kFirst, 1));
    SABRE_VERIFY(popper.popped == Link::PopResult::kMessage);
    SABRE_VERIFY(link.Arm(PortSide::kSecond, popper) && link.Close(PortSide::kFirst));
    SABRE_VERIFY(popper.popped == Link::PopResult::kClosed);
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
        Claim<PostWakes>("a message alone wakes the receiver",
                         {.searches = {Full(), Random(20'000)}}),
        Claim<CanPostAgainstClose>("CanPost against Close: before or after",
                                   {.searches = {Full(), Random(1'000)},
                                    .reaches = {"open", "closed"}}),
        Claim<LinkStepByStep>("what each call says, who is told, what is left",
                              {.searches = {Random(10)}}),
        Claim<ListenerUsesLink>("a listener may use the link", {.searches = {Full()}}),
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

// What others see while the worker exits.
struct LookersAgainstExit : Model<LookersAgainstExit, 3> {
  WorkerState<S> state;
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      state.Exit();
    } else if (id == 1) {
      Reached(state.RequestStop() ? "stopped" : "too late");
    } else {
      const bool asked = state.stop_requested();
      const bool exited = state.exited();
      SABRE_VERIFY(!exited || state.exited());
      SABRE_VERIFY(!asked || state.stop_requested());
      Reached(asked ? (exited ? "asked, exited" : "asked") : exited ? "exited" : "neither");
    }
  }
};

// Two joiners: the exit wakes both.
struct TwoJoiners : Model<TwoJoiners, 3> {
  WorkerState<S> state;
  void Thread(int id) {
    if (id == 0) {
      state.Online();
      state.Exit();
    } else {
      SABRE_VERIFY(state.WaitForExit());
    }
  }
};

// The life of a worker, one step after the other.
struct WorkerStepByStep : Model<WorkerStepByStep, 1> {
  struct Listener final : WorkerExitListener {
    void OnWorkerExited() override { calls += 1; }
    int calls = 0;
  };
  void Thread(int) {
    WorkerState<S> asked;
    SABRE_VERIFY(!asked.exited() && !asked.stop_requested() && !asked.WaitForExit(kSoon));
    SABRE_VERIFY(asked.RequestStop() && !asked.RequestStop() && asked.stop_requested());
    asked.Online();
    SABRE_VERIFY(!asked.exited() && !asked.WaitForExit(kSoon));
    Listener listener;
    SABRE_VERIFY(asked.WhenExited(listener) && listener.calls == 0);
    asked.Exit();
    SABRE_VERIFY(listener.calls == 1 && asked.exited() && asked.WaitForExit());
    SABRE_VERIFY(!asked.WhenExited(listener) && asked.stop_requested());
    WorkerState<S> never_online;
    never_online.Exit();
    SABRE_VERIFY(!never_online.RequestStop() && !never_online.stop_requested());
  }
};

// Misuse is noticed.
struct OnlineTwice : Model<OnlineTwice, 1> {
  WorkerState<S> state;
  void Thread(int) {
    state.Online();
    state.Online();
  }
};
struct ExitTwice : Model<ExitTwice, 1> {
  WorkerState<S> state;
  void Thread(int) {
    state.Exit();
    state.Exit();
  }
};
struct OnlineAfterExit : Model<OnlineAfterExit, 1> {
  WorkerState<S> state;
  void Thread(int) {
    state.Exit();
    state.Online();
  }
};

const Suite worker_state(
    "WorkerState", {"lib/kernel/worker_state.h"},
    {
        Claim<ExitIsHeard>("an exit listener is told, or told too late",
                           {.searches = {Full(), Random(20'000)},
                            .reaches = {"told", "exited before"}}),
        Claim<LookersAgainstExit>("who looks at it disturbs nobody",
                                  {.searches = {Bound(3, 100'000), Random(5'000)},
                                   .reaches = {"stopped", "too late", "asked", "exited", "neither",
                                               "asked, exited"}}),
        Claim<TwoJoiners>("an exit wakes both of 2 joiners",
                          {.searches = {Bound(3, 100'000), Random(5'000)}}),
        Claim<WorkerStepByStep>("what each call says, step by step",
                                {.searches = {Full(), Random(10)}}),
        Canary<OnlineTwice>(FailureKind::kAssertion, "online twice", {.searches = {Full()}}),
        Canary<ExitTwice>(FailureKind::kAssertion, "exit twice", {.searches = {Full()}}),
        Canary<OnlineAfterExit>(FailureKind::kAssertion, "online after exit",
                                {.searches = {Full()}}),
        Claim<JoinerSeesStatus>("join: sees the status, may destroy at once",
                                {.searches = {Full(), Random(20'000)}}),
        Claim<JoinWithDeadline>("join with a deadline says what it saw",
                                {.searches = {Full(), Random(20'000)},
                                 .reaches = {"exited", "timed out"}}),
        Claim<StopOnce>("a stop is carried out once, before the exit",
                        {.searches = {Bound(3, 300'000), Random(20'000)},
                         .reaches = {"stopped", "exited before"}}),
    });

}  // namespace
