#include "sabre/memory/backing_store.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "absl/strings/str_cat.h"
#include "lib/kernel/ref_count.h"
#include "lib/memory/byte_length.h"
#include "lib/platform/pages.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {
namespace {

// One byte at least: null would mean no memory.
std::size_t AtLeastOne(std::size_t size) noexcept { return size > 0 ? size : 1; }

void FreeBytes(std::byte* data, std::size_t) { std::free(data); }
void FreePages(std::byte* data, std::size_t capacity) {
  platform::ReleasePages(data, platform::RoundUpToPages(capacity));
}

}  // namespace

absl::Status CheckByteLength(const char* what, std::size_t byte_length) {
  if (byte_length <= kMaxByteLength) return absl::OkStatus();
  return absl::OutOfRangeError(
      absl::StrCat(what, ": byte_length ", byte_length, " exceeds 2^53 - 1"));
}

absl::Status NoMemory(const char* what, const char* name, std::size_t bytes) {
  return absl::ResourceExhaustedError(absl::StrCat(what, ": no memory for ", name, " ", bytes));
}

absl::Status CheckMaxByteLength(const char* what, std::size_t byte_length,
                                std::optional<std::size_t> max_byte_length) {
  if (absl::Status s = CheckByteLength(what, byte_length); !s.ok()) return s;
  if (!max_byte_length.has_value()) return absl::OkStatus();
  if (*max_byte_length > kMaxByteLength) {
    return absl::OutOfRangeError(
        absl::StrCat(what, ": max_byte_length ", *max_byte_length, " exceeds 2^53 - 1"));
  }
  if (byte_length <= *max_byte_length) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat(what, ": byte_length ", byte_length,
                                            " exceeds max_byte_length ", *max_byte_length));
}

struct BackingStore::SharedBytes {
  kernel::RefCount<StdSync> references;
  BackingStore bytes;
};

BackingStore::~BackingStore() {
  if (immutable_ != nullptr) {
    if (immutable_->references.Decrement()) delete immutable_;
  } else if (deleter_ != nullptr) {
    deleter_(data_, max_byte_length_);
  }
}

absl::StatusOr<BackingStore> BackingStore::Own(void* data, std::size_t byte_length) {
  if (data == nullptr) return NoMemory("ArrayBuffer", "byte_length", byte_length);
  return BackingStore(static_cast<std::byte*>(data), byte_length, byte_length, /*resizable=*/false,
                      &FreeBytes);
}

absl::StatusOr<BackingStore> BackingStore::Allocate(std::size_t byte_length,
                                                    std::optional<std::size_t> max_byte_length) {
  if (absl::Status s = CheckMaxByteLength("ArrayBuffer", byte_length, max_byte_length); !s.ok()) {
    return s;
  }
  // calloc aligns for every element type.
  if (!max_byte_length.has_value()) {
    return Own(std::calloc(AtLeastOne(byte_length), 1), byte_length);
  }
  if (*max_byte_length <= platform::PageSize()) {
    // Less than the least that can be reserved: all of it at once.
    void* const bytes = std::calloc(AtLeastOne(*max_byte_length), 1);
    if (bytes == nullptr) return NoMemory("ArrayBuffer", "max_byte_length", *max_byte_length);
    return BackingStore(static_cast<std::byte*>(bytes), byte_length, *max_byte_length,
                        /*resizable=*/true, &FreeBytes);
  }
  const std::size_t capacity = platform::RoundUpToPages(*max_byte_length);
  void* const pages = platform::ReservePages(capacity);
  if (pages == nullptr) return NoMemory("ArrayBuffer", "max_byte_length", *max_byte_length);
  BackingStore store(static_cast<std::byte*>(pages), 0, *max_byte_length, /*resizable=*/true,
                     &FreePages);
  if (absl::Status s = store.Resize(byte_length); !s.ok()) return s;
  return store;
}

absl::StatusOr<BackingStore> BackingStore::AllocateUninitialized(std::size_t byte_length) {
  if (absl::Status s = CheckByteLength("ArrayBuffer", byte_length); !s.ok()) return s;
  return Own(std::malloc(AtLeastOne(byte_length)), byte_length);
}

absl::Status BackingStore::Resize(std::size_t byte_length) {
  if (deleter_ == &FreeBytes) {
    if (byte_length < byte_length_) {
      std::memset(data_ + byte_length, 0, byte_length_ - byte_length);
    }
    byte_length_ = byte_length;
    return absl::OkStatus();
  }
  const std::size_t committed = platform::RoundUpToPages(byte_length_);
  const std::size_t wanted = platform::RoundUpToPages(byte_length);
  if (byte_length < byte_length_) {
    // What is left of the last page is zero when the length comes back to it.
    std::memset(data_ + byte_length, 0, std::min(wanted, byte_length_) - byte_length);
    platform::DecommitPages(data_ + wanted, committed - wanted);
  } else if (!platform::CommitPages(data_ + committed, wanted - committed)) {
    return NoMemory("ArrayBuffer", "byte_length", byte_length);
  }
  byte_length_ = byte_length;
  return absl::OkStatus();
}

absl::StatusOr<BackingStore> BackingStore::ResizedTo(std::size_t byte_length,
                                                     bool keep_resizable) && {
  const bool in_place = deleter_ == &FreePages || resizable_;
  if (byte_length == byte_length_ && (keep_resizable || !resizable_)) return std::move(*this);
  if (in_place && byte_length <= max_byte_length_) {
    if (absl::Status s = Resize(byte_length); !s.ok()) return s;
    resizable_ = resizable_ && keep_resizable;
    return std::move(*this);
  }
  if (deleter_ == &FreeBytes) {
    void* const moved = std::realloc(data_, AtLeastOne(byte_length));
    if (moved == nullptr) return NoMemory("ArrayBuffer", "byte_length", byte_length);
    data_ = static_cast<std::byte*>(moved);
    if (byte_length > byte_length_) {
      std::memset(data_ + byte_length_, 0, byte_length - byte_length_);
    }
    byte_length_ = max_byte_length_ = byte_length;
    return std::move(*this);
  }
  absl::StatusOr<BackingStore> copy = Allocate(byte_length);
  if (copy.ok() && byte_length_ > 0) {
    std::memcpy(copy->data(), data_, std::min(byte_length, byte_length_));
  }
  return copy;
}

absl::StatusOr<BackingStore> BackingStore::MadeImmutable(std::size_t byte_length) && {
  // First, so that a failure finds the store unchanged.
  std::unique_ptr<SharedBytes> shared(new (std::nothrow) SharedBytes);
  if (shared == nullptr) return NoMemory("ArrayBuffer", "byte_length", byte_length);
  absl::StatusOr<BackingStore> fixed = std::move(*this).ResizedTo(byte_length, false);
  if (!fixed.ok()) return fixed;
  shared->bytes = *std::move(fixed);
  BackingStore first;
  first.data_ = shared->bytes.data_;
  first.byte_length_ = byte_length;
  first.immutable_ = shared.release();
  return first;
}

BackingStore BackingStore::Share() const noexcept {
  immutable_->references.Increment();
  BackingStore other;
  other.data_ = data_;
  other.byte_length_ = byte_length_;
  other.immutable_ = immutable_;
  return other;
}

}  // namespace sabre::internal
