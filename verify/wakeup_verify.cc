// Claims about what wakes a thread that has more than one reason to run: LoopWakeup (an event loop's
// sleep) and ReadySet (a wait for any of many sources).
#include <memory>
#include <mutex>

#include "lib/kernel/loop_wakeup.h"
#include "lib/kernel/ready_set.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using namespace sabre::kernel;
using S = RelacySync;
using sabre::TimePoint;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes

// ---- LoopWakeup

// A loop with a queue of relaxed cells and a bell, as the header's example.
template <int kGivers>
struct Loop {
  LoopWakeup<S> wakeup;
  S::Parker bell;
  S::Atomic<int> queue[kGivers];
  int rings[kGivers] = {};

  void Give(int giver) {
    queue[giver].store(1, S::kRelaxed);
    if (wakeup.Signal() == LoopWakeup<S>::Duty::kRing) {
      rings[giver] += 1;
      bell.Unpark();
    }
  }
  int TakeAll() {
    int taken = 0;
    for (S::Atomic<int>& cell : queue) {
      if (cell.load(S::kRelaxed) == 1) {
        cell.store(0, S::kRelaxed);
        taken += 1;
      }
    }
    return taken;
  }
};

// The loop runs until it has all work: if a signal were lost, it would sleep for ever.
template <class Derived, int kGivers>
struct LoopSeesAll : Model<Derived, kGivers + 1>, Loop<kGivers> {
  void Thread(int id) {
    if (id < kGivers) {
      this->Give(id);
      return;
    }
    for (int taken = 0;;) {
      this->wakeup.Collect();
      taken += this->TakeAll();
      if (taken == kGivers) return;
      if (this->wakeup.Arm()) {
        Reached("slept");
        this->bell.Park(sabre::kNever);
      } else {
        Reached("signalled before sleep");
      }
    }
  }
};
struct OneGiver : LoopSeesAll<OneGiver, 1> {};
struct TwoGivers : LoopSeesAll<TwoGivers, 2> {};

// Between an Arm and the next Collect exactly one giver rings.
struct OneRings : Model<OneRings, 2>, Loop<2> {
  void Before() {
    wakeup.Collect();
    SABRE_VERIFY(wakeup.Arm());
  }
  void Thread(int id) { Give(id); }
  void After() { SABRE_VERIFY(rings[0] + rings[1] == 1); }
};

// After Close whoever brings work clears the queue; nothing stays in it.
struct ClosedLoopIsCleared : Model<ClosedLoopIsCleared, 2> {
  LoopWakeup<S> wakeup;
  S::Atomic<int> queue{0};
  void Clear() {
    wakeup.Close();
    if (queue.load(S::kRelaxed) != 0) queue.store(0, S::kRelaxed);
  }
  void Thread(int id) {
    if (id == 0) {
      Clear();
      return;
    }
    queue.store(1, S::kRelaxed);
    if (wakeup.Signal() == LoopWakeup<S>::Duty::kClear) {
      Reached("cleared by the giver");
      Clear();
    } else {
      Reached("cleared by the loop");
    }
  }
  void After() { SABRE_VERIFY(queue.load(S::kRelaxed) == 0); }
};

// The work itself is plain data.
struct SignalCarriesWork : Model<SignalCarriesWork, 2>, Loop<1> {
  S::Var<int> work{0};
  void Thread(int id) {
    if (id == 0) {
      work.Set(7);
      Give(0);
      return;
    }
    if (wakeup.Arm()) bell.Park(sabre::kNever);
    wakeup.Collect();
    SABRE_VERIFY(work.Get() == 7);
  }
};

// The table of the state, row by row: a loop that wakes for another reason than a signal runs, too.
struct WakeupFollowsItsTable : Model<WakeupFollowsItsTable, 1> {
  LoopWakeup<S> wakeup;
  void Thread(int) {
    using Duty = LoopWakeup<S>::Duty;
    SABRE_VERIFY(wakeup.Signal() == Duty::kNone && !wakeup.Arm());
    for (int i = 0; i < 2; ++i) {
      wakeup.Collect();
      SABRE_VERIFY(wakeup.Arm());
    }
    wakeup.Collect();
    SABRE_VERIFY(wakeup.Signal() == Duty::kNone && !wakeup.Arm());
    wakeup.Collect();
    SABRE_VERIFY(wakeup.Arm() && wakeup.Signal() == Duty::kRing);
    SABRE_VERIFY(wakeup.Signal() == Duty::kNone && !wakeup.Arm());
    for (int i = 0; i < 2; ++i) {
      wakeup.Close();
      SABRE_VERIFY(wakeup.Signal() == Duty::kClear && wakeup.Signal() == Duty::kNone);
    }
  }
};

