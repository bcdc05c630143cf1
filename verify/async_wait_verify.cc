// Claims about lib/kernel/async_waiter.h and waited_life.h: a wait that no thread sleeps for ends once, is
// heard of once and in order, and neither it nor the list it stood in is used after its end.
#include <cstddef>

#include "lib/kernel/async_waiter.h"
#include "lib/kernel/waited_life.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;
using sabre::WaitOutcome;

struct Block final : sabre::kernel::WaitedLife<Block, S> {
  void End() noexcept { bytes.Set(-1); }
  S::Var<int> bytes{0};  // what only strong references keep
};
using Completions = sabre::kernel::CompletionQueue<Block, S>;

// An executor with one thread: its mailbox holds one message.
struct Executor {
  Completions completions;
  S::Parker mail;
};

struct Wait final : sabre::kernel::AsyncWaiter<Block, S> {
  Wait(Block& block, Executor& on) : AsyncWaiter(block, on.completions), executor(on) {}
  void OnEnded() override { executor.mail.Unpark(); }
  Executor& executor;
};

bool Always() { return true; }

const char* NameOf(WaitOutcome outcome) {
  switch (outcome) {
    case WaitOutcome::kNotified:
      return "notified";
    case WaitOutcome::kNotEqual:
      return "not equal";
    case WaitOutcome::kTimedOut:
      return "timed out";
    case WaitOutcome::kCancelled:
      return "cancelled";
  }
  return "";
}

// A block with one strong reference, an executor, and waits on one cell in order.
template <class Derived, int kThreads, int kWaits>
struct Waits : Model<Derived, kThreads> {
  Executor executor;
  Block* block = new Block;
  Wait* waits[kWaits] = {};

  Waits() {
    for (Wait*& wait : waits) {
      wait = new Wait(*block, executor);
      SABRE_VERIFY(wait->Begin(8, Always));
    }
  }
  std::size_t Notify(std::size_t count) { return block->waiters().Notify(8, count); }

  // The owner: takes the oldest completion, which must be there, and says how it ended.
  WaitOutcome Settle(Wait* expected = nullptr) {
    auto* const wait = static_cast<Wait*>(executor.completions.Pop());
    SABRE_VERIFY(wait != nullptr && (expected == nullptr || wait == expected));
    const WaitOutcome outcome = wait->outcome();
    wait->Release();
    return outcome;
  }
  WaitOutcome SettleWhenTold(Wait* expected = nullptr) {
    executor.mail.Park(sabre::kNever);
    return Settle(expected);
  }
  void NothingIsLeft() { SABRE_VERIFY(executor.completions.Pop() == nullptr); }
};

// A relaxed store before Notify is never missed, and a wait that did not begin is not heard of.
struct StoreThenNotify : Model<StoreThenNotify, 2> {
  Executor executor;
  Block* block = new Block;
  S::Atomic<int> cell{0};
  void Thread(int id) {
    if (id == 1) {
      cell.store(1, S::kRelaxed);
      block->waiters().Notify(8, 1);
      return;
    }
    Wait* const wait = new Wait(*block, executor);
    if (wait->Begin(8, [this] { return cell.load(S::kRelaxed) == 0; })) {
      executor.mail.Park(sabre::kNever);
      SABRE_VERIFY(executor.completions.Pop() == wait);
      SABRE_VERIFY(wait->outcome() == WaitOutcome::kNotified);
      Reached("notified");
    } else {
      Reached("not equal");
    }
    wait->Release();
  }
  void After() {
    SABRE_VERIFY(executor.completions.Pop() == nullptr);
    block->DropReference();
  }
};

