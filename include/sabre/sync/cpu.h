// sabre/sync/cpu.h: the two instructions that C++ has no good spelling for.
#ifndef SABRE_SYNC_CPU_H_
#define SABRE_SYNC_CPU_H_

#include <atomic>

namespace sabre::internal {

// SeqCstFence(): a sequentially consistent fence.
#if defined(__clang__) && defined(__x86_64__)

// clang compiles a seq_cst fence to MFENCE, which costs several times a locked instruction and
// orders nothing more for ordinary memory. g++ already emits this form. Not at (%rsp), where a function
// that does nothing else has its return address: its return would wait for the instruction.
inline void SeqCstFence() noexcept {
  __asm__ __volatile__("lock; orl $0, -8(%%rsp)" ::: "memory", "cc");
}

#elif defined(__GNUC__) && !defined(__clang__)

#pragma GCC diagnostic push
// ThreadSanitizer does not model fences. No plain data depends on this one (see announcement.h), so
// a report that it would prevent cannot exist.
#pragma GCC diagnostic ignored "-Wtsan"
inline void SeqCstFence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }
#pragma GCC diagnostic pop

#else

inline void SeqCstFence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }

#endif

// CpuRelax(): tells the processor that this is a spin loop.
#if defined(__x86_64__) || defined(__i386__)
inline void CpuRelax() noexcept { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
inline void CpuRelax() noexcept { __asm__ __volatile__("isb" ::: "memory"); }
#else
inline void CpuRelax() noexcept {}
#endif

}  // namespace sabre::internal

#endif  // SABRE_SYNC_CPU_H_
