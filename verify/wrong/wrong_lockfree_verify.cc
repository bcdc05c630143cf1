// Wrong lock-free code, as books, papers and bug trackers tell of it: each must fail as predicted,
// and its twin without the mistake must hold. Sources: README.md.
#include <cstddef>
#include <memory>
#include <optional>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;

// A ring of one producer and one consumer.
template <class Derived, int kTooMany, Order kPublish>
struct Ring : Model<Derived, 2> {
  static constexpr unsigned kCapacity = 2;
  S::Atomic<unsigned> head{0};
  S::Atomic<unsigned> tail{0};
  S::Var<int> slots[kCapacity];

  bool TryPush(int value) {
    const unsigned at = tail.load(S::kRelaxed);
    if (at - head.load(S::kAcquire) == kCapacity + kTooMany) return false;
    slots[at % kCapacity].Set(value);
    tail.store(at + 1, kPublish);
    return true;
  }
  std::optional<int> TryPop() {
    const unsigned at = head.load(S::kRelaxed);
    if (at == tail.load(S::kAcquire)) return std::nullopt;
    const int value = slots[at % kCapacity].Get();
    head.store(at + 1, S::kRelease);
    return value;
  }
  void Thread(int id) {
    if (id == 0) {
      for (int i = 1; i <= 3; ++i) static_cast<void>(TryPush(i));
    } else {
      static_cast<void>(TryPop());
    }
  }
};
struct RingRight : Ring<RingRight, 0, S::kRelease> {};
struct RingOffByOne : Ring<RingOffByOne, 1, S::kRelease> {};
struct RingPublishesRelaxed : Ring<RingPublishesRelaxed, 0, S::kRelaxed> {};

// A queue of many producers and one consumer, who sleeps while it is empty. A producer takes its
// place by an exchange, then links: in between the queue looks empty.
enum class QueueMistake { kNone, kWakesBeforeItLinks, kAcquireRelease };

template <class Derived, QueueMistake kMistake>
struct SleepingConsumer : Model<Derived, 2> {
  struct Node {
    S::Atomic<Node*> next{nullptr};
    S::Var<int> value{0};
  };
  static constexpr bool kOrdered = kMistake != QueueMistake::kAcquireRelease;
  static constexpr S::Order kStore = kOrdered ? S::kSeqCst : S::kRelease;
  static constexpr S::Order kLoad = kOrdered ? S::kSeqCst : S::kAcquire;
  Node stub;
  Node node;
  S::Atomic<Node*> tail{&stub};
  S::Atomic<bool> sleeps{false};
  S::Parker consumer;
  int received = 0;

  void Wake() {
    if (sleeps.load(kLoad)) consumer.Unpark();
  }
  void Push() {
    node.value.Set(7);
    Node* const before = tail.exchange(&node, S::kAcqRel);
    if (kMistake == QueueMistake::kWakesBeforeItLinks) Wake();
    before->next.store(&node, kStore);
    if (kMistake != QueueMistake::kWakesBeforeItLinks) Wake();
  }
  void Thread(int id) {
    if (id == 0) return Push();
    Node* first = stub.next.load(kLoad);
    if (first == nullptr) {
      sleeps.store(true, kStore);
      first = stub.next.load(kLoad);
      if (first == nullptr) {
        consumer.Park(sabre::kNever);
        first = stub.next.load(kLoad);
        Reached("slept");
      }
    }
    SABRE_VERIFY(first == &node && first->value.Get() == 7);
  }
};
struct ConsumerWoken : SleepingConsumer<ConsumerWoken, QueueMistake::kNone> {};
struct WakesBeforeItLinks
    : SleepingConsumer<WakesBeforeItLinks, QueueMistake::kWakesBeforeItLinks> {};
struct WakeUpAcquireRelease
    : SleepingConsumer<WakeUpAcquireRelease, QueueMistake::kAcquireRelease> {};

// The deque of Chase and Lev: one owner takes at the bottom, thieves at the top. Whether the owner
// must fight for an item, and the thief may, is again Dekker's entry: bottom and top.
enum class DequeMistake { kNone, kAcquireRelease, kPublishesRelaxed, kTakesTheLastWithoutAFight };

template <class Derived, DequeMistake kMistake>
struct Deque : Model<Derived, 2> {
  static constexpr bool kOrdered = kMistake != DequeMistake::kAcquireRelease;
  static constexpr S::Order kStore = kOrdered ? S::kSeqCst : S::kRelease;
  static constexpr S::Order kLoad = kOrdered ? S::kSeqCst : S::kAcquire;
  static constexpr S::Order kWin = kOrdered ? S::kSeqCst : S::kAcqRel;
  struct Item {
    S::Var<int> value{0};
    S::Atomic<int> owners{0};
  };
  Item items[2];
  S::Atomic<Item*> slots[2];
  S::Atomic<int> top{0};
  S::Atomic<int> bottom{0};

