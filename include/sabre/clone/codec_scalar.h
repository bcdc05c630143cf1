// sabre/clone/codec_scalar.h: codecs of numbers, enums, text and "nothing".
#ifndef SABRE_CLONE_CODEC_SCALAR_H_
#define SABRE_CLONE_CODEC_SCALAR_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "sabre/clone/codec.h"
#include "sabre/clone/has_buffers.h"

namespace sabre {

namespace internal {
// Says that `number` is not within [min, max].
bool FailRange(Deserializer& in, std::int64_t number, std::int64_t min, std::int64_t max);
}  // namespace internal

template <>
struct Codec<bool> {
  static bool Write(Serializer& out, bool value) {
    out.WriteBool(value);
    return true;
  }
  static bool Read(Deserializer& in, bool& value) { return in.ReadBool(value); }
};

// Integers are numbers; beyond +-2^53 they are BigInts. Reading takes either and checks the range.
template <class T>
struct Codec<
    T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8>> {
  static bool Write(Serializer& out, T value) {
    if constexpr (sizeof(T) < 4 || (sizeof(T) == 4 && std::is_signed_v<T>)) {
      out.WriteInt32(static_cast<std::int32_t>(value));
    } else if constexpr (std::is_signed_v<T>) {
      out.WriteInt64(value);
    } else {
      out.WriteUint64(value);
    }
    return true;
  }
  static bool Read(Deserializer& in, T& value) {
    if constexpr (sizeof(T) == 8 && std::is_unsigned_v<T>) {
      std::uint64_t wide;
      if (!in.ReadUint64(wide)) return false;
      value = static_cast<T>(wide);
      return true;
    } else {
      std::int64_t wide;
      if (!in.ReadInt64(wide)) return false;
      value = static_cast<T>(wide);
      if constexpr (sizeof(T) < 8) {
        if (value != wide) [[unlikely]] {
          using Limits = std::numeric_limits<T>;
          return internal::FailRange(in, wide, Limits::min(), Limits::max());
        }
      }
      return true;
    }
  }
};

// Any number; a float takes the nearest.
template <class T>
struct Codec<T, std::enable_if_t<std::is_same_v<T, float> || std::is_same_v<T, double>>> {
  static bool Write(Serializer& out, T value) {
    out.WriteNumber(static_cast<double>(value));
    return true;
  }
  static bool Read(Deserializer& in, T& value) {
    double wide;
    if (!in.ReadNumber(wide)) return false;
    value = static_cast<T>(wide);
    return true;
  }
};

// The number of the enumerator. Reading checks the range of the underlying type only, as C++ does: a
// switch over what came from outside needs a default.
template <class T>
struct Codec<T, std::enable_if_t<std::is_enum_v<T>>> {
  using Number = std::underlying_type_t<T>;
  static bool Write(Serializer& out, T value) {
    return Codec<Number>::Write(out, static_cast<Number>(value));
  }
  static bool Read(Deserializer& in, T& value) {
    Number number;
    if (!Codec<Number>::Read(in, number)) return false;
    value = static_cast<T>(number);
    return true;
  }
};

// UTF-8 in C++. See SerializeOptions::invalid_text for what is not.
template <>
struct Codec<std::string> {
  static bool Write(Serializer& out, const std::string& text) { return out.WriteUtf8(text); }
  static bool Read(Deserializer& in, std::string& text) { return in.ReadUtf8(text); }
};
template <>
struct Codec<std::string_view> {
  static bool Write(Serializer& out, std::string_view text) { return out.WriteUtf8(text); }
};
template <>
struct Codec<const char*> {
  static bool Write(Serializer& out, const char* text) { return out.WriteUtf8(text); }
};
template <std::size_t kSize>
struct Codec<char[kSize]> {
  static bool Write(Serializer& out, const char (&text)[kSize]) {
    // Up to the first NUL, or all of it if there is none.
    const void* const end = std::memchr(text, 0, kSize);
    return out.WriteUtf8({text, end != nullptr
                                    ? static_cast<std::size_t>(static_cast<const char*>(end) - text)
                                    : kSize});
  }
};
// UTF-16, lone surrogates kept.
template <>
struct Codec<std::u16string> {
  static bool Write(Serializer& out, const std::u16string& text) { return out.WriteUtf16(text); }
  static bool Read(Deserializer& in, std::u16string& text) { return in.ReadUtf16(text); }
};
template <>
struct Codec<std::u16string_view> {
  static bool Write(Serializer& out, std::u16string_view text) { return out.WriteUtf16(text); }
};

// null.
template <>
struct Codec<std::nullptr_t> {
  static bool Write(Serializer& out, std::nullptr_t) {
    out.WriteNull();
    return true;
  }
  static bool Read(Deserializer& in, std::nullptr_t&) { return in.ReadNull(); }
};
// undefined.
template <>
struct Codec<std::monostate> {
  static bool Write(Serializer& out, std::monostate) {
    out.WriteUndefined();
    return true;
  }
  static bool Read(Deserializer& in, std::monostate&) { return in.ReadNull(); }
};

template <>
struct Codec<std::byte> {
  static bool Write(Serializer& out, std::byte value) {
    out.WriteInt32(static_cast<std::int32_t>(value));
    return true;
  }
  static bool Read(Deserializer& in, std::byte& value) {
    std::uint8_t number;
    if (!Codec<std::uint8_t>::Read(in, number)) return false;
    value = static_cast<std::byte>(number);
    return true;
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_SCALAR_H_
