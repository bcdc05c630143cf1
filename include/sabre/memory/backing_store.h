// sabre/memory/backing_store.h: bytes without a buffer around them, on their way between threads.
#ifndef SABRE_MEMORY_BACKING_STORE_H_
#define SABRE_MEMORY_BACKING_STORE_H_

#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sabre::internal {

// BackingStore
//
// The owner of a range of bytes: the only one, or, of immutable bytes, one of many. What a transferred
// ArrayBuffer is while it is in a message.
//
// Thread-safety: thread-compatible; may be moved to another thread as a whole.
class BackingStore {
 public:
  // Frees the `capacity` bytes at `data`. Called once, in whichever thread destroys the last owner.
  using Deleter = void (*)(std::byte* data, std::size_t capacity);

  // No bytes.
  BackingStore() = default;
  BackingStore(BackingStore&& other) noexcept { Swap(other); }
  BackingStore& operator=(BackingStore&& other) noexcept {
    BackingStore(std::move(other)).Swap(*this);
    return *this;
  }
  ~BackingStore();

  // Allocates `byte_length` zeroed bytes, aligned for every element type. With a `max_byte_length`
  // (byte_length or more) they are resizable in place: address space for all is reserved, memory for
  // those in use.
  // Errors: kOutOfRange above 2^53 - 1; kResourceExhausted if the system refuses.
  static absl::StatusOr<BackingStore> Allocate(
      std::size_t byte_length, std::optional<std::size_t> max_byte_length = std::nullopt);
  // `byte_length` bytes with any content: for callers that write every byte before anybody looks.
  static absl::StatusOr<BackingStore> AllocateUninitialized(std::size_t byte_length);

  std::byte* data() const noexcept { return data_; }
  std::size_t byte_length() const noexcept { return byte_length_; }
  // byte_length(), unless resizable.
  std::size_t max_byte_length() const noexcept {
    return resizable_ ? max_byte_length_ : byte_length_;
  }
  bool resizable() const noexcept { return resizable_; }
  bool immutable() const noexcept { return immutable_ != nullptr; }

  // For a resizable store: the first byte_length bytes, zero-filled; no byte moves.
  // Errors: kResourceExhausted if the system refuses the memory; nothing has changed then.
  absl::Status Resize(std::size_t byte_length);

  // The same bytes in a store of `byte_length`, as far as they go, zero-filled; resizable up to the same
  // maximum or fixed. They move only if they do not fit in place.
  // Errors: kResourceExhausted; this store is unchanged then.
  absl::StatusOr<BackingStore> ResizedTo(std::size_t byte_length, bool keep_resizable) &&;

  // The same as fixed bytes that nobody writes any more, and this as the first of any number of owners.
  // Errors: kResourceExhausted; this store is unchanged then.
  absl::StatusOr<BackingStore> MadeImmutable(std::size_t byte_length) &&;
  // Another owner of immutable bytes.
  BackingStore Share() const noexcept;

  void Swap(BackingStore& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(byte_length_, other.byte_length_);
    std::swap(max_byte_length_, other.max_byte_length_);
    std::swap(resizable_, other.resizable_);
    std::swap(deleter_, other.deleter_);
    std::swap(immutable_, other.immutable_);
  }

 private:
  struct SharedBytes;  // what the owners of immutable bytes have in common

  BackingStore(std::byte* data, std::size_t byte_length, std::size_t max_byte_length,
               bool resizable, Deleter deleter) noexcept
      : data_(data),
        byte_length_(byte_length),
        max_byte_length_(max_byte_length),
        resizable_(resizable),
        deleter_(deleter) {}

  static absl::StatusOr<BackingStore> Own(void* data, std::size_t byte_length);

  std::byte* data_ = nullptr;
  std::size_t byte_length_ = 0;
  std::size_t max_byte_length_ = 0;  // how many bytes there is room for in place
  bool resizable_ = false;
  Deleter deleter_ = nullptr;
  SharedBytes* immutable_ = nullptr;
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_BACKING_STORE_H_
