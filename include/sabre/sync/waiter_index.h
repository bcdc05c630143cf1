// sabre/sync/waiter_index.h: FIFO queues of waiters, found by key.
#ifndef SABRE_SYNC_WAITER_INDEX_H_
#define SABRE_SYNC_WAITER_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "sabre/sync/waiter.h"

namespace sabre {

// WaiterIndex
//
// A hash table from key to a FIFO queue of waiters. Intrusive: the first waiter of a queue stands
// for the queue in its bucket's chain, so nothing is allocated but the bucket array, and a table
// that cannot grow gets slower, never full.
//
// Cost: PushBack, PopFront and Erase are O(1) on average, whatever the number of keys and of waiters
//   on one key. Growing is linear in the number of keys and doubles the table.
// Thread-safety: none; a WaiterList calls it under its lock.
template <BlockingPolicy S>
class WaiterIndex {
 public:
  using Waiter = sabre::Waiter<S>;

  WaiterIndex() = default;
  WaiterIndex(const WaiterIndex&) = delete;
  WaiterIndex& operator=(const WaiterIndex&) = delete;

  // Appends `waiter`, which is in no queue, to the queue of `key`.
  void PushBack(Waiter& waiter, std::uint64_t key) noexcept {
    waiter.key_.Set(key);
    waiter.next_.Set(nullptr);
    waiter.enqueued_.Set(true);
    Waiter** bucket = BucketOf(key);
    Waiter* head = FindHead(*bucket, key);
    if (head != nullptr) {
      Waiter* tail = head->tail_.Get();
      waiter.prev_.Set(tail);
      tail->next_.Set(&waiter);
      head->tail_.Set(&waiter);
      return;
    }
    waiter.prev_.Set(nullptr);
    waiter.tail_.Set(&waiter);
    waiter.next_queue_.Set(*bucket);
    *bucket = &waiter;
    queues_ += 1;
    if (queues_ > bucket_count()) Grow();
  }

  // Puts `waiter`, which is in no queue, before all others of `key`.
  void PushFront(Waiter& waiter, std::uint64_t key) noexcept {
    Waiter* const head = FindHead(*BucketOf(key), key);
    if (head == nullptr) return PushBack(waiter, key);
    waiter.key_.Set(key);
    waiter.prev_.Set(nullptr);
    waiter.next_.Set(head);
    waiter.enqueued_.Set(true);
    waiter.tail_.Set(head->tail_.Get());
    waiter.next_queue_.Set(head->next_queue_.Get());
    ReplaceInChain(*head, &waiter);
    head->prev_.Set(&waiter);
  }

  // The longest waiting one of `key`, or null.
  Waiter* Front(std::uint64_t key) noexcept { return FindHead(*BucketOf(key), key); }

  // Takes the longest waiting one out of the queue of `key`. Null if there is none.
  Waiter* PopFront(std::uint64_t key) noexcept {
    Waiter* head = FindHead(*BucketOf(key), key);
    if (head != nullptr) Erase(*head);
    return head;
  }

  // Takes out all, and calls `taken` with each: those of one key in order, the keys in none. `taken`
  // must not enter this index. Linear in the number of waiters.
  template <class Taken>
  void Clear(Taken taken) {
    for (std::size_t i = 0; queues_ != 0 && i < bucket_count(); ++i) {
      while (Waiter* const first = buckets()[i]) {
        Erase(*first);
        taken(*first);
      }
    }
  }

  // Calls `visit` with every waiter of `key`, in order.
  template <class Visit>
  void ForEachOf(std::uint64_t key, Visit visit) {
    for (Waiter* one = Front(key); one != nullptr; one = one->next_.Get()) visit(*one);
  }

