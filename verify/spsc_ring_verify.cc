// Claims about lockfree/spsc_ring.h.
#include "sabre/lockfree/spsc_ring.h"

#include <memory>
#include <optional>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using Ring = sabre::SpscRing<int, RelacySync>;

// The producer pushes 1, 2, … and gives up at the first full ring; the consumer tries a few pops.
template <class Derived, int kCapacity, int kPushes, int kPops>
struct Fifo : Model<Derived, 2> {
  Ring ring{kCapacity};
  int pushed = 0;
  int popped = 0;

  void Thread(int id) {
    if (id == 0) {
      while (pushed < kPushes && ring.TryPush(pushed + 1)) pushed += 1;
      if (pushed < kPushes) Reached("full");
      if (pushed > kCapacity) Reached("slot reused");
      return;
    }
    for (int i = 0; i < kPops; ++i) {
      const std::optional<int> value = ring.TryPop();
      if (!value) {
        Reached("empty");
        continue;
      }
      SABRE_VERIFY(*value == popped + 1);
      popped = *value;
    }
  }
  void After() {
    while (const std::optional<int> value = ring.TryPop()) {
      SABRE_VERIFY(*value == popped + 1);
      popped = *value;
    }
    SABRE_VERIFY(popped == pushed);
  }
};
struct FifoCapacity1 : Fifo<FifoCapacity1, 1, 3, 3> {};
struct FifoCapacity2 : Fifo<FifoCapacity2, 2, 3, 3> {};

// A move-only value travels whole: what it owns was written before the push.
struct ValueTravelsWhole : Model<ValueTravelsWhole, 2> {
  struct Box {
    explicit Box(int value) : content(value) {}
    RelacySync::Var<int> content;
  };
  sabre::SpscRing<std::unique_ptr<Box>, RelacySync> ring{1};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(ring.TryPush(std::make_unique<Box>(7)));
    } else if (auto box = ring.TryPop()) {
      SABRE_VERIFY((*box)->content.Get() == 7);
      Reached("received");
    } else {
      Reached("empty");
    }
  }
};

// A full ring keeps what it has and what it was offered.
struct FullRefuses : Model<FullRefuses, 2> {
  Ring ring{1};
  void Before() { SABRE_VERIFY(ring.TryPush(1)); }
  void Thread(int id) {
    if (id == 0) {
      int offered = 2;
      Reached(ring.TryPush(std::move(offered)) ? "accepted" : "refused");
      SABRE_VERIFY(offered == 2);
    } else {
      SABRE_VERIFY(ring.TryPop() == 1);
    }
  }
};

struct SizeStaysInRange : Model<SizeStaysInRange, 3> {
  Ring ring{1};
  void Thread(int id) {
    if (id == 0) {
      static_cast<void>(ring.TryPush(1));
    } else if (id == 1) {
      static_cast<void>(ring.TryPop());
    } else {
      const std::size_t size = ring.size();
      SABRE_VERIFY(size <= ring.capacity());
      Reached(size == 0 ? "0" : "1");
    }
  }
};

const Suite suite("SpscRing", {"sabre/lockfree/spsc_ring.h"},
                  {
                      Claim<FifoCapacity1>("3 pushes, 3 pops, 1 slot: FIFO, nothing lost",
                                           {.searches = {Full(), Random(50'000)},
                                            .reaches = {"full", "empty", "slot reused"}}),
                      Claim<FifoCapacity2>("3 pushes, 3 pops, 2 slots: FIFO, nothing lost",
                                           {.searches = {Full(), Random(50'000)},
                                            .reaches = {"full", "empty", "slot reused"}}),
                      Claim<ValueTravelsWhole>("a value is complete when it is popped",
                                               {.searches = {Full(), Random(20'000)},
                                                .reaches = {"received", "empty"}}),
                      Claim<FullRefuses>("a full ring refuses and leaves the value alone",
                                         {.searches = {Full(), Random(20'000)},
                                          .reaches = {"accepted", "refused"}}),
                      Claim<SizeStaysInRange>("size is in [0, capacity] for a third thread",
                                              {.searches = {Full(), Random(20'000)},
                                               .reaches = {"0", "1"}}),
                  });

}  // namespace
