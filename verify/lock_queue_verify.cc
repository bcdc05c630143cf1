// Claims about lib/kernel/lock_queue.h: a lock that threads find by its name.
#include "lib/kernel/lock_queue.h"

#include <string>
#include <utility>
#include <vector>

#include "lib/kernel/lock_request.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::TimePoint;

constexpr TimePoint kSoon{};  // the scheduler decides when it passes

// ---- LockQueues

using Queues = sabre::kernel::LockQueues<S>;
using State = Queues::State;
using IfTaken = Queues::IfTaken;

struct Request final : sabre::kernel::LockRequest<S> {
  explicit Request(bool shared = false, std::uint64_t owner = 1, const char* name = "a")
      : LockRequest(name, shared, owner) {}
  void OnSettled() override {
    settled.Set(settled.Get() + 1);
    bell.Unpark();
  }
  void OnLost() override { lost.Set(lost.Get() + 1); }
  S::Var<int> settled{0};
  S::Var<int> lost{0};
  S::Parker bell;
};

// What a model's requests have in common: they are its own until its end.
template <class Derived, int kThreads>
struct Locks : Model<Derived, kThreads> {
  Queues queues;
  std::vector<Request*> made;

  Request& Make(bool shared = false, std::uint64_t owner = 1, const char* name = "a") {
    made.push_back(new Request(shared, owner, name));
    return *made.back();
  }
  Request& Made(State expected, bool shared = false, std::uint64_t owner = 1,
                const char* name = "a") {
    Request& request = Make(shared, owner, name);
    SABRE_VERIFY(queues.Add(request, IfTaken::kWait) == expected);
    return request;
  }
  // Sleeps until it is granted. Returns whether it slept.
  bool Wait(Request& request) {
    if (queues.Add(request, IfTaken::kWait) == State::kHeld) return false;
    request.bell.Park(sabre::kNever);
    SABRE_VERIFY(queues.StateOf(request) == State::kHeld);
    return true;
  }
  bool Is(Request& request, State state, int settled, int lost = 0) {
    return queues.StateOf(request) == state && request.settled.Get() == settled &&
           request.lost.Get() == lost;
  }
  void DropAll() {
    int left = 0;
    queues.ForEach([&](const Queues::Request&, bool) { left += 1; });
    SABRE_VERIFY(left == 0);
    for (Request* request : made) request->DropReference();
  }
};

// Whoever holds it alone sees what the one before has written, and is alone.
struct HolderIsAlone : Locks<HolderIsAlone, 2> {
  S::Var<int> data{0};
  Request* requests[2] = {&Make(), &Make()};
  void Thread(int id) {
    if (Wait(*requests[id])) Reached("waited");
    data.Set(data.Get() + 1);
    SABRE_VERIFY(queues.Release(*requests[id]));
    SABRE_VERIFY(!queues.Release(*requests[id]));
  }
  void After() {
    SABRE_VERIFY(data.Get() == 2);
    DropAll();
  }
};

// Two that share and one that is alone.
struct SharersAndWriter : Locks<SharersAndWriter, 3> {
  S::Var<int> data{0};
  S::Atomic<int> sharing{0};
  Request* requests[3] = {&Make(true), &Make(true), &Make(false)};
  void Thread(int id) {
    Wait(*requests[id]);
    if (id == 2) {
      data.Set(1);
    } else {
      if (sharing.fetch_add(1, S::kRelaxed) == 1) Reached("shared");
      Reached(data.Get() == 0 ? "before the writer" : "after the writer");
      sharing.fetch_sub(1, S::kRelaxed);
    }
    SABRE_VERIFY(queues.Release(*requests[id]));
  }
  void After() { DropAll(); }
};

// The first that waits is cancelled while the lock comes free: one outcome, and the lock goes on.
struct CancelAgainstGrant : Locks<CancelAgainstGrant, 2> {
  Request& holder = Made(State::kHeld);
  Request& first = Made(State::kPending);
  Request& second = Made(State::kPending, /*shared=*/true);
  bool cancelled = false;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(queues.Release(holder));
    } else {
      cancelled = queues.Cancel(first, State::kCancelled);
    }
  }
  void After() {
    SABRE_VERIFY(Is(first, cancelled ? State::kCancelled : State::kHeld, 1));
    SABRE_VERIFY(Is(second, cancelled ? State::kHeld : State::kPending, cancelled ? 1 : 0));
    Reached(cancelled ? "cancelled" : "granted");
    SABRE_VERIFY(queues.Release(cancelled ? second : first));
    SABRE_VERIFY(cancelled || queues.Release(second));
    DropAll();
  }
};

