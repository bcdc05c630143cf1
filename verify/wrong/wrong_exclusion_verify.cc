// Wrong mutual exclusion, as books, papers and bug trackers tell of it: each must fail as
// predicted, and its twin without the mistake must hold. Sources: README.md.
#include <cstdint>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using S = RelacySync;

// What every lock claims: who is inside is alone.
template <class Derived, class Lock, int kThreads = 2>
struct Exclusion : Model<Derived, kThreads> {
  Lock lock;
  S::Var<int> guarded{0};
  void Thread(int id) {
    lock.Lock(id);
    guarded.Set(guarded.Get() + 1);
    lock.Unlock(id);
  }
  void After() { SABRE_VERIFY(guarded.Get() == kThreads); }
};

// Dekker's entry: each raises its flag and looks at the other's.
template <class Derived, Order kStore, Order kLoad>
struct Dekker : Model<Derived, 2> {
  S::Atomic<int> flags[2];
  S::Var<int> guarded{0};
  void Thread(int id) {
    flags[id].store(1, kStore);
    if (flags[1 - id].load(kLoad) == 0) guarded.Set(id);
  }
};
struct DekkerSeqCst : Dekker<DekkerSeqCst, S::kSeqCst, S::kSeqCst> {};
struct DekkerAcquireRelease : Dekker<DekkerAcquireRelease, S::kRelease, S::kAcquire> {};

// Peterson's lock.
template <Order kStore, Order kLoad>
struct Peterson {
  S::Atomic<bool> wants[2];
  S::Atomic<int> turn{0};
  void Lock(int me) {
    const int other = 1 - me;
    wants[me].store(true, kStore);
    turn.store(other, kStore);
    while (wants[other].load(kLoad)) {
      if (turn.load(kLoad) == me) return;
      S::SpinHint();
    }
  }
  void Unlock(int me) { wants[me].store(false, S::kRelease); }
};
struct PetersonSeqCst : Exclusion<PetersonSeqCst, Peterson<S::kSeqCst, S::kSeqCst>> {};
struct PetersonAcquireRelease
    : Exclusion<PetersonAcquireRelease, Peterson<S::kRelease, S::kAcquire>> {};

// Lamport's bakery. While one chooses its number, the other must wait to know it.
template <Order kStore, Order kLoad, bool kSaysThatItChooses>
struct Bakery {
  S::Atomic<bool> chooses[2];
  S::Atomic<unsigned> number[2];
  void Lock(int me) {
    const int other = 1 - me;
    if (kSaysThatItChooses) chooses[me].store(true, kStore);
    const unsigned mine = number[other].load(kLoad) + 1;
    number[me].store(mine, kStore);
    if (kSaysThatItChooses) {
      chooses[me].store(false, kStore);
      while (chooses[other].load(kLoad)) S::SpinHint();
    }
    for (;;) {
      const unsigned theirs = number[other].load(kLoad);
      if (theirs == 0 || mine < theirs || (mine == theirs && me < other)) return;
      S::SpinHint();
    }
  }
  void Unlock(int me) { number[me].store(0, S::kRelease); }
};
struct BakerySeqCst : Exclusion<BakerySeqCst, Bakery<S::kSeqCst, S::kSeqCst, true>> {};
struct BakeryAcquireRelease
    : Exclusion<BakeryAcquireRelease, Bakery<S::kRelease, S::kAcquire, true>> {};
struct BakeryWithoutChoosing
    : Exclusion<BakeryWithoutChoosing, Bakery<S::kSeqCst, S::kSeqCst, false>> {};

// A test-and-set lock.
template <Order kTake, Order kOpen, bool kOneStep = true>
struct SpinLock {
  S::Atomic<bool> locked{false};
  void Lock(int) {
    if (kOneStep) {
      while (locked.exchange(true, kTake)) S::SpinHint();
    } else {
      while (locked.load(kTake)) S::SpinHint();
      locked.store(true, S::kRelaxed);
    }
  }
  void Unlock(int) { locked.store(false, kOpen); }
};
struct SpinLockRight : Exclusion<SpinLockRight, SpinLock<S::kAcquire, S::kRelease>> {};
struct SpinLockOpensRelaxed : Exclusion<SpinLockOpensRelaxed, SpinLock<S::kAcquire, S::kRelaxed>> {
};
struct SpinLockTakesRelaxed : Exclusion<SpinLockTakesRelaxed, SpinLock<S::kRelaxed, S::kRelease>> {
};
struct LockVariable : Exclusion<LockVariable, SpinLock<S::kAcquire, S::kRelease, false>> {};