// A loop that somebody else polls: a descriptor stands in the bell's place, which says that there is
// something to do until it is cleared.
struct Descriptor {
  S::Mutex mutex;
  S::CondVar changed;
  S::Var<bool> readable{false};
  int rings = 0;  // [mutex]

  void Ring() {
    std::lock_guard<S::Mutex> lock(mutex);
    readable.Set(true);
    rings += 1;
    changed.NotifyAll();
  }
  void Clear() {
    std::lock_guard<S::Mutex> lock(mutex);
    readable.Set(false);
  }
  void AwaitReadable() {
    std::lock_guard<S::Mutex> lock(mutex);
    while (!readable.Get()) changed.Wait(mutex);
  }
};

// The foreign loop polls until it has all work, and rings only what is armed or has more to do: a ring
// that is lost, or cleared too early, is slept beside for ever.
template <class Derived, int kGivers>
struct PolledLoopSeesAll : Model<Derived, kGivers + 1>, Loop<kGivers> {
  Descriptor descriptor;
  int polls = 0;
  void Thread(int id) {
    if (id < kGivers) {
      this->queue[id].store(1, S::kRelaxed);
      if (this->wakeup.Signal() == LoopWakeup<S>::Duty::kRing) descriptor.Ring();
      return;
    }
    descriptor.Ring();  // as it is when it is made
    for (int taken = 0; taken < kGivers;) {
      descriptor.AwaitReadable();
      polls += 1;
      descriptor.Clear();
      this->wakeup.Collect();
      const int now = this->TakeAll();
      if (now == 0) Reached("polled for nothing");
      taken += now;
      this->wakeup.ArmOrRing(descriptor, /*more=*/false);
    }
  }
  // Each turn arms once, or rings itself.
  void After() { SABRE_VERIFY(descriptor.rings <= polls + 1); }
};
struct OneGiverPolled : PolledLoopSeesAll<OneGiverPolled, 1> {};
struct TwoGiversPolled : PolledLoopSeesAll<TwoGiversPolled, 2> {};

// Asks to be polled again while there is more, and only then.
struct PolledWhileThereIsMore : Model<PolledWhileThereIsMore, 1> {
  LoopWakeup<S> wakeup;
  Descriptor descriptor;
  void Thread(int) {
    wakeup.Collect();
    wakeup.ArmOrRing(descriptor, /*more=*/true);
    SABRE_VERIFY(descriptor.rings == 1);
    // It was not armed: who signals need not ring.
    SABRE_VERIFY(wakeup.Signal() == LoopWakeup<S>::Duty::kNone);
    wakeup.ArmOrRing(descriptor, /*more=*/false);
    SABRE_VERIFY(descriptor.rings == 2);
    wakeup.Collect();
    wakeup.ArmOrRing(descriptor, /*more=*/false);
    SABRE_VERIFY(descriptor.rings == 2 && wakeup.Signal() == LoopWakeup<S>::Duty::kRing);
  }
};

// Clears the descriptor when it has looked for work instead of before, and does not collect.
struct PollsBackwards : Model<PollsBackwards, 2>, Loop<1> {
  Descriptor descriptor;
  void Thread(int id) {
    if (id == 0) {
      queue[0].store(1, S::kRelaxed);
      if (wakeup.Signal() == LoopWakeup<S>::Duty::kRing) descriptor.Ring();
      return;
    }
    wakeup.ArmOrRing(descriptor, /*more=*/false);
    for (int taken = 0; taken == 0;) {
      taken = TakeAll();
      descriptor.Clear();
      if (taken == 0) descriptor.AwaitReadable();
    }
  }
};

