// sabre/clone/codec_sequence.h: codecs of vectors, spans, arrays, tuples and pairs.
#ifndef SABRE_CLONE_CODEC_SEQUENCE_H_
#define SABRE_CLONE_CODEC_SEQUENCE_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "sabre/clone/codec.h"
#include "sabre/clone/codec_scalar.h"
#include "sabre/clone/has_buffers.h"

namespace sabre {

namespace internal {

// Bytes in C++ are a Uint8Array in JavaScript, everything else in a row is an Array.
template <class T>
inline constexpr bool kIsByte = std::is_same_v<T, std::byte> || std::is_same_v<T, std::uint8_t>;

template <class T, class Range>
bool WriteElements(Serializer& out, const Range& elements) {
  if (!out.BeginDenseArray(elements.size()) || !out.CheckDepth()) return false;
  std::size_t index = 0;
  for (const auto& element : elements) {
    if (!Codec<T>::Write(out, element)) [[unlikely]] {
      out.PrependIndex(index);
      return false;
    }
    ++index;
  }
  out.EndDenseArray(0, static_cast<std::uint32_t>(index));
  return true;
}

// Calls read(index) for each element of an array.
template <class F>
bool ReadElements(Deserializer& in, Deserializer::ArrayState& array, F&& read) {
  for (;;) {
    bool end;
    if (!in.NextElement(array, end)) return false;
    if (end) return true;
    if (!read(array.next - 1)) [[unlikely]] {
      in.PrependIndex(array.next - 1);
      return false;
    }
  }
}

template <class T, std::size_t... kIndex>
bool WriteTuple(Serializer& out, const T& tuple, std::index_sequence<kIndex...>) {
  constexpr std::size_t kSize = sizeof...(kIndex);
  if (!out.BeginDenseArray(kSize) || !out.CheckDepth()) return false;
  const bool good = ((Codec<std::tuple_element_t<kIndex, T>>::Write(out, std::get<kIndex>(tuple)) ||
                      (out.PrependIndex(kIndex), false)) &&
                     ...);
  if (good) out.EndDenseArray(0, kSize);
  return good;
}

template <class T, std::size_t... kIndex>
bool ReadTuple(Deserializer& in, T& tuple, std::index_sequence<kIndex...>) {
  return in.ReadObject([&] {
    Deserializer::ArrayState array;
    if (!in.BeginArray(array)) return false;
    if (array.length != sizeof...(kIndex))
      return in.FailValue("an array has not as many elements as the tuple");
    return ReadElements(in, array, [&](std::uint32_t index) {
      bool good = true;
      ((index == kIndex &&
        (good = Codec<std::tuple_element_t<kIndex, T>>::Read(in, std::get<kIndex>(tuple)))),
       ...);
      return good;
    });
  });
}

}  // namespace internal

template <class T, class Allocator>
struct Codec<std::vector<T, Allocator>> {
  using Parts = internal::TypeList<T>;
  static constexpr bool kTakesId = !internal::kIsByte<T>;
  static bool Write(Serializer& out, const std::vector<T, Allocator>& vector) {
    if constexpr (internal::kIsByte<T>) {
      return out.WriteBytes(std::as_bytes(std::span(vector)));
    } else {
      return internal::WriteElements<T>(out, vector);
    }
  }
  static bool Read(Deserializer& in, std::vector<T, Allocator>& vector) {
    if constexpr (internal::kIsByte<T>) {
      const std::uint8_t tag = in.PeekTag();
      if (tag != wire::kBeginDenseArray && tag != wire::kBeginSparseArray) {
        if constexpr (std::is_same_v<std::vector<T, Allocator>, std::vector<std::byte>>) {
          return in.ReadBytes(vector);
        } else {
          std::vector<std::byte> bytes;
          if (!in.ReadBytes(bytes)) return false;
          const auto* begin = reinterpret_cast<const T*>(bytes.data());
          vector.assign(begin, begin + bytes.size());
          return true;
        }
      }
    }
    return in.ReadObject([&] {
      Deserializer::ArrayState array;
      if (!in.BeginArray(array)) return false;
      if (!in.Charge(array.length * sizeof(T))) return false;
      vector.clear();
      vector.reserve(array.length);
      return internal::ReadElements(in, array, [&](std::uint32_t) {
        if constexpr (std::is_same_v<T, bool>) {
          bool element;
          if (!in.ReadBool(element)) return false;
          vector.push_back(element);
          return true;
        } else {
          return Codec<T>::Read(in, vector.emplace_back());
        }
      });
    });
  }
};

template <class T, std::size_t kExtent>
struct Codec<std::span<T, kExtent>> {
  using Parts = internal::TypeList<std::remove_const_t<T>>;
  static bool Write(Serializer& out, std::span<T, kExtent> span) {
    if constexpr (internal::kIsByte<std::remove_const_t<T>>) {
      return out.WriteBytes(std::as_bytes(span));
    } else {
      return internal::WriteElements<std::remove_const_t<T>>(out, span);
    }
  }
};

template <class T, std::size_t kSize>
struct Codec<std::array<T, kSize>> {
  using Parts = internal::TypeList<T>;
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const std::array<T, kSize>& array) {
    return internal::WriteElements<T>(out, array);
  }
  static bool Read(Deserializer& in, std::array<T, kSize>& out) {
    return in.ReadObject([&] {
      Deserializer::ArrayState array;
      if (!in.BeginArray(array)) return false;
      if (array.length != kSize)
        return in.FailValue("an array has not the length of the std::array");
      return internal::ReadElements(
          in, array, [&](std::uint32_t index) { return Codec<T>::Read(in, out[index]); });
    });
  }
};

template <class... Ts>
struct Codec<std::tuple<Ts...>> {
  using Parts = internal::TypeList<Ts...>;
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const std::tuple<Ts...>& tuple) {
    return internal::WriteTuple(out, tuple, std::index_sequence_for<Ts...>());
  }
  static bool Read(Deserializer& in, std::tuple<Ts...>& tuple) {
    return internal::ReadTuple(in, tuple, std::index_sequence_for<Ts...>());
  }
};

template <class First, class Second>
struct Codec<std::pair<First, Second>> {
  using Parts = internal::TypeList<First, Second>;
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const std::pair<First, Second>& pair) {
    return internal::WriteTuple(out, pair, std::index_sequence<0, 1>());
  }
  static bool Read(Deserializer& in, std::pair<First, Second>& pair) {
    return internal::ReadTuple(in, pair, std::index_sequence<0, 1>());
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_SEQUENCE_H_
