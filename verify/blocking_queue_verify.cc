// Claims about lockfree/blocking_queue.h.
#include "sabre/lockfree/blocking_queue.h"

#include <optional>
#include <utility>
#include <vector>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;

// Counts fences: a notification costs one while nobody waits, and more otherwise.
struct S : RelacySync {
  static void Fence(Site site = Site()) {
    fences += 1;
    RelacySync::Fence(site);
  }
  static inline int fences = 0;
};

using sabre::PopResult;
using sabre::PushResult;
using sabre::TimePoint;

using Narrow = sabre::BlockingQueue<sabre::SpscRing<int, S>, S>;
using Wide = sabre::BlockingQueue<sabre::MpmcRing<int, S>, S>;

// Nobody waits any more, so nobody is woken: the queue is closed, and holds `left` and nothing
// else.
template <class Queue>
void ClosedWith(Queue& queue, const std::vector<int>& left) {
  const int fences = S::fences;
  queue.Close();
  queue.Close();
  SABRE_VERIFY(queue.closed() && queue.size() == left.size());
  SABRE_VERIFY(queue.TryPush(99) == PushResult::kClosed);
  int value = 0;
  for (const int expected : left) {
    SABRE_VERIFY(queue.TryPop(value) == PopResult::kPopped && value == expected);
  }
  value = -1;
  SABRE_VERIFY(queue.TryPop(value) == PopResult::kClosed && value == -1);
  SABRE_VERIFY(queue.TryPop(value) == PopResult::kClosed && queue.empty());
  // Two for each close, one for the push, which was the last one out, and one for each pop.
  SABRE_VERIFY(S::fences == fences + 5 + static_cast<int>(left.size()));
}

// Three values through one place: both sides wait, and nobody is forgotten.
struct BothSidesWait : Model<BothSidesWait, 2> {
  Narrow queue{1};
  void Thread(int id) {
    for (int i = 1; i <= 3; ++i) {
      if (id == 0) {
        if (queue.TryPush(int{i}) == PushResult::kPushed) continue;
        Reached("full");
        SABRE_VERIFY(queue.Push(int{i}) == PushResult::kPushed);
      } else {
        int value = 0;
        if (queue.TryPop(value) == PopResult::kEmpty) {
          Reached("empty");
          SABRE_VERIFY(queue.Pop(value) == PopResult::kPopped);
        }
        SABRE_VERIFY(value == i);
      }
    }
  }
  void After() { ClosedWith(queue, {}); }
};

// Two threads push, one pops both.
struct TwoPushers : Model<TwoPushers, 3> {
  Wide queue{2};
  void Thread(int id) {
    if (id < 2) {
      SABRE_VERIFY(queue.Push(id + 1) == PushResult::kPushed);
      return;
    }
    int first = 0;
    int second = 0;
    SABRE_VERIFY(queue.Pop(first) == PopResult::kPopped);
    SABRE_VERIFY(queue.Pop(second) == PopResult::kPopped);
    SABRE_VERIFY(first + second == 3 && first != second);
    Reached(first == 1 ? "1 first" : "2 first");
  }
  void After() { ClosedWith(queue, {}); }
};

// A close comes while one thread pushes and another pops to the end: what was pushed is popped.
template <class Derived, class Queue, int kRoom>
struct CloseAgainstPush : Model<Derived, 3> {
  Queue queue{kRoom};
  int pushed = 0;
  int popped = 0;
  void Thread(int id) {
    if (id == 0) {
      const PushResult result = queue.Push(1);
      SABRE_VERIFY(result != PushResult::kFull);
      pushed = result == PushResult::kPushed ? 1 : 0;
    } else if (id == 1) {
      queue.Close();
    } else {
      int value = 0;
      PopResult result = PopResult::kPopped;
      while ((result = queue.Pop(value)) == PopResult::kPopped) popped += value;
      SABRE_VERIFY(result == PopResult::kClosed);
    }
  }
  void After() {
    SABRE_VERIFY(pushed == popped);
    Reached(pushed == 1 ? "pushed" : "refused");
    ClosedWith(queue, {});
  }
};
struct CloseAgainstPushNarrow : CloseAgainstPush<CloseAgainstPushNarrow, Narrow, 1> {};
struct CloseAgainstPushWide : CloseAgainstPush<CloseAgainstPushWide, Wide, 2> {};

