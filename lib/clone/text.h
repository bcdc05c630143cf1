// lib/clone/text.h: between UTF-8, UTF-16 and the one-byte strings of the wire.
#ifndef SABRE_LIB_CLONE_TEXT_H_
#define SABRE_LIB_CLONE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sabre::internal {

inline constexpr char32_t kReplacementCharacter = 0xfffd;

// Whether all `size` bytes are below 0x80.
bool IsLongAscii(const std::uint8_t* bytes, std::size_t size) noexcept;
inline bool IsAscii(const void* bytes, std::size_t size) noexcept {
  const auto* const at = static_cast<const std::uint8_t*>(bytes);
  if (size >= 8) return IsLongAscii(at, size);
  if (size >= 4) {
    std::uint32_t first, last;  // may overlap
    std::memcpy(&first, at, 4);
    std::memcpy(&last, at + size - 4, 4);
    return ((first | last) & 0x80808080) == 0;
  }
  return size == 0 || (at[0] | at[size / 2] | at[size - 1]) < 0x80;
}

// Whether `units` little-endian units, at any alignment, are all below 0x100.
bool IsLatin1(const std::uint8_t* bytes, std::size_t units) noexcept;

// Decodes one character of UTF-8 and moves `at` past it. What is not UTF-8 gives false, and `at`
// moves past as many bytes as WHATWG's decoder replaces by one U+FFFD. Requires at < end.
bool DecodeUtf8(const std::uint8_t*& at, const std::uint8_t* end, char32_t& character) noexcept;

// What a UTF-8 text needs on the wire.
struct Utf8Extent {
  std::size_t units = 0;  // UTF-16 units, U+FFFD for what is invalid
  bool one_byte = true;   // all characters are below U+0100
  bool valid = true;
  std::size_t invalid_offset = 0;  // of the first invalid byte
};
Utf8Extent MeasureUtf8(std::string_view text) noexcept;

// Write the units that MeasureUtf8 counted. `out` needs no alignment.
void Utf8ToLatin1(std::string_view text, std::uint8_t* out) noexcept;
void Utf8ToUtf16(std::string_view text, std::uint8_t* out) noexcept;

// Appends one character.
void AppendUtf8(std::string& out, char32_t character);
// Appends bytes that are the characters U+0000 to U+00FF.
void AppendLatin1AsUtf8(std::string& out, const std::uint8_t* bytes, std::size_t size);
// Appends `units` little-endian UTF-16 units at `bytes`, which needs no alignment. Lone surrogates
// become U+FFFD. Returns whether there were none.
bool AppendUtf16AsUtf8(std::string& out, const std::uint8_t* bytes, std::size_t units);

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_TEXT_H_
