// Litmus tests: what the checker shows of the C++ memory model, and what it cannot. The suites
// `unseen` and `invented` hold behaviours that C++ allows and the checker never produces, and the
// other way round; if one of their claims fails, the checker has become better, and
// docs/what_the_checker_cannot_see.md must say so. The last suite is about the names of std.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "sabre/verify/model.h"
#include "sabre/verify/std_names.h"

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

// A load two stores behind, which only random searches have.
struct TwoStoresStale : Model<TwoStoresStale, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      x.store(1, S::kRelaxed);
      x.store(2, S::kRelaxed);
      y.store(1, S::kRelaxed);
    } else if (y.load(S::kRelaxed) == 1) {
      SABRE_VERIFY(x.load(S::kRelaxed) != 0);
    }
  }
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
        Canary<TwoStoresStale>(FailureKind::kAssertion, "a load is never two stores behind",
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

// S: the second writer of x has seen the flag that follows the first one's store, and yet its store
// may be the older one.
struct StoreAfterRead : Model<StoreAfterRead, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      x.store(2, S::kRelaxed);
      y.store(1, S::kRelaxed);
    } else {
      r[0] = y.load(S::kRelaxed);
      x.store(1, S::kRelaxed);
    }
  }
  void After() { SABRE_VERIFY(!(r[0] == 1 && x.load(S::kRelaxed) == 2)); }
};

// A compare-exchange that fails may read an old value.
struct FailedExchangeStale : Model<FailedExchangeStale, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      x.store(1, S::kRelaxed);
      y.store(1, S::kRelaxed);
    } else if (y.load(S::kRelaxed) == 1) {
      int found = 7;
      x.compare_exchange_strong(found, 8, S::kRelaxed, S::kRelaxed);
      SABRE_VERIFY(found == 1);
    }
  }
};

