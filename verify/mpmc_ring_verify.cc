// Claims about lockfree/mpmc_ring.h.
#include "sabre/lockfree/mpmc_ring.h"

#include <optional>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using Ring = sabre::MpmcRing<int, RelacySync>;

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
    SABRE_VERIFY(popped == pushed);
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
    SABRE_VERIFY(ring.empty());
    Reached(*got[0] == 1 ? "T0 first" : "T1 first");
  }
};

// Two producers and a consumer on a ring that starts nearly full, so that a slot comes into its next
// lap while all three are at it.
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
    SABRE_VERIFY(seen == sum);
  }
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
        Claim<PushPublishes>("what precedes a push is visible after its pop",
                             {.searches = {Full(), Random(20'000)}, .reaches = {"seen"}}),
        Claim<SizeStaysInRange>("size is in [0, capacity] at any moment",
                                {.searches = {Bound(2), Random(20'000)}}),
    });

}  // namespace