// The mistake that the count of pushers is there against: looking whether it is closed, then
// pushing.
struct LooksThenPushes {
  explicit LooksThenPushes(std::size_t capacity) : ring(capacity) {}
  sabre::SpscRing<int, S> ring;
  S::Atomic<bool> is_closed{false};
  PushResult Push(int&& value) { return TryPush(std::move(value)); }
  PushResult TryPush(int&& value) {
    if (is_closed.load(S::kSeqCst)) return PushResult::kClosed;
    return ring.TryPush(value) ? PushResult::kPushed : PushResult::kFull;
  }
  PopResult TryPop(int& value) {
    const bool last = is_closed.load(S::kSeqCst);
    const std::optional<int> taken = ring.TryPop();
    if (taken) value = *taken;
    return taken ? PopResult::kPopped : last ? PopResult::kClosed : PopResult::kEmpty;
  }
  PopResult Pop(int& value) {
    PopResult result = PopResult::kEmpty;
    while ((result = TryPop(value)) == PopResult::kEmpty) S::ThreadYield();
    return result;
  }
  void Close() { is_closed.store(true, S::kSeqCst); }
  bool closed() const { return is_closed.load(S::kSeqCst); }
  std::size_t size() const { return ring.size(); }
  bool empty() const { return ring.empty(); }
};
struct CloseLosesPush : CloseAgainstPush<CloseLosesPush, LooksThenPushes, 1> {};

// Who waits for a value, or for room, is woken by the close, and learns what preceded it; nor does
// a push that is refused keep anybody asleep.
struct CloseWakesPoppers : Model<CloseWakesPoppers, 3> {
  Wide queue{2};
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      queue.Close();
      SABRE_VERIFY(queue.TryPush(1) == PushResult::kClosed);
      return;
    }
    int value = 0;
    SABRE_VERIFY(queue.Pop(value) == PopResult::kClosed);
    SABRE_VERIFY(data.Get() == 7);
  }
  void After() { ClosedWith(queue, {}); }
};
// The close alone wakes them.
struct CloseAloneWakes : Model<CloseAloneWakes, 3> {
  Wide queue{2};
  void Thread(int id) {
    if (id == 0) return queue.Close();
    int value = 0;
    SABRE_VERIFY(queue.Pop(value) == PopResult::kClosed);
  }
};
struct CloseWakesPushers : Model<CloseWakesPushers, 3> {
  Wide queue{2};
  S::Var<int> data{0};
  void Before() {
    SABRE_VERIFY(queue.Push(1) == PushResult::kPushed);
    SABRE_VERIFY(queue.Push(2) == PushResult::kPushed);
    SABRE_VERIFY(queue.TryPush(3) == PushResult::kFull);
  }
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      queue.Close();
      return;
    }
    SABRE_VERIFY(queue.Push(3) == PushResult::kClosed);
    SABRE_VERIFY(data.Get() == 7);
  }
  void After() { ClosedWith(queue, {1, 2}); }
};

// At a deadline a waiter leaves with nothing, and nothing is lost by it.
struct PopUntilDeadline : Model<PopUntilDeadline, 2> {
  Narrow queue{1};
  bool popped = false;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(queue.Push(1) == PushResult::kPushed);
      return;
    }
    int value = 0;
    const PopResult result = queue.Pop(value, TimePoint());
    popped = result == PopResult::kPopped;
    SABRE_VERIFY(popped ? value == 1 : result == PopResult::kEmpty && value == 0);
    Reached(popped ? "popped" : "empty");
  }
  void After() { ClosedWith(queue, popped ? std::vector<int>{} : std::vector<int>{1}); }
};
struct PushUntilDeadline : Model<PushUntilDeadline, 2> {
  Narrow queue{1};
  bool pushed = false;
  void Before() { SABRE_VERIFY(queue.TryPush(1) == PushResult::kPushed); }
  void Thread(int id) {
    if (id == 0) {
      int value = 0;
      SABRE_VERIFY(queue.Pop(value) == PopResult::kPopped && value == 1);
      return;
    }
    const PushResult result = queue.Push(2, TimePoint());
    pushed = result == PushResult::kPushed;
    SABRE_VERIFY(pushed || result == PushResult::kFull);
    Reached(pushed ? "pushed" : "full");
  }
  void After() { ClosedWith(queue, pushed ? std::vector<int>{2} : std::vector<int>{}); }
};

// A ring of two in which the first push (or pop) of a pair shows only when the second one is done,
// as in an MpmcRing whose slot before is still being written: each is notified for when it is done.
template <bool kHidesValues>
struct HidingRing {
  using value_type = int;
  explicit HidingRing(std::size_t) {}
  S::Atomic<int> pushed{0};
  S::Atomic<int> popped{0};

  bool TryPush(int&&) {
    const int room = popped.load(S::kSeqCst);
    int at = pushed.load(S::kSeqCst);
    if (!kHidesValues && room < 2 && at >= 2) return false;
    while (at < room + 2) {
      if (pushed.compare_exchange_strong(at, at + 1, S::kSeqCst, S::kSeqCst)) return true;
    }
    return false;
  }
  std::optional<int> TryPop() {
    const int there = pushed.load(S::kSeqCst);
    if (kHidesValues && there < 2) return std::nullopt;
    int at = popped.load(S::kSeqCst);
    while (at < there) {
      if (popped.compare_exchange_strong(at, at + 1, S::kSeqCst, S::kSeqCst)) return at;
    }
    return std::nullopt;
  }
  std::size_t capacity() const { return 2; }
  std::size_t size() const {
    const int out = popped.load(S::kSeqCst);
    return static_cast<std::size_t>(pushed.load(S::kSeqCst) - out);
  }
  bool empty() const { return size() == 0; }
};