// A deadline against the grant: in time and then with what the holder wrote, or not at all.
struct DeadlineAgainstGrant : Locks<DeadlineAgainstGrant, 2> {
  S::Var<int> data{0};
  Request& holder = Made(State::kHeld);
  Request& waiter = Make();
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(queues.Release(holder));
      return;
    }
    if (queues.Add(waiter, IfTaken::kWait) == State::kPending && !waiter.bell.Park(kSoon)) {
      const bool mine = queues.Cancel(waiter, State::kTimedOut);
      waiter.bell.Park(sabre::kNever);
      Reached(mine ? "timed out" : "granted at the deadline");
      if (mine) return;
    }
    SABRE_VERIFY(data.Get() == 7 && queues.Release(waiter));
    Reached("granted");
  }
  void After() { DropAll(); }
};

// A thief gets the lock whatever the holder does; the holder learns of it, or was done before.
struct StealAgainstRelease : Locks<StealAgainstRelease, 2> {
  Request& holder = Made(State::kHeld);
  Request& thief = Make();
  bool released = false;
  void Thread(int id) {
    if (id == 0) {
      released = queues.Release(holder);
    } else {
      SABRE_VERIFY(queues.Add(thief, IfTaken::kSteal) == State::kHeld);
    }
  }
  void After() {
    SABRE_VERIFY(Is(holder, released ? State::kReleased : State::kStolen, 0, released ? 0 : 1));
    SABRE_VERIFY(Is(thief, State::kHeld, 0) && queues.Release(thief));
    Reached(released ? "released" : "stolen");
    DropAll();
  }
};

// A thief comes while the next is granted: the next is robbed, or waits on.
struct StealAgainstGrant : Locks<StealAgainstGrant, 2> {
  Request& holder = Made(State::kHeld);
  Request& next = Made(State::kPending);
  Request& thief = Make();
  void Thread(int id) {
    if (id == 0) {
      queues.Release(holder);
    } else {
      SABRE_VERIFY(queues.Add(thief, IfTaken::kSteal) == State::kHeld);
    }
  }
  void After() {
    const bool robbed = Is(next, State::kStolen, 1, 1);
    SABRE_VERIFY(robbed || Is(next, State::kPending, 0));
    Reached(robbed ? "granted, then robbed" : "waits on");
    SABRE_VERIFY(queues.Release(thief) && queues.Release(next) == !robbed);
    DropAll();
  }
};

// The end of the holder is a release: who sleeps for the lock gets it.
struct DeathOfTheHolder : Locks<DeathOfTheHolder, 2> {
  S::Var<int> data{0};
  Request& holder = Made(State::kHeld, false, /*owner=*/1);
  Request& waiter = Make(false, /*owner=*/2);
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      queues.EndOwner(1);
      return;
    }
    Reached(Wait(waiter) ? "slept" : "free before");
    SABRE_VERIFY(data.Get() == 7 && queues.Release(waiter));
  }
  void After() {
    SABRE_VERIFY(Is(holder, State::kOrphaned, 0, 1) && !queues.Release(holder));
    DropAll();
  }
};

// The one that waits ends while the lock comes free: nothing stays with the dead.
struct DeathOfTheNext : Locks<DeathOfTheNext, 2> {
  Request& holder = Made(State::kHeld, false, /*owner=*/1);
  Request& next = Made(State::kPending, false, /*owner=*/2);
  Request& last = Made(State::kPending, false, /*owner=*/1);
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(queues.Release(holder));
    } else {
      queues.EndOwner(2);
    }
  }
  void After() {
    const bool had_it = next.lost.Get() == 1;
    Reached(had_it ? "had it" : "waited");
    SABRE_VERIFY(Is(next, State::kOrphaned, 1, had_it ? 1 : 0));
    SABRE_VERIFY(Is(last, State::kHeld, 1) && queues.Release(last));
    DropAll();
  }
};

// A handle is dropped while the queues still call it.
struct LastReference : Model<LastReference, 2> {
  Queues queues;
  Request* holder = new Request;
  Request* thief = new Request;
  void Before() { SABRE_VERIFY(queues.Add(*holder, IfTaken::kWait) == State::kHeld); }
  void Thread(int id) {
    if (id == 0) {
      queues.Release(*holder);
      holder->DropReference();
    } else {
      SABRE_VERIFY(queues.Add(*thief, IfTaken::kSteal) == State::kHeld);
      SABRE_VERIFY(queues.Release(*thief));
      thief->DropReference();
    }
  }
};

