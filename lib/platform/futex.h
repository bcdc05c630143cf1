// lib/platform/futex.h: sleeping on a word of memory.
#ifndef SABRE_LIB_PLATFORM_FUTEX_H_
#define SABRE_LIB_PLATFORM_FUTEX_H_

#include <atomic>
#include <cstdint>

#include "sabre/sync/time.h"

namespace sabre::platform {

// Sleeps while `word == expected`, until a wake, `deadline`, or for no reason at all.
// Returns: false if the deadline has passed, true otherwise.
// The comparison and the decision to sleep are one step: a FutexWake after a change of the word is
// not lost.
bool FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
               TimePoint deadline) noexcept;

// Wakes one thread that sleeps on the word at this address. Only the address is used: the word may
// already be gone, in which case at worst a thread that sleeps on a new word there wakes for no reason.
void FutexWakeOne(const std::atomic<std::uint32_t>* word) noexcept;

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_FUTEX_H_