// Its timer against Notify: one outcome, heard of once; the count is exact.
struct TimeoutAgainstNotify : Waits<TimeoutAgainstNotify, 2, 1> {
  S::Var<int> data{0};
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  bool timed_out = false;
  std::size_t notified = 0;
  void Thread(int id) {
    if (id == 0) {
      timed_out = waits[0]->Cancel(WaitOutcome::kTimedOut);
      outcome = SettleWhenTold(waits[0]);
      // Memory ordering: what preceded the Notify is visible once the completion has been taken.
      if (outcome == WaitOutcome::kNotified) SABRE_VERIFY(data.Get() == 7);
    } else {
      data.Set(7);
      notified = Notify(1);
    }
  }
  void After() {
    SABRE_VERIFY(notified == (outcome == WaitOutcome::kNotified ? 1u : 0u));
    SABRE_VERIFY(timed_out == (outcome == WaitOutcome::kTimedOut));
    NothingIsLeft();
    block->DropReference();
    Reached(NameOf(outcome));
  }
};

// The executor ends: it takes its wait back, whatever a notifier does. The notification is the next one's,
// also if it was this one's before.
struct ExecutorEndAgainstNotify : Waits<ExecutorEndAgainstNotify, 2, 2> {
  bool cancelled = false;
  void Thread(int id) {
    if (id == 1) {
      SABRE_VERIFY(Notify(1) == 1);
      return;
    }
    cancelled = waits[0]->Cancel(WaitOutcome::kCancelled);
    SABRE_VERIFY(executor.completions.Remove(*waits[0]));
    SABRE_VERIFY(waits[0]->outcome() ==
                 (cancelled ? WaitOutcome::kCancelled : WaitOutcome::kNotified));
    SABRE_VERIFY(waits[0]->PassOn() == !cancelled);
    waits[0]->Release();
  }
  void After() {
    block->DropReference();
    SABRE_VERIFY(Settle(waits[1]) == WaitOutcome::kNotified);
    NothingIsLeft();
    Reached(cancelled ? "taken back" : "was notified");
  }
};

// Two notifiers, two waits, and the owner settles what it is told of: in the order of the list, although
// the second notifier may be the first to tell.
struct TwoNotifiersKeepOrder : Waits<TwoNotifiersKeepOrder, 3, 2> {
  std::size_t notified[2] = {};
  void Thread(int id) {
    if (id < 2) {
      notified[id] = Notify(1);
    } else {
      SABRE_VERIFY(SettleWhenTold(waits[0]) == WaitOutcome::kNotified);
    }
  }
  void After() {
    SABRE_VERIFY(notified[0] == 1 && notified[1] == 1);
    SABRE_VERIFY(Settle(waits[1]) == WaitOutcome::kNotified);
    NothingIsLeft();
    block->DropReference();
  }
};

// One notifier wakes both, and the owner settles and destroys both while it goes on.
struct SettledWhileNotifying : Waits<SettledWhileNotifying, 2, 2> {
  void Thread(int id) {
    if (id == 1) {
      SABRE_VERIFY(Notify(2) == 2);
    } else {
      SettleWhenTold(waits[0]);
      Settle(waits[1]);
    }
  }
  void After() {
    NothingIsLeft();
    block->DropReference();
  }
};

// The last strong reference goes while the timer fires: the list that the timer looks at is still there.
struct EndAgainstTimeout : Waits<EndAgainstTimeout, 2, 1> {
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  bool timed_out = false;
  void Thread(int id) {
    if (id == 1) return block->DropReference();
    timed_out = waits[0]->Cancel(WaitOutcome::kTimedOut);
    outcome = SettleWhenTold(waits[0]);
  }
  void After() {
    SABRE_VERIFY(outcome == (timed_out ? WaitOutcome::kTimedOut : WaitOutcome::kCancelled));
    NothingIsLeft();
    Reached(NameOf(outcome));
  }
};

// One notifies and gives its reference back, one gives the last back: the first wait is always notified,
// the second ends with the block, and the owner may destroy both on the way.
struct EndAgainstNotify : Waits<EndAgainstNotify, 3, 2> {
  void Before() { block->AddReference(); }
  void Thread(int id) {
    if (id == 0) SABRE_VERIFY(Notify(1) == 1);
    if (id < 2) {
      SABRE_VERIFY(block->bytes.Get() == 0);
      block->DropReference();
    } else {
      SABRE_VERIFY(SettleWhenTold(waits[0]) == WaitOutcome::kNotified);
    }
  }
  void After() {
    SABRE_VERIFY(Settle(waits[1]) == WaitOutcome::kCancelled);
    NothingIsLeft();
  }
};

