// Claims about lockfree/mpmc_ring.h.
#include "sabre/lockfree/mpmc_ring.h"

#include <memory>
#include <optional>
#include <utility>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using Ring = sabre::MpmcRing<int, RelacySync>;

// Of an empty ring: it holds exactly its capacity, says how many it holds, and gives them back in
// order.
void HoldsItsCapacity(Ring& ring) {
  const int capacity = static_cast<int>(ring.capacity());
  for (int lap = 0; lap < 2; ++lap) {
    for (int i = 0; i < capacity; ++i) {
      SABRE_VERIFY(ring.size() == static_cast<std::size_t>(i));
      SABRE_VERIFY(ring.TryPush(i));
      SABRE_VERIFY(!ring.empty());
    }
    SABRE_VERIFY(!ring.TryPush(capacity) && ring.size() == ring.capacity());
    for (int i = 0; i < capacity; ++i) SABRE_VERIFY(ring.TryPop() == i);
    SABRE_VERIFY(!ring.TryPop() && ring.empty() && ring.size() == 0);
  }
}

// One producer pushes 1, 2, 3 into a ring of two; the consumer takes what comes.
struct FifoThroughFullRing : Model<FifoThroughFullRing, 2> {
  Ring ring{2};
  int pushed = 0;
  int popped = 0;

  void Thread(int id) {
    if (id == 0) {
      for (int i = 1; i <= 3; ++i) {
        if (!ring.TryPush(i)) {
          Reached("full");
          break;
        }
        pushed = i;
      }
      return;
    }
    for (int tries = 0; tries < 2; ++tries) {
      const std::optional<int> value = ring.TryPop();
      if (!value) {
        Reached("empty");
        continue;
      }
      SABRE_VERIFY(*value == popped + 1);
      popped = *value;
      Reached("popped");
    }
  }
  void After() {
    if (pushed == 3 && popped > 0) Reached("slot reused");
    while (const std::optional<int> value = ring.TryPop()) {
      SABRE_VERIFY(*value == popped + 1);
      popped = *value;
    }
    SABRE_VERIFY(popped == pushed && ring.capacity() == 2);
    HoldsItsCapacity(ring);
  }
};

// Two producers: both values arrive, once each.
struct TwoProducersLoseNothing : Model<TwoProducersLoseNothing, 2> {
  Ring ring{2};
  void Thread(int id) { SABRE_VERIFY(ring.TryPush(id + 1)); }
  void After() {
    const std::optional<int> first = ring.TryPop();
    const std::optional<int> second = ring.TryPop();
    SABRE_VERIFY(first && second && *first + *second == 3 && *first != *second);
    Reached(*first == 1 ? "1 first" : "2 first");
    SABRE_VERIFY(!ring.TryPop());
    HoldsItsCapacity(ring);
  }
};

// Capacities are powers of two and at least 2, and every one of them is used.
struct CapacityIsRoundedUp : Model<CapacityIsRoundedUp, 1> {
  void Thread(int) {
    const std::size_t capacities[][2] = {{0, 2}, {1, 2}, {2, 2}, {3, 4}, {4, 4}};
    for (const auto& [asked, given] : capacities) {
      Ring ring(asked);
      SABRE_VERIFY(ring.capacity() == given);
      HoldsItsCapacity(ring);
    }
  }
};

// Two consumers: a value goes to one of them.
struct TwoConsumersShareNothing : Model<TwoConsumersShareNothing, 2> {
  Ring ring{2};
  std::optional<int> got[2];
  void Before() { SABRE_VERIFY(ring.TryPush(1) && ring.TryPush(2)); }
  void Thread(int id) { got[id] = ring.TryPop(); }
  void After() {
    SABRE_VERIFY(got[0] && got[1] && *got[0] + *got[1] == 3 && *got[0] != *got[1]);
    HoldsItsCapacity(ring);
    Reached(*got[0] == 1 ? "T0 first" : "T1 first");
  }
};

// Two producers and a consumer on a ring that starts nearly full, so that a slot comes into its
// next lap while all three are at it.
struct ThreeThreads : Model<ThreeThreads, 3> {
  Ring ring{2};
  int pushed = 0;
  int sum = 0;
  void Before() {
    SABRE_VERIFY(ring.TryPush(4));
    sum = 4;
  }
  bool ok[2] = {};
  std::optional<int> got;
  void Thread(int id) {
    if (id < 2) {
      ok[id] = ring.TryPush(id + 1);
    } else {
      got = ring.TryPop();
      SABRE_VERIFY(got && *got == 4);
    }
  }
  void After() {
    for (int i = 0; i < 2; ++i) sum += ok[i] ? i + 1 : 0;
    if (!ok[0] || !ok[1]) Reached("full");
    if (ok[0] && ok[1]) Reached("both pushed");
    int seen = *got;
    while (const std::optional<int> value = ring.TryPop()) seen += *value;
    SABRE_VERIFY(seen == sum && (ok[0] || ok[1]));
    HoldsItsCapacity(ring);
  }
};

