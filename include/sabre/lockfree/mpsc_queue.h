// sabre/lockfree/mpsc_queue.h: an unbounded queue from many threads to one.
#ifndef SABRE_LOCKFREE_MPSC_QUEUE_H_
#define SABRE_LOCKFREE_MPSC_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sabre/lockfree/cache_line.h"
#include "sabre/lockfree/placement.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// MpscNode
//
// What an element of an MpscQueue derives from; 8 bytes. An element is in at most one queue at a
// time.
template <AtomicPolicy S = StdSync>
class MpscNode {
 public:
  MpscNode() = default;
  MpscNode(const MpscNode&) = delete;
  MpscNode& operator=(const MpscNode&) = delete;

 private:
  template <class, AtomicPolicy>
  friend class MpscQueue;

  typename S::template Atomic<std::int64_t> next_{0};  // an offset from the queue; 0: none
};

// MpscQueue
//
// D. Vyukov's intrusive MPSC queue
// (https://www.1024cores.net/home/lock-free-algorithms/queues/intrusive-mpsc-node-based-queue). A
// list from the oldest node (`oldest_`, the consumer's) to the newest (`newest_`, swapped by
// producers); a stub node keeps it from ever being empty. A push is one exchange and one store.
//
// Between a producer's exchange and its store the list is cut: Pop then returns null although later
// pushes may have completed. The producer's next step mends it, so a consumer that was told of a
// push (by a wake-up after it) does not miss it: Pop finds everything whose Push happened before
// it, unless an earlier push is still under way; and the end of that one is followed by its own
// wake-up.
//
// Links are offsets from the queue's own address, so queue and nodes may lie together in shared
// memory that each program maps elsewhere.
//
// Bounds: none: the queue links what the caller owns.
// Memory: 128 bytes, and 8 in each element. In an area (placement.h) BytesFor(); the elements then
//   lie in the same mapping, which moves as a whole.
// Thread-safety: Push from any thread; Pop from one thread at a time.
// Progress: Push is wait-free, Pop too. Never blocks, never allocates.
// Memory ordering: everything before a Push happens before the return of the Pop that takes its
//   node.
// Destruction: when no other thread is in a member. The destructor does not look at nodes that are
//   still queued: pop them first if they must end.
// Requires: T derives from MpscNode<S>. In an area: all users are trusted, for a link may lead
//   anywhere.
template <class T, AtomicPolicy S = StdSync>
class MpscQueue {
 public:
  using Node = MpscNode<S>;

  MpscQueue() : newest_(OffsetOf(&stub_)), oldest_(OffsetOf(&stub_)) {}
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;

  // How many bytes an area for it has, without the elements.
  static constexpr std::size_t BytesFor() noexcept { return internal::kPlacedBytes<MpscQueue>; }
  // Makes an empty queue in `bytes`, which begin at a multiple of kCacheLine and which nobody else
  // uses during the call; they must stay for as long as it is used.
  // Errors: kMisaligned, kTooSmall.
  static Placed<MpscQueue*> Create(std::span<std::byte> bytes) noexcept {
    return internal::CreateObject<MpscQueue>(bytes, Shape());
  }
  // Finds the queue that Create has made in `bytes`. The header may hold anything: what does not
  // fit is an error.
  // Errors: all but kNone.
  static Placed<MpscQueue*> Attach(std::span<std::byte> bytes) noexcept {
    return internal::AttachObject<MpscQueue>(bytes, Shape());
  }

  // Appends `node`, which stays the caller's until Pop returns it.
  void Push(T& node) noexcept { PushNode(static_cast<Node&>(node)); }

  // Takes the oldest node. Null if there is none, or if the push of the oldest is under way.
  [[nodiscard]] T* Pop() noexcept {
    std::int64_t oldest = oldest_.Get();
    // [M1] Acquire: pairs with the release in PushNode. Carries: the fields of the node.
    std::int64_t next = At(oldest).next_.load(S::kAcquire);
    if (oldest == OffsetOf(&stub_)) {
      if (next == kNone) return nullptr;
      oldest_.Set(next);
      oldest = next;
      // [M1] Acquire: as above, for the node after.
      next = At(oldest).next_.load(S::kAcquire);
    }
    if (next != kNone) {
      oldest_.Set(next);
      return static_cast<T*>(&At(oldest));
    }
    // Relaxed: only compared. A stale value means a push under way, which the caller will hear of.
    if (oldest != newest_.load(S::kRelaxed)) return nullptr;
    // `oldest` is the last node. It can leave only when another stands behind it: the stub.
    PushNode(stub_);
    // [M1] Acquire: as above: a producer may have come between.
    next = At(oldest).next_.load(S::kAcquire);
    if (next == kNone) return nullptr;
    oldest_.Set(next);
    return static_cast<T*>(&At(oldest));
  }

 private:
  static constexpr std::int64_t kNone = 0;  // the queue itself, which is no node

  void PushNode(Node& pushed) noexcept {
    // Relaxed: the node is not shared yet.
    pushed.next_.store(kNone, S::kRelaxed);
    const std::int64_t node = OffsetOf(&pushed);
    // [M2] AcqRel: pairs with [M2] in the next push. Carries: the store above is done before
    // another producer links behind this node. Without: that link is overwritten and the rest of
    // the queue is lost.
    const std::int64_t previous = newest_.exchange(node, S::kAcqRel);
    // [M1] Release: pairs with the acquires in Pop. Without: the consumer reads the node's fields
    // before they are written.
    At(previous).next_.store(node, S::kRelease);
  }

  std::uintptr_t Address() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  std::int64_t OffsetOf(const Node* node) const noexcept {
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(node) - Address());
  }
  Node& At(std::int64_t offset) const noexcept {
    return *reinterpret_cast<Node*>(Address() + static_cast<std::uintptr_t>(offset));
  }

  static constexpr internal::PlacedShape Shape() noexcept {
    static_assert(sizeof(MpscQueue) == 2 * kCacheLine && sizeof(Node) == sizeof(std::int64_t));
    return {internal::PlacedKind::kMpscQueue, sizeof(T), alignof(T), 0};
  }

  alignas(kCacheLine) typename S::template Atomic<std::int64_t> newest_;
  alignas(kCacheLine) typename S::template Var<std::int64_t> oldest_;  // the consumer's
  Node stub_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_MPSC_QUEUE_H_
