// Claims about the small state machines in lib/kernel.
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "lib/kernel/admission.h"
#include "lib/kernel/brief_mutex.h"
#include "lib/kernel/grow_length.h"
#include "lib/kernel/ref_count.h"
#include "lib/kernel/task_state.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using namespace sabre::kernel;
using S = RelacySync;

// ---- RefCount

// Each of two threads holds a reference, uses the object, and gives its reference back; the last one
// destroys it, once, after all uses. A third reference is made and given back on the way.
struct LastOneDestroys : Model<LastOneDestroys, 2> {
  struct Object {
    RefCount<S> references;
    S::Var<int> parts[2];
  };
  Object* object = nullptr;
  S::Atomic<int> destroyed{0};
  void Before() {
    object = new Object;
    object->references.Increment();
  }
  void Drop() {
    if (!object->references.Decrement()) return;
    destroyed.fetch_add(1, S::kRelaxed);
    delete object;
  }
  void Thread(int id) {
    object->parts[id].Set(1);
    if (id == 0) {
      object->references.Increment();
      Drop();
    }
    Drop();
  }
  void After() { SABRE_VERIFY(destroyed.load(S::kRelaxed) == 1); }
};

const Suite ref_count("RefCount", {"lib/kernel/ref_count.h"},
                      {Claim<LastOneDestroys>("the last reference destroys, after all uses",
                                              {.searches = {Full(), Random(20'000)}})});

// ---- TaskState

struct Continuation final : TaskContinuation {
  void OnTaskSettled() override { calls.Set(calls.Get() + 1); }
  S::Var<int> calls{0};
};

// A worker and a canceller: one of them claims the task and settles it; the awaiter gets that result.
struct OneOutcome : Model<OneOutcome, 3> {
  TaskState<S> state;
  S::Var<int> result{0};
  S::Parker settled;
  struct Wake final : TaskContinuation {
    explicit Wake(S::Parker& who) : parker(&who) {}
    void OnTaskSettled() override { parker.Get()->Unpark(); }
    S::Var<S::Parker*> parker;
  };
  void Thread(int id) {
    if (id < 2) {
      if (!state.Claim()) return;
      result.Set(id + 1);
      state.Settle();
      return;
    }
    Wake wake(settled);
    if (state.Await(wake)) {
      Reached("continued");
      settled.Park(sabre::kNever);
    } else {
      Reached("settled before");
    }
    const int value = result.Get();
    Reached(value == 1 ? "by the worker" : "by the canceller");
    SABRE_VERIFY((value == 1 || value == 2) && state.settled());
  }
};

// StopAwaiting against Settle: the continuation is called, or taken back, not both.
struct StopAgainstSettle : Model<StopAgainstSettle, 2> {
  TaskState<S> state;
  S::Var<int> result{0};
  Continuation continuation;
  bool taken_back = false;
  void Before() { SABRE_VERIFY(state.Claim() && state.Await(continuation)); }
  void Thread(int id) {
    if (id == 0) {
      result.Set(1);
      state.Settle();
      return;
    }
    taken_back = state.StopAwaiting(continuation);
    if (!taken_back) SABRE_VERIFY(result.Get() == 1);
  }
  void After() {
    SABRE_VERIFY(continuation.calls.Get() == (taken_back ? 0 : 1));
    SABRE_VERIFY(state.settled() && !state.StopAwaiting(continuation) && state.settled());
    Reached(taken_back ? "taken back" : "called");
  }
};

// A poll sees the result, or nothing.
struct PollSettled : Model<PollSettled, 2> {
  TaskState<S> state;
  S::Var<int> result{0};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(state.Claim());
      result.Set(1);
      state.Settle();
    } else if (state.settled()) {
      SABRE_VERIFY(result.Get() == 1 && state.claimed());
      Reached("settled");
    } else {
      Reached("not yet");
    }
  }
};

const Suite task_state("TaskState", {"lib/kernel/task_state.h"},
                       {
                           Claim<OneOutcome>("one claims and settles, the awaiter gets it",
                                             {.searches = {Bound(3, 300'000), Random(50'000)},
                                              .reaches = {"continued", "settled before",
                                                          "by the worker", "by the canceller"}}),
                           Claim<StopAgainstSettle>("StopAwaiting or the call, not both",
                                                    {.searches = {Full(), Random(20'000)},
                                                     .reaches = {"taken back", "called"}}),
                           Claim<PollSettled>("a poll that says settled sees the result",
                                              {.searches = {Full(), Random(20'000)},
                                               .reaches = {"settled", "not yet"}}),
                       });

// ---- Admission

using Door = Admission<S>;

// With a limit of one it is a lock that may be refused: what was done inside is done when the next one
// enters.
struct LimitOfOne : Model<LimitOfOne, 2> {
  Door door;
  S::Var<int> inside{0};
  int entered[2] = {};
  void Thread(int id) {
    if (door.TryEnter(1) != Door::Result::kEntered) {
      Reached("full");
      return;
    }
    entered[id] = 1;
    inside.Set(inside.Get() + 1);
    SABRE_VERIFY(!door.Leave());
  }
  void After() {
    SABRE_VERIFY(inside.Get() == entered[0] + entered[1] && door.inside() == 0);
    if (inside.Get() == 2) Reached("one after the other");
  }
};

// Never more than the limit are inside.
struct LimitOfTwo : Model<LimitOfTwo, 3> {
  Door door;
  S::Atomic<int> inside{0};
  void Thread(int) {
    if (door.TryEnter(2) != Door::Result::kEntered) {
      Reached("full");
      return;
    }
    SABRE_VERIFY(inside.fetch_add(1, S::kRelaxed) < 2);
    SABRE_VERIFY(door.inside() <= 2);
    inside.fetch_sub(1, S::kRelaxed);
    door.Leave();
  }
};

// Who closes and sees the last one gone may free what was used inside; nobody enters afterwards.
struct CloseAgainstEnter : Model<CloseAgainstEnter, 2> {
  Door door;
  S::Var<int> used{0};
  void Thread(int id) {
    if (id == 1) {
      SABRE_VERIFY(door.Close() && !door.Close() && door.closed());
      if (door.drained()) {
        used.Set(-1);
        Reached("drained");
      } else {
        Reached("not drained yet");
      }
      return;
    }
    if (door.TryEnter(1) == Door::Result::kEntered) {
      SABRE_VERIFY(used.Get() == 0);
      used.Set(1);
      Reached(door.Leave() ? "was the last" : "left");
    } else {
      Reached("refused");
    }
  }
  void After() { SABRE_VERIFY(door.drained() && door.TryEnter(1) == Door::Result::kClosed); }
};

// Behind a closed door exactly one is the last, and finds what all others did done.
struct OneIsTheLast : Model<OneIsTheLast, 2> {
  Door door;
  S::Var<int> parts[2];
  int last[2] = {};
  void Before() {
    for (int i = 0; i < 2; ++i) SABRE_VERIFY(door.TryEnter(2) == Door::Result::kEntered);
    SABRE_VERIFY(door.Close());
  }
  void Thread(int id) {
    parts[id].Set(1);
    if (!door.Leave()) return;
    last[id] = 1;
    SABRE_VERIFY(parts[0].Get() + parts[1].Get() == 2);
  }
  void After() { SABRE_VERIFY(last[0] + last[1] == 1); }
};

// What the door says of itself, with nobody else about.
struct DoorTellsItsState : Model<DoorTellsItsState, 1> {
  Door door;
  void Thread(int) {
    SABRE_VERIFY(!door.closed() && !door.drained() && door.inside() == 0);
    SABRE_VERIFY(door.TryEnter(0) == Door::Result::kFull);
    SABRE_VERIFY(door.TryEnter(2) == Door::Result::kEntered && door.inside() == 1);
    SABRE_VERIFY(door.TryEnter(2) == Door::Result::kEntered && door.inside() == 2);
    SABRE_VERIFY(door.TryEnter(2) == Door::Result::kFull && !door.Leave() && !door.closed());
    SABRE_VERIFY(door.Close() && door.closed() && !door.drained() && door.inside() == 1);
    SABRE_VERIFY(!door.Close() && door.TryEnter(9) == Door::Result::kClosed);
    SABRE_VERIFY(door.Leave() && door.drained() && door.inside() == 0);
  }
};

const Suite admission(
    "Admission", {"lib/kernel/admission.h"},
    {
        Claim<LimitOfOne>("limit 1: one after the other, each sees the last",
                          {.searches = {Full(), Random(20'000)},
                           .reaches = {"full", "one after the other"}}),
        Claim<LimitOfTwo>("limit 2, 3 threads: never more than 2 inside",
                          {.searches = {Bound(3, 300'000), Random(50'000)}, .reaches = {"full"}}),
        Claim<CloseAgainstEnter>("after Close and drained nobody is inside",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"drained", "not drained yet", "was the last", "left",
                                              "refused"}}),
        Claim<DoorTellsItsState>("entered, full, closed, drained: one after the other",
                                 {.searches = {Full(), Random(10)}}),
        Claim<OneIsTheLast>("behind a closed door exactly one is the last",
                            {.searches = {Full(), Random(20'000)}}),
    });

// ---- GrowLength

// A block of up to four pages that begins with one. Committing a page twice is what the system bears.
struct Block {
  S::Atomic<std::size_t> length{1};
  S::Atomic<int> usable[4];
  S::Var<int> content[4];  // written by whoever grew to here, before

  Block() { usable[0].store(1, S::kRelaxed); }
  GrowOutcome Grow(std::size_t wanted) {
    return GrowLength<S>(length, wanted, [this](std::size_t from, std::size_t to) {
      for (std::size_t page = from; page < to; ++page) usable[page].store(1, S::kRelaxed);
      return true;
    });
  }
  // All that the length promises is there.
  std::size_t Look() {
    const std::size_t seen = length.load(S::kSeqCst);
    for (std::size_t page = 0; page < seen; ++page) {
      SABRE_VERIFY(usable[page].load(S::kRelaxed) == 1);
    }
    return seen;
  }
};

// Two growers and a reader: the reader never sees a length without its pages, and the length never
// shrinks.
struct GrowersAndReader : Model<GrowersAndReader, 3>, Block {
  GrowOutcome outcome[2] = {};
  void Thread(int id) {
    if (id < 2) {
      outcome[id] = Grow(id == 0 ? 2 : 3);
      SABRE_VERIFY(Look() >= (outcome[id] == GrowOutcome::kGrown ? (id == 0 ? 2u : 3u) : 3u));
    } else {
      const std::size_t before = Look();
      SABRE_VERIFY(Look() >= before);
    }
  }
  void After() {
    SABRE_VERIFY(Look() == 3 && outcome[1] == GrowOutcome::kGrown);
    SABRE_VERIFY(outcome[0] != GrowOutcome::kRefused);
    Reached(outcome[0] == GrowOutcome::kGrown ? "both grew" : "the lesser came too late");
  }
};

// What a grower wrote before it grew is there for whoever sees the length.
struct GrowCarriesData : Model<GrowCarriesData, 2>, Block {
  void Thread(int id) {
    if (id == 0) {
      content[1].Set(7);
      SABRE_VERIFY(Grow(2) == GrowOutcome::kGrown);
    } else if (length.load(S::kSeqCst) == 2) {
      SABRE_VERIFY(content[1].Get() == 7);
      Reached("seen");
    }
  }
};

// The lengths of two blocks are in one total order with all that is SeqCst.
struct LengthsAreInOneOrder : Model<LengthsAreInOneOrder, 2> {
  Block blocks[2];
  std::size_t seen[2] = {};
  void Thread(int id) {
    SABRE_VERIFY(blocks[id].Grow(2) == GrowOutcome::kGrown);
    seen[id] = blocks[1 - id].length.load(S::kSeqCst);
  }
  void After() { SABRE_VERIFY(seen[0] == 2 || seen[1] == 2); }
};

// A refused commit changes nothing, whatever another grower does.
struct RefusedCommit : Model<RefusedCommit, 2>, Block {
  GrowOutcome refused = GrowOutcome::kGrown;
  void Thread(int id) {
    if (id == 0) {
      refused = GrowLength<S>(length, 3, [](std::size_t, std::size_t) { return false; });
    } else {
      SABRE_VERIFY(Grow(4) == GrowOutcome::kGrown);
    }
  }
  void After() {
    SABRE_VERIFY(Look() == 4 && refused != GrowOutcome::kGrown);
    Reached(refused == GrowOutcome::kRefused ? "refused" : "too late");
  }
};

// Bytes are asked for only where the length grows.
struct CommitOnlyToGrow : Model<CommitOnlyToGrow, 1> {
  S::Atomic<std::size_t> length{3};
  std::vector<std::pair<std::size_t, std::size_t>> commits;
  GrowOutcome Grow(std::size_t wanted, bool agree) {
    return GrowLength<S>(length, wanted, [&](std::size_t from, std::size_t to) {
      commits.emplace_back(from, to);
      return agree;
    });
  }
  void Thread(int) {
    SABRE_VERIFY(Grow(3, false) == GrowOutcome::kGrown && commits.empty());
    SABRE_VERIFY(Grow(2, false) == GrowOutcome::kShrinks && commits.empty());
    SABRE_VERIFY(Grow(4, false) == GrowOutcome::kRefused && length.load(S::kRelaxed) == 3);
    SABRE_VERIFY(Grow(5, true) == GrowOutcome::kGrown && length.load(S::kRelaxed) == 5);
    SABRE_VERIFY(commits == (std::vector<std::pair<std::size_t, std::size_t>>{{3, 4}, {3, 5}}));
  }
};

const Suite grow_length(
    "GrowLength", {"lib/kernel/grow_length.h"},
    {
        Claim<GrowersAndReader>("Grow against Grow and a reader: no length without its pages",
                                {.searches = {Bound(3, 500'000), Random(100'000)},
                                 .reaches = {"both grew", "the lesser came too late"}}),
        Claim<GrowCarriesData>("what precedes Grow is there with the length",
                               {.searches = {Full(), Random(20'000)}, .reaches = {"seen"}}),
        Claim<LengthsAreInOneOrder>("the lengths of two blocks are in one order",
                                    {.searches = {Full(), Random(20'000)}}),
        Claim<CommitOnlyToGrow>("bytes are asked for only where the length grows",
                                {.searches = {Full(), Random(10)}}),
        Claim<RefusedCommit>("a refused commit changes nothing",
                             {.searches = {Full(), Random(20'000)},
                              .reaches = {"refused", "too late"}}),
    });

// ---- BriefMutex

// Holders exclude each other, and what one wrote the next one sees; whether it was looked for or slept for.
struct HoldersExcludeEachOther : Model<HoldersExcludeEachOther, 2> {
  BriefMutex<S, 2> mutex;
  S::Var<int> value{0};
  void Thread(int) {
    for (int i = 0; i < 2; ++i) {
      const std::lock_guard<BriefMutex<S, 2>> lock(mutex);
      value.Set(value.Get() + 1);
    }
  }
  void After() { SABRE_VERIFY(value.Get() == 4); }
};

const Suite brief_mutex(
    "BriefMutex", {"lib/kernel/brief_mutex.h"},
    {
        Claim<HoldersExcludeEachOther>("holders exclude each other, and see what was written",
                                       {.searches = {Bound(4, 300'000), Random(20'000)}}),
    });

}  // namespace