// Two threads push and pop at once: each value comes out once, and each takes no more than there
// was.
struct EachPushesAndPops : Model<EachPushesAndPops, 2> {
  Ring ring{2};
  int popped[2] = {};
  void Thread(int id) {
    SABRE_VERIFY(ring.TryPush(id + 1));
    if (const std::optional<int> value = ring.TryPop()) popped[id] = *value;
    Reached(popped[id] == 0 ? "hidden" : popped[id] == id + 1 ? "own" : "other's");
  }
  void After() {
    int sum = popped[0] + popped[1];
    SABRE_VERIFY(sum == 0 || popped[0] != popped[1]);
    while (const std::optional<int> value = ring.TryPop()) sum += *value;
    SABRE_VERIFY(sum == 3);
    HoldsItsCapacity(ring);
  }
};

// A full ring leaves the value with its owner, and a value is complete when it is popped.
struct FullRefuses : Model<FullRefuses, 2> {
  sabre::MpmcRing<std::unique_ptr<int>, RelacySync> ring{2};
  void Before() {
    SABRE_VERIFY(ring.TryPush(std::make_unique<int>(1)));
    SABRE_VERIFY(ring.TryPush(std::make_unique<int>(2)));
  }
  void Thread(int id) {
    if (id == 0) {
      auto offered = std::make_unique<int>(3);
      const bool accepted = ring.TryPush(std::move(offered));
      SABRE_VERIFY(accepted == (offered == nullptr));
      Reached(accepted ? "accepted" : "refused");
    } else {
      SABRE_VERIFY(**ring.TryPop() == 1);
    }
  }
  void After() { SABRE_VERIFY(**ring.TryPop() == 2); }
};

// What a producer wrote before its push is there for the consumer.
struct PushPublishes : Model<PushPublishes, 2> {
  Ring ring{2};
  RelacySync::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(ring.TryPush(1));
    } else if (ring.TryPop()) {
      SABRE_VERIFY(data.Get() == 7);
      Reached("seen");
    }
  }
};

// The size of a ring that others change is between nothing and everything.
struct SizeStaysInRange : Model<SizeStaysInRange, 3> {
  Ring ring{2};
  void Thread(int id) {
    if (id == 0) {
      static_cast<void>(ring.TryPush(1));
    } else if (id == 1) {
      static_cast<void>(ring.TryPop());
    } else {
      SABRE_VERIFY(ring.size() <= ring.capacity());
    }
  }
};

const Suite suite(
    "MpmcRing", {"sabre/lockfree/mpmc_ring.h"},
    {
        Claim<FifoThroughFullRing>("1 producer, 1 consumer, 3 pushes into 2 slots: FIFO",
                                   {.searches = {Bound(3, 400'000), Random(50'000)},
                                    .reaches = {"full", "empty", "popped", "slot reused"}}),
        Claim<TwoProducersLoseNothing>("2 producers: both values arrive once",
                                       {.searches = {Full(), Random(20'000)},
                                        .reaches = {"1 first", "2 first"}}),
        Claim<TwoConsumersShareNothing>("2 consumers: each value goes to one",
                                        {.searches = {Full(), Random(20'000)},
                                         .reaches = {"T0 first", "T1 first"}}),
        Claim<ThreeThreads>("2 producers, 1 consumer across a lap: nothing lost",
                            {.searches = {Bound(2, 300'000), Random(50'000)},
                             .reaches = {"full", "both pushed"}}),
        Claim<EachPushesAndPops>("2 × push and pop: each value once",
                                 {.searches = {Bound(3, 200'000), Random(20'000)},
                                  .reaches = {"own", "other's", "hidden"}}),
        Claim<FullRefuses>("a full ring refuses and leaves the value alone",
                           {.searches = {Full(), Random(20'000)},
                            .reaches = {"accepted", "refused"}}),
        Claim<CapacityIsRoundedUp>("a ring holds its capacity, lap after lap",
                                   {.searches = {Full()}}),
        Claim<PushPublishes>("what precedes a push is visible after its pop",
                             {.searches = {Full(), Random(20'000)}, .reaches = {"seen"}}),
        Claim<SizeStaysInRange>("size is in [0, capacity] at any moment",
                                {.searches = {Bound(2), Random(20'000)}}),
    });

}  // namespace
