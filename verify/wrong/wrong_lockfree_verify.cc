// Wrong lock-free code, as it is found in books and bug trackers: each must fail as predicted.
#include <memory>
#include <optional>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;

// A ring that counts one slot too many as free.
template <int kExtra>
struct OffByOneRing {
  static constexpr unsigned kCapacity = 2;
  S::Atomic<unsigned> head{0};
  S::Atomic<unsigned> tail{0};
  S::Var<int> slots[kCapacity];

  bool TryPush(int value) {
    const unsigned at = tail.load(S::kRelaxed);
    if (at - head.load(S::kAcquire) == kCapacity + kExtra) return false;
    slots[at % kCapacity].Set(value);
    tail.store(at + 1, S::kRelease);
    return true;
  }
  std::optional<int> TryPop() {
    const unsigned at = head.load(S::kRelaxed);
    if (at == tail.load(S::kAcquire)) return std::nullopt;
    const int value = slots[at % kCapacity].Get();
    head.store(at + 1, S::kRelease);
    return value;
  }
};
template <class Derived, int kExtra>
struct RingModel : Model<Derived, 2> {
  OffByOneRing<kExtra> ring;
  void Thread(int id) {
    if (id == 0) {
      for (int i = 1; i <= 3; ++i) static_cast<void>(ring.TryPush(i));
    } else {
      static_cast<void>(ring.TryPop());
    }
  }
};
struct RightCapacity : RingModel<RightCapacity, 0> {};
struct CapacityOffByOne : RingModel<CapacityOffByOne, 1> {};

// A Treiber stack. Freeing a popped node at once lets another pop read freed memory; keeping nodes for
// reuse lets it swing the head to a node that has left (ABA). Taking all nodes at once has neither.
struct StackNode {
  explicit StackNode(int number) : value(number) {}
  S::Atomic<StackNode*> next{nullptr};
  S::Var<int> value;
};
struct Stack {
  S::Atomic<StackNode*> head{nullptr};

  void Push(StackNode* node) {
    StackNode* old = head.load(S::kRelaxed);
    do {
      node->next.store(old, S::kRelaxed);
    } while (!head.compare_exchange_strong(old, node, S::kRelease, S::kRelaxed));
  }
  StackNode* Pop() {
    StackNode* old = head.load(S::kAcquire);
    while (old != nullptr) {
      StackNode* const next = old->next.load(S::kRelaxed);
      if (head.compare_exchange_strong(old, next, S::kAcquire, S::kAcquire)) return old;
    }
    return nullptr;
  }
};
struct PopFreesAtOnce : Model<PopFreesAtOnce, 2> {
  Stack stack;
  void Before() {
    stack.Push(new StackNode(1));
    stack.Push(new StackNode(2));
  }
  void Thread(int) { delete stack.Pop(); }
};
struct PopLeaks : Model<PopLeaks, 2> {
  Stack stack;
  void Before() { stack.Push(new StackNode(1)); }
  void Thread(int) { static_cast<void>(stack.Pop()); }
};
struct AbaLosesNode : Model<AbaLosesNode, 2> {
  Stack stack;
  StackNode nodes[3] = {StackNode(0), StackNode(1), StackNode(2)};
  S::Atomic<int> owned[3] = {S::Atomic<int>(0), S::Atomic<int>(0), S::Atomic<int>(0)};
  void Before() {
    for (StackNode& node : nodes) stack.Push(&node);
  }
  void Own(StackNode* node) { SABRE_VERIFY(owned[node - nodes].fetch_add(1, S::kRelaxed) == 0); }
  void Thread(int id) {
    if (id == 0) {
      if (StackNode* const node = stack.Pop()) Own(node);
      return;
    }
    StackNode* const top = stack.Pop();
    StackNode* const below = stack.Pop();
    if (below != nullptr) Own(below);
    if (top != nullptr) stack.Push(top);
  }
  void After() {
    while (StackNode* const node = stack.Pop()) Own(node);
  }
};

