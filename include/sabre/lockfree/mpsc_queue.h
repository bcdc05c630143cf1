// sabre/lockfree/mpsc_queue.h: an unbounded queue from many threads to one.
#ifndef SABRE_LOCKFREE_MPSC_QUEUE_H_
#define SABRE_LOCKFREE_MPSC_QUEUE_H_

#include "sabre/lockfree/cache_line.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre {

// MpscNode
//
// What an element of an MpscQueue derives from. An element is in at most one queue at a time.
template <AtomicPolicy S = StdSync>
class MpscNode {
 public:
  MpscNode() = default;
  MpscNode(const MpscNode&) = delete;
  MpscNode& operator=(const MpscNode&) = delete;

 private:
  template <class, AtomicPolicy>
  friend class MpscQueue;

  typename S::template Atomic<MpscNode*> next_{nullptr};
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
// push (by a wake-up after it) does not miss it: Pop finds everything whose Push happened before it,
// unless an earlier push is still under way; and the end of that one is followed by its own wake-up.
//
// Thread-safety: Push from any thread; Pop from one thread at a time.
// Progress: Push is wait-free. Never blocks, never allocates: the queue links what the caller owns.
// Memory ordering: everything before a Push happens before the return of the Pop that takes its node.
// Requires: T derives from MpscNode<S>. The destructor does not look at nodes that are still queued.
template <class T, AtomicPolicy S = StdSync>
class MpscQueue {
 public:
  using Node = MpscNode<S>;

  MpscQueue() : newest_(&stub_), oldest_(&stub_) {}
  MpscQueue(const MpscQueue&) = delete;
  MpscQueue& operator=(const MpscQueue&) = delete;

  // Appends `node`, which stays the caller's until Pop returns it.
  void Push(T& node) noexcept { PushNode(&node); }

  // Takes the oldest node. Null if there is none, or if the push of the oldest is under way.
  [[nodiscard]] T* Pop() noexcept {
    Node* oldest = oldest_.Get();
    // [M1] Acquire: pairs with the release in PushNode. Carries: the fields of the node.
    Node* next = oldest->next_.load(S::kAcquire);
    if (oldest == &stub_) {
      if (next == nullptr) return nullptr;
      oldest_.Set(next);
      oldest = next;
      // [M1] Acquire: as above, for the node after.
      next = oldest->next_.load(S::kAcquire);
    }
    if (next != nullptr) {
      oldest_.Set(next);
      return static_cast<T*>(oldest);
    }
    // Relaxed: only compared. A stale value means a push under way, which the caller will hear of.
    if (oldest != newest_.load(S::kRelaxed)) return nullptr;
    // `oldest` is the last node. It can leave only when another stands behind it: the stub.
    PushNode(&stub_);
    // [M1] Acquire: as above: a producer may have come between.
    next = oldest->next_.load(S::kAcquire);
    if (next == nullptr) return nullptr;
    oldest_.Set(next);
    return static_cast<T*>(oldest);
  }

 private:
  void PushNode(Node* node) noexcept {
    // Relaxed: the node is not shared yet.
    node->next_.store(nullptr, S::kRelaxed);
    // [M2] AcqRel: pairs with [M2] in the next push. Carries: the store above is done before
    // another producer links behind this node. Without: that link is overwritten and the rest of the
    // queue is lost.
    Node* const previous = newest_.exchange(node, S::kAcqRel);
    // [M1] Release: pairs with the acquires in Pop. Without: the consumer reads the node's fields
    // before they are written.
    previous->next_.store(node, S::kRelease);
  }

  alignas(kCacheLine) typename S::template Atomic<Node*> newest_;
  alignas(kCacheLine) typename S::template Var<Node*> oldest_;  // the consumer's
  Node stub_;
};

}  // namespace sabre

#endif  // SABRE_LOCKFREE_MPSC_QUEUE_H_
