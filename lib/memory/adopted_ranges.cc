#include "lib/memory/adopted_ranges.h"

#include <cstdint>
#include <map>
#include <mutex>

#include "sabre/sync/std_sync.h"

namespace sabre::internal {
namespace {

struct Registry {
  StdSync::Mutex mutex;
  std::map<std::uintptr_t, std::uintptr_t> end_of;  // [mutex] by the first address
};

// Never destroyed: blocks may outlive every static object.
Registry& TheRegistry() {
  static auto* const registry = new Registry;
  return *registry;
}

}  // namespace

bool ClaimRange(const std::byte* data, std::size_t size) {
  const auto begin = reinterpret_cast<std::uintptr_t>(data);
  // An empty range has a place of its own, or it could not be given back.
  const std::uintptr_t end = begin + (size > 0 ? size : 1);
  Registry& registry = TheRegistry();
  std::lock_guard<StdSync::Mutex> lock(registry.mutex);
  const auto next = registry.end_of.lower_bound(begin);
  if (next != registry.end_of.end() && next->first < end) return false;
  if (next != registry.end_of.begin() && std::prev(next)->second > begin) return false;
  registry.end_of.emplace_hint(next, begin, end);
  return true;
}

void ReturnRange(const std::byte* data) noexcept {
  Registry& registry = TheRegistry();
  std::lock_guard<StdSync::Mutex> lock(registry.mutex);
  registry.end_of.erase(reinterpret_cast<std::uintptr_t>(data));
}

}  // namespace sabre::internal
