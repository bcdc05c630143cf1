// Wrong ways to wait without a thread that sleeps: each must fail, and in the way that is predicted. The
// list is the real one; the waiter is as lib/kernel/async_waiter.h has it, with its mistakes built in by a
// parameter. Without a mistake it holds.
#include <memory>
#include <mutex>

#include "lib/kernel/ref_count.h"
#include "lib/kernel/waited_life.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::WaitOutcome;

enum class Mistake {
  kNone,
  kFreedWhileQueued,      // the timer frees the wait and leaves it in the list
  kTimeoutCompletesToo,   // the timer does not ask whether it was the one that ended the wait
  kNoReferenceOfTheList,  // the owner frees the wait while its notifier still tells of it
  kNoWeakReference,       // the list ends with the last handle, and the timer looks at it
  kHeardOfOutsideTheLock,  // the completion is queued by whoever comes first, not in the list's order
  kLeftInCompletions,      // the executor ends, and the wait stays in the queue of completions
  kNeverReleased,          // the notifier keeps its reference
};

struct Block final : sabre::kernel::WaitedLife<Block, S> {
  void End() noexcept {}
};

struct Wait;

struct Completions {
  S::Mutex mutex;
  S::Var<Wait*> first{nullptr};
  S::Var<Wait*> last{nullptr};
  void Push(Wait& wait);
  Wait* Pop();
  S::Parker mail;
};

struct Wait : sabre::Waiter<S> {
  Wait(Mistake made, Block& in, Completions& to)
      : sabre::Waiter<S>(&Wait::Complete, &Wait::Take), mistake(made), block(in), completions(to) {
    if (mistake != Mistake::kNoWeakReference) block.AddWeakReference();
    if (mistake != Mistake::kNoReferenceOfTheList) references.Increment();
    SABRE_VERIFY(block.waiters().Enqueue(*this, 8, [] { return true; }));
  }
  ~Wait() {
    if (mistake != Mistake::kNoWeakReference) block.DropWeakReference();
  }
  static void Take(sabre::Waiter<S>& waiter, WaitOutcome how) {
    auto& self = static_cast<Wait&>(waiter);
    self.outcome.Set(how);
    if (self.mistake != Mistake::kHeardOfOutsideTheLock) self.completions.Push(self);
  }
  static void Complete(sabre::Waiter<S>& waiter, WaitOutcome) {
    auto& self = static_cast<Wait&>(waiter);
    if (self.mistake == Mistake::kHeardOfOutsideTheLock) self.completions.Push(self);
    self.completions.mail.Unpark();
    if (self.mistake == Mistake::kNoReferenceOfTheList) {
      self.told.Set(true);
    } else if (self.mistake != Mistake::kNeverReleased) {
      self.Release();
    }
  }
  bool Cancel(WaitOutcome how) { return block.waiters().Cancel(*this, how); }
  void Release() {
    if (references.Decrement()) delete this;
  }

  const Mistake mistake;
  Block& block;
  Completions& completions;
  sabre::kernel::RefCount<S> references;
  S::Var<WaitOutcome> outcome{WaitOutcome::kNotEqual};
  S::Var<bool> told{false};
  S::Var<Wait*> next{nullptr};
};

void Completions::Push(Wait& wait) {
  std::lock_guard<S::Mutex> lock(mutex);
  (last.Get() != nullptr ? last.Get()->next : first).Set(&wait);
  last.Set(&wait);
}
Wait* Completions::Pop() {
  std::lock_guard<S::Mutex> lock(mutex);
  Wait* const wait = first.Get();
  if (wait == nullptr) return nullptr;
  first.Set(wait->next.Get());
  if (first.Get() == nullptr) last.Set(nullptr);
  return wait;
}

