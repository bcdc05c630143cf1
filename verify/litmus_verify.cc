// Litmus tests: what the checker shows of the C++ memory model, and what it cannot. The last suite holds
// behaviours that C++ allows and the checker never produces; if one of its claims fails, the checker has
// become stronger, and verify/README.md must say so.
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;

struct TwoCells {
  S::Atomic<int> x{0};
  S::Atomic<int> y{0};
  int r[4] = {};
};

// Store buffering: each stores its own cell and loads the other's. Both may read 0.
template <class Derived, Order kStore, Order kLoad, bool kFence, bool kAllowed>
struct StoreBuffering : Model<Derived, 2>, TwoCells {
  void Thread(int id) {
    S::Atomic<int>& own = id == 0 ? x : y;
    S::Atomic<int>& other = id == 0 ? y : x;
    own.store(1, kStore);
    if (kFence) S::Fence();
    r[id] = other.load(kLoad);
  }
  void After() {
    const bool both_stale = r[0] == 0 && r[1] == 0;
    SABRE_VERIFY(kAllowed || !both_stale);
    if (both_stale) Reached("0, 0");
  }
};
struct SbRelaxed : StoreBuffering<SbRelaxed, S::kRelaxed, S::kRelaxed, false, true> {};
struct SbReleaseAcquire : StoreBuffering<SbReleaseAcquire, S::kRelease, S::kAcquire, false, true> {
};
struct SbSeqCst : StoreBuffering<SbSeqCst, S::kSeqCst, S::kSeqCst, false, false> {};
struct SbFences : StoreBuffering<SbFences, S::kRelaxed, S::kRelaxed, true, false> {};

// Message passing: data, then a flag. The flag may be seen without the data.
template <class Derived, Order kStore, Order kLoad, bool kAllowed>
struct MessagePassing : Model<Derived, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      x.store(1, S::kRelaxed);
      y.store(1, kStore);
    } else {
      r[0] = y.load(kLoad);
      r[1] = x.load(S::kRelaxed);
    }
  }
  void After() {
    const bool stale = r[0] == 1 && r[1] == 0;
    SABRE_VERIFY(kAllowed || !stale);
    if (stale) Reached("1, 0");
  }
};
struct MpRelaxed : MessagePassing<MpRelaxed, S::kRelaxed, S::kRelaxed, true> {};
struct MpOnlyRelease : MessagePassing<MpOnlyRelease, S::kRelease, S::kRelaxed, true> {};
struct MpOnlyAcquire : MessagePassing<MpOnlyAcquire, S::kRelaxed, S::kAcquire, true> {};
struct MpReleaseAcquire : MessagePassing<MpReleaseAcquire, S::kRelease, S::kAcquire, false> {};

// Independent reads of independent writes: two readers may disagree about the order of two writes.
template <class Derived, Order kStore, Order kLoad, bool kAllowed>
struct IndependentReads : Model<Derived, 4>, TwoCells {
  void Thread(int id) {
    if (id == 0) x.store(1, kStore);
    if (id == 1) y.store(1, kStore);
    if (id == 2) {
      r[0] = x.load(kLoad);
      r[1] = y.load(kLoad);
    }
    if (id == 3) {
      r[2] = y.load(kLoad);
      r[3] = x.load(kLoad);
    }
  }
  void After() {
    const bool disagree = r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0;
    SABRE_VERIFY(kAllowed || !disagree);
    if (disagree) Reached("1, 0, 1, 0");
  }
};
struct IriwAcquire : IndependentReads<IriwAcquire, S::kRelease, S::kAcquire, true> {};
struct IriwSeqCst : IndependentReads<IriwSeqCst, S::kSeqCst, S::kSeqCst, false> {};

// Write-to-read causality: what T1 read and passed on, T2 must see.
template <class Derived, Order kStore, Order kLoad, bool kAllowed>
struct WriteReadCausality : Model<Derived, 3>, TwoCells {
  void Thread(int id) {
    if (id == 0) x.store(1, kStore);
    if (id == 1) {
      r[0] = x.load(kLoad);
      y.store(1, kStore);
    }
    if (id == 2) {
      r[1] = y.load(kLoad);
      r[2] = x.load(S::kRelaxed);
    }
  }
  void After() {
    const bool broken = r[0] == 1 && r[1] == 1 && r[2] == 0;
    SABRE_VERIFY(kAllowed || !broken);
    if (broken) Reached("1, 1, 0");
  }
};
struct WrcRelaxed : WriteReadCausality<WrcRelaxed, S::kRelaxed, S::kRelaxed, true> {};
struct WrcReleaseAcquire : WriteReadCausality<WrcReleaseAcquire, S::kRelease, S::kAcquire, false> {
};

// Coherence: two reads of one cell never go back in time.
struct CoherenceReadRead : Model<CoherenceReadRead, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      x.store(1, S::kRelaxed);
      x.store(2, S::kRelaxed);
    } else {
      r[0] = x.load(S::kRelaxed);
      r[1] = x.load(S::kRelaxed);
    }
  }
  void After() { SABRE_VERIFY(r[0] <= r[1]); }
};

