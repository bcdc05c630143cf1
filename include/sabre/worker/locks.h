// sabre/worker/locks.h: locks that threads share by a name.
#ifndef SABRE_WORKER_LOCKS_H_
#define SABRE_WORKER_LOCKS_H_

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sabre {

namespace internal {
class NamedLock;
}  // namespace internal

// How a lock is held.
enum class LockMode : std::uint8_t {
  kExclusive,  // by one
  kShared,     // by any number, as long as all of them share
};

// LockOptions
struct LockOptions {
  LockMode mode = LockMode::kExclusive;
  // If it cannot be had at once: an empty Lock instead of a wait.
  bool if_available = false;
  // Takes it away from those who hold it, who learn of it (Lock::lost_token), and comes before all that
  // wait. For a program that must go on after a holder that does not let go; exclusive only.
  bool steal = false;
  // A stop request there ends the wait. Of no meaning once the lock is granted.
  std::stop_token stop_token = {};
  // How long to wait; zero and less: not at all.
  absl::Duration timeout = absl::InfiniteDuration();
};

// Lock
//
// A lock by name while it is held, until Release or the end of this object. It belongs to the agent that
// requested it: when that thread ends, the lock is free, wherever this object is by then.
//
// Thread-safety: thread-compatible; lost_token() may be copied to any thread.
// Spec: Web Locks, Lock (https://w3c.github.io/web-locks/#api-lock).
class [[nodiscard]] Lock {
 public:
  // Empty.
  Lock() noexcept = default;
  Lock(Lock&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Lock& operator=(Lock&& other) noexcept;
  // Gives the lock back.
  ~Lock();

  // Whether it is held now: not empty, not given back, not taken away. Of a lock that can be stolen this is
  // true only for the moment; work that must not go on without it looks at lost_token().
  bool held() const;
  explicit operator bool() const { return held(); }

  // "" and kExclusive if empty.
  std::string_view name() const noexcept;
  LockMode mode() const noexcept;

  // A stop is requested here when the lock is taken away: stolen, or its agent has ended. held() is
  // false before that, and the next holder may be there before. A stop callback runs in the thread that did
  // it, and must not throw. A token that never stops, if empty.
  std::stop_token lost_token() const noexcept;

  // Gives the lock back; this object is empty afterwards.
  // Errors: kCancelled (AbortError) if it was taken away before; kFailedPrecondition if empty.
  // Memory ordering: everything before it happens before what the next holder does.
  absl::Status Release();

 private:
  friend class internal::NamedLock;
  explicit Lock(internal::NamedLock* state) noexcept : state_(state) {}

  internal::NamedLock* state_ = nullptr;  // a reference
};

// RequestLock()
//
// Waits until the calling agent holds the lock `name`. All threads of the process share the names. Requests
// are granted in order, name by name: an exclusive one holds back all that come after it, and shared ones
// in a row are granted together. A thread that requests what it holds waits for itself.
//
//   absl::StatusOr<sabre::Lock> lock = sabre::RequestLock("config", {.timeout = absl::Seconds(5)});
//   if (!lock.ok()) return lock.status();
//
// Returns: a Lock that is held; an empty one with `if_available`, if it was not.
// Errors: kUnimplemented (NotSupportedError) if the name begins with '-', or for `steal` with
//   `if_available` or a shared mode; kDeadlineExceeded after `timeout`; kCancelled (AbortError) if a stop was
//   requested of `stop_token` or of the calling agent, or the lock was stolen as soon as it was granted;
//   kFailedPrecondition if it would have to wait and the thread may not block (Agent::can_block), or if the
//   thread ends and the locks of its agent were given back already.
// Blocking: yes, unless `if_available`, `steal` or timeout <= 0. Thread-safety: thread-safe.
// Spec: LockManager.request (https://w3c.github.io/web-locks/#api-lock-manager-request), which calls back
//   while the lock is held; RequestLockAsync (async_lock.h) does.
absl::StatusOr<Lock> RequestLock(std::string_view name, LockOptions options = {});

// LockInfo
struct LockInfo {
  std::string name;
  LockMode mode = LockMode::kExclusive;
  std::uint64_t agent_id = 0;
};

// LockSnapshot
//
// By name, and for one name in the order of the grants and of the queue.
struct LockSnapshot {
  std::vector<LockInfo> held;
  std::vector<LockInfo> pending;
};

// Who holds and who waits, at one moment. For people and for tests: it is history when it is read.
// Thread-safety: thread-safe. Blocking: no. Spec: LockManager.query.
LockSnapshot QueryLocks();

}  // namespace sabre

#endif  // SABRE_WORKER_LOCKS_H_
