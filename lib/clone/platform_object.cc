// lib/clone/platform_object.cc: the classes that readers of Graphs know, and their objects' form on the wire.
#include "sabre/clone/platform_object.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

constexpr std::size_t kMaxNameLength = 255;

absl::string_view Text(std::string_view text) { return {text.data(), text.size()}; }

struct PlatformTypes {
  StdSync::Mutex mutex;
  std::vector<const PlatformType*> types;  // [mutex] few; in the order of registration
};

// Never destroyed: messages may be read while the statics of the program end.
PlatformTypes& KnownTypes() {
  static PlatformTypes* const known = new PlatformTypes;
  return *known;
}

const PlatformType* FindIn(const std::vector<const PlatformType*>& types, std::string_view name) {
  const auto found = std::find_if(types.begin(), types.end(),
                                  [&](const PlatformType* type) { return type->name == name; });
  return found != types.end() ? *found : nullptr;
}

}  // namespace

absl::Status RegisterPlatformType(const PlatformType& type) {
  const std::string_view name = type.name != nullptr ? type.name : "";
  if (name.empty() || name.size() > kMaxNameLength ||
      !std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    return absl::InvalidArgumentError(absl::StrCat("RegisterPlatformType: a name needs 1 to ",
                                                   kMaxNameLength, " printable ASCII characters"));
  }
  if (name.substr(0, 6) == "sabre.") {
    return absl::InvalidArgumentError(absl::StrCat("RegisterPlatformType: the name ", Text(name),
                                                   " is reserved for the library"));
  }
  PlatformTypes& known = KnownTypes();
  std::lock_guard<StdSync::Mutex> lock(known.mutex);
  const PlatformType* const other = FindIn(known.types, name);
  if (other == &type) return absl::OkStatus();
  if (other != nullptr) {
    return absl::AlreadyExistsError(
        absl::StrCat("RegisterPlatformType: another class has the name ", Text(name)));
  }
  known.types.push_back(&type);
  return absl::OkStatus();
}

const PlatformType* FindPlatformType(std::string_view name) {
  PlatformTypes& known = KnownTypes();
  std::lock_guard<StdSync::Mutex> lock(known.mutex);
  return FindIn(known.types, name);
}

bool Serializer::BeginPlatformObject(std::string_view name) {
  ++next_id_;
  ++depth_;
  Counted(wire::kHostObject, wire::kPlatformObjectIndex);
  return WriteLatin1(name);
}

bool Serializer::FailPlatformObject(std::string_view name) {
  return status().ok() && FailDataClone(absl::StrCat("a ", Text(name), " could not be written"));
}

bool Deserializer::ReadPlatformObject(std::string_view name) {
  std::uint32_t index;
  if (cursor_.ReadTag() != wire::kHostObject || !cursor_.ReadVarint(index) ||
      index != wire::kPlatformObjectIndex) {
    return FailExpected(absl::StrCat("a platform object of the class ", Text(name)));
  }
  std::string found;
  if (!ReadUtf8(found)) return false;
  return found == name ||
         FailExpected(absl::StrCat("a platform object of the class ", Text(name), ", not ", found));
}

bool Deserializer::FailPlatformObject(std::string_view name) {
  return status().ok() && FailValue(absl::StrCat("a ", Text(name), " could not be read"));
}

}  // namespace sabre
