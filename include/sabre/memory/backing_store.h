// sabre/memory/backing_store.h: bytes without a buffer around them, on their way between threads.
#ifndef SABRE_MEMORY_BACKING_STORE_H_
#define SABRE_MEMORY_BACKING_STORE_H_

#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"

namespace sabre::internal {

// BackingStore
//
// The only owner of a range of bytes. What a transferred ArrayBuffer is while it is in a message.
//
// Thread-safety: thread-compatible; may be moved to another thread as a whole.
class BackingStore {
 public:
  // Frees `data`. Called once, in whichever thread destroys the last owner.
  using Deleter = void (*)(std::byte* data, std::size_t max_byte_length);

  // No bytes.
  BackingStore() = default;
  // Takes over `data`, `byte_length` bytes of it in use, `max_byte_length` in all.
  BackingStore(std::byte* data, std::size_t byte_length, std::size_t max_byte_length,
               Deleter deleter) noexcept
      : data_(data),
        byte_length_(byte_length),
        max_byte_length_(max_byte_length),
        deleter_(deleter) {}
  BackingStore(BackingStore&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        byte_length_(std::exchange(other.byte_length_, 0)),
        max_byte_length_(std::exchange(other.max_byte_length_, 0)),
        deleter_(std::exchange(other.deleter_, nullptr)) {}
  BackingStore& operator=(BackingStore&& other) noexcept {
    BackingStore(std::move(other)).Swap(*this);
    return *this;
  }
  ~BackingStore() {
    if (deleter_ != nullptr) deleter_(data_, max_byte_length_);
  }

  // Allocates `byte_length` zeroed bytes, aligned for every element type.
  // Errors: kOutOfRange above 2^53 - 1; kResourceExhausted if the system refuses.
  static absl::StatusOr<BackingStore> Allocate(std::size_t byte_length);
  // The same, with any content: for callers that write every byte before anybody looks.
  static absl::StatusOr<BackingStore> AllocateUninitialized(std::size_t byte_length);

  std::byte* data() const noexcept { return data_; }
  std::size_t byte_length() const noexcept { return byte_length_; }
  std::size_t max_byte_length() const noexcept { return max_byte_length_; }

  void Swap(BackingStore& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(byte_length_, other.byte_length_);
    std::swap(max_byte_length_, other.max_byte_length_);
    std::swap(deleter_, other.deleter_);
  }

 private:
  std::byte* data_ = nullptr;
  std::size_t byte_length_ = 0;
  std::size_t max_byte_length_ = 0;
  Deleter deleter_ = nullptr;
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_BACKING_STORE_H_