// Since C++20 a relaxed store does not belong to the release sequence of an earlier store, not even
// of the same thread: this is a data race.
struct OldReleaseSequence : Model<OldReleaseSequence, 2> {
  S::Atomic<int> flag{0};
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      flag.store(1, S::kRelease);
      flag.store(2, S::kRelaxed);
    } else if (flag.load(S::kAcquire) == 2) {
      SABRE_VERIFY(data.Get() == 7);
      Reached("read");
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
        Claim<StoreAfterRead>("S relaxed: 1, 2 is allowed, and never shown",
                              {.searches = {Full(), Random(100'000)}}),
        Claim<FailedExchangeStale>("a failed exchange that reads stale is allowed, and never shown",
                                   {.searches = {Full(), Random(100'000)}}),
        Claim<OldReleaseSequence>("a race by the release sequences of C++20, and not shown",
                                  {.searches = {Full(), Random(100'000)}, .reaches = {"read"}}),
    });

// Store buffering, one side with seq_cst accesses, the other with a seq_cst fence: C++ forbids 0,
// 0.
struct SbMixed : Model<SbMixed, 2>, TwoCells {
  void Thread(int id) {
    if (id == 0) {
      x.store(1, S::kRelaxed);
      S::Fence();
      r[0] = y.load(S::kRelaxed);
    } else {
      y.store(1, S::kSeqCst);
      r[1] = x.load(S::kSeqCst);
    }
  }
  void After() {
    if (r[0] == 0 && r[1] == 0) Reached("0, 0");
  }
};

const Suite invented("litmus: invented", {},
                     {
                         Claim<SbMixed>("SB fence and seq_cst: 0, 0 is forbidden, and shown",
                                        {.searches = {Full()}, .reaches = {"0, 0"}}),
                     });

// ---- the names of std

using names = StdNames;

// Operators and default orders mean what they mean in std.
struct Operators : Model<Operators, 2> {
  names::atomic<int> count = 0;
  names::atomic<bool> set{false};
  names::plain<int> own[2];
  void Thread(int id) {
    ++count;
    count += 2;
    count--;
    set = true;
    own[id] = count;
    int expected = 100;
    SABRE_VERIFY(!count.compare_exchange_strong(expected, 0));
    SABRE_VERIFY(expected >= 2 && own[id] >= 2);
  }
  void After() { SABRE_VERIFY(count == 4 && set && own[0] + own[1] >= 4); }
};

template <class Derived, std::memory_order kClear>
struct FlagLock : Model<Derived, 2> {
  names::atomic_flag flag = ATOMIC_FLAG_INIT;
  names::plain<int> guarded = 0;
  void Thread(int) {
    while (flag.test_and_set(std::memory_order_acquire)) names::this_thread::yield();
    guarded = guarded + 1;
    flag.clear(kClear);
  }
  void After() { SABRE_VERIFY(guarded == 2); }
};
struct FlagLockRight : FlagLock<FlagLockRight, std::memory_order_release> {};
struct FlagLockRelaxed : FlagLock<FlagLockRelaxed, std::memory_order_relaxed> {};

// Message passing by fences around relaxed accesses.
template <class Derived, std::memory_order kBefore, std::memory_order kAfter>
struct Fences : Model<Derived, 2> {
  names::atomic<int*> ready{nullptr};
  names::plain<int> data{0};
  int dummy = 0;
  void Thread(int id) {
    if (id == 0) {
      data = 7;
      names::atomic_thread_fence(kBefore);
      ready.store(&dummy, std::memory_order_relaxed);
    } else if (ready.load(std::memory_order_relaxed) != nullptr) {
      names::atomic_thread_fence(kAfter);
      SABRE_VERIFY(data == 7);
      Reached("read");
    }
  }
};
struct FencesRight : Fences<FencesRight, std::memory_order_release, std::memory_order_acquire> {};
struct FencesSeqCst : Fences<FencesSeqCst, std::memory_order_seq_cst, std::memory_order_seq_cst> {};
struct NoReleaseFence
    : Fences<NoReleaseFence, std::memory_order_acquire, std::memory_order_acquire> {};
struct NoAcquireFence
    : Fences<NoAcquireFence, std::memory_order_release, std::memory_order_relaxed> {};

template <class Derived, bool kNotifies>
struct Handoff : Model<Derived, 2> {
  names::mutex mutex;
  names::condition_variable changed;
  names::plain<bool> full{false};
  void Thread(int id) {
    if (id == 0) {
      names::lock_guard<names::mutex> lock(mutex);
      full = true;
      if (kNotifies) changed.notify_one();
    } else {
      names::unique_lock<names::mutex> lock(mutex);
      changed.wait(lock, [this] { return bool(full); });
      full = false;
    }
  }
  void After() { SABRE_VERIFY(!full); }
};
struct HandoffRight : Handoff<HandoffRight, true> {};
struct HandoffSilent : Handoff<HandoffSilent, false> {};

// A wait with a limit, and a lock that is only tried, may both come to nothing.
struct Limited : Model<Limited, 2> {
  names::mutex mutex;
  names::condition_variable changed;
  names::plain<int> items{0};
  void Thread(int id) {
    names::unique_lock<names::mutex> lock(mutex, std::defer_lock);
    if (id == 0) {
      if (!lock.try_lock()) return Reached("refused");
      items = 1;
      changed.notify_all();
      return;
    }
    lock.lock();
    const bool got = changed.wait_for(lock, std::chrono::seconds(1), [this] { return items == 1; });
    Reached(got ? "got it" : "timed out");
  }
};

template <class Derived, std::memory_order kOrder>
struct LoadWith : Model<Derived, 1> {
  names::atomic<int> cell{1};
  void Thread(int) { SABRE_VERIFY(cell.load(kOrder) == 1); }
};
struct LoadConsumes : LoadWith<LoadConsumes, std::memory_order_consume> {};
struct LoadReleases : LoadWith<LoadReleases, std::memory_order_release> {};

const Suite std_names(
    "names of std", {},
    {
        Claim<Operators>("operators are seq_cst and atomic", {.searches = {Full(), Random(5'000)}}),
        Claim<FlagLockRight>("a lock of atomic_flag", {.searches = {Bound(3), Random(20'000)}}),
        Canary<FlagLockRelaxed>(FailureKind::kDataRace, "a lock of atomic_flag: cleared relaxed"),
        Claim<FencesRight>("fences pass a message",
                           {.searches = {Full(), Random(20'000)}, .reaches = {"read"}}),
        Claim<FencesSeqCst>("so do seq_cst ones", {.searches = {Full()}, .reaches = {"read"}}),
        Canary<NoReleaseFence>(FailureKind::kDataRace, "fences pass a message: no release"),
        Canary<NoAcquireFence>(FailureKind::kDataRace, "fences pass a message: no acquire"),
        Claim<HandoffRight>("a condition variable hands over",
                            {.searches = {Full(), Random(20'000)}}),
        Canary<HandoffSilent>(FailureKind::kDeadlock,
                              "a condition variable hands over: nobody is told"),
        Claim<Limited>("a wait with a limit, a lock that is tried",
                       {.searches = {Full(), Random(20'000)},
                        .reaches = {"refused", "got it", "timed out"}}),
        Claim<LoadConsumes>("a load with an order that it can have", {.searches = {Full()}}),
        Canary<LoadReleases>(FailureKind::kAssertion,
                             "a load with an order that it can have: it cannot release"),
    });

// One operation on the checker's atomic and on the one of std: the same results.
template <class T, class Operation>
void Same(Atomic<T>& a, std::atomic<T>& b, Operation operation) {
  SABRE_VERIFY(operation(a, S::kSeqCst) == operation(b, std::memory_order_seq_cst));
  SABRE_VERIFY(a.load(S::kSeqCst) == b.load());
}
template <class T>
void SameArithmetic(T start, typename Atomic<T>::Operand operand) {
  Atomic<T> a(start);
  std::atomic<T> b(start);
  for (int i = 0; i < 3; ++i) {
    Same(a, b, [&](auto& x, auto order) { return x.fetch_add(operand, order); });
  }
  for (int i = 0; i < 7; ++i) {
    Same(a, b, [&](auto& x, auto order) { return x.fetch_sub(operand, order); });
  }
  Same(a, b, [&](auto& x, auto order) { return x.exchange(start, order); });
  T expected = T();
  SABRE_VERIFY(!a.compare_exchange_strong(expected, T(), S::kSeqCst, S::kSeqCst));
  SABRE_VERIFY(expected == start);
  SABRE_VERIFY(a.compare_exchange_strong(expected, T(), S::kSeqCst, S::kSeqCst));
  SABRE_VERIFY(a.load(S::kSeqCst) == T());
}
template <class T>
void SameBits(T start, T operand) {
  Atomic<T> a(start);
  std::atomic<T> b(start);
  Same(a, b, [&](auto& x, auto order) { return x.fetch_xor(operand, order); });
  Same(a, b, [&](auto& x, auto order) { return x.fetch_or(operand, order); });
  Same(a, b, [&](auto& x, auto order) { return x.fetch_and(static_cast<T>(~start), order); });
}

struct Values : Model<Values, 1> {
  enum class Colour : std::int16_t { kRed = -7, kGreen = 7 };
  void Thread(int) {
    SameArithmetic<std::int8_t>(100, 100);
    SameArithmetic<std::uint8_t>(200, 100);
    SameArithmetic<std::int16_t>(-30'000, 20'000);
    SameArithmetic<std::uint32_t>(4'000'000'000u, 1'000'000'000u);
    SameArithmetic<std::int64_t>(INT64_MIN + 1, -2);
    SameArithmetic<std::uint64_t>(UINT64_MAX, 2);
    double numbers[16] = {};
    SameArithmetic<double*>(numbers + 8, 2);
    SameBits<std::int8_t>(-86, 15);
    SameBits<std::uint16_t>(0xAAAA, 0x00FF);
    SameBits<std::int64_t>(-1, INT64_MIN);
    Atomic<Colour> colour(Colour::kGreen);
    SABRE_VERIFY(colour.exchange(Colour::kRed, S::kSeqCst) == Colour::kGreen);
    SABRE_VERIFY(colour.load(S::kSeqCst) == Colour::kRed);
    Atomic<bool> flag(false);
    SABRE_VERIFY(!flag.exchange(true, S::kSeqCst) && flag.load(S::kSeqCst));
    Reached("the end");
  }
};
const Suite values("litmus: values", {},
                   {Claim<Values>("arithmetic wraps as that of std::atomic",
                                  {.searches = {Full()}, .reaches = {"the end"}})});

}  // namespace
