// sabre/lockfree/treiber_stack.h: a bounded stack of many threads.
#ifndef SABRE_LOCKFREE_TREIBER_STACK_H_
#define SABRE_LOCKFREE_TREIBER_STACK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "sabre/lockfree/cache_line.h"
#include "sabre/lockfree/placement.h"
#include "sabre/lockfree/storage.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// TreiberStack
//
// R. K. Treiber's list ("Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986): who
// pushes or pops swings the head with a compare-exchange. The nodes are a fixed array; those that
// hold no value are in a second list of the same kind, from which a push takes its node and to
// which a pop returns it.
//
// Reclamation: a node stays a node for as long as the stack lives, so a pop may always read the link
// of one that another thread has taken meanwhile. What it read is then wrong, and the tag beside the
// index in the head says so (IBM System/370 Principles of Operation, on compare double and swap):
// each pop raises it, so the head that a pop expects never comes back with the same node on top and
// another one below (ABA). The tag has 32 bits: a pop goes wrong only if it is held up between its
// load and its exchange for an exact multiple of 2^32 pops of that list, which take over 20 s at
// the least, with its node on top.
//
//   head: tag << 32 | index of the top node, kNone if the list is empty
//
// Bounds: holds capacity() values, at most 2^32 - 1. A push is refused while all nodes are used, be
//   it by a value or by a push or pop that is under way.
// Memory: 192 bytes and, for each value, 4 bytes and a T, padded to its alignment; in memory of its
//   own or in an area (placement.h): then BytesFor(capacity) bytes, T is trivially copyable, and
//   the stack object is a handle, of which each thread may attach its own.
// Thread-safety: all members from any thread.
// Progress: lock-free: an exchange fails only because another one succeeded. Never blocks;
//   allocates only in the constructor. A thread that stops within a push or pop keeps its node, and
//   the stack holds one value less meanwhile. Linearizable but for the refused pushes: "full" says
//   that there was no node at one moment of the call, not that there were capacity() values; an
//   empty TryPop is exact.
// Memory ordering: everything before a TryPush happens before the return of the TryPop that takes
//   its value.
// Destruction: when no other thread is in a member. A stack destroys what it still holds; the
//   values in an area stay there. A stack that was moved from may only be destroyed or assigned to.
// Requires: T is default-constructible and movable, and neither throws. A popped node holds T()
//   until it is used again, or, if T is trivially copyable, the old value.
template <class T, AtomicPolicy S = StdSync>
class alignas(kCacheLine) TreiberStack {
  static_assert(std::is_nothrow_default_constructible_v<T> &&
                std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);

 public:
  using value_type = T;

  // capacity: how many values the stack holds, in [1, 2^32 - 1], into which it is brought.
  explicit TreiberStack(std::size_t capacity) : TreiberStack(Storage(NodesFor(capacity))) {
    Link(storage_);
  }
  TreiberStack(TreiberStack&&) noexcept = default;
  TreiberStack& operator=(TreiberStack&&) noexcept = default;

  // How many bytes an area for `capacity` values has.
  static constexpr std::size_t BytesFor(std::size_t capacity) noexcept {
    return Storage::BytesFor(NodesFor(capacity));
  }
  // Makes an empty stack in `bytes`, which begin at a multiple of kCacheLine and which nobody else
  // uses during the call; they must stay until the last handle is gone.
  // Errors: kMisaligned, kTooSmall.
  static Placed<std::optional<TreiberStack>> Create(std::span<std::byte> bytes,
                                                    std::size_t capacity) noexcept {
    return Handle(Storage::Create(bytes, ShapeFor(NodesFor(capacity)), Link));
  }
  // Another handle to the stack that Create has made in `bytes`. The header may hold anything: what
  // does not fit is an error. Other users of the stack are trusted to change it only through
  // handles.
  // Errors: all but kNone.
  static Placed<std::optional<TreiberStack>> Attach(std::span<std::byte> bytes) noexcept {
    return Handle(Storage::Attach(bytes, ShapeFor(0),
                                  [](std::uint64_t nodes) { return nodes == NodesFor(nodes); }));
  }

  // Puts `value` on top. Returns false, and leaves `value` as it is, if no node is free.
  [[nodiscard]] bool TryPush(T&& value) {
    const std::uint32_t node = PopNode(storage_.state().unused);
    if (node == kNone) return false;
    storage_[node].value.Set(std::move(value));
    PushNode(storage_.state().used, node);
    return true;
  }
  // The same with a copy, which is made even if no node is free.
  [[nodiscard]] bool TryPush(const T& value) { return TryPush(T(value)); }