// A stop request in a third thread, the timer, and a notifier: one of them wins, and knows. The owner does
// as the end of a std::stop_callback does: it waits for the callback before it lets go of the wait.
struct StopAgainstTimeoutAndNotify : Waits<StopAgainstTimeoutAndNotify, 3, 1> {
  S::Parker callback_returned;
  S::Var<bool> stopped{false};
  bool timed_out = false;
  std::size_t notified = 0;
  WaitOutcome outcome = WaitOutcome::kNotEqual;
  void Thread(int id) {
    if (id == 0) {
      timed_out = waits[0]->Cancel(WaitOutcome::kTimedOut);
      executor.mail.Park(sabre::kNever);
      callback_returned.Park(sabre::kNever);
      outcome = stopped.Get() ? WaitOutcome::kCancelled : waits[0]->outcome();
      SABRE_VERIFY(Settle(waits[0]) == outcome);
    } else if (id == 1) {
      notified = Notify(1);
    } else {
      if (waits[0]->Cancel(WaitOutcome::kCancelled)) stopped.Set(true);
      callback_returned.Unpark();
    }
  }
  void After() {
    const bool stop_won = stopped.Get();
    SABRE_VERIFY((timed_out ? 1u : 0u) + notified + (stop_won ? 1u : 0u) == 1u);
    NothingIsLeft();
    block->DropReference();
    Reached(NameOf(outcome));
  }
};

// A waiting thread and an asynchronous wait stand in one queue: the one that came first is told.
struct OneQueueForBothKinds : Waits<OneQueueForBothKinds, 2, 1> {
  WaitOutcome blocking = WaitOutcome::kNotEqual;
  std::size_t notified = 0;
  void Thread(int id) {
    if (id == 0) {
      blocking = block->waiters().Wait(8, Always, sabre::TimePoint());
    } else {
      notified = Notify(1) + Notify(1);
    }
  }
  void After() {
    SABRE_VERIFY(notified == (blocking == WaitOutcome::kNotified ? 2u : 1u));
    SABRE_VERIFY(Settle(waits[0]) == WaitOutcome::kNotified);
    block->DropReference();
    Reached(NameOf(blocking));
  }
};

// An owner that looks before it is told finds a wait whose outcome is known.
struct SettledUnheard : Waits<SettledUnheard, 2, 1> {
  bool settled = false;
  void Thread(int id) {
    if (id == 1) {
      SABRE_VERIFY(Notify(1) == 1);
      return;
    }
    auto* const wait = static_cast<Wait*>(executor.completions.Pop());
    if (wait == nullptr) return;
    SABRE_VERIFY(wait == waits[0] && wait->outcome() == WaitOutcome::kNotified);
    wait->Release();
    settled = true;
  }
  void After() {
    Reached(settled ? "unheard" : "not yet");
    if (!settled) Settle(waits[0]);
    block->DropReference();
  }
};

// What only strong references keep is still there while the waits are ended, and gone afterwards, though
// the block itself is not.
struct WaitsEndFirst : Model<WaitsEndFirst, 1> {
  struct Looking final : sabre::kernel::AsyncWaiter<Block, S> {
    Looking(Block& on, Completions& to) : AsyncWaiter(on, to), block(on) {}
    void OnEnded() override { seen = block.bytes.Get(); }
    Block& block;
    int seen = 7;
  };
  void Thread(int) {
    Completions completions;
    Block* const block = new Block;
    auto* const wait = new Looking(*block, completions);
    SABRE_VERIFY(wait->Begin(8, Always));
    block->AddReference();
    block->DropReference();
    SABRE_VERIFY(wait->seen == 7 && block->bytes.Get() == 0);
    block->DropReference();
    SABRE_VERIFY(wait->seen == 0 && block->bytes.Get() == -1);
    SABRE_VERIFY(completions.Pop() == wait && wait->outcome() == WaitOutcome::kCancelled);
    SABRE_VERIFY(!wait->PassOn());
    wait->Release();
  }
};