  void Push(Item* item) {
    item->value.Set(7);
    const int at = bottom.load(S::kRelaxed);
    slots[at % 2].store(item, S::kRelaxed);
    bottom.store(at + 1, kMistake == DequeMistake::kPublishesRelaxed ? S::kRelaxed : S::kRelease);
  }
  bool Win(int at) { return top.compare_exchange_strong(at, at + 1, kWin, S::kRelaxed); }
  Item* Take() {
    const int at = bottom.load(S::kRelaxed) - 1;
    bottom.store(at, kStore);
    const int first = top.load(kLoad);
    if (first < at) return slots[at % 2].load(S::kRelaxed);
    const bool fights = kMistake != DequeMistake::kTakesTheLastWithoutAFight;
    Item* item = nullptr;
    if (first == at && (!fights || Win(at))) item = slots[at % 2].load(S::kRelaxed);
    bottom.store(at + 1, S::kRelease);
    return item;
  }
  Item* Steal() {
    const int at = top.load(kLoad);
    if (at >= bottom.load(kLoad)) return nullptr;
    Item* const item = slots[at % 2].load(S::kRelaxed);
    return Win(at) ? item : nullptr;
  }
  void Own(Item* item) {
    if (item == nullptr) return;
    SABRE_VERIFY(item->owners.fetch_add(1, S::kRelaxed) == 0);
    SABRE_VERIFY(item->value.Get() == 7);
  }
  void Thread(int id) {
    if (id == 1) {
      for (int i = 0; i < 2; ++i) Own(Steal());
      return;
    }
    for (Item& item : items) Push(&item);
    Own(Take());
  }
};
struct DequeRight : Deque<DequeRight, DequeMistake::kNone> {};
struct DequeAcquireRelease : Deque<DequeAcquireRelease, DequeMistake::kAcquireRelease> {};
struct DequePublishesRelaxed : Deque<DequePublishesRelaxed, DequeMistake::kPublishesRelaxed> {};
// Of one item: the owner is at once at the last.
template <class Derived, DequeMistake kMistake>
struct LastItem : Deque<Derived, kMistake> {
  void Before() { this->Push(&this->items[0]); }
  void Thread(int id) { this->Own(id == 0 ? this->Take() : this->Steal()); }
};
struct LastItemFoughtFor : LastItem<LastItemFoughtFor, DequeMistake::kNone> {};
struct LastItemTaken : LastItem<LastItemTaken, DequeMistake::kTakesTheLastWithoutAFight> {};

// Double-checked locking.
template <class Derived, Order kLook, bool kReadyLast = true>
struct DoubleChecked : Model<Derived, 2> {
  S::Mutex mutex;
  S::Atomic<bool> ready{false};
  S::Var<int> object{0};
  void Thread(int) {
    if (!ready.load(kLook)) {
      mutex.lock();
      if (!ready.load(S::kRelaxed)) {
        if (!kReadyLast) ready.store(true, S::kRelease);
        object.Set(7);
        if (kReadyLast) ready.store(true, S::kRelease);
      }
      mutex.unlock();
    }
    SABRE_VERIFY(object.Get() == 7);
  }
};
struct DoubleCheckedRight : DoubleChecked<DoubleCheckedRight, S::kAcquire> {};
struct DoubleCheckedRelaxed : DoubleChecked<DoubleCheckedRelaxed, S::kRelaxed> {};
struct ReadyBeforeItIs : DoubleChecked<ReadyBeforeItIs, S::kAcquire, false> {};

// Who comes second must not only leave the work to the first, but wait for it.
template <class Derived, bool kWaits>
struct Once : Model<Derived, 2> {
  S::Atomic<int> state{0};
  S::Var<int> object{0};
  void Thread(int) {
    int fresh = 0;
    if (state.compare_exchange_strong(fresh, 1, S::kAcquire, S::kAcquire)) {
      object.Set(7);
      state.store(2, S::kRelease);
    } else if (kWaits) {
      while (state.load(S::kAcquire) != 2) S::SpinHint();
    }
    SABRE_VERIFY(object.Get() == 7);
  }
};
struct OnceRight : Once<OnceRight, true> {};
struct OnceDoesNotWait : Once<OnceDoesNotWait, false> {};

