// Wrong answers to the question when memory may be freed or used again: each must fail as
// predicted, and its twin without the mistake must hold. Sources: README.md.
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;

// ---- Treiber's stack

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

enum class Freeing { kAtTheEnd, kAtOnce, kNever };

// Freeing a popped node lets another pop read freed memory.
template <class Derived, Freeing kFreeing>
struct Popping : Model<Derived, 2> {
  Stack stack;
  StackNode* popped[2] = {nullptr, nullptr};
  void Before() {
    stack.Push(new StackNode(1));
    stack.Push(new StackNode(2));
  }
  void Thread(int id) {
    popped[id] = stack.Pop();
    SABRE_VERIFY(popped[id] != nullptr);
    if (kFreeing == Freeing::kAtOnce) delete popped[id];
  }
  void After() {
    for (StackNode* const node : popped) {
      if (kFreeing == Freeing::kAtTheEnd) delete node;
    }
  }
};
struct PopFreesAtTheEnd : Popping<PopFreesAtTheEnd, Freeing::kAtTheEnd> {};
struct PopFreesAtOnce : Popping<PopFreesAtOnce, Freeing::kAtOnce> {};
struct PopLeaks : Popping<PopLeaks, Freeing::kNever> {};

// Nodes that are used again let a pop swing the head to a node that has left (ABA), unless the head
// counts its changes. Nodes are numbers from 1 here; the count lies above them.
template <class Derived, bool kCounts>
struct Reusing : Model<Derived, 2> {
  S::Atomic<std::uint32_t> head{0};
  S::Atomic<std::uint32_t> next[4];
  S::Atomic<int> owned[4];

  static std::uint32_t With(std::uint32_t old, std::uint32_t node) {
    return kCounts ? ((old >> 8) + 1) << 8 | node : node;
  }
  void Push(std::uint32_t node) {
    std::uint32_t old = head.load(S::kRelaxed);
    do {
      next[node].store(old & 0xff, S::kRelaxed);
    } while (!head.compare_exchange_strong(old, With(old, node), S::kRelease, S::kRelaxed));
  }
  std::uint32_t Pop() {
    std::uint32_t old = head.load(S::kAcquire);
    while ((old & 0xff) != 0) {
      const std::uint32_t below = next[old & 0xff].load(S::kRelaxed);
      if (head.compare_exchange_strong(old, With(old, below), S::kAcquire, S::kAcquire)) break;
    }
    return old & 0xff;
  }
  void Own(std::uint32_t node) {
    if (node != 0) SABRE_VERIFY(owned[node].fetch_add(1, S::kRelaxed) == 0);
  }
  void Before() {
    for (std::uint32_t node = 1; node <= 3; ++node) Push(node);
  }
  void Thread(int id) {
    const std::uint32_t top = Pop();
    if (id == 0) return Own(top);
    Own(Pop());
    if (top != 0) Push(top);
  }
  void After() {
    while (const std::uint32_t node = Pop()) Own(node);
  }
};
struct CountedHead : Reusing<CountedHead, true> {};
struct Aba : Reusing<Aba, false> {};

// ---- the queue of Michael and Scott

template <class Derived, Order kLink, bool kFreesAtOnce>
struct MichaelScott : Model<Derived, 2> {
  struct Node {
    explicit Node(int number) : value(number) {}
    S::Var<int> value;
    S::Atomic<Node*> next{nullptr};
  };
  S::Atomic<Node*> head{nullptr};
  S::Atomic<Node*> tail{nullptr};
  std::vector<Node*> retired[2];

