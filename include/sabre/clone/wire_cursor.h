// sabre/clone/wire_cursor.h: a position in serialized bytes that never passes their end.
#ifndef SABRE_CLONE_WIRE_CURSOR_H_
#define SABRE_CLONE_WIRE_CURSOR_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "absl/base/attributes.h"
#include "sabre/clone/wire_tag.h"

namespace sabre::internal {

// WireCursor
//
// Reads the primitives of the format. A function that returns false has read past the end, or what
// stands there is not what was asked for; the position is then of no use but for a message.
//
// Thread-safety: thread-compatible.
class WireCursor {
 public:
  WireCursor() noexcept = default;
  explicit WireCursor(std::span<const std::uint8_t> bytes) noexcept
      : begin_(bytes.data()),
        at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        tag_(bytes.data()) {}

  // Bytes from the start.
  std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  // Where the tag stands that ReadTag passed last: what to blame for a failure.
  std::size_t tag_offset() const noexcept { return static_cast<std::size_t>(tag_ - begin_); }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  const std::uint8_t* at() const noexcept { return at_; }
  void Seek(std::size_t offset) noexcept { at_ = begin_ + offset; }
  // `at`: from at() to the end.
  void MoveTo(const std::uint8_t* at) noexcept { at_ = at; }
  // What comes next is to blame for a failure.
  void Blame() noexcept { tag_ = at_; }
  // `count` must not exceed left().
  void Skip(std::size_t count) noexcept { at_ += count; }

  // The next byte that is not padding, without passing it; 0 at the end.
  std::uint8_t PeekTag() noexcept {
    while (at_ != end_ && *at_ == wire::kPadding) [[unlikely]]++ at_;
    return at_ != end_ ? *at_ : std::uint8_t{0};
  }
  // The same without passing padding either: for what need not be there.
  std::uint8_t LookAhead() const noexcept {
    const std::uint8_t* at = at_;
    while (at != end_ && *at == wire::kPadding) [[unlikely]]++ at;
    return at != end_ ? *at : std::uint8_t{0};
  }
  // Passes padding and the tag. 0 at the end.
  std::uint8_t ReadTag() noexcept {
    const std::uint8_t tag = PeekTag();
    tag_ = at_;
    at_ += tag != 0 ? 1 : 0;
    return tag;
  }
  // The same at the beginning of a value, where obsolete counts of objects are passed, too.
  std::uint8_t PeekValueTag() noexcept {
    const std::uint8_t tag = PeekTag();
    return tag != wire::kObjectCount ? tag : PassCounts();
  }
  std::uint8_t ReadValueTag() noexcept {
    PeekValueTag();
    return ReadTag();
  }
  bool ReadByte(std::uint8_t& byte) noexcept {
    if (at_ == end_) return false;
    byte = *at_++;
    return true;
  }

  // As V8 reads it: at most five bytes, bits above 32 dropped, and after a fifth byte that says
  // "more" something must follow, which is the next token.
  bool ReadVarint(std::uint32_t& value) noexcept {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      value = *at_++;
      return true;
    }
    return ReadLongVarint(value);
  }
  // The same for the small varints of view kinds and error parts: two bytes, modulo 256.
  bool ReadVarint8(std::uint8_t& value) noexcept {
    if (at_ == end_) return false;
    value = *at_++;
    if (value < 0x80) return true;
    if (at_ == end_) return false;
    const std::uint8_t high = *at_++;
    value = static_cast<std::uint8_t>((value & 0x7f) | (high << 7));
    return high < 0x80 || at_ != end_;
  }
  bool ReadZigZag(std::int32_t& value) noexcept {
    std::uint32_t bits;
    if (!ReadVarint(bits)) return false;
    value = static_cast<std::int32_t>((bits >> 1) ^ (0u - (bits & 1)));
    return true;
  }
  bool ReadDouble(double& value) noexcept {
    if (left() < sizeof(double)) return false;
    std::uint64_t bits;
    std::memcpy(&bits, at_, sizeof bits);
    at_ += sizeof bits;
    value = std::bit_cast<double>(bits);
    // One NaN for all: a payload chosen by a stranger must not reach code that boxes NaNs.
    if (value != value) [[unlikely]]
      value = std::bit_cast<double>(kNaN);
    return true;
  }
  // A length that must not exceed what is left.
  bool ReadLength(std::uint32_t& length) noexcept { return ReadVarint(length) && length <= left(); }

  static constexpr std::uint64_t kNaN = 0x7ff8000000000000;

 private:
  ABSL_ATTRIBUTE_NOINLINE std::uint8_t PassCounts() noexcept {
    while (PeekTag() == wire::kObjectCount) {
      std::uint32_t count;
      ReadTag();
      if (!ReadVarint(count)) at_ = end_;
    }
    return PeekTag();
  }
  bool ReadLongVarint(std::uint32_t& value) noexcept {
    value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (at_ == end_) return false;
      const std::uint8_t byte = *at_++;
      value |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return at_ != end_;
  }

  const std::uint8_t* begin_ = nullptr;
  const std::uint8_t* at_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  const std::uint8_t* tag_ = nullptr;
};

}  // namespace sabre::internal

#endif  // SABRE_CLONE_WIRE_CURSOR_H_