// A ticket lock of four tickets: the next one in bits 6 and 7, the one that is served in bits 4 and
// 5. To serve the next is an addition, whose carry belongs to nobody.
template <bool kCarries>
struct TicketLock {
  S::Atomic<std::uint8_t> word{0};
  std::uint8_t mine = 0;
  void Lock(int) {
    const std::uint8_t ticket = word.fetch_add(1 << 6, S::kRelaxed) >> 6;
    while ((word.load(S::kAcquire) >> 4 & 3) != ticket) S::SpinHint();
    mine = ticket;
  }
  void Unlock(int) {
    const bool last = mine == 3;
    word.fetch_add(last && !kCarries ? 0x100 - (3 << 4) : 1 << 4, S::kRelease);
  }
};
template <class Derived, bool kCarries>
struct TicketsWrap : Exclusion<Derived, TicketLock<kCarries>> {
  void Before() {
    for (int i = 0; i < 3; ++i) {
      this->lock.Lock(0);
      this->lock.Unlock(0);
    }
  }
};
struct TicketsWrapRight : TicketsWrap<TicketsWrapRight, false> {};
struct TicketCarries : TicketsWrap<TicketCarries, true> {};

// The queue lock of Mellor-Crummey and Scott.
enum class McsMistake { kNone, kDoesNotWaitForItsSuccessor, kWaitsAfterItHasLinked };

template <McsMistake kMistake>
struct McsLock {
  struct Node {
    S::Atomic<Node*> next{nullptr};
    S::Atomic<bool> waits{false};
  };
  S::Atomic<Node*> tail{nullptr};
  Node nodes[2];
  void Lock(int me) {
    Node& node = nodes[me];
    Node* const before = tail.exchange(&node, S::kAcqRel);
    if (before == nullptr) return;
    if (kMistake != McsMistake::kWaitsAfterItHasLinked) node.waits.store(true, S::kRelaxed);
    before->next.store(&node, S::kRelease);
    if (kMistake == McsMistake::kWaitsAfterItHasLinked) node.waits.store(true, S::kRelaxed);
    while (node.waits.load(S::kAcquire)) S::SpinHint();
  }
  void Unlock(int me) {
    Node* next = nodes[me].next.load(S::kAcquire);
    if (next == nullptr) {
      Node* last = &nodes[me];
      if (tail.compare_exchange_strong(last, nullptr, S::kRelease, S::kRelaxed)) return;
      if (kMistake == McsMistake::kDoesNotWaitForItsSuccessor) return;
      while ((next = nodes[me].next.load(S::kAcquire)) == nullptr) S::SpinHint();
    }
    next->waits.store(false, S::kRelease);
  }
};
struct McsRight : Exclusion<McsRight, McsLock<McsMistake::kNone>> {};
struct McsNoWaitForSuccessor
    : Exclusion<McsNoWaitForSuccessor, McsLock<McsMistake::kDoesNotWaitForItsSuccessor>> {};
struct McsWaitsAfterLink
    : Exclusion<McsWaitsAfterLink, McsLock<McsMistake::kWaitsAfterItHasLinked>> {};

// A mutex over a futex: 0 free, 1 taken, 2 taken and somebody may sleep. Who was woken cannot know
// that nobody else sleeps. The futex is made of a lock and a condition, and orders nothing of the
// word.
template <int kAfterSleep>
struct FutexMutex {
  S::Mutex bucket;
  S::CondVar sleepers;
  S::Atomic<int> word{0};
  void Sleep() {
    bucket.lock();
    if (word.load(S::kRelaxed) == 2) sleepers.Wait(bucket);
    bucket.unlock();
  }
  bool Take(int as) {
    int free = 0;
    return word.compare_exchange_strong(free, as, S::kAcquire, S::kRelaxed);
  }
  void Lock(int) {
    if (Take(1)) return;
    do {
      int taken = 1;
      const bool marked = word.compare_exchange_strong(taken, 2, S::kRelaxed, S::kRelaxed);
      if (marked || taken == 2) Sleep();
    } while (!Take(kAfterSleep));
  }
  void Unlock(int) {
    if (word.exchange(0, S::kRelease) == 1) return;
    bucket.lock();
    sleepers.NotifyOne();
    bucket.unlock();
  }
};
// Thread 0 has it from the start.
template <class Derived, int kAfterSleep>
struct FutexSleepers : Model<Derived, 3> {
  FutexMutex<kAfterSleep> mutex;
  S::Var<int> guarded{0};
  void Before() { mutex.Lock(0); }
  void Thread(int id) {
    if (id != 0) mutex.Lock(id);
    guarded.Set(guarded.Get() + 1);
    mutex.Unlock(id);
  }
};
struct FutexRight : FutexSleepers<FutexRight, 2> {};
struct FutexForgetsSleepers : FutexSleepers<FutexForgetsSleepers, 1> {};