  void Before() {
    Node* const dummy = new Node(0);
    head.store(dummy, S::kRelaxed);
    tail.store(dummy, S::kRelaxed);
    Enqueue(1);
  }
  void Enqueue(int value) {
    Node* const node = new Node(value);
    for (;;) {
      Node* last = tail.load(S::kAcquire);
      Node* next = nullptr;
      if (last->next.compare_exchange_strong(next, node, kLink, S::kRelaxed)) {
        tail.compare_exchange_strong(last, node, S::kRelease, S::kRelaxed);
        return;
      }
      // Somebody is between the two: help.
      next = last->next.load(S::kAcquire);
      tail.compare_exchange_strong(last, next, S::kRelease, S::kRelaxed);
    }
  }
  int Dequeue(int id) {
    for (;;) {
      Node* first = head.load(S::kAcquire);
      Node* const next = first->next.load(S::kAcquire);
      if (next == nullptr) return 0;
      // The tail must not stay behind on a node that leaves.
      Node* last = tail.load(S::kAcquire);
      if (last == first) tail.compare_exchange_strong(last, next, S::kRelease, S::kRelaxed);
      const int value = next->value.Get();
      if (!head.compare_exchange_strong(first, next, S::kAcqRel, S::kRelaxed)) continue;
      if (kFreesAtOnce) {
        delete first;
      } else {
        retired[id].push_back(first);
      }
      return value;
    }
  }
  void Thread(int id) {
    if (id == 0) Enqueue(2);
    for (int i = 0; i < 1 + id; ++i) static_cast<void>(Dequeue(id));
  }
  void After() {
    while (Dequeue(0) != 0) continue;
    delete head.load(S::kRelaxed);
    for (const std::vector<Node*>& nodes : retired) {
      for (Node* const node : nodes) delete node;
    }
  }
};
struct MichaelScottRight : MichaelScott<MichaelScottRight, S::kRelease, false> {};
struct MichaelScottFreesAtOnce : MichaelScott<MichaelScottFreesAtOnce, S::kRelease, true> {};
struct MichaelScottLinksRelaxed : MichaelScott<MichaelScottLinksRelaxed, S::kRelaxed, false> {};

// ---- lists

// The lazy list: who searches takes no lock, so what was unlinked may still be looked at.
template <class Derived, Freeing kFreeing>
struct LazyList : Model<Derived, 2> {
  struct Node {
    S::Atomic<bool> marked{false};
    S::Atomic<Node*> next{nullptr};
  };
  S::Mutex mutex;
  Node* node = new Node;
  S::Atomic<Node*> first{node};
  void Thread(int id) {
    if (id == 0) {
      const Node* const found = first.load(S::kAcquire);
      if (found != nullptr && !found->marked.load(S::kAcquire)) Reached("found");
      return;
    }
    std::lock_guard<S::Mutex> lock(mutex);
    node->marked.store(true, S::kRelease);
    first.store(nullptr, S::kRelease);
    if (kFreeing == Freeing::kAtOnce) delete node;
  }
  void After() {
    if (kFreeing == Freeing::kAtTheEnd) delete node;
  }
};
struct LazyListRight : LazyList<LazyListRight, Freeing::kAtTheEnd> {};
struct LazyListFreesAtOnce : LazyList<LazyListFreesAtOnce, Freeing::kAtOnce> {};

// A node leaves while another is linked behind it: unless it is marked first, both swings succeed
// and the new node is lost. A link is a node's number times two, plus one if its owner leaves.
template <class Derived, bool kMarks>
struct LeavingNode : Model<Derived, 2> {
  static constexpr unsigned kHead = 0, kLeaves = 1, kNew = 2, kEnd = 3;
  S::Atomic<unsigned> links[3] = {S::Atomic<unsigned>(kLeaves * 2), S::Atomic<unsigned>(kEnd * 2),
                                  S::Atomic<unsigned>(kEnd * 2)};
  bool linked = false;
  void Thread(int id) {
    unsigned behind = links[kLeaves].load(S::kAcquire);
    if (id == 0) {
      if (behind % 2 != 0) return;
      links[kNew].store(behind, S::kRelaxed);
      linked = links[kLeaves].compare_exchange_strong(behind, kNew * 2, S::kRelease, S::kRelaxed);
      return;
    }
    if (kMarks) behind = links[kLeaves].fetch_or(1, S::kAcqRel);
    links[kHead].store(behind, S::kRelease);
  }
  void After() {
    bool found = false;
    for (unsigned at = kHead; at != kEnd; at = links[at].load(S::kRelaxed) / 2) found |= at == kNew;
    SABRE_VERIFY(found == linked);
    Reached(linked ? "linked" : "refused");
  }
};
struct LeavesMarked : LeavingNode<LeavesMarked, true> {};
struct LeavesUnmarked : LeavingNode<LeavesUnmarked, false> {};