  // Takes the top value. Empty if there is none.
  [[nodiscard]] std::optional<T> TryPop() {
    const std::uint32_t node = PopNode(storage_.state().used);
    if (node == kNone) return std::nullopt;
    std::optional<T> value(internal::TakeFrom<T>(storage_[node].value));
    PushNode(storage_.state().unused, node);
    return value;
  }

  std::size_t capacity() const noexcept { return static_cast<std::size_t>(storage_.count()); }

  // A moment's answer.
  bool empty() const noexcept {
    // Relaxed: a hint.
    return IndexOf(storage_.state().used.load(S::kRelaxed)) == kNone;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  static constexpr std::uint64_t kOneTag = std::uint64_t{1} << 32;

  using Head = typename S::template Atomic<std::uint64_t>;

  struct State {
    alignas(kCacheLine) Head used{kNone};
    alignas(kCacheLine) Head unused{kNone};
  };
  struct Node {
    typename S::template Atomic<std::uint32_t> next{kNone};
    typename S::template Var<T> value;
  };
  using Storage = internal::Storage<State, Node>;

  explicit TreiberStack(Storage storage) : storage_(std::move(storage)) {}

  static constexpr std::uint64_t NodesFor(std::uint64_t capacity) noexcept {
    return std::clamp<std::uint64_t>(capacity, 1, kNone);
  }
  static constexpr std::uint32_t IndexOf(std::uint64_t head) noexcept {
    return static_cast<std::uint32_t>(head);
  }
  static constexpr std::uint64_t TagOf(std::uint64_t head) noexcept {
    return head & ~(kOneTag - 1);
  }

  void PushNode(Head& list, std::uint32_t node) noexcept {
    // Relaxed: the exchange compares it.
    std::uint64_t head = list.load(S::kRelaxed);
    for (;;) {
      // Relaxed: goes with the exchange. A pop that still looks at this node will fail.
      storage_[node].next.store(IndexOf(head), S::kRelaxed);
      // [T1] Release: pairs with the acquires in PopNode. Carries: the node's link and value, and,
      // of a node that is given back, that its value was taken. Without: they are read before they
      // are written, or overwritten while they are read.
      if (list.compare_exchange_strong(head, TagOf(head) | node, S::kRelease, S::kRelaxed)) return;
      S::SpinHint();
    }
  }

  // The top node of the list, which is the caller's now; kNone if there is none.
  std::uint32_t PopNode(Head& list) noexcept {
    // [T1] Acquire: pairs with the release in PushNode.
    std::uint64_t head = list.load(S::kAcquire);
    for (;;) {
      const std::uint32_t node = IndexOf(head);
      // kNone, or what no node has, whoever wrote it.
      if (node >= storage_.count()) return kNone;
      // Relaxed: what counts is ordered by [T1]; another value than that makes the exchange fail.
      const std::uint32_t next = storage_[node].next.load(S::kRelaxed);
      const std::uint64_t without = (TagOf(head) + kOneTag) | next;
      // [T1] Acquire: for the head that a failure finds.
      if (list.compare_exchange_strong(head, without, S::kAcquire, S::kAcquire)) return node;
      S::SpinHint();
    }
  }

  // All nodes are unused, the first one on top.
  static void Link(const Storage& storage) noexcept {
    for (std::uint64_t i = 0; i + 1 < storage.count(); ++i) {
      // Relaxed: whoever hands the stack to other threads orders this.
      storage[i].next.store(static_cast<std::uint32_t>(i + 1), S::kRelaxed);
    }
    // Relaxed: as above.
    storage.state().unused.store(0, S::kRelaxed);
  }
  static constexpr internal::PlacedShape ShapeFor(std::uint64_t nodes) noexcept {
    static_assert(offsetof(State, used) == 0 && offsetof(State, unused) == kCacheLine &&
                  sizeof(State) == 2 * kCacheLine && std::is_standard_layout_v<Node>);
    return internal::ShapeOf<T>(internal::PlacedKind::kTreiberStack, nodes);
  }
  static Placed<std::optional<TreiberStack>> Handle(
      Placed<std::optional<Storage>> storage) noexcept {
    if (!storage) return storage.error();
    return std::optional<TreiberStack>(TreiberStack(std::move(*storage)));
  }

  Storage storage_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_TREIBER_STACK_H_