// One who only looks sees a state before or after a change.
struct LookerAgainstRelease : Locks<LookerAgainstRelease, 2> {
  Request& holder = Made(State::kHeld);
  Request& next = Made(State::kPending);
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(queues.Release(holder));
      return;
    }
    int holds = 0;
    queues.ForEach([&](const Queues::Request&, bool held) { holds += held ? 1 : 0; });
    SABRE_VERIFY(holds == 1);
    Reached(queues.StateOf(next) == State::kHeld ? "after" : "before");
  }
  void After() {
    SABRE_VERIFY(queues.Release(next));
    DropAll();
  }
};

// What each call says, step by step.
struct LocksStepByStep : Locks<LocksStepByStep, 1> {
  void SharedAreGrantedTogether() {
    Request& alone = Made(State::kHeld);
    Request& reader1 = Made(State::kPending, true);
    Request& reader2 = Made(State::kPending, true);
    Request& writer = Made(State::kPending);
    Request& reader3 = Made(State::kPending, true);
    SABRE_VERIFY(queues.Release(alone));
    SABRE_VERIFY(Is(reader1, State::kHeld, 1) && Is(reader2, State::kHeld, 1));
    // Not past the writer, although the readers would allow it.
    SABRE_VERIFY(Is(writer, State::kPending, 0) && Is(reader3, State::kPending, 0));
    SABRE_VERIFY(queues.Release(reader1) && Is(writer, State::kPending, 0));
    SABRE_VERIFY(queues.Release(reader2) && Is(writer, State::kHeld, 1));
    SABRE_VERIFY(Is(reader3, State::kPending, 0) && queues.Release(writer));
    SABRE_VERIFY(Is(reader3, State::kHeld, 1) && queues.Release(reader3));
    SABRE_VERIFY(Is(reader3, State::kReleased, 1) && !queues.Release(reader3));
  }
  void GivingUp() {
    Request& reader = Made(State::kHeld, true);
    Request& too = Make(true);
    SABRE_VERIFY(queues.Add(too, IfTaken::kGiveUp) == State::kHeld);
    SABRE_VERIFY(queues.Add(Make(), IfTaken::kGiveUp) == State::kIdle);
    Request& writer = Made(State::kPending);
    // Not past the one that waits.
    SABRE_VERIFY(queues.Add(Make(true), IfTaken::kGiveUp) == State::kIdle);
    Request& other = Make(false, 1, "b");
    SABRE_VERIFY(queues.Add(other, IfTaken::kGiveUp) == State::kHeld);
    SABRE_VERIFY(!queues.Cancel(other, State::kCancelled) && queues.Release(other));
    SABRE_VERIFY(queues.Cancel(writer, State::kTimedOut) && Is(writer, State::kTimedOut, 1));
    SABRE_VERIFY(!queues.Cancel(writer, State::kCancelled) && Is(writer, State::kTimedOut, 1));
    SABRE_VERIFY(queues.Release(too) && queues.Release(reader) && !queues.Release(writer));
  }
  // An exclusive one that leaves holds nobody back any more.
  void LeavingTheWayFree() {
    Request& reader1 = Made(State::kHeld, true);
    Request& writer = Made(State::kPending);
    Request& reader2 = Made(State::kPending, true);
    SABRE_VERIFY(queues.Cancel(writer, State::kCancelled) && Is(reader2, State::kHeld, 1));
    SABRE_VERIFY(queues.Release(reader1) && queues.Release(reader2));
  }
  // Nobody else has a reference when they are told.
  void ForsakenByAll() {
    auto* const holder = new Request(false, 3);
    auto* const waiter = new Request(false, 3);
    SABRE_VERIFY(queues.Add(*holder, IfTaken::kWait) == State::kHeld);
    SABRE_VERIFY(queues.Add(*waiter, IfTaken::kWait) == State::kPending);
    holder->DropReference();
    waiter->DropReference();
    queues.EndOwner(3);
  }
  // The middle one, the last one and the first one leave; the order of the others stays.
  void LeavingTheQueue() {
    Request& holder = Made(State::kHeld);
    Request* waiters[5];
    for (Request*& waiter : waiters) waiter = &Made(State::kPending);
    for (const int i : {1, 4, 0}) SABRE_VERIFY(queues.Cancel(*waiters[i], State::kCancelled));
    Request& last = Made(State::kPending);
    SABRE_VERIFY(queues.Release(holder) && Is(*waiters[2], State::kHeld, 1));
    SABRE_VERIFY(queues.Release(*waiters[2]) && Is(*waiters[3], State::kHeld, 1));
    SABRE_VERIFY(queues.Release(*waiters[3]) && Is(last, State::kHeld, 1));
    SABRE_VERIFY(queues.Release(last));
  }
  void Stealing() {
    Request& reader1 = Made(State::kHeld, true);
    Request& reader2 = Made(State::kHeld, true);
    Request& waiter = Made(State::kPending);
    Request& elsewhere = Made(State::kHeld, false, 1, "b");
    Request& thief = Make();
    SABRE_VERIFY(queues.Add(thief, IfTaken::kSteal) == State::kHeld);
    SABRE_VERIFY(Is(reader1, State::kStolen, 0, 1) && Is(reader2, State::kStolen, 0, 1));
    SABRE_VERIFY(Is(waiter, State::kPending, 0) && Is(elsewhere, State::kHeld, 0));
    SABRE_VERIFY(!queues.Release(reader1) && queues.Release(thief));
    SABRE_VERIFY(Is(waiter, State::kHeld, 1) && queues.Release(waiter));
    SABRE_VERIFY(queues.Add(Make(), IfTaken::kSteal) == State::kHeld);
    SABRE_VERIFY(queues.Release(*made.back()) && queues.Release(elsewhere));
  }
  void TheEndOfAnOwner() {
    Request& dead1 = Made(State::kHeld, true, 2);
    Request& dead2 = Made(State::kHeld, true, 2);
    Request& alive = Made(State::kHeld, true, 1);
    Request& dead3 = Made(State::kPending, false, 2);
    Request& reader = Made(State::kPending, true, 1);
    Request& dead4 = Made(State::kHeld, false, 2, "b");
    Request& next = Made(State::kPending, false, 1, "b");
    Request& dead5 = Made(State::kHeld, false, 2, "c");
    queues.EndOwner(2);
    for (Request* request : {&dead1, &dead2, &dead4, &dead5}) {
      SABRE_VERIFY(Is(*request, State::kOrphaned, 0, 1));
    }
    SABRE_VERIFY(Is(dead3, State::kOrphaned, 1) && Is(alive, State::kHeld, 0));
    SABRE_VERIFY(Is(reader, State::kHeld, 1) && Is(next, State::kHeld, 1));
    int held = 0;
    queues.ForEach([&](const Queues::Request& request, bool holds) {
      SABRE_VERIFY(request.owner() == 1 && holds);
      held += 1;
    });
    SABRE_VERIFY(held == 3);
    for (Request* request : {&alive, &reader, &next}) SABRE_VERIFY(queues.Release(*request));
  }
  void WhatOneSees() {
    Request& writer = Made(State::kHeld, false, 1, "b");
    Request& reader1 = Made(State::kHeld, true, 1, "a");
    Request& waiter1 = Made(State::kPending, false, 1, "a");
    Request& waiter2 = Made(State::kPending, true, 1, "a");
    Request* order[] = {&reader1, &waiter1, &waiter2, &writer};
    int seen = 0;
    queues.ForEach([&](const Queues::Request& request, bool held) {
      SABRE_VERIFY(&request == order[seen] && held == (seen == 0 || seen == 3));
      seen += 1;
    });
    SABRE_VERIFY(seen == 4);
    for (Request* request : order) SABRE_VERIFY(queues.Release(*request));
  }
  void Thread(int) {
    SharedAreGrantedTogether();
    GivingUp();
    LeavingTheWayFree();
    ForsakenByAll();
    LeavingTheQueue();
    Stealing();
    TheEndOfAnOwner();
    WhatOneSees();
    DropAll();
  }
};