// The queue of completions: any of them can be taken out, once, and the others keep their order.
struct AnyCompletionLeaves : Model<AnyCompletionLeaves, 1> {
  static constexpr int kWaits = 4;
  void Try(unsigned taken) {
    Executor executor;
    Block* const block = new Block;
    Wait* waits[kWaits] = {};
    for (Wait*& wait : waits) {
      wait = new Wait(*block, executor);
      SABRE_VERIFY(wait->Begin(8, Always));
      SABRE_VERIFY(!executor.completions.Remove(*wait));
    }
    SABRE_VERIFY(block->waiters().Notify(8, kWaits - 1) == kWaits - 1);
    // Backwards, so that the last, one in the middle, and the first leave it in turn.
    for (int i = kWaits - 1; i >= 0; --i) {
      const bool there = i != kWaits - 1;
      if ((taken >> i & 1) == 0) continue;
      SABRE_VERIFY(executor.completions.Remove(*waits[i]) == there);
      SABRE_VERIFY(!executor.completions.Remove(*waits[i]));
    }
    SABRE_VERIFY(block->waiters().Notify(8, 1) == 1);
    for (int i = 0; i < kWaits; ++i) {
      if ((taken >> i & 1) != 0 && i != kWaits - 1) continue;
      SABRE_VERIFY(executor.completions.Pop() == waits[i]);
      SABRE_VERIFY(!executor.completions.Remove(*waits[i]));
    }
    SABRE_VERIFY(executor.completions.Pop() == nullptr);
    block->DropReference();
    for (Wait* const wait : waits) wait->Release();
  }
  void Thread(int) {
    for (unsigned taken = 0; taken < 1u << kWaits; ++taken) Try(taken);
  }
};

const std::vector<Search> kTwoThreads = {Full(300'000), Random(20'000)};
const std::vector<Search> kThreeThreads = {Bound(2, 300'000), Random(50'000)};

const Suite suite(
    "AsyncWaiter",
    {"lib/kernel/async_waiter.h", "lib/kernel/waited_life.h", "lib/kernel/ref_count.h"},
    {
        Claim<StoreThenNotify>("a relaxed store before Notify is never missed",
                               {.searches = kTwoThreads, .reaches = {"notified", "not equal"}}),
        Claim<TimeoutAgainstNotify>("timeout against Notify: one outcome, heard of once",
                                    {.searches = kTwoThreads,
                                     .reaches = {"notified", "timed out"}}),
        Claim<ExecutorEndAgainstNotify>("an executor that ends swallows no notification",
                                        {.searches = kTwoThreads,
                                         .reaches = {"taken back", "was notified"}}),
        Claim<TwoNotifiersKeepOrder>("2 notifiers: completions come in the order of the list",
                                     {.searches = kThreeThreads}),
        Claim<SettledWhileNotifying>("a wait may be destroyed while its notifier goes on",
                                     {.searches = kTwoThreads}),
        Claim<EndAgainstTimeout>("the block's end against a timeout: the list outlives both",
                                 {.searches = kTwoThreads, .reaches = {"timed out", "cancelled"}}),
        Claim<EndAgainstNotify>("the block's end against Notify: exact, in order, no leak",
                                {.searches = kThreeThreads}),
        Claim<StopAgainstTimeoutAndNotify>("stop, timeout and Notify: one wins, and knows",
                                           {.searches = kThreeThreads,
                                            .reaches = {"notified", "timed out", "cancelled"}}),
        Claim<SettledUnheard>("who looks before it is told finds the outcome",
                              {.searches = {Full(), Random(1'000)},
                               .reaches = {"unheard", "not yet"}}),
        Claim<WaitsEndFirst>("waits end before what they wait for is given back",
                             {.searches = {Full(), Random(10)}}),
        Claim<AnyCompletionLeaves>("any completion leaves once, the others keep their order",
                                   {.searches = {Random(10)}}),
        Claim<OneQueueForBothKinds>("one queue for blocking and asynchronous waits",
                                    {.searches = kTwoThreads,
                                     .reaches = {"notified", "timed out"}}),
    });

}  // namespace