// Double-checked locking: the fast path needs an acquire.
template <class Derived, Order kFastPath>
struct DoubleChecked : Model<Derived, 2> {
  S::Mutex mutex;
  S::Atomic<int> ready{0};
  S::Var<int> object{0};
  void Thread(int) {
    if (ready.load(kFastPath) == 0) {
      mutex.lock();
      if (ready.load(S::kRelaxed) == 0) {
        object.Set(7);
        ready.store(1, S::kRelease);
      }
      mutex.unlock();
    }
    SABRE_VERIFY(object.Get() == 7);
  }
};
struct DoubleCheckedAcquire : DoubleChecked<DoubleCheckedAcquire, S::kAcquire> {};
struct DoubleCheckedRelaxed : DoubleChecked<DoubleCheckedRelaxed, S::kRelaxed> {};

// Reference counting with a relaxed decrement.
template <class Derived, Order kDecrement>
struct Counted : Model<Derived, 2> {
  struct Object {
    S::Atomic<int> count{2};
    S::Var<int> parts[2];
  };
  Object* object = new Object;
  void Thread(int id) {
    object->parts[id].Set(1);
    if (object->count.fetch_sub(1, kDecrement) == 1) delete object;
  }
};
struct CountedAcqRel : Counted<CountedAcqRel, S::kAcqRel> {};
struct CountedRelaxed : Counted<CountedRelaxed, S::kRelaxed> {};

// Dekker's entry protocol: each raises its flag and looks at the other's.
template <class Derived, Order kStore, Order kLoad>
struct Dekker : Model<Derived, 2> {
  S::Atomic<int> flags[2] = {S::Atomic<int>(0), S::Atomic<int>(0)};
  S::Var<int> guarded{0};
  void Thread(int id) {
    flags[id].store(1, kStore);
    if (flags[1 - id].load(kLoad) == 0) guarded.Set(id);
  }
};
struct DekkerSeqCst : Dekker<DekkerSeqCst, S::kSeqCst, S::kSeqCst> {};
struct DekkerAcquireRelease : Dekker<DekkerAcquireRelease, S::kRelease, S::kAcquire> {};

// A seqlock whose reader does not order its second look after the data.
template <class Derived, Order kData>
struct SeqLockReader : Model<Derived, 2> {
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
    if (sequence.load(S::kRelaxed) == before) {
      SABRE_VERIFY(first == second);
      Reached(first == 0 ? "old" : "new");
    }
  }
};
struct SeqLockAcquire : SeqLockReader<SeqLockAcquire, S::kAcquire> {};
struct SeqLockRelaxed : SeqLockReader<SeqLockRelaxed, S::kRelaxed> {};

// A test-and-set lock that opens with a relaxed store.
template <class Derived, Order kOpen>
struct SpinLock : Model<Derived, 2> {
  S::Atomic<bool> locked{false};
  S::Var<int> guarded{0};
  void Thread(int) {
    while (locked.exchange(true, S::kAcquire)) S::SpinHint();
    guarded.Set(guarded.Get() + 1);
    locked.store(false, kOpen);
  }
  void After() { SABRE_VERIFY(guarded.Get() == 2); }
};
struct SpinLockRelease : SpinLock<SpinLockRelease, S::kRelease> {};
struct SpinLockRelaxed : SpinLock<SpinLockRelaxed, S::kRelaxed> {};

// A counter that is loaded, then stored.
struct LoadThenStore : Model<LoadThenStore, 2> {
  S::Atomic<int> count{0};
  void Thread(int) { count.store(count.load(S::kSeqCst) + 1, S::kSeqCst); }  // one thread's is lost
  void After() { SABRE_VERIFY(count.load(S::kSeqCst) == 2); }
};

// Both threads free it.
struct FreedTwice : Model<FreedTwice, 2> {
  int* memory = new int(0);
  void Thread(int) { delete memory; }
};