const Suite loop_wakeup(
    "LoopWakeup", {"lib/kernel/loop_wakeup.h"},
    {
        Claim<OneGiver>("1 giver: the loop sleeps beside no work",
                        {.searches = {Full(), Random(20'000)},
                         .reaches = {"slept", "signalled before sleep"}}),
        Claim<TwoGivers>("2 givers: the loop sleeps beside no work",
                         {.searches = {Bound(3, 300'000), Random(50'000)},
                          .reaches = {"slept", "signalled before sleep"}}),
        Claim<OneRings>("of two givers one rings", {.searches = {Full(), Random(20'000)}}),
        Claim<SignalCarriesWork>("what precedes Signal is visible to the loop",
                                 {.searches = {Full(), Random(20'000)}}),
        Claim<ClosedLoopIsCleared>("a closed loop's queue is cleared by someone",
                                   {.searches = {Full(), Random(20'000)},
                                    .reaches = {"cleared by the giver", "cleared by the loop"}}),
        Claim<WakeupFollowsItsTable>("the state's table row by row", {.searches = {Full()}}),
        Claim<OneGiverPolled>("1 giver: no foreign loop waits beside work",
                              {.searches = {Full(), Random(20'000)},
                               .reaches = {"polled for nothing"}}),
        Claim<TwoGiversPolled>("2 givers: the same, and a ring for each poll",
                               {.searches = {Bound(3, 300'000), Random(50'000)},
                                .reaches = {"polled for nothing"}}),
        Claim<PolledWhileThereIsMore>("a polled loop rings itself while there is more",
                                      {.searches = {Random(10)}}),
        Canary<PollsBackwards>(FailureKind::kDeadlock,
                               "looks for work, then clears the descriptor"),
    });

// ---- ReadySet

using Set = ReadySet<S>;
using Marked = Set::MarkResult;
using Removed = Set::RemoveResult;
using Waited = Set::WaitResult;

struct Source : Set::Member {
  S::Var<int> data{0};
  int taken = 0;
};

void Report(Set& set, Source& source) {
  source.data.Set(1);
  SABRE_VERIFY(set.Mark(source) == Marked::kMarked);
}

// Every source that reports is taken, once, with what it wrote before; none is slept beside.
template <class Derived, int kSources>
struct NoneIsMissed : Model<Derived, kSources + 1> {
  Set set;
  Source sources[kSources];
  void Before() {
    for (Source& source : sources) set.Expect(source);
  }
  void Thread(int id) {
    if (id < kSources) return Report(set, sources[id]);
    for (int left = kSources; left > 0;) {
      if (auto* const source = static_cast<Source*>(set.Take())) {
        SABRE_VERIFY(source->data.Get() == 1 && ++source->taken == 1);
        left -= 1;
      } else {
        Reached("slept");
        SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady);
      }
    }
    SABRE_VERIFY(set.Take() == nullptr);
  }
};
struct OneSource : NoneIsMissed<OneSource, 1> {};
struct TwoSources : NoneIsMissed<TwoSources, 2> {};

// A source that is asked again after each report: the second report is as good as the first.
struct AskedAgain : Model<AskedAgain, 2> {
  Set set;
  Source source;
  S::Parker asked;
  void Before() { set.Expect(source); }
  void Thread(int id) {
    if (id == 0) {
      Report(set, source);
      asked.Park(sabre::kNever);
      Report(set, source);
      return;
    }
    for (int round = 0; round < 2; ++round) {
      SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady && set.Take() == &source);
      SABRE_VERIFY(source.data.Get() == 1);
      if (round == 1) return;
      source.data.Set(0);
      set.Expect(source);
      asked.Unpark();
    }
  }
};

// The deadline against a report: what the wait that gave up did not see, the next sees; it leaves no
// token behind by which a later one would end for nothing.
struct DeadlineAgainstMark : Model<DeadlineAgainstMark, 2> {
  Set set;
  Source sources[2];
  S::Parker go_on;
  void Before() {
    for (Source& source : sources) set.Expect(source);
  }
  void Thread(int id) {
    if (id == 0) {
      Report(set, sources[0]);
      go_on.Park(sabre::kNever);
      return Report(set, sources[1]);
    }
    const Waited first = set.Wait(kSoon);
    Reached(first == Waited::kReady ? "in time" : "too late");
    SABRE_VERIFY(first == Waited::kReady || first == Waited::kTimedOut);
    if (first == Waited::kTimedOut) SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady);
    SABRE_VERIFY(set.Take() == &sources[0] && sources[0].data.Get() == 1 && set.Take() == nullptr);
    go_on.Unpark();
    SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady && set.Take() == &sources[1]);
  }
};

// The same after an interrupt.
struct InterruptLeavesNoToken : Model<InterruptLeavesNoToken, 2> {
  Set set;
  Source sources[2];
  S::Parker go_on;
  void Before() {
    for (Source& source : sources) set.Expect(source);
  }
  void Thread(int id) {
    if (id == 0) {
      set.Interrupt();
      Report(set, sources[0]);
      go_on.Park(sabre::kNever);
      return Report(set, sources[1]);
    }
    bool interrupted = set.Wait(sabre::kNever) == Waited::kInterrupted;
    SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady && set.Take() == &sources[0]);
    Reached(interrupted ? "interrupted first" : "both at once");
    if (!interrupted) SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kInterrupted);
    go_on.Unpark();
    SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady && set.Take() == &sources[1]);
  }
};

// The owner's own additions and a report stand in one list.
struct AppendAgainstMark : Model<AppendAgainstMark, 2> {
  Set set;
  Source sources[2];
  void Before() { set.Expect(sources[0]); }
  void Thread(int id) {
    if (id == 0) return Report(set, sources[0]);
    set.Append(sources[1]);
    bool taken[2] = {};
    for (int left = 2; left > 0; --left) {
      SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady);
      const Set::Member* const member = set.Take();
      bool& its = taken[member == &sources[0] ? 0 : 1];
      if (left == 2) Reached(member == &sources[0] ? "the report first" : "the owner's first");
      SABRE_VERIFY(!its);
      its = true;
    }
    SABRE_VERIFY(set.Take() == nullptr);
  }
};

// Interrupt ends a wait, also one that has not begun, and takes nothing away.
struct InterruptAgainstMark : Model<InterruptAgainstMark, 3> {
  Set set;
  Source source;
  void Before() { set.Expect(source); }
  void Thread(int id) {
    if (id == 0) return Report(set, source);
    if (id == 1) return set.Interrupt();
    bool interrupted = false;
    bool taken = false;
    while (!interrupted || !taken) {
      const Waited waited = set.Wait(sabre::kNever);
      if (waited == Waited::kInterrupted) {
        SABRE_VERIFY(!interrupted);
        Reached(taken ? "interrupted last" : "interrupted first");
        interrupted = true;
        continue;
      }
      SABRE_VERIFY(waited == Waited::kReady && !taken && set.Take() == &source);
      taken = true;
    }
  }
};

// The owner lets go of a member whose report is on its way: one of the two destroys it, the one that is
// told so.
struct RemoveAgainstMark : Model<RemoveAgainstMark, 2> {
  Set set;
  Source* source = new Source;
  void Before() { set.Expect(*source); }
  void Thread(int id) {
    if (id == 0) {
      source->data.Set(1);
      if (set.Mark(*source) == Marked::kAbandoned) {
        Reached("the report gets it");
        SABRE_VERIFY(source->data.Get() == 1);
        delete source;
      }
    } else if (set.Remove(*source) == Removed::kRemoved) {
      Reached("the owner keeps it");
      SABRE_VERIFY(set.Take() == nullptr && source->data.Get() == 1);
      delete source;
    }
  }
};

// A neighbour in the list stays when one is removed, wherever it stands.
struct RemoveAmongOthers : Model<RemoveAmongOthers, 2> {
  Set set;
  Source sources[3];
  void Before() {
    set.Append(sources[0]);
    set.Append(sources[1]);
    set.Expect(sources[2]);
  }
  void Thread(int id) {
    if (id == 0) return Report(set, sources[2]);
    SABRE_VERIFY(set.Remove(sources[1]) == Removed::kRemoved);
    SABRE_VERIFY(set.Take() == &sources[0]);
    if (set.Take() == nullptr) {
      Reached("reported later");
      SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kReady && set.Take() == &sources[2]);
    }
    SABRE_VERIFY(set.Take() == nullptr);
  }
};

// The list by one hand: first come, first served, from any place.
struct SetStepByStep : Model<SetStepByStep, 1> {
  void Thread(int) {
    Set set;
    Source a, b, c;
    SABRE_VERIFY(set.Take() == nullptr && set.Wait(kSoon) == Waited::kTimedOut);
    set.Expect(b);
    set.Append(a);
    SABRE_VERIFY(set.Mark(b) == Marked::kMarked);
    set.Append(c);
    SABRE_VERIFY(set.Wait(kSoon) == Waited::kReady);
    for (Source* first : {&a, &b, &c}) SABRE_VERIFY(set.Take() == first);
    SABRE_VERIFY(set.Take() == nullptr);
    // Taken out at the front, in the middle, at the end; then the last one.
    for (Source* removed : {&a, &b, &c}) {
      for (Source* member : {&a, &b, &c}) set.Append(*member);
      SABRE_VERIFY(set.Remove(*removed) == Removed::kRemoved);
      for (Source* member : {&a, &b, &c}) {
        if (member != removed) SABRE_VERIFY(set.Take() == member);
      }
      SABRE_VERIFY(set.Take() == nullptr);
    }
    set.Append(a);
    SABRE_VERIFY(set.Remove(a) == Removed::kRemoved && set.Take() == nullptr);
    // An idle one is in no list.
    for (Source* member : {&b, &c}) set.Append(*member);
    SABRE_VERIFY(set.Remove(a) == Removed::kRemoved);
    for (Source* member : {&b, &c}) SABRE_VERIFY(set.Take() == member);
    set.Expect(a);
    set.Withdraw(a);
    SABRE_VERIFY(set.Remove(a) == Removed::kRemoved);
    set.Expect(a);
    SABRE_VERIFY(set.Remove(a) == Removed::kAbandoned && set.Mark(a) == Marked::kAbandoned);
    SABRE_VERIFY(set.Take() == nullptr);
    // An interrupt waits for a wait that would sleep, once.
    set.Interrupt();
    set.Append(b);
    SABRE_VERIFY(set.Wait(kSoon) == Waited::kReady && set.Take() == &b);
    SABRE_VERIFY(set.Wait(sabre::kNever) == Waited::kInterrupted);
    SABRE_VERIFY(set.Wait(kSoon) == Waited::kTimedOut);
  }
};

// Looks for a ready member, then sleeps, without asking the set to look again.
struct SleepsUnasked : Model<SleepsUnasked, 2> {
  Set set;
  Source source;
  S::Parker bell;
  S::Atomic<bool> sleeps{false};
  void Before() { set.Expect(source); }
  void Thread(int id) {
    if (id == 0) {
      Report(set, source);
      if (sleeps.load(S::kSeqCst)) bell.Unpark();
      return;
    }
    if (set.Take() != nullptr) return;
    sleeps.store(true, S::kSeqCst);
    bell.Park(sabre::kNever);
  }
};

// Destroys what it removes without asking whose it is.
struct RemovesAtOnce : Model<RemovesAtOnce, 2> {
  Set set;
  Source* source = new Source;
  void Before() { set.Expect(*source); }
  void Thread(int id) {
    if (id == 0) {
      static_cast<void>(set.Mark(*source));
    } else {
      static_cast<void>(set.Remove(*source));
      delete source;
    }
  }
};

const Suite ready_set(
    "ReadySet", {"lib/kernel/ready_set.h"},
    {
        Claim<OneSource>("1 source: its report is not slept beside",
                         {.searches = {Full(), Random(20'000)}, .reaches = {"slept"}}),
        Claim<TwoSources>("2 sources: each is taken once, whole",
                          {.searches = {Bound(3, 300'000), Random(50'000)}, .reaches = {"slept"}}),
        Claim<AskedAgain>("a source that is asked again reports again",
                          {.searches = {Full(), Random(20'000)}}),
        Claim<DeadlineAgainstMark>("the deadline against a report: neither is lost, no token stays",
                                   {.searches = {Full(), Random(20'000)},
                                    .reaches = {"in time", "too late"}}),
        Claim<InterruptLeavesNoToken>("an interrupt, then a report: no token stays",
                                      {.searches = {Full(), Random(20'000)},
                                       .reaches = {"interrupted first", "both at once"}}),
        Claim<AppendAgainstMark>("the owner's own additions against a report",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"the report first", "the owner's first"}}),
        Claim<InterruptAgainstMark>("an interrupt and a report: the wait hears of both, once",
                                    {.searches = {Bound(3, 300'000), Random(50'000)},
                                     .reaches = {"interrupted first", "interrupted last"}}),
        Claim<RemoveAgainstMark>("Remove against a report: one of the two destroys the member",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"the report gets it", "the owner keeps it"}}),
        Claim<RemoveAmongOthers>("the neighbours of one that is removed stay",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"reported later"}}),
        Claim<SetStepByStep>("what each call says, one hand", {.searches = {Random(10)}}),
        Canary<SleepsUnasked>(FailureKind::kDeadlock, "looks, then sleeps"),
        Canary<RemovesAtOnce>(FailureKind::kUseAfterFree, "destroys what is expected"),
    });

}  // namespace
