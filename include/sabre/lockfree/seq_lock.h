// sabre/lockfree/seq_lock.h: a value that many threads read and few write.
#ifndef SABRE_LOCKFREE_SEQ_LOCK_H_
#define SABRE_LOCKFREE_SEQ_LOCK_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "sabre/lockfree/placement.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// SeqLock
//
// A sequence lock: a reader writes nothing, and reads again if a store came between. The value lies
// in atomic words, so there is no data race, and the orders are those of H.-J. Boehm, "Can seqlocks
// get along with programming language memory models?" (MSPC 2012), in the form without fences: each
// word is stored with release and loaded with acquire. A reader that sees a word of a store
// therefore sees its odd sequence as well when it looks again.
//
//   sequence_     | meaning
//   even          | at rest; every store adds two
//   odd           | a store is under way, no other may begin
//
// Bounds: one value; 2^63 stores.
// Memory: 8 bytes and sizeof(T) rounded up to 8. In an area (placement.h) BytesFor(), nothing in it
//   is a pointer. It is not aligned to a cache line: what is written often should not lie beside
//   it.
// Thread-safety: all members from any thread; stores exclude each other.
// Progress: TryLoad and TryStore are wait-free. Load and Store wait for a store that is under way,
//   and a Load for those that begin meanwhile: a thread that stops in the midst of a store holds up
//   all others. They spin, and yield now and then. Nothing allocates.
// Memory ordering: everything before a store happens before the return of a load that returns its
//   value, and before the return of the stores after it.
// Destruction: at any time when no other thread is in a member; trivial.
// Requires: T is trivially copyable. Padding is copied like everything else.
template <class T, AtomicPolicy S = StdSync>
class SeqLock {
  static_assert(std::is_trivially_copyable_v<T>, "other threads may be in the midst of the value");

 public:
  using value_type = T;

  explicit SeqLock(const T& value = T()) noexcept {
    const Words words = ToWords(value);
    for (std::size_t i = 0; i < kWords; ++i) {
      // Relaxed: whoever hands the lock to other threads orders this.
      words_[i].store(words[i], S::kRelaxed);
    }
  }
  SeqLock(const SeqLock&) = delete;
  SeqLock& operator=(const SeqLock&) = delete;

  // How many bytes an area for it has.
  static constexpr std::size_t BytesFor() noexcept { return internal::kPlacedBytes<SeqLock>; }
  // Makes one that holds `value` in `bytes`, which begin at a multiple of kCacheLine and which
  // nobody else uses during the call; they must stay for as long as it is used.
  // Errors: kMisaligned, kTooSmall.
  static Placed<SeqLock*> Create(std::span<std::byte> bytes, const T& value = T()) noexcept {
    return internal::CreateObject<SeqLock>(bytes, Shape(), value);
  }
  // Finds the one that Create has made in `bytes`. The header may hold anything: what does not fit
  // is an error.
  // Errors: all but kNone.
  static Placed<SeqLock*> Attach(std::span<std::byte> bytes) noexcept {
    return internal::AttachObject<SeqLock>(bytes, Shape());
  }

  // The value, whole. Empty if a store was under way or came between.
  [[nodiscard]] std::optional<T> TryLoad() const noexcept {
    // [L1] Acquire: pairs with the release at the end of TryStore. Carries: the words of that
    // store. Without: a new sequence with words from before it.
    const std::uint64_t before = sequence_.load(S::kAcquire);
    if (before % 2 != 0) return std::nullopt;
    Words words;
    for (std::size_t i = 0; i < kWords; ++i) {
      // [L2] Acquire: pairs with the release of the word in TryStore. Carries: that the sequence is
      // odd, or later. Without: a word of a new store and the old sequence after it.
      words[i] = words_[i].load(S::kAcquire);
    }
    // Relaxed: [L2] has ordered it after the words.
    const std::uint64_t after = sequence_.load(S::kRelaxed);
    if (after != before) return std::nullopt;
    return FromWords(words);
  }

  // The value, whole; waits for stores that are under way.
  [[nodiscard]] T Load() const noexcept {
    for (std::uint32_t turn = 1;; ++turn) {
      if (const std::optional<T> value = TryLoad()) return *value;
      Pause(turn);
    }
  }

  // Replaces the value. Returns false, and does nothing, if another store was under way or came
  // between.
  [[nodiscard]] bool TryStore(const T& value) noexcept {
    // Relaxed: the exchange compares it.
    std::uint64_t sequence = sequence_.load(S::kRelaxed);
    if (sequence % 2 != 0) return false;
    // [L1] Acquire: pairs with the release at the end of the store before. Carries: its words,
    // which those of this one must follow. Without: words of both remain.
    if (!sequence_.compare_exchange_strong(sequence, sequence + 1, S::kAcquire, S::kRelaxed)) {
      return false;
    }
    const Words words = ToWords(value);
    for (std::size_t i = 0; i < kWords; ++i) {
      // [L2] Release: pairs with the acquire of the word in TryLoad. Carries: the odd sequence.
      words_[i].store(words[i], S::kRelease);
    }
    // [L1] Release: pairs with the acquires in TryLoad and TryStore.
    sequence_.store(sequence + 2, S::kRelease);
    return true;
  }

  // Replaces the value; waits for other stores.
  void Store(const T& value) noexcept {
    for (std::uint32_t turn = 1; !TryStore(value); ++turn) Pause(turn);
  }

 private:
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;

  using Word = typename S::template Atomic<std::uint64_t>;
  using Words = std::array<std::uint64_t, kWords>;

  static Words ToWords(const T& value) noexcept {
    Words words = {};
    std::memcpy(words.data(), &value, sizeof(T));
    return words;
  }
  static T FromWords(const Words& words) noexcept {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), words.data(), sizeof(T));
    return std::bit_cast<T>(bytes);
  }

  // Who stores may have lost its processor: let it have this one, now and then.
  static void Pause(std::uint32_t turn) noexcept {
    if (turn % 64 == 0) {
      S::ThreadYield();
    } else {
      S::SpinHint();
    }
  }

  static constexpr internal::PlacedShape Shape() noexcept {
    static_assert(sizeof(SeqLock) == 8 + 8 * kWords);
    return {internal::PlacedKind::kSeqLock, sizeof(T), alignof(T), 1};
  }

  Word sequence_{0};
  Word words_[kWords];
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_SEQ_LOCK_H_