// Who is told may use the queues at once.
struct ToldUsesQueues : Model<ToldUsesQueues, 1> {
  struct Next final : sabre::kernel::LockRequest<S> {
    explicit Next(Queues& its_queues) : LockRequest("a", false, 1), queues(its_queues) {}
    void OnSettled() override { released = queues.Release(*this); }
    void OnLost() override { queues.EndOwner(7); }
    Queues& queues;
    bool released = false;
  };
  Queues queues;
  void Thread(int) {
    auto* const first = new Next(queues);
    auto* const second = new Next(queues);
    auto* const thief = new Next(queues);
    SABRE_VERIFY(queues.Add(*first, IfTaken::kWait) == State::kHeld);
    SABRE_VERIFY(queues.Add(*second, IfTaken::kWait) == State::kPending);
    SABRE_VERIFY(queues.Add(*thief, IfTaken::kSteal) == State::kHeld);
    SABRE_VERIFY(queues.Release(*thief) && second->released);
    for (Next* request : {first, second, thief}) request->DropReference();
  }
};

// Canaries: a thief does not make the robbed one stop, a death that nobody reports frees nothing, and a
// request is made once.
struct RobbedGoesOn : Locks<RobbedGoesOn, 2> {
  S::Var<int> data{0};
  Request& holder = Made(State::kHeld);
  Request& thief = Make();
  void Thread(int id) {
    if (id == 1) queues.Add(thief, IfTaken::kSteal);
    data.Set(id);
    queues.Release(id == 1 ? thief : holder);
  }
  void After() { DropAll(); }
};
struct DeathUnreported : Locks<DeathUnreported, 2> {
  Request& holder = Made(State::kHeld);
  Request& waiter = Make();
  void Thread(int id) {
    if (id == 1) Wait(waiter);
  }
};
struct RequestedTwice : Locks<RequestedTwice, 1> {
  void Thread(int) {
    Request& request = Made(State::kHeld);
    queues.Release(request);
    queues.Add(request, IfTaken::kWait);
    queues.Release(request);
    DropAll();
  }
};
struct EndedBeforeItsLocks : Model<EndedBeforeItsLocks, 1> {
  void Thread(int) {
    Queues queues;
    auto* const holder = new Request;
    queues.Add(*holder, IfTaken::kWait);
    holder->DropReference();
  }
};