// An atomic that another thread has made, read without an order between.
struct PublishedRelaxed : Model<PublishedRelaxed, 2> {
  S::Atomic<StackNode*> shared{nullptr};
  std::unique_ptr<StackNode> node;
  void Thread(int id) {
    if (id == 0) {
      node = std::make_unique<StackNode>(1);
      shared.store(node.get(), S::kRelaxed);
    } else if (StackNode* const found = shared.load(S::kAcquire)) {
      static_cast<void>(found->next.load(S::kRelaxed));
    }
  }
};

// A state machine that reaches what it calls unreachable.
struct ReachesUnreachable : Model<ReachesUnreachable, 2> {
  S::Atomic<int> state{0};
  void Thread(int) {
    if (state.fetch_add(1, S::kRelaxed) == 1) S::Unreachable("the second of one");
  }
};

// Growing a block of two pages to two, or of one to three.
enum class GrowMistake { kNone, kLengthFirst, kStoreForExchange, kRelaxedLength };

template <GrowMistake kMistake>
struct Growing : Model<Growing<kMistake>, 3> {
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

const Suite suite(
    "wrong: lock-free", {},
    {
        Claim<RightCapacity>("(right) a ring", {.searches = {Full(), Random(20'000)}}),
        Canary<CapacityOffByOne>(FailureKind::kDataRace, "a ring with one slot too many"),
        Canary<PopFreesAtOnce>(FailureKind::kUseAfterFree, "Treiber pop frees the node at once"),
        Canary<PopLeaks>(FailureKind::kLeak, "a popped node is never freed"),
        Canary<AbaLosesNode>(FailureKind::kAssertion, "ABA in a Treiber stack",
                             {.searches = {Bound(2), Bound(3)}}),
        Claim<DoubleCheckedAcquire>("(right) double-checked locking", {.searches = {Full()}}),
        Canary<DoubleCheckedRelaxed>(FailureKind::kDataRace, "double-checked locking, no acquire"),
        Claim<CountedAcqRel>("(right) a reference count", {.searches = {Full()}}),
        Canary<CountedRelaxed>(FailureKind::kDataRace, "a reference count, relaxed decrement"),
        Claim<DekkerSeqCst>("(right) Dekker's entry, seq_cst", {.searches = {Full()}}),
        Canary<DekkerAcquireRelease>(FailureKind::kDataRace, "Dekker's entry, release/acquire"),
        Claim<SeqLockAcquire>("(right) a seqlock",
                              {.searches = {Full(), Random(20'000)}, .reaches = {"old", "new"}}),
        Canary<SeqLockRelaxed>(FailureKind::kAssertion, "a seqlock, relaxed reader",
                               {.searches = {Full(), Random(50'000)}}),
        Claim<SpinLockRelease>("(right) a spin lock", {.searches = {Bound(3), Random(20'000)}}),
        Canary<SpinLockRelaxed>(FailureKind::kDataRace, "a spin lock that opens relaxed"),
        Canary<LoadThenStore>(FailureKind::kAssertion, "load, add, store for an increment"),
        Canary<FreedTwice>(FailureKind::kDoubleFree, "both threads free it"),
        Canary<PublishedRelaxed>(FailureKind::kDataRace, "an object published relaxed"),
        Claim<Growing<GrowMistake::kNone>>("(right) growing", {.searches = {Bound(2)}}),
        Canary<Growing<GrowMistake::kLengthFirst>>(FailureKind::kAssertion,
                                                   "the length grows before the pages"),
        Canary<Growing<GrowMistake::kStoreForExchange>>(FailureKind::kAssertion,
                                                        "a grower stores: the length shrinks"),
        Canary<Growing<GrowMistake::kRelaxedLength>>(FailureKind::kAssertion,
                                                     "the length grows by a relaxed exchange"),
        Canary<ReachesUnreachable>(FailureKind::kAssertion, "Unreachable is reached"),
    });

}  // namespace