// ---- hazard pointers and read-copy-update

struct Version {
  explicit Version(int number) : value(number) {}
  S::Var<int> value;
};

// The reader says what it looks at and then makes sure that this is still there; who replaces it
// frees it only if nobody has said so.
template <class Derived, Order kStore, Order kLoad, bool kLooksAgain = true>
struct Hazard : Model<Derived, 2> {
  S::Atomic<Version*> shared{nullptr};
  S::Atomic<Version*> hazard{nullptr};
  Version* kept = nullptr;
  void Before() { shared.store(new Version(1), S::kRelease); }
  void Thread(int id) {
    if (id == 1) {
      Version* const old = shared.exchange(nullptr, kStore == S::kSeqCst ? kStore : S::kAcqRel);
      if (hazard.load(kLoad) == old) {
        kept = old;
        Reached("kept");
      } else {
        delete old;
      }
      return;
    }
    Version* const version = shared.load(S::kAcquire);
    hazard.store(version, kStore);
    if (version != nullptr && (!kLooksAgain || shared.load(kLoad) == version)) {
      SABRE_VERIFY(version->value.Get() == 1);
      Reached("read");
    }
    hazard.store(nullptr, S::kRelease);
  }
  void After() { delete kept; }
};
struct HazardSeqCst : Hazard<HazardSeqCst, S::kSeqCst, S::kSeqCst> {};
struct HazardAcquireRelease : Hazard<HazardAcquireRelease, S::kRelease, S::kAcquire> {};
struct HazardWithoutSecondLook : Hazard<HazardWithoutSecondLook, S::kSeqCst, S::kSeqCst, false> {};

enum class RcuMistake { kNone, kNoGracePeriod, kPublishesRelaxed };

template <class Derived, RcuMistake kMistake>
struct ReadCopyUpdate : Model<Derived, 2> {
  S::Atomic<Version*> shared{nullptr};
  S::Atomic<bool> reading{false};
  void Before() { shared.store(new Version(1), S::kRelease); }
  void Thread(int id) {
    if (id == 0) {
      reading.store(true, S::kSeqCst);
      const int value = shared.load(S::kSeqCst)->value.Get();
      Reached(value == 1 ? "old" : "new");
      reading.store(false, S::kRelease);
      return;
    }
    Version* const version = new Version(2);
    Version* const old = shared.exchange(
        version, kMistake == RcuMistake::kPublishesRelaxed ? S::kRelaxed : S::kSeqCst);
    if (kMistake != RcuMistake::kNoGracePeriod) {
      while (reading.load(S::kSeqCst)) S::SpinHint();
    }
    delete old;
  }
  void After() { delete shared.load(S::kAcquire); }
};
struct RcuRight : ReadCopyUpdate<RcuRight, RcuMistake::kNone> {};
struct RcuNoGracePeriod : ReadCopyUpdate<RcuNoGracePeriod, RcuMistake::kNoGracePeriod> {};
struct RcuPublishesRelaxed : ReadCopyUpdate<RcuPublishesRelaxed, RcuMistake::kPublishesRelaxed> {};

// ---- reference counts

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
struct CountedReleaseOnly : Counted<CountedReleaseOnly, S::kRelease> {};

// Who finds an object in a table takes a reference, unless the last one has gone.
template <class Derived, bool kUnlessZero>
struct LookUp : Model<Derived, 2> {
  struct Object {
    S::Atomic<int> count{1};
    S::Var<int> content{0};
  };
  S::Mutex mutex;
  S::Var<Object*> table{new Object};
  void Release(Object* object) {
    if (object->count.fetch_sub(1, S::kAcqRel) != 1) return;
    {
      std::lock_guard<S::Mutex> lock(mutex);
      table.Set(nullptr);
    }
    delete object;
  }
  Object* Find() {
    std::lock_guard<S::Mutex> lock(mutex);
    Object* const object = table.Get();
    if (object == nullptr) return nullptr;
    if (!kUnlessZero) {
      object->count.fetch_add(1, S::kRelaxed);
      return object;
    }
    int count = object->count.load(S::kRelaxed);
    while (count != 0) {
      if (object->count.compare_exchange_strong(count, count + 1, S::kRelaxed, S::kRelaxed))
        return object;
    }
    return nullptr;
  }
  Object* first = nullptr;
  void Before() { first = table.Get(); }
  void Thread(int id) {
    Object* const object = id == 0 ? first : Find();
    if (object != nullptr) Release(object);
  }
};
struct FindUnlessZero : LookUp<FindUnlessZero, true> {};
struct FindRevives : LookUp<FindRevives, false> {};

