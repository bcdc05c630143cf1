// lib/kernel/broadcast_registry.h: the hubs that have a name now.
#ifndef SABRE_LIB_KERNEL_BROADCAST_REGISTRY_H_
#define SABRE_LIB_KERNEL_BROADCAST_REGISTRY_H_

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "lib/kernel/broadcast_hub.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// BroadcastRegistry
//
//   name    | meaning                              | left by
//   unknown | nobody uses it                       | Enter → known, with one user
//   known   | it has a hub, and so many users      | Enter → one more; Exit → one less, or unknown: the
//           |                                      | hub is destroyed
//
// Thread-safety: all members from any thread. Lock: one.
// Memory ordering: everything that a user does with a hub before its Exit happens before the hub's end.
template <class T, BlockingPolicy S = StdSync>
class BroadcastRegistry {
 public:
  using Hub = BroadcastHub<T, S>;

  BroadcastRegistry() = default;
  BroadcastRegistry(const BroadcastRegistry&) = delete;
  BroadcastRegistry& operator=(const BroadcastRegistry&) = delete;
  // Nobody may use a name any more.
  ~BroadcastRegistry() {
    if (!names_.empty()) S::Unreachable("BroadcastRegistry: ended before its users");
  }

  // The hub of `name`, for one user until its Exit.
  Hub& Enter(const std::string& name) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    Name& entry = names_[name];
    entry.users += 1;
    return entry.hub;
  }

  // The user has no member in the hub any more.
  void Exit(const std::string& name) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    const auto found = names_.find(name);
    found->second.users -= 1;
    if (found->second.users == 0) names_.erase(found);
  }

 private:
  struct Name {
    Hub hub;
    std::size_t users = 0;
  };

  typename S::Mutex mutex_;
  std::map<std::string, Name> names_;  // [mutex_]
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_BROADCAST_REGISTRY_H_