// Two that wait for values get one each, though the first notification came too early.
struct HiddenValues : Model<HiddenValues, 3> {
  sabre::BlockingQueue<HidingRing<true>, S> queue{2};
  void Thread(int id) {
    int value = 0;
    if (id < 2) {
      SABRE_VERIFY(queue.Pop(value) == PopResult::kPopped);
      return;
    }
    SABRE_VERIFY(queue.TryPush(0) == PushResult::kPushed);
    SABRE_VERIFY(queue.TryPush(1) == PushResult::kPushed);
  }
  void After() { SABRE_VERIFY(queue.empty()); }
};
struct HiddenRoom : Model<HiddenRoom, 3> {
  sabre::BlockingQueue<HidingRing<false>, S> queue{2};
  void Before() {
    SABRE_VERIFY(queue.TryPush(0) == PushResult::kPushed);
    SABRE_VERIFY(queue.TryPush(1) == PushResult::kPushed);
  }
  void Thread(int id) {
    int value = 0;
    if (id < 2) {
      SABRE_VERIFY(queue.Push(2) == PushResult::kPushed);
      return;
    }
    SABRE_VERIFY(queue.TryPop(value) == PopResult::kPopped);
    SABRE_VERIFY(queue.TryPop(value) == PopResult::kPopped);
  }
  void After() { SABRE_VERIFY(queue.size() == 2); }
};

// It says closed when it is, and not while somebody pushes.
struct OpenWhilePushing : Model<OpenWhilePushing, 2> {
  Narrow queue{2};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(queue.TryPush(1) == PushResult::kPushed);
    } else {
      SABRE_VERIFY(!queue.closed());
    }
  }
  void After() {
    queue.Close();
    SABRE_VERIFY(queue.closed());
  }
};

// With nobody on the other side a deadline ends the wait.
struct DeadlineAlone : Model<DeadlineAlone, 1> {
  Narrow queue{1};
  void Thread(int) {
    int value = 0;
    SABRE_VERIFY(queue.Pop(value, TimePoint()) == PopResult::kEmpty);
    SABRE_VERIFY(queue.Push(1, TimePoint()) == PushResult::kPushed);
    SABRE_VERIFY(queue.Push(2, TimePoint()) == PushResult::kFull);
    SABRE_VERIFY(queue.Pop(value, TimePoint()) == PopResult::kPopped && value == 1);
  }
};

const Suite suite(
    "BlockingQueue", {"sabre/lockfree/blocking_queue.h"},
    {
        Claim<BothSidesWait>("3 values through 1 place: nobody sleeps on",
                             {.searches = {Bound(2, 60'000), Random(20'000)},
                              .reaches = {"full", "empty"}}),
        Claim<TwoPushers>("2 pushes wake 1 popper for both values",
                          {.searches = {Bound(1), Random(20'000)},
                           .reaches = {"1 first", "2 first"}}),
        Claim<CloseAgainstPushNarrow>("close against push: what was pushed is popped (SPSC)",
                                      {.searches = {Bound(2), Random(50'000)},
                                       .reaches = {"pushed", "refused"}}),
        Claim<CloseAgainstPushWide>("close against push: what was pushed is popped (MPMC)",
                                    {.searches = {Bound(1), Random(50'000)},
                                     .reaches = {"pushed", "refused"}}),
        Canary<CloseLosesPush>(FailureKind::kAssertion, "closed is looked at, then pushed",
                               {.searches = {Bound(2), Random(20'000)}}),
        Claim<CloseWakesPoppers>("a close wakes 2 poppers and is ordered before",
                                 {.searches = {Bound(1), Random(20'000)}}),
        Claim<CloseAloneWakes>("a close alone wakes 2 poppers",
                               {.searches = {Bound(2, 50'000), Random(10'000)}}),
        Claim<CloseWakesPushers>("a close wakes 2 pushers and is ordered before",
                                 {.searches = {Bound(1), Random(20'000)}}),
        Claim<PopUntilDeadline>("a pop gives up at its deadline and loses nothing",
                                {.searches = {Bound(2), Random(20'000)},
                                 .reaches = {"popped", "empty"}}),
        Claim<PushUntilDeadline>("a push gives up at its deadline and loses nothing",
                                 {.searches = {Bound(2), Random(20'000)},
                                  .reaches = {"pushed", "full"}}),
        Claim<OpenWhilePushing>("not closed while somebody pushes",
                                {.searches = {Bound(2), Random(100)}}),
        Claim<DeadlineAlone>("a deadline ends a wait with nobody there",
                             {.searches = {Random(10)}}),
        Claim<HiddenValues>("values that show late wake both poppers",
                            {.searches = {Bound(1), Random(20'000)}}),
        Claim<HiddenRoom>("room that shows late wakes both pushers",
                          {.searches = {Bound(1), Random(20'000)}}),
    });

}  // namespace