// Many readers or one writer, who announce themselves and look for the other kind.
template <class Derived, Order kStore, Order kLoad>
struct ReaderAndWriter : Model<Derived, 2> {
  S::Atomic<bool> reads{false};
  S::Atomic<bool> writes{false};
  S::Var<int> guarded{0};
  void Thread(int id) {
    S::Atomic<bool>& mine = id == 0 ? reads : writes;
    S::Atomic<bool>& other = id == 0 ? writes : reads;
    mine.store(true, kStore);
    if (!other.load(kLoad)) {
      if (id == 0) {
        static_cast<void>(guarded.Get());
      } else {
        guarded.Set(1);
      }
    }
    mine.store(false, S::kRelease);
  }
};
struct ReaderAndWriterSeqCst : ReaderAndWriter<ReaderAndWriterSeqCst, S::kSeqCst, S::kSeqCst> {};
struct ReaderAndWriterAcquireRelease
    : ReaderAndWriter<ReaderAndWriterAcquireRelease, S::kRelease, S::kAcquire> {};

// The same as a count: -1 for a writer.
enum class RwMistake { kNone, kCheckThenAct, kReaderLeavesRelaxed };

template <class Derived, RwMistake kMistake>
struct ReadersCounted : Model<Derived, 2> {
  S::Atomic<int> state{0};
  S::Var<int> guarded{0};
  bool BeginRead() {
    int readers = state.load(S::kRelaxed);
    while (readers >= 0) {
      if (kMistake == RwMistake::kCheckThenAct) {
        state.fetch_add(1, S::kAcquire);
        return true;
      }
      if (state.compare_exchange_strong(readers, readers + 1, S::kAcquire, S::kRelaxed))
        return true;
    }
    return false;
  }
  void Thread(int id) {
    if (id == 0) {
      if (!BeginRead()) return;
      static_cast<void>(guarded.Get());
      state.fetch_sub(1, kMistake == RwMistake::kReaderLeavesRelaxed ? S::kRelaxed : S::kRelease);
      return;
    }
    int nobody = 0;
    if (!state.compare_exchange_strong(nobody, -1, S::kAcquire, S::kRelaxed)) return;
    guarded.Set(1);
    state.store(0, S::kRelease);
  }
};
struct ReadersCountedRight : ReadersCounted<ReadersCountedRight, RwMistake::kNone> {};
struct ReaderChecksThenActs : ReadersCounted<ReaderChecksThenActs, RwMistake::kCheckThenAct> {};
struct ReaderLeavesRelaxed : ReadersCounted<ReaderLeavesRelaxed, RwMistake::kReaderLeavesRelaxed> {
};

// A barrier of two threads, used for two phases.
enum class BarrierMistake { kNone, kPhaseBeforeCount, kCountIsTheSignal };

template <class Derived, BarrierMistake kMistake>
struct TwoPhases : Model<Derived, 2> {
  S::Atomic<int> missing{2};
  S::Atomic<int> phase{0};
  S::Var<int> data[2];
  void ArriveAndWait() {
    const int mine = phase.load(S::kRelaxed);
    if (missing.fetch_sub(1, S::kAcqRel) == 1) {
      if (kMistake != BarrierMistake::kPhaseBeforeCount) missing.store(2, S::kRelaxed);
      phase.store(mine + 1, S::kRelease);
      if (kMistake == BarrierMistake::kPhaseBeforeCount) missing.store(2, S::kRelaxed);
    } else if (kMistake == BarrierMistake::kCountIsTheSignal) {
      while (missing.load(S::kAcquire) != 0) S::SpinHint();
    }
    while (phase.load(S::kAcquire) == mine) S::SpinHint();
  }
  void Thread(int id) {
    data[id].Set(1);
    ArriveAndWait();
    SABRE_VERIFY(data[1 - id].Get() == 1);
    ArriveAndWait();
  }
};
struct TwoPhasesRight : TwoPhases<TwoPhasesRight, BarrierMistake::kNone> {};
struct PhaseBeforeCount : TwoPhases<PhaseBeforeCount, BarrierMistake::kPhaseBeforeCount> {};
struct CountIsTheSignal : TwoPhases<CountIsTheSignal, BarrierMistake::kCountIsTheSignal> {};

// Two locks in two orders.
template <class Derived, bool kOneOrder>
struct TwoLocks : Model<Derived, 2> {
  S::Mutex a;
  S::Mutex b;
  void Thread(int id) {
    S::Mutex& first = id == 0 || kOneOrder ? a : b;
    S::Mutex& second = id == 0 || kOneOrder ? b : a;
    first.lock();
    second.lock();
    second.unlock();
    first.unlock();
  }
};
struct TwoLocksOneOrder : TwoLocks<TwoLocksOneOrder, true> {};
struct TwoLocksTwoOrders : TwoLocks<TwoLocksTwoOrders, false> {};

