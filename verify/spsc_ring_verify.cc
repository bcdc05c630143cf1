// Claims about lockfree/spsc_ring.h.
#include "sabre/lockfree/spsc_ring.h"

#include <memory>
#include <optional>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using Ring = sabre::SpscRing<int, RelacySync>;

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
    SABRE_VERIFY(popped == pushed && ring.capacity() == kCapacity);
    HoldsItsCapacity(ring);
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

// Capacities are powers of two, and every one of them is used.
struct CapacityIsRoundedUp : Model<CapacityIsRoundedUp, 1> {
  void Thread(int) {
    const std::size_t capacities[][2] = {{0, 1}, {1, 1}, {2, 2}, {3, 4}, {4, 4}};
    for (const auto& [asked, given] : capacities) {
      Ring ring(asked);
      SABRE_VERIFY(ring.capacity() == given);
      HoldsItsCapacity(ring);
    }
  }
};

// A full ring keeps what it has, and leaves what it was offered with its owner.
struct FullRefuses : Model<FullRefuses, 2> {
  sabre::SpscRing<std::unique_ptr<int>, RelacySync> ring{1};
  bool accepted = false;
  void Before() { SABRE_VERIFY(ring.TryPush(std::make_unique<int>(1))); }
  void Thread(int id) {
    if (id == 0) {
      auto offered = std::make_unique<int>(2);
      accepted = ring.TryPush(std::move(offered));
      SABRE_VERIFY(accepted == (offered == nullptr));
      Reached(accepted ? "accepted" : "refused");
    } else {
      SABRE_VERIFY(**ring.TryPop() == 1);
    }
  }
  void After() {
    SABRE_VERIFY(ring.size() == (accepted ? 1 : 0));
    if (accepted) SABRE_VERIFY(**ring.TryPop() == 2);
    SABRE_VERIFY(!ring.TryPop());
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
                      Claim<CapacityIsRoundedUp>("a ring holds its capacity, lap after lap",
                                                 {.searches = {Full()}}),
                      Claim<SizeStaysInRange>("size is in [0, capacity] for a third thread",
                                              {.searches = {Full(), Random(20'000)},
                                               .reaches = {"0", "1"}}),
                  });

}  // namespace
