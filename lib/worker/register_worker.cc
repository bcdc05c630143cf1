#include "sabre/worker/register_worker.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/worker/registered_workers.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

struct WorkerRegistry {
  StdSync::Mutex mutex;
  std::map<std::string, std::shared_ptr<const RegisteredWorker>, std::less<>> entries;  // [mutex]

  static WorkerRegistry& Get() {
    // Never destroyed: a worker may start another while the process ends.
    static auto* const registry = new WorkerRegistry;
    return *registry;
  }
};

}  // namespace

absl::Status RegisterWorker(std::string_view name, RegisteredWorker entry) {
  if (name.empty()) return absl::InvalidArgumentError("RegisterWorker: name is empty");
  if (entry == nullptr) return absl::InvalidArgumentError("RegisterWorker: entry is empty");
  WorkerRegistry& registry = WorkerRegistry::Get();
  auto shared = std::make_shared<const RegisteredWorker>(std::move(entry));
  std::lock_guard<StdSync::Mutex> lock(registry.mutex);
  if (!registry.entries.try_emplace(std::string(name), std::move(shared)).second) {
    return absl::AlreadyExistsError(absl::StrCat("RegisterWorker: there is a worker '",
                                                 absl::string_view(name.data(), name.size()), "'"));
  }
  return absl::OkStatus();
}

namespace internal {

std::shared_ptr<const RegisteredWorker> FindRegisteredWorker(std::string_view name) {
  WorkerRegistry& registry = WorkerRegistry::Get();
  std::lock_guard<StdSync::Mutex> lock(registry.mutex);
  const auto found = registry.entries.find(name);
  return found != registry.entries.end() ? found->second : nullptr;
}

}  // namespace internal
}  // namespace sabre