// A lock that nobody holds is unlocked.
template <class Derived, bool kLocks>
struct Unlocking : Model<Derived, 2> {
  S::Mutex mutex;
  void Thread(int id) {
    if (id == 0 || kLocks) mutex.lock();
    mutex.unlock();
  }
};
struct LockThenUnlock : Unlocking<LockThenUnlock, true> {};
struct UnlockWithoutLock : Unlocking<UnlockWithoutLock, false> {};

// A refused try_lock orders nothing.
template <class Derived, bool kReadsWhenRefused>
struct TryLock : Model<Derived, 2> {
  S::Mutex mutex;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      mutex.lock();
      data.Set(7);
      mutex.unlock();
      return;
    }
    const bool locked = mutex.try_lock();
    if (locked || kReadsWhenRefused) static_cast<void>(data.Get());
    if (locked) mutex.unlock();
  }
};
struct TryLockRight : TryLock<TryLockRight, false> {};
struct RefusedTryLockCarriesNothing : TryLock<RefusedTryLockCarriesNothing, true> {};

const std::vector<Search> kRight = {Bound(3, 100'000), Random(20'000)};

// The text of a canary begins with that of its twin.
const Suite suite(
    "wrong: exclusion", {},
    {
        Claim<DekkerSeqCst>("Dekker's entry", {.searches = {Full()}}),
        Canary<DekkerAcquireRelease>(FailureKind::kDataRace, "Dekker's entry: release, acquire"),
        Claim<PetersonSeqCst>("Peterson's lock", {.searches = kRight}),
        Canary<PetersonAcquireRelease>(FailureKind::kDataRace, "Peterson's lock: release, acquire"),
        Claim<BakerySeqCst>("Lamport's bakery", {.searches = kRight}),
        Canary<BakeryAcquireRelease>(FailureKind::kDataRace, "Lamport's bakery: release, acquire"),
        Canary<BakeryWithoutChoosing>(FailureKind::kDataRace,
                                      "Lamport's bakery: does not say that it chooses"),
        Claim<SpinLockRight>("a spin lock", {.searches = kRight}),
        Canary<SpinLockOpensRelaxed>(FailureKind::kDataRace, "a spin lock: opens relaxed"),
        Canary<SpinLockTakesRelaxed>(FailureKind::kDataRace, "a spin lock: takes relaxed"),
        Canary<LockVariable>(FailureKind::kDataRace, "a spin lock: looks, then stores"),
        Claim<TicketsWrapRight>("a ticket lock", {.searches = kRight}),
        Canary<TicketCarries>(FailureKind::kLivelock, "a ticket lock: the last ticket carries"),
        Claim<McsRight>("a queue lock", {.searches = kRight}),
        Canary<McsNoWaitForSuccessor>(FailureKind::kLivelock,
                                      "a queue lock: does not wait for its successor"),
        Canary<McsWaitsAfterLink>(FailureKind::kLivelock,
                                  "a queue lock: waits after it has linked itself"),
        Claim<FutexRight>("a mutex over a futex",
                          {.searches = {Bound(2, 100'000), Random(20'000)}}),
        Canary<FutexForgetsSleepers>(FailureKind::kDeadlock,
                                     "a mutex over a futex: who was woken forgets who sleeps"),
        Claim<ReaderAndWriterSeqCst>("a reader and a writer", {.searches = {Full()}}),
        Canary<ReaderAndWriterAcquireRelease>(FailureKind::kDataRace,
                                              "a reader and a writer: release, acquire"),
        Claim<ReadersCountedRight>("counted readers", {.searches = {Full(), Random(20'000)}}),
        Canary<ReaderChecksThenActs>(FailureKind::kDataRace, "counted readers: check, then act"),
        Canary<ReaderLeavesRelaxed>(FailureKind::kDataRace, "counted readers: one leaves relaxed"),
        Claim<TwoPhasesRight>("a barrier", {.searches = kRight}),
        Canary<PhaseBeforeCount>(FailureKind::kLivelock,
                                 "a barrier: the phase begins before its count"),
        Canary<CountIsTheSignal>(FailureKind::kLivelock, "a barrier: the count is the signal too"),
        Claim<TwoLocksOneOrder>("two locks", {.searches = {Full()}}),
        Canary<TwoLocksTwoOrders>(FailureKind::kDeadlock, "two locks: two orders"),
        Claim<LockThenUnlock>("an unlock", {.searches = {Full()}}),
        Canary<UnlockWithoutLock>(FailureKind::kMutexMisuse, "an unlock: without a lock"),
        Claim<TryLockRight>("a try_lock", {.searches = {Full()}}),
        Canary<RefusedTryLockCarriesNothing>(FailureKind::kDataRace,
                                             "a try_lock: data read after it was refused"),
    });

}  // namespace