// A sequence lock. Odd: a write goes on.
template <class Derived, Order kData, bool kLooksAgain = true>
struct Sequence : Model<Derived, 2> {
  S::Atomic<unsigned> sequence{0};
  S::Atomic<int> a{0};
  S::Atomic<int> b{0};
  void Thread(int id) {
    if (id == 0) {
      sequence.fetch_add(1, S::kAcquire);
      a.store(1, S::kRelease);
      b.store(1, S::kRelease);
      sequence.store(2, S::kRelease);
      return;
    }
    const unsigned before = sequence.load(S::kAcquire);
    if (before % 2 != 0) return;
    const int first = a.load(kData);
    const int second = b.load(kData);
    if (!kLooksAgain || sequence.load(S::kRelaxed) == before) {
      SABRE_VERIFY(first == second);
      Reached(first == 0 ? "old" : "new");
    }
  }
};
struct SequenceRight : Sequence<SequenceRight, S::kAcquire> {};
struct SequenceReadsRelaxed : Sequence<SequenceReadsRelaxed, S::kRelaxed> {};
struct SequenceLooksOnce : Sequence<SequenceLooksOnce, S::kAcquire, false> {};

// An increment in two steps.
template <class Derived, bool kOneStep>
struct Counter : Model<Derived, 2> {
  S::Atomic<int> count{0};
  void Thread(int) {
    if (kOneStep) {
      count.fetch_add(1, S::kSeqCst);
    } else {
      const int old = count.load(S::kSeqCst);
      count.store(old + 1, S::kSeqCst);
    }
  }
  void After() { SABRE_VERIFY(count.load(S::kSeqCst) == 2); }
};
struct CounterRight : Counter<CounterRight, true> {};
struct LoadThenStore : Counter<LoadThenStore, false> {};

// An object that one thread makes and another finds.
template <class Derived, Order kPublish>
struct Publication : Model<Derived, 2> {
  S::Atomic<S::Atomic<int>*> shared{nullptr};
  std::unique_ptr<S::Atomic<int>> object;
  void Thread(int id) {
    if (id == 0) {
      object = std::make_unique<S::Atomic<int>>(1);
      shared.store(object.get(), kPublish);
    } else if (const S::Atomic<int>* const found = shared.load(S::kAcquire)) {
      static_cast<void>(found->load(S::kRelaxed));
    }
  }
};
struct PublishedRelease : Publication<PublishedRelease, S::kRelease> {};
struct PublishedRelaxed : Publication<PublishedRelaxed, S::kRelaxed> {};

// The second stage of two, which a compare-exchange enters.
template <class Derived, Order kSuccess>
struct Stages : Model<Derived, 2> {
  S::Atomic<int> stage{0};
  S::Var<int> data;
  void Thread(int id) {
    if (id == 0) {
      data.Set(1);
      stage.store(1, S::kRelease);
      return;
    }
    int expected = 1;
    if (stage.compare_exchange_strong(expected, 2, kSuccess, S::kAcquire)) data.Set(2);
  }
};
struct StagesRight : Stages<StagesRight, S::kAcqRel> {};
struct AcquiresOnFailure : Stages<AcquiresOnFailure, S::kRelease> {};

// A state machine that reaches what it calls unreachable.
template <class Derived, int kStates>
struct StateMachine : Model<Derived, 2> {
  S::Atomic<int> state{0};
  void Thread(int) {
    if (state.fetch_add(1, S::kRelaxed) == kStates) S::Unreachable("one state too many");
  }
};
struct TwoStates : StateMachine<TwoStates, 2> {};
struct OneStateTooFew : StateMachine<OneStateTooFew, 1> {};

// Growing a block of two pages to two, or of one to three.
enum class GrowMistake { kNone, kLengthFirst, kStoreForExchange, kRelaxedLength };

