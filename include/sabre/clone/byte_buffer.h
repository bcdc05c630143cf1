// sabre/clone/byte_buffer.h: bytes that grow without being zeroed first.
#ifndef SABRE_CLONE_BYTE_BUFFER_H_
#define SABRE_CLONE_BYTE_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace sabre {

// ByteBuffer
//
// The bytes of one message. Unlike std::vector it grows without initialising, so that a serializer
// writes each byte once. Moving is three words.
//
// Thread-safety: thread-compatible; may be moved to another thread as a whole.
class ByteBuffer {
 public:
  ByteBuffer() noexcept = default;
  // A copy of `bytes`.
  explicit ByteBuffer(std::span<const std::uint8_t> bytes) {
    if (!bytes.empty()) std::memcpy(Extend(bytes.size()), bytes.data(), bytes.size());
  }
  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~ByteBuffer() {
    if (data_ != nullptr) Free();
  }

  const std::uint8_t* data() const noexcept { return data_; }
  // Bytes.
  std::size_t size() const noexcept { return size_; }
  // Bytes that fit before the next allocation.
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::uint8_t* begin() const noexcept { return data_; }
  const std::uint8_t* end() const noexcept { return data_ + size_; }
  std::uint8_t operator[](std::size_t index) const noexcept { return data_[index]; }

  void Set(std::size_t index, std::uint8_t byte) noexcept { data_[index] = byte; }

  // Gives unused memory back if it is much. Whoever goes on writing does not want this.
  void Trim() noexcept {
    if (capacity_ >= kLarge && capacity_ / 2 > size_) [[unlikely]]
      Shrink();
  }

  // Forgets the bytes and keeps the memory.
  void Clear() noexcept { size_ = 0; }

  // Room for `count` more bytes; returns where they begin. They belong to the buffer once `Advance`
  // says how many of them were written.
  std::uint8_t* Reserve(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      Grow(count);
    return data_ + size_;
  }
  // Appends the first `count` bytes of those that Reserve gave.
  void Advance(std::size_t count) noexcept { size_ += count; }

  // Appends `count` bytes of any content and returns where they begin.
  std::uint8_t* Extend(std::size_t count) {
    std::uint8_t* const begin = Reserve(count);
    size_ += count;
    return begin;
  }

 private:
  // Bytes. What is unused in a smaller one is not worth a call.
  static constexpr std::size_t kLarge = std::size_t{64} << 10;

  void Grow(std::size_t count);
  void Shrink() noexcept;
  void Free() noexcept;

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sabre

#endif  // SABRE_CLONE_BYTE_BUFFER_H_