// The timer against Notify.
template <class Derived, Mistake kMistake>
struct Timeout : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* wait = new Wait(kMistake, *block, completions);
  int heard = 0;
  void Thread(int id) {
    if (id == 1) {
      block->waiters().Notify(8, 1);
      return;
    }
    if (kMistake == Mistake::kFreedWhileQueued) {
      delete wait;
      return;
    }
    const bool mine = wait->Cancel(WaitOutcome::kTimedOut);
    if (kMistake == Mistake::kTimeoutCompletesToo && !mine) heard += 1;
    completions.mail.Park(sabre::kNever);
    while (Wait* const ended = completions.Pop()) {
      heard += 1;
      ended->Release();
    }
  }
  void After() {
    SABRE_VERIFY(heard == 1);
    block->DropReference();
  }
};
struct TimeoutRight : Timeout<TimeoutRight, Mistake::kNone> {};
struct FreedWhileQueued : Timeout<FreedWhileQueued, Mistake::kFreedWhileQueued> {};
struct TimeoutCompletesToo : Timeout<TimeoutCompletesToo, Mistake::kTimeoutCompletesToo> {};
struct NoReferenceOfTheList : Timeout<NoReferenceOfTheList, Mistake::kNoReferenceOfTheList> {};
struct NeverReleased : Timeout<NeverReleased, Mistake::kNeverReleased> {};

// The timer against the end of the block.
template <class Derived, Mistake kMistake>
struct End : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* wait = new Wait(kMistake, *block, completions);
  void Thread(int id) {
    if (id == 1) return block->DropReference();
    wait->Cancel(WaitOutcome::kTimedOut);
    completions.mail.Park(sabre::kNever);
    SABRE_VERIFY(completions.Pop() == wait);
    wait->Release();
  }
};
struct EndRight : End<EndRight, Mistake::kNone> {};
struct NoWeakReference : End<NoWeakReference, Mistake::kNoWeakReference> {};

// Two notifiers, two waits.
template <class Derived, Mistake kMistake>
struct Order : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* waits[2] = {new Wait(kMistake, *block, completions),
                    new Wait(kMistake, *block, completions)};
  void Thread(int) { block->waiters().Notify(8, 1); }
  void After() {
    for (Wait* const wait : waits) {
      SABRE_VERIFY(completions.Pop() == wait);
      wait->Release();
    }
    block->DropReference();
  }
};
struct OrderRight : Order<OrderRight, Mistake::kNone> {};
struct HeardOfOutsideTheLock : Order<HeardOfOutsideTheLock, Mistake::kHeardOfOutsideTheLock> {};

// The executor ends and takes its wait back; another of its thread looks for completions later.
template <class Derived, Mistake kMistake>
struct ExecutorEnd : Model<Derived, 2> {
  Completions completions;
  Block* block = new Block;
  Wait* wait = new Wait(kMistake, *block, completions);
  void Thread(int id) {
    if (id == 1) {
      block->waiters().Notify(8, 1);
      return;
    }
    wait->Cancel(WaitOutcome::kCancelled);
    if (kMistake != Mistake::kLeftInCompletions) SABRE_VERIFY(completions.Pop() == wait);
    wait->Release();
  }
  void After() {
    if (Wait* const left = completions.Pop())
      SABRE_VERIFY(left->outcome.Get() != WaitOutcome::kNotEqual);
    block->DropReference();
  }
};
struct ExecutorEndRight : ExecutorEnd<ExecutorEndRight, Mistake::kNone> {};
struct LeftInCompletions : ExecutorEnd<LeftInCompletions, Mistake::kLeftInCompletions> {};

const std::vector<Search> kRight = {Full(300'000), Random(20'000)};

const Suite suite(
    "wrong: asynchronous waits", {},
    {
        Claim<TimeoutRight>("(right) timeout against Notify", {.searches = kRight}),
        Claim<EndRight>("(right) the block's end against a timeout", {.searches = kRight}),
        Claim<OrderRight>("(right) completions of two notifiers", {.searches = kRight}),
        Claim<ExecutorEndRight>("(right) an executor that ends", {.searches = kRight}),
        Canary<FreedWhileQueued>(FailureKind::kUseAfterFree, "a wait is freed while it is queued"),
        Canary<TimeoutCompletesToo>(FailureKind::kAssertion, "a timeout completes a notified wait"),
        Canary<NoReferenceOfTheList>(FailureKind::kDataRace,
                                     "a wait is freed while its notifier tells of it"),
        Canary<NeverReleased>(FailureKind::kLeak, "the notifier's reference is kept"),
        Canary<NoWeakReference>(FailureKind::kUseAfterFree,
                                "a timer looks at a list that has ended"),
        Canary<HeardOfOutsideTheLock>(FailureKind::kAssertion,
                                      "completions are queued outside the list's lock"),
        Canary<LeftInCompletions>(FailureKind::kUseAfterFree,
                                  "an ended executor leaves its wait among the completions"),
    });

}  // namespace