// The last user of an object frees it, lock and all, as soon as it has the lock: an unlock must not
// look at the object after it has opened.
template <class Derived, bool kOneWord>
struct LockInside : Model<Derived, 2> {
  struct Object {
    S::Atomic<int> word{0};
    S::Atomic<int> sleepers{0};
    S::Var<int> users{2};
  };
  Object* object = new Object;
  void Unlock() {
    if (kOneWord) {
      SABRE_VERIFY(object->word.exchange(0, S::kRelease) == 1);  // 2: somebody sleeps
    } else {
      object->word.store(0, S::kRelease);
      SABRE_VERIFY(object->sleepers.load(S::kRelaxed) == 0);
    }
  }
  void Thread(int) {
    while (object->word.exchange(1, S::kAcquire) != 0) S::SpinHint();
    const int users = object->users.Get() - 1;
    object->users.Set(users);
    Unlock();
    if (users == 0) delete object;
  }
};
struct UnlockInOneStep : LockInside<UnlockInOneStep, true> {};
struct UnlockLooksAfterwards : LockInside<UnlockLooksAfterwards, false> {};

// Both threads free it.
template <class Derived, bool kBoth, class T = int>
struct Freed : Model<Derived, 2> {
  T* memory = new T(0);
  void Thread(int id) {
    if (id == 0 || kBoth) delete memory;
  }
};
struct FreedOnce : Freed<FreedOnce, false> {};
struct FreedTwice : Freed<FreedTwice, true> {};
struct AtomicFreedTwice : Freed<AtomicFreedTwice, true, S::Atomic<int>> {};

// A mutex ends when its last owner has told that it is through with it.
template <class Derived, Order kTell, Order kHear>
struct MutexEnd : Model<Derived, 2> {
  std::unique_ptr<S::Mutex> mutex = std::make_unique<S::Mutex>();
  S::Atomic<bool> through{false};
  void Thread(int id) {
    if (id == 0) {
      mutex->lock();
      mutex->unlock();
      through.store(true, kTell);
    } else if (through.load(kHear)) {
      mutex = nullptr;
    }
  }
};
struct MutexEndTold : MutexEnd<MutexEndTold, S::kRelease, S::kAcquire> {};
struct MutexEndRelaxed : MutexEnd<MutexEndRelaxed, S::kRelaxed, S::kRelaxed> {};

// A pointer that is null until it is published is followed.
template <class Derived, bool kLooks>
struct Follower : Model<Derived, 2> {
  S::Atomic<int*> pointer{nullptr};
  int number = 0;
  void Thread(int id) {
    if (id == 0) {
      pointer.store(&number, S::kRelease);
      return;
    }
    const volatile int* const seen = pointer.load(S::kAcquire);
    if (!kLooks || seen != nullptr) SABRE_VERIFY(*seen == 0);
  }
};
struct LooksForNull : Follower<LooksForNull, true> {};
struct FollowsNull : Follower<FollowsNull, false> {};

// A look-up throws what its caller does not know of.
template <class Derived, bool kCatches>
struct Thrower : Model<Derived, 2> {
  S::Atomic<int> found{0};
  void LookUp() {
    if (found.load(S::kRelaxed) == 0) throw std::out_of_range("not found");
  }
  void Thread(int id) {
    if (id == 0) {
      found.store(1, S::kRelaxed);
    } else if (kCatches) {
      try {
        LookUp();
      } catch (const std::out_of_range&) {
      }
    } else {
      LookUp();
    }
  }
};
struct Catches : Thrower<Catches, true> {};
struct NobodyCatches : Thrower<NobodyCatches, false> {};

