// Claims about lockfree/seq_lock.h, lockfree/treiber_stack.h and lockfree/placement.h.
#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "sabre/lockfree/placement.h"
#include "sabre/lockfree/seq_lock.h"
#include "sabre/lockfree/treiber_stack.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;

// ---- SeqLock

// A word and a half: the second word is used in part.
struct Triple {
  int a = 0;
  int b = 0;
  int c = 0;
  static Triple Of(int n) { return {n, n, n}; }
  bool whole() const { return a == b && b == c; }
};
static_assert(sizeof(Triple) == 12);
using Sequenced = sabre::SeqLock<Triple, S>;

// After everything: it holds `value`, and can be stored to and loaded from.
void RestsAt(Sequenced& lock, int value) {
  const std::optional<Triple> last = lock.TryLoad();
  SABRE_VERIFY(last && last->whole() && last->a == value);
  SABRE_VERIFY(lock.TryStore(Triple::Of(-9)));  // no byte of which is zero
  SABRE_VERIFY(lock.TryLoad()->whole() && lock.TryLoad()->c == -9);
}

// Stores 1 and 2 against two loads, which return whole values and never go back.
struct LoadsAreWhole : Model<LoadsAreWhole, 2> {
  Sequenced lock;
  void Thread(int id) {
    if (id == 0) {
      lock.Store(Triple::Of(1));
      lock.Store(Triple::Of(2));
      return;
    }
    int last = 0;
    for (int i = 0; i < 2; ++i) {
      const std::optional<Triple> value = lock.TryLoad();
      if (!value) {
        Reached("none");
        continue;
      }
      SABRE_VERIFY(value->whole() && value->a >= last && value->a <= 2);
      last = value->a;
      Reached(last == 0 ? "old" : last == 1 ? "first" : "second");
    }
  }
  void After() { RestsAt(lock, 2); }
};

// A Load waits for the store that is under way, and returns a whole value.
struct LoadWaits : Model<LoadWaits, 2> {
  Sequenced lock{Triple::Of(3)};
  void Thread(int id) {
    if (id == 0) {
      lock.Store(Triple::Of(4));
    } else {
      const Triple value = lock.Load();
      SABRE_VERIFY(value.whole());
      Reached(value.a == 3 ? "old" : value.a == 4 ? "new" : "wrong");
      SABRE_VERIFY(value.a == 3 || value.a == 4);
    }
  }
  void After() { RestsAt(lock, 4); }
};

// Of two stores at once one may be refused, never both; what remains is one of those that were not.
struct StoresExclude : Model<StoresExclude, 2> {
  Sequenced lock;
  bool stored[2] = {};
  void Thread(int id) { stored[id] = lock.TryStore(Triple::Of(id + 1)); }
  void After() {
    SABRE_VERIFY(stored[0] || stored[1]);
    Reached(stored[0] && stored[1] ? "both" : "one refused");
    const std::optional<Triple> last = lock.TryLoad();
    SABRE_VERIFY(last && last->whole() && last->a >= 1 && stored[last->a - 1]);
    RestsAt(lock, last->a);
  }
};

// Two stores that wait for each other, and a load.
struct TwoStoresOneLoad : Model<TwoStoresOneLoad, 3> {
  Sequenced lock;
  void Thread(int id) {
    if (id < 2) {
      lock.Store(Triple::Of(id + 1));
    } else if (const std::optional<Triple> value = lock.TryLoad()) {
      SABRE_VERIFY(value->whole());
      Reached(value->a == 0 ? "old" : "new");
    } else {
      Reached("none");
    }
  }
  void After() {
    const int last = lock.TryLoad()->a;
    SABRE_VERIFY(last == 1 || last == 2);
    RestsAt(lock, last);
  }
};

// What precedes a store is there for who loads its value, and for who stores after it.
struct StorePublishes : Model<StorePublishes, 3> {
  Sequenced lock;
  S::Var<int> data{0};
  S::Atomic<int> done{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(lock.TryStore(Triple::Of(1)));
      done.store(1, S::kRelaxed);  // says that it was before, and orders nothing
    } else if (id == 1) {
      const std::optional<Triple> value = lock.TryLoad();
      if (!value || value->a != 1) return;
      SABRE_VERIFY(data.Get() == 7);
      Reached("loaded");
    } else if (done.load(S::kRelaxed) == 1 && lock.TryStore(Triple::Of(2))) {
      SABRE_VERIFY(data.Get() == 7);
      Reached("stored after");
    }
  }
};