const Suite lock_queue(
    "LockQueues", {"lib/kernel/lock_queue.h", "lib/kernel/lock_request.h"},
    {
        Claim<HolderIsAlone>("an exclusive holder is alone, and sees what the last one wrote",
                             {.searches = {Bound(3, 100'000), Random(20'000)},
                              .reaches = {"waited"}}),
        Claim<SharersAndWriter>("sharers together, the writer alone",
                                {.searches = {Bound(2, 100'000), Random(20'000)},
                                 .reaches = {"shared", "before the writer", "after the writer"}}),
        Claim<CancelAgainstGrant>("Cancel or the grant, not both; the lock goes on",
                                  {.searches = {Full(), Random(20'000)},
                                   .reaches = {"cancelled", "granted"}}),
        Claim<DeadlineAgainstGrant>("a deadline against the grant: nobody sleeps on a free lock",
                                    {.searches = {Full(), Random(20'000)},
                                     .reaches = {"granted", "timed out",
                                                 "granted at the deadline"}}),
        Claim<StealAgainstRelease>("a thief gets it; the holder learns of it or was done",
                                   {.searches = {Full(), Random(20'000)},
                                    .reaches = {"released", "stolen"}}),
        Claim<StealAgainstGrant>("a thief against the grant to the next",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"granted, then robbed", "waits on"}}),
        Claim<DeathOfTheHolder>("the end of the holder wakes the next",
                                {.searches = {Full(), Random(20'000)},
                                 .reaches = {"slept", "free before"}}),
        Claim<DeathOfTheNext>("the end of the next against its grant: nothing stays with the dead",
                              {.searches = {Full(), Random(20'000)},
                               .reaches = {"had it", "waited"}}),
        Claim<LastReference>("a handle dropped while it is told: no use after the end, no leak",
                             {.searches = {Full(), Random(20'000)}}),
        Claim<LookerAgainstRelease>("who looks sees before or after",
                                    {.searches = {Full(), Random(20'000)},
                                     .reaches = {"before", "after"}}),
        Claim<LocksStepByStep>("what each call says, step by step", {.searches = {Random(10)}}),
        Claim<ToldUsesQueues>("who is told may use the queues", {.searches = {Random(10)}}),
        Canary<RobbedGoesOn>(FailureKind::kDataRace, "the robbed one goes on",
                             {.searches = {Full()}}),
        Canary<DeathUnreported>(FailureKind::kDeadlock, "a death that nobody reports",
                                {.searches = {Full()}}),
        Canary<RequestedTwice>(FailureKind::kAssertion, "requested twice", {.searches = {Full()}}),
        Canary<EndedBeforeItsLocks>(FailureKind::kAssertion, "ended before its locks",
                                    {.searches = {Full()}}),
    });

}  // namespace