const std::vector<Search> kRight = {Bound(2, 100'000), Random(20'000)};

// The text of a canary begins with that of its twin.
const Suite suite(
    "wrong: reclamation", {},
    {
        Claim<PopFreesAtTheEnd>("Treiber's stack", {.searches = {Full(), Random(20'000)}}),
        Canary<PopFreesAtOnce>(FailureKind::kUseAfterFree, "Treiber's stack: pop frees the node"),
        Canary<PopLeaks>(FailureKind::kLeak, "Treiber's stack: nobody frees a node"),
        Claim<CountedHead>("a stack of nodes used again",
                           {.searches = {Bound(3, 200'000), Random(20'000)}}),
        Canary<Aba>(FailureKind::kAssertion, "a stack of nodes used again: ABA",
                    {.searches = {Bound(2), Bound(3)}}),
        Claim<MichaelScottRight>("Michael and Scott's queue", {.searches = kRight}),
        Canary<MichaelScottFreesAtOnce>(FailureKind::kUseAfterFree,
                                        "Michael and Scott's queue: dequeue frees the node"),
        Canary<MichaelScottLinksRelaxed>(FailureKind::kDataRace,
                                         "Michael and Scott's queue: links relaxed"),
        Claim<LazyListRight>("a lazy list", {.searches = {Full()}, .reaches = {"found"}}),
        Canary<LazyListFreesAtOnce>(FailureKind::kDataRace,
                                    "a lazy list: frees what a search may look at"),
        Claim<LeavesMarked>("a node that leaves a list",
                            {.searches = {Full()}, .reaches = {"linked", "refused"}}),
        Canary<LeavesUnmarked>(FailureKind::kAssertion, "a node that leaves a list: not marked"),
        Claim<HazardSeqCst>("a hazard pointer",
                            {.searches = {Full(), Random(20'000)}, .reaches = {"kept", "read"}}),
        Canary<HazardAcquireRelease>(FailureKind::kDataRace, "a hazard pointer: release, acquire"),
        Canary<HazardWithoutSecondLook>(FailureKind::kUseAfterFree,
                                        "a hazard pointer: no second look"),
        Claim<RcuRight>("read-copy-update", {.searches = kRight, .reaches = {"old", "new"}}),
        Canary<RcuNoGracePeriod>(FailureKind::kDataRace, "read-copy-update: no grace period"),
        Canary<RcuPublishesRelaxed>(FailureKind::kDataRace, "read-copy-update: publishes relaxed"),
        Claim<CountedAcqRel>("a reference count", {.searches = {Full()}}),
        Canary<CountedRelaxed>(FailureKind::kDataRace, "a reference count: relaxed decrement"),
        Canary<CountedReleaseOnly>(FailureKind::kDataRace,
                                   "a reference count: decrement without acquire"),
        Claim<FindUnlessZero>("a look-up", {.searches = {Full()}}),
        Canary<FindRevives>(FailureKind::kUseAfterFree,
                            "a look-up: takes a reference of what has none"),
        Claim<UnlockInOneStep>("a lock in what it guards", {.searches = kRight}),
        Canary<UnlockLooksAfterwards>(FailureKind::kDataRace,
                                      "a lock in what it guards: looks at it after it has opened"),
        Claim<FreedOnce>("an object", {.searches = {Full()}}),
        Canary<FreedTwice>(FailureKind::kDoubleFree, "an object: freed by both"),
        Canary<AtomicFreedTwice>(FailureKind::kUseAfterFree,
                                 "an object: freed by both, an atomic in it"),
        Claim<MutexEndTold>("the end of a mutex", {.searches = {Full()}}),
        Canary<MutexEndRelaxed>(FailureKind::kDataRace, "the end of a mutex: told of relaxed"),
        Claim<LooksForNull>("a pointer to be published", {.searches = {Full()}}),
        Canary<FollowsNull>(FailureKind::kCrash, "a pointer to be published: null is followed"),
        Claim<Catches>("a look-up that throws", {.searches = {Full()}}),
        Canary<NobodyCatches>(FailureKind::kCrash, "a look-up that throws: nobody catches"),
    });

}  // namespace