const Suite seq_lock_suite(
    "SeqLock", {"sabre/lockfree/seq_lock.h"},
    {
        Claim<LoadsAreWhole>("2 stores, 2 loads of 2 words: whole values, in order",
                             {.searches = {Bound(3, 400'000), Random(50'000)},
                              .reaches = {"none", "old", "first", "second"}}),
        Claim<LoadWaits>("a Load returns the value before a store, or after it",
                         {.searches = {Bound(3, 400'000), Random(20'000)},
                          .reaches = {"old", "new"}}),
        Claim<StoresExclude>("of 2 stores at most one is refused, one value remains",
                             {.searches = {Full(), Random(20'000)},
                              .reaches = {"both", "one refused"}}),
        Claim<TwoStoresOneLoad>("2 stores, 1 load: whole values",
                                {.searches = {Bound(2), Random(50'000)},
                                 .reaches = {"none", "old", "new"}}),
        Claim<StorePublishes>("what precedes a store precedes loads and stores after it",
                              {.searches = {Bound(2), Random(50'000)},
                               .reaches = {"loaded", "stored after"}}),
    });

// ---- TreiberStack

using Stack = sabre::TreiberStack<int, S>;

// All that is left, top first.
std::vector<int> Drain(Stack& stack) {
  std::vector<int> left;
  while (const std::optional<int> value = stack.TryPop()) left.push_back(*value);
  SABRE_VERIFY(stack.empty());
  return left;
}
// Of an empty stack: it holds as many as it should, each node is in one list, and the last comes
// first.
void AllNodesFree(Stack& stack) {
  const int capacity = static_cast<int>(stack.capacity());
  for (int i = 0; i < capacity; ++i) SABRE_VERIFY(stack.TryPush(i));
  SABRE_VERIFY(!stack.TryPush(capacity));
  for (int i = capacity; i-- > 0;) SABRE_VERIFY(stack.TryPop() == i);
  SABRE_VERIFY(!stack.TryPop());
}

// What was pushed is what was popped and what is left, each value once.
struct Account {
  std::vector<int> pushed;
  std::vector<int> popped[3];
  void Settle(Stack& stack) {
    std::vector<int> seen = Drain(stack);
    for (const std::vector<int>& some : popped) seen.insert(seen.end(), some.begin(), some.end());
    std::sort(seen.begin(), seen.end());
    std::sort(pushed.begin(), pushed.end());
    SABRE_VERIFY(seen == pushed);
    AllNodesFree(stack);
  }
  void Pop(Stack& stack, int id) {
    if (const std::optional<int> value = stack.TryPop()) popped[id].push_back(*value);
  }
};

// Each of two threads pushes and pops, in a stack of one.
struct PushAndPop : Model<PushAndPop, 2> {
  Stack stack{1};
  Account account;
  bool pushed[2] = {};
  void Thread(int id) {
    pushed[id] = stack.TryPush(id + 1);
    account.Pop(stack, id);
    if (pushed[id] && account.popped[id].empty()) Reached("popped by the other");
  }
  void After() {
    for (int i = 0; i < 2; ++i) {
      if (pushed[i]) account.pushed.push_back(i + 1);
    }
    SABRE_VERIFY(!account.pushed.empty());
    Reached(account.pushed.size() == 2 ? "both pushed" : "refused");
    account.Settle(stack);
  }
};

// Two pushes and two pops at once.
struct TwoPushOnePops : Model<TwoPushOnePops, 3> {
  Stack stack{2};
  Account account;
  void Thread(int id) {
    if (id < 2) {
      SABRE_VERIFY(stack.TryPush(id + 1));
    } else {
      account.Pop(stack, id);
      account.Pop(stack, id);
      Reached(account.popped[id].size() == 2 ? "two" : account.popped[id].empty() ? "none" : "one");
    }
  }
  void After() {
    account.pushed = {1, 2};
    account.Settle(stack);
  }
};

// ABA: while one thread is about to take the top node, the node leaves, the one below it too, and
// the first comes back.
struct NodeComesBack : Model<NodeComesBack, 3> {
  Stack stack{2};
  Account account;
  void Before() { SABRE_VERIFY(stack.TryPush(1) && stack.TryPush(2)); }
  void Thread(int id) {
    account.Pop(stack, id);
    if (id == 1 && stack.TryPush(3)) account.pushed.push_back(3);
  }
  void After() {
    if (account.pushed.empty()) Reached("refused: the node is with a pop");
    account.pushed.insert(account.pushed.end(), {1, 2});
    account.Settle(stack);
  }
};

// The last value on top: two pushes in one thread, two pops in another, which takes them in reverse
// order if it comes later.
struct LastComesFirst : Model<LastComesFirst, 2> {
  Stack stack{2};
  S::Atomic<int> pushed{0};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(stack.TryPush(1));
      SABRE_VERIFY(stack.TryPush(2));
      pushed.store(1, S::kRelease);
    } else if (pushed.load(S::kAcquire) == 1) {
      SABRE_VERIFY(stack.TryPop() == 2);
      SABRE_VERIFY(stack.TryPop() == 1);
      SABRE_VERIFY(!stack.TryPop());
      Reached("both");
    }
  }
};

// A value is complete when it is popped, what precedes its push is done, and a full stack leaves a
// value with its owner.
struct StackPublishes : Model<StackPublishes, 2> {
  struct Box {
    explicit Box(int value) : content(value) {}
    S::Var<int> content;
  };
  sabre::TreiberStack<std::unique_ptr<Box>, S> stack{1};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(stack.TryPush(std::make_unique<Box>(7)));
      auto second = std::make_unique<Box>(8);
      if (!stack.TryPush(std::move(second))) {
        SABRE_VERIFY(second != nullptr && second->content.Get() == 8);
        Reached("refused");
      }
    } else if (const std::optional<std::unique_ptr<Box>> box = stack.TryPop()) {
      SABRE_VERIFY((*box)->content.Get() == 7 || (*box)->content.Get() == 8);
      Reached("received");
    }
  }
};

const Suite stack_suite(
    "TreiberStack", {"sabre/lockfree/treiber_stack.h"},
    {
        Claim<PushAndPop>("2 × push and pop, 1 node: each value once, no node lost",
                          {.searches = {Bound(3, 200'000), Random(50'000)},
                           .reaches = {"both pushed", "refused", "popped by the other"}}),
        Claim<TwoPushOnePops>("2 pushes, 2 pops, 2 nodes: each value once, no node lost",
                              {.searches = {Bound(2, 200'000), Random(50'000)},
                               .reaches = {"two", "one", "none"}}),
        Claim<NodeComesBack>("a node that comes back is not taken for itself (ABA)",
                             {.searches = {Bound(2, 250'000), Random(100'000)},
                              .reaches = {"refused: the node is with a pop"}}),
        Claim<LastComesFirst>("the last value comes first",
                              {.searches = {Full(), Random(20'000)}, .reaches = {"both"}}),
        Claim<StackPublishes>("a value is complete when popped; a refused one stays",
                              {.searches = {Bound(3), Random(20'000)},
                               .reaches = {"refused", "received"}}),
    });

// ---- PlacedHeader

// Who attaches while another thread still formats finds nothing, or all of it.
struct HeaderPublishes : Model<HeaderPublishes, 2> {
  static constexpr sabre::internal::PlacedShape kShape{sabre::internal::PlacedKind::kSpscRing, 4, 2,
                                                       8};
  sabre::internal::PlacedHeader<S> header;
  S::Var<int> container{0};
  void Thread(int id) {
    if (id == 0) {
      header.Format(kShape, [&] { container.Set(7); });
      return;
    }
    sabre::internal::PlacedShape shape = kShape;
    shape.capacity = 0;
    const sabre::PlaceError error = header.Read(shape);
    if (error == sabre::PlaceError::kNone) {
      SABRE_VERIFY(shape.capacity == 8 && container.Get() == 7);
      Reached("attached");
    } else {
      SABRE_VERIFY(error == sabre::PlaceError::kNotFormatted);
      Reached("not formatted");
    }
  }
  void After() {
    sabre::internal::PlacedShape shape = kShape;
    SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kNone);
    shape.element_align = 4;
    SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kOtherElement);
    shape = kShape;
    shape.element_size = 8;
    SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kOtherElement);
    shape.kind = sabre::internal::PlacedKind::kMpmcRing;
    SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kOtherContainer);
    header.Format(kShape,
                  [&] { SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kNotFormatted); });
    SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kOtherContainer);
    shape = kShape;
    SABRE_VERIFY(header.Read(shape) == sabre::PlaceError::kNone);
  }
};

// The header says that there is a container before there is one.
struct PublishesFirst : Model<PublishesFirst, 2> {
  sabre::internal::PlacedHeader<S> header;
  S::Var<int> container{0};
  void Thread(int id) {
    sabre::internal::PlacedShape shape = HeaderPublishes::kShape;
    if (id == 0) {
      header.Publish(shape);
      container.Set(7);
    } else if (header.Read(shape) == sabre::PlaceError::kNone) {
      SABRE_VERIFY(container.Get() == 7);
    }
  }
};

const Suite placement_suite(
    "Placement", {"sabre/lockfree/placement.h"},
    {
        Claim<HeaderPublishes>("who attaches finds a whole container or none",
                               {.searches = {Full(), Random(20'000)},
                                .reaches = {"attached", "not formatted"}}),
        Canary<PublishesFirst>(FailureKind::kDataRace, "a header that comes before its container"),
    });

}  // namespace