  // Calls `visit` with every waiter, key by key: those of one key in order, the keys in none.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (std::size_t i = 0; queues_ != 0 && i < bucket_count(); ++i) {
      for (Waiter* head = buckets()[i]; head != nullptr; head = head->next_queue_.Get()) {
        for (Waiter* one = head; one != nullptr; one = one->next_.Get()) visit(*one);
      }
    }
  }

  // Takes `waiter`, which is in a queue of this index, out of it. The others keep their order.
  void Erase(Waiter& waiter) noexcept {
    waiter.enqueued_.Set(false);
    Waiter* const prev = waiter.prev_.Get();
    Waiter* const next = waiter.next_.Get();
    if (prev == nullptr) {
      EraseHead(waiter, next);
      return;
    }
    prev->next_.Set(next);
    if (next != nullptr) {
      next->prev_.Set(prev);
    } else {
      FindHead(*BucketOf(waiter.key_.Get()), waiter.key_.Get())->tail_.Set(prev);
    }
  }

  // How many keys it has room for before it grows: as many as were in it at once, up to the next power
  // of two.
  std::size_t bucket_count() const noexcept { return std::size_t{1} << (64 - shift_); }

 private:
  static constexpr std::size_t kInlineBuckets = 4;

  // `head` leaves; `next` stands for the queue from now on, or the queue ends.
  void EraseHead(Waiter& head, Waiter* next) noexcept {
    Waiter* successor = head.next_queue_.Get();
    if (next != nullptr) {
      next->prev_.Set(nullptr);
      next->tail_.Set(head.tail_.Get());
      next->next_queue_.Set(successor);
      successor = next;
    } else {
      queues_ -= 1;
    }
    ReplaceInChain(head, successor);
  }

  // In the chain of its bucket, `replacement` takes the place of `head`.
  void ReplaceInChain(Waiter& head, Waiter* replacement) noexcept {
    Waiter** const bucket = BucketOf(head.key_.Get());
    if (*bucket == &head) {
      *bucket = replacement;
      return;
    }
    Waiter* before = *bucket;
    while (before->next_queue_.Get() != &head) before = before->next_queue_.Get();
    before->next_queue_.Set(replacement);
  }

  static Waiter* FindHead(Waiter* chain, std::uint64_t key) noexcept {
    while (chain != nullptr && chain->key_.Get() != key) chain = chain->next_queue_.Get();
    return chain;
  }

  Waiter** BucketOf(std::uint64_t key) noexcept {
    // Fibonacci hashing (Knuth, TAOCP 3, 6.4): byte indices differ in their low bits, the high bits
    // of the product depend on all of them.
    return &buckets()[(key * 0x9E3779B97F4A7C15u) >> shift_];
  }

  void Grow() noexcept {
    const std::size_t count = bucket_count() * 2;
    std::unique_ptr<Waiter*[]> larger(new (std::nothrow) Waiter*[count]());
    if (larger == nullptr) return;  // longer chains, same results
    std::unique_ptr<Waiter*[]> old_heap = std::move(heap_);
    Waiter** const old = old_heap != nullptr ? old_heap.get() : inline_;
    const std::size_t old_count = bucket_count();
    heap_ = std::move(larger);
    shift_ -= 1;
    for (std::size_t i = 0; i < old_count; ++i) {
      Waiter* head = old[i];
      while (head != nullptr) {
        Waiter* const following = head->next_queue_.Get();
        Waiter** bucket = BucketOf(head->key_.Get());
        head->next_queue_.Set(*bucket);
        *bucket = head;
        head = following;
      }
    }
  }

  Waiter** buckets() noexcept { return heap_ != nullptr ? heap_.get() : inline_; }
  Waiter* const* buckets() const noexcept { return heap_ != nullptr ? heap_.get() : inline_; }

  // Small and close together: two threads that take turns to wait pass it back and forth.
  std::uint32_t shift_ = 62;  // 64 - log2(bucket_count())
  std::uint32_t queues_ = 0;
  std::unique_ptr<Waiter*[]> heap_;
  Waiter* inline_[kInlineBuckets] = {};
};

}  // namespace sabre

#endif  // SABRE_SYNC_WAITER_INDEX_H_