template <class Derived, GrowMistake kMistake>
struct Growing : Model<Derived, 3> {
  S::Atomic<std::size_t> length{1};
  S::Atomic<int> usable[3];
  void Before() { usable[0].store(1, S::kRelaxed); }
  void Grow(std::size_t wanted) {
    std::size_t current = length.load(S::kSeqCst);
    while (current < wanted) {
      if (kMistake != GrowMistake::kLengthFirst) Commit(current, wanted);
      if (kMistake == GrowMistake::kStoreForExchange) {
        length.store(wanted, S::kSeqCst);
        break;
      }
      const S::Order order = kMistake == GrowMistake::kRelaxedLength ? S::kRelaxed : S::kSeqCst;
      if (length.compare_exchange_strong(current, wanted, order, S::kRelaxed)) {
        if (kMistake == GrowMistake::kLengthFirst) Commit(current, wanted);
        break;
      }
    }
  }
  void Commit(std::size_t from, std::size_t to) {
    for (std::size_t page = from; page < to; ++page) usable[page].store(1, S::kRelaxed);
  }
  void Thread(int id) {
    if (id < 2) return Grow(id == 0 ? 2 : 3);
    const std::size_t seen = length.load(S::kSeqCst);
    for (std::size_t page = 0; page < seen; ++page) {
      SABRE_VERIFY(usable[page].load(S::kRelaxed) == 1);
    }
  }
  void After() { SABRE_VERIFY(length.load(S::kRelaxed) == 3); }
};
struct GrowingRight : Growing<GrowingRight, GrowMistake::kNone> {};
struct LengthFirst : Growing<LengthFirst, GrowMistake::kLengthFirst> {};
struct StoreForExchange : Growing<StoreForExchange, GrowMistake::kStoreForExchange> {};
struct RelaxedLength : Growing<RelaxedLength, GrowMistake::kRelaxedLength> {};

const std::vector<Search> kFull = {Full(), Random(20'000)};

// The text of a canary begins with that of its twin.
const Suite suite(
    "wrong: lock-free", {},
    {
        Claim<RingRight>("a ring", {.searches = kFull}),
        Canary<RingOffByOne>(FailureKind::kDataRace, "a ring: one slot too many"),
        Canary<RingPublishesRelaxed>(FailureKind::kDataRace, "a ring: publishes relaxed"),
        Claim<ConsumerWoken>("a queue whose consumer sleeps",
                             {.searches = kFull, .reaches = {"slept"}}),
        Canary<WakesBeforeItLinks>(FailureKind::kDeadlock,
                                   "a queue whose consumer sleeps: woken before the link"),
        Canary<WakeUpAcquireRelease>(FailureKind::kDeadlock,
                                     "a queue whose consumer sleeps: release, acquire"),
        Claim<DequeRight>("a work-stealing deque", {.searches = {Bound(3), Random(20'000)}}),
        Canary<DequeAcquireRelease>(FailureKind::kAssertion,
                                    "a work-stealing deque: release, acquire",
                                    {.searches = {Bound(2), Random(50'000)}}),
        Canary<DequePublishesRelaxed>(FailureKind::kDataRace,
                                      "a work-stealing deque: publishes relaxed"),
        Claim<LastItemFoughtFor>("the last item of a deque", {.searches = kFull}),
        Canary<LastItemTaken>(FailureKind::kAssertion,
                              "the last item of a deque: taken without a fight"),
        Claim<DoubleCheckedRight>("double-checked locking", {.searches = {Full()}}),
        Canary<DoubleCheckedRelaxed>(FailureKind::kDataRace,
                                     "double-checked locking: looks relaxed"),
        Canary<ReadyBeforeItIs>(FailureKind::kDataRace,
                                "double-checked locking: ready before it is made"),
        Claim<OnceRight>("once", {.searches = {Bound(3), Random(20'000)}}),
        Canary<OnceDoesNotWait>(FailureKind::kDataRace, "once: who comes second does not wait"),
        Claim<SequenceRight>("a sequence lock", {.searches = kFull, .reaches = {"old", "new"}}),
        Canary<SequenceReadsRelaxed>(FailureKind::kAssertion, "a sequence lock: reads relaxed",
                                     {.searches = {Full(), Random(50'000)}}),
        Canary<SequenceLooksOnce>(FailureKind::kAssertion, "a sequence lock: no second look"),
        Claim<StagesRight>("two stages", {.searches = {Full()}}),
        Canary<AcquiresOnFailure>(FailureKind::kDataRace,
                                  "two stages: a compare-exchange acquires when it fails"),
        Claim<CounterRight>("an increment", {.searches = {Full()}}),
        Canary<LoadThenStore>(FailureKind::kAssertion, "an increment: load, then store"),
        Claim<PublishedRelease>("a publication", {.searches = {Full()}}),
        Canary<PublishedRelaxed>(FailureKind::kDataRace, "a publication: relaxed"),
        Claim<GrowingRight>("a length that grows", {.searches = {Bound(2)}}),
        Canary<LengthFirst>(FailureKind::kAssertion, "a length that grows: before its pages"),
        Canary<StoreForExchange>(FailureKind::kAssertion, "a length that grows: by a store"),
        Canary<RelaxedLength>(FailureKind::kAssertion, "a length that grows: relaxed"),
        Claim<TwoStates>("a state machine", {.searches = {Full()}}),
        Canary<OneStateTooFew>(FailureKind::kAssertion, "a state machine: one state too few"),
    });

}  // namespace
