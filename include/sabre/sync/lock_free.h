// sabre/sync/lock_free.h: whether an atomic needs no lock, which shared memory cannot have.
#ifndef SABRE_SYNC_LOCK_FREE_H_
#define SABRE_SYNC_LOCK_FREE_H_

#include <atomic>

namespace sabre {

// Whether StdSync::Atomic<T> is lock-free on every processor that the program may run on. Only then
// may it lie in memory that another program maps.
template <class T>
inline constexpr bool kIsAlwaysLockFree = std::atomic<T>::is_always_lock_free;

}  // namespace sabre

#endif  // SABRE_SYNC_LOCK_FREE_H_
