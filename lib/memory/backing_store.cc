#include "sabre/memory/backing_store.h"

#include <cstdint>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/byte_length.h"

namespace sabre::internal {
namespace {

void FreeBytes(std::byte* data, std::size_t) { std::free(data); }

absl::StatusOr<BackingStore> Own(void* data, std::size_t byte_length) {
  if (data == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("ArrayBuffer: no memory for byte_length ", byte_length));
  }
  return BackingStore(static_cast<std::byte*>(data), byte_length, byte_length, &FreeBytes);
}

}  // namespace

absl::Status CheckByteLength(const char* what, std::size_t byte_length) {
  if (byte_length <= kMaxByteLength) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(what, ": byte_length ", byte_length, " exceeds 2^53 - 1"));
}

absl::StatusOr<BackingStore> BackingStore::Allocate(std::size_t byte_length) {
  if (absl::Status s = CheckByteLength("ArrayBuffer", byte_length); !s.ok()) return s;
  // malloc aligns for every element type. One byte at least: null would mean no memory.
  return Own(std::calloc(byte_length > 0 ? byte_length : 1, 1), byte_length);
}

absl::StatusOr<BackingStore> BackingStore::AllocateUninitialized(std::size_t byte_length) {
  if (absl::Status s = CheckByteLength("ArrayBuffer", byte_length); !s.ok()) return s;
  return Own(std::malloc(byte_length > 0 ? byte_length : 1), byte_length);
}

}  // namespace sabre::internal
