#include "sabre/worker/environment_data.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/worker/environment.h"

namespace sabre {
namespace internal {

std::shared_ptr<const EnvironmentData>& OwnEnvironmentData() {
  thread_local std::shared_ptr<const EnvironmentData> own;
  return own;
}

namespace {

std::shared_ptr<EnvironmentData> CopyOfOwnEnvironmentData() {
  const std::shared_ptr<const EnvironmentData>& own = OwnEnvironmentData();
  return own != nullptr ? std::make_shared<EnvironmentData>(*own)
                        : std::make_shared<EnvironmentData>();
}

}  // namespace

absl::Status StoreEnvironmentData(std::string_view key, PreparedMessage value) {
  Message message = std::move(value).Commit();
  if (!message.objects.empty() || !message.transferred_buffers.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "SetEnvironmentData: the value of '", absl::string_view(key.data(), key.size()),
        "' holds an object that only one thread can have"));
  }
  std::shared_ptr<EnvironmentData> changed = CopyOfOwnEnvironmentData();
  changed->insert_or_assign(std::string(key), std::make_shared<const Message>(std::move(message)));
  OwnEnvironmentData() = std::move(changed);
  return absl::OkStatus();
}

std::shared_ptr<const Message> LoadEnvironmentData(std::string_view key) {
  const std::shared_ptr<const EnvironmentData>& own = OwnEnvironmentData();
  if (own == nullptr) return nullptr;
  const auto found = own->find(key);
  return found != own->end() ? found->second : nullptr;
}

absl::Status NoEnvironmentData(std::string_view key) {
  return absl::NotFoundError(absl::StrCat("GetEnvironmentData: there is no '",
                                          absl::string_view(key.data(), key.size()), "'"));
}

}  // namespace internal

bool RemoveEnvironmentData(std::string_view key) {
  if (internal::LoadEnvironmentData(key) == nullptr) return false;
  std::shared_ptr<internal::EnvironmentData> changed = internal::CopyOfOwnEnvironmentData();
  changed->erase(changed->find(key));
  internal::OwnEnvironmentData() = std::move(changed);
  return true;
}

}  // namespace sabre
