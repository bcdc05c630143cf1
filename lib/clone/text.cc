// lib/clone/text.cc
#include "lib/clone/text.h"

#include <cstring>

namespace sabre::internal {
namespace {

void PutUnit(std::uint8_t*& out, char32_t unit) {
  *out++ = static_cast<std::uint8_t>(unit);
  *out++ = static_cast<std::uint8_t>(unit >> 8);
}

const std::uint8_t* Begin(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

bool IsLongAscii(const std::uint8_t* bytes, std::size_t size) noexcept {
  const std::uint8_t* const last = bytes + size - 8;
  std::uint64_t all, word;
  std::memcpy(&all, last, 8);
  for (; bytes < last; bytes += 8) {
    std::memcpy(&word, bytes, 8);
    all |= word;
  }
  return (all & 0x8080808080808080) == 0;
}

bool IsLatin1(const std::uint8_t* bytes, std::size_t units) noexcept {
  // The first word tells it of most texts.
  for (; units >= 4; units -= 4, bytes += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    if ((word & 0xff00ff00ff00ff00) != 0) return false;
  }
  for (; units > 0; --units, bytes += 2) {
    if (bytes[1] != 0) return false;
  }
  return true;
}

bool DecodeUtf8(const std::uint8_t*& at, const std::uint8_t* end, char32_t& character) noexcept {
  const std::uint8_t first = *at++;
  if (first < 0x80) {
    character = first;
    return true;
  }
  // How many bytes follow, and the range of the first of them, which excludes overlong forms,
  // surrogates and what is above U+10FFFF.
  int more;
  std::uint8_t low = 0x80, high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    more = 1;
    character = first & 0x1f;
  } else if (first >= 0xe0 && first <= 0xef) {
    more = 2;
    character = first & 0x0f;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    more = 3;
    character = first & 0x07;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  } else {
    return false;
  }
  for (; more > 0; --more) {
    if (at == end || *at < low || *at > high) return false;
    character = (character << 6) | (*at++ & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return true;
}

Utf8Extent MeasureUtf8(std::string_view text) noexcept {
  Utf8Extent extent;
  const std::uint8_t* at = Begin(text);
  const std::uint8_t* const end = at + text.size();
  while (at != end) {
    const std::uint8_t* const start = at;
    char32_t character;
    if (!DecodeUtf8(at, end, character)) {
      if (extent.valid) extent.invalid_offset = static_cast<std::size_t>(start - Begin(text));
      extent.valid = false;
      character = kReplacementCharacter;
    }
    if (character > 0xff) extent.one_byte = false;
    extent.units += character > 0xffff ? 2 : 1;
  }
  return extent;
}

void Utf8ToLatin1(std::string_view text, std::uint8_t* out) noexcept {
  const std::uint8_t* at = Begin(text);
  const std::uint8_t* const end = at + text.size();
  while (at != end) {
    char32_t character;
    DecodeUtf8(at, end, character);
    *out++ = static_cast<std::uint8_t>(character);
  }
}

void Utf8ToUtf16(std::string_view text, std::uint8_t* out) noexcept {
  const std::uint8_t* at = Begin(text);
  const std::uint8_t* const end = at + text.size();
  while (at != end) {
    char32_t character;
    if (!DecodeUtf8(at, end, character)) character = kReplacementCharacter;
    if (character > 0xffff) {
      PutUnit(out, 0xd800 + ((character - 0x10000) >> 10));
      PutUnit(out, 0xdc00 + ((character - 0x10000) & 0x3ff));
    } else {
      PutUnit(out, character);
    }
  }
}

void AppendUtf8(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

void AppendLatin1AsUtf8(std::string& out, const std::uint8_t* bytes, std::size_t size) {
  if (IsAscii(bytes, size)) {
    out.append(reinterpret_cast<const char*>(bytes), size);
    return;
  }
  for (std::size_t i = 0; i < size; ++i) AppendUtf8(out, bytes[i]);
}

bool AppendUtf16AsUtf8(std::string& out, const std::uint8_t* bytes, std::size_t units) {
  const auto unit = [bytes](std::size_t i) -> char32_t {
    return static_cast<char32_t>(bytes[2 * i] | (bytes[2 * i + 1] << 8));
  };
  bool whole = true;
  for (std::size_t i = 0; i < units; ++i) {
    char32_t character = unit(i);
    if (character >= 0xd800 && character < 0xe000) {
      const bool pair =
          character < 0xdc00 && i + 1 < units && unit(i + 1) >= 0xdc00 && unit(i + 1) < 0xe000;
      if (pair) {
        character = 0x10000 + ((character - 0xd800) << 10) + (unit(++i) - 0xdc00);
      } else {
        whole = false;
        character = kReplacementCharacter;
      }
    }
    AppendUtf8(out, character);
  }
  return whole;
}

}  // namespace sabre::internal