const Suite shown(
    "litmus: shown", {},
    {
        Claim<SbRelaxed>("SB relaxed reads 0, 0", {.searches = {Full()}, .reaches = {"0, 0"}}),
        Claim<SbReleaseAcquire>("SB release/acquire reads 0, 0",
                                {.searches = {Full()}, .reaches = {"0, 0"}}),
        Claim<SbSeqCst>("SB seq_cst never reads 0, 0", {.searches = {Full(), Random(20'000)}}),
        Claim<SbFences>("SB with fences never reads 0, 0", {.searches = {Full(), Random(20'000)}}),
        Claim<MpRelaxed>("MP relaxed reads 1, 0", {.searches = {Full()}, .reaches = {"1, 0"}}),
        Claim<MpOnlyRelease>("MP release, no acquire reads 1, 0",
                             {.searches = {Full()}, .reaches = {"1, 0"}}),
        Claim<MpOnlyAcquire>("MP acquire, no release reads 1, 0",
                             {.searches = {Full()}, .reaches = {"1, 0"}}),
        Claim<MpReleaseAcquire>("MP release/acquire never reads 1, 0",
                                {.searches = {Full(), Random(20'000)}}),
        Claim<IriwAcquire>("IRIW release/acquire: the readers disagree",
                           {.searches = {Full()}, .reaches = {"1, 0, 1, 0"}}),
        Claim<IriwSeqCst>("IRIW seq_cst: they never disagree",
                          {.searches = {Full(), Random(20'000)}}),
        Claim<WrcRelaxed>("WRC relaxed reads 1, 1, 0",
                          {.searches = {Full()}, .reaches = {"1, 1, 0"}}),
        Claim<WrcReleaseAcquire>("WRC release/acquire never reads 1, 1, 0",
                                 {.searches = {Full(), Random(20'000)}}),
        Claim<CoherenceReadRead>("reads of one cell never go back",
                                 {.searches = {Full(), Random(20'000)}}),
    });

// Load buffering: each loads the other's cell, then stores its own. C++ allows both to read 1.
struct LoadBuffering : Model<LoadBuffering, 2>, TwoCells {
  void Thread(int id) {
    S::Atomic<int>& own = id == 0 ? x : y;
    S::Atomic<int>& other = id == 0 ? y : x;
    r[id] = other.load(S::kRelaxed);
    own.store(1, S::kRelaxed);
  }
  void After() { SABRE_VERIFY(!(r[0] == 1 && r[1] == 1)); }
};

// 2+2W: both cells may end with the first store of their second writer.
struct TwoPlusTwoWrites : Model<TwoPlusTwoWrites, 2>, TwoCells {
  void Thread(int id) {
    S::Atomic<int>& first = id == 0 ? x : y;
    S::Atomic<int>& second = id == 0 ? y : x;
    first.store(1, S::kRelaxed);
    second.store(2, S::kRelaxed);
  }
  void After() { SABRE_VERIFY(!(x.load(S::kRelaxed) == 1 && y.load(S::kRelaxed) == 1)); }
};

// Store buffering with a read-modify-write as the read side: C++ allows both to read 0.
struct SbReadModifyWrite : Model<SbReadModifyWrite, 2>, TwoCells {
  void Thread(int id) {
    S::Atomic<int>& own = id == 0 ? x : y;
    S::Atomic<int>& other = id == 0 ? y : x;
    own.store(1, S::kRelaxed);
    r[id] = other.fetch_add(0, S::kRelaxed);
  }
  void After() { SABRE_VERIFY(!(r[0] == 0 && r[1] == 0)); }
};

// A load three stores behind: C++ allows it, the checker keeps the last three.
struct ThreeStoresStale : Model<ThreeStoresStale, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      for (int i = 1; i <= 3; ++i) x.store(i, S::kRelaxed);
      y.store(1, S::kRelaxed);
    } else if (y.load(S::kRelaxed) == 1) {
      SABRE_VERIFY(x.load(S::kRelaxed) != 0);
    }
  }
};

const Suite not_shown(
    "litmus: unseen", {},
    {
        Claim<LoadBuffering>("LB relaxed: 1, 1 is allowed, and never shown",
                             {.searches = {Full(), Random(100'000)}}),
        Claim<TwoPlusTwoWrites>("2+2W relaxed: 1, 1 is allowed, and never shown",
                                {.searches = {Full(), Random(100'000)}}),
        Claim<SbReadModifyWrite>("SB read by RMW: 0, 0 is allowed, and never shown",
                                 {.searches = {Full(), Random(100'000)}}),
        Claim<ThreeStoresStale>("a load 3 stores behind is allowed, and never shown",
                                {.searches = {Full(), Random(100'000)}}),
    });

}  // namespace
