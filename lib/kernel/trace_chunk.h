// lib/kernel/trace_chunk.h: what one thread notes down, for another to read while it goes on.
#ifndef SABRE_LIB_KERNEL_TRACE_CHUNK_H_
#define SABRE_LIB_KERNEL_TRACE_CHUNK_H_

#include <cstddef>
#include <cstdint>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// TraceSlot
//
// A span of time: its head is known when it begins, its end and a value when it ends.
template <class Head, AtomicPolicy S = StdSync>
struct TraceSlot {
  static constexpr std::int64_t kOpen = INT64_MIN;

  // The writer's last access. After it, who reads the end may destroy the slot.
  void Close(std::int64_t end_at, std::uint64_t with_value) noexcept {
    value.Set(with_value);
    // [T2] Release: pairs with the load in End. Carries: the value, and that the writer is done. Without:
    // the reader sees another value, and a chunk is destroyed under its writer.
    end.store(end_at, S::kRelease);
  }

  // kOpen, or when the span ended; then the value is there.
  std::int64_t End() const noexcept {
    // [T2] Acquire: pairs with the store in Close.
    return end.load(S::kAcquire);
  }

  typename S::template Var<Head> head{};
  typename S::template Var<std::uint64_t> value{0};
  typename S::template Atomic<std::int64_t> end{kOpen};
};

// TraceChunk
//
// So many slots, filled in order by one thread. Nothing is overwritten, so the reader never waits and
// never retries.
//
//   slot   | meaning                                   | left by
//   free   | not there for the reader                  | Open → open
//   open   | its span goes on                          | TraceSlot::Close → closed
//   closed | nobody writes to it any more              | never
//
// Thread-safety: Open and Close from the writer's thread; size, slot, TraceSlot::End and Settled from any.
template <class Slot, class Head, std::size_t kCapacity, AtomicPolicy S = StdSync>
class TraceChunk {
 public:
  // A new slot. Null: the chunk is full.
  Slot* Open(Head head) noexcept {
    // Relaxed: this thread's own number.
    const std::size_t at = size_.load(S::kRelaxed);
    if (at == kCapacity) return nullptr;
    Slot& slot = slots_[at];
    slot.head.Set(head);
    // [T1] Release: pairs with the load in size. Carries: the head. Without: the reader sees the slot of
    // another time.
    size_.store(at + 1, S::kRelease);
    return &slot;
  }

  // How many slots there are to read.
  std::size_t size() const noexcept {
    // [T1] Acquire: pairs with the store in Open.
    return size_.load(S::kAcquire);
  }
  const Slot& slot(std::size_t at) const noexcept { return slots_[at]; }

  // Whether all its spans have ended: then a chunk that the writer opens no more slots in may be destroyed
  // although the writer lives.
  bool Settled() const noexcept {
    // A free slot counts as open.
    for (const Slot& slot : slots_) {
      if (slot.End() == Slot::kOpen) return false;
    }
    return true;
  }

 private:
  Slot slots_[kCapacity];
  typename S::template Atomic<std::size_t> size_{0};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_TRACE_CHUNK_H_
