// sabre/clone/codec_sequence.h: codecs of vectors, spans, arrays, tuples and pairs.
#ifndef SABRE_CLONE_CODEC_SEQUENCE_H_
#define SABRE_CLONE_CODEC_SEQUENCE_H_

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
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
// Whether bytes stand here in a form other than an Array, in which they are read too.
inline bool AreBytes(Deserializer& in) {
  const std::uint8_t tag = in.PeekReferredTag();
  return tag != wire::kBeginDenseArray && tag != wire::kBeginSparseArray;
}
bool FailLength(Deserializer& in, std::size_t length, std::size_t wanted);

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
    if (array.length != sizeof...(kIndex)) return FailLength(in, array.length, sizeof...(kIndex));
    return ReadElements(in, array, [&](std::uint32_t index) {
      bool good = true;
      ((index == kIndex &&
        (good = Codec<std::tuple_element_t<kIndex, T>>::Read(in, std::get<kIndex>(tuple)))),
       ...);
      return good;
    });
  });
}

// An array whose length the type fixes.
template <class T>
bool ReadFixed(Deserializer& in, T* out, std::size_t size) {
  if constexpr (kIsByte<T>) {
    if (AreBytes(in)) {
      std::span<const std::byte> bytes;
      if (!in.ReadBytes(bytes)) return false;
      if (bytes.size() != size) return FailLength(in, bytes.size(), size);
      std::copy_n(reinterpret_cast<const T*>(bytes.data()), size, out);
      return true;
    }
  }
  return in.ReadObject([&] {
    Deserializer::ArrayState array;
    if (!in.BeginArray(array)) return false;
    if (array.length != size) return FailLength(in, array.length, size);
    return ReadElements(in, array,
                        [&](std::uint32_t index) { return Codec<T>::Read(in, out[index]); });
  });
}

}  // namespace internal

// std::vector, std::deque, std::list, absl::InlinedVector and their like: an Array; of bytes, a
// Uint8Array. Reading takes a dense or a sparse array, without holes. Properties of an array that are
// not elements are skipped.
template <class T>
concept SequenceLike = requires(T& sequence, typename T::value_type value) {
  {sequence.push_back(std::move(value))};
  {sequence.emplace_back()};
  sequence.begin();
  sequence.size();
  sequence.clear();
};

template <class T>
struct Codec<T, std::enable_if_t<SequenceLike<T>>> {
  using Element = typename T::value_type;
  using Parts = internal::TypeList<Element>;
  static constexpr bool kTakesId = true;
  // A Uint8Array takes two ids: the last is the view's.
  static constexpr bool kIdIsLast = internal::kIsByte<Element>;
  static constexpr bool kIsBlock = requires(T & t) { t.reserve(1); };  // the others make nodes

  static bool Write(Serializer& out, const T& sequence) {
    if constexpr (internal::kIsByte<Element> && kIsBlock) {
      return out.WriteBytes(std::as_bytes(std::span(sequence.data(), sequence.size())));
    } else if constexpr (internal::kIsByte<Element>) {
      const std::vector<Element> bytes(sequence.begin(), sequence.end());
      return out.WriteBytes(std::as_bytes(std::span(bytes)));
    } else {
      return internal::WriteElements<Element>(out, sequence);
    }
  }
  static bool Read(Deserializer& in, T& sequence) {
    if constexpr (internal::kIsByte<Element>) {
      if (internal::AreBytes(in)) {
        std::span<const std::byte> bytes;
        if (!in.ReadBytes(bytes) || !in.Charge(bytes.size() * kElementBytes + kEmptyBytes)) {
          return false;
        }
        const auto* const begin = reinterpret_cast<const Element*>(bytes.data());
        sequence.assign(begin, begin + bytes.size());
        return true;
      }
    }
    return in.ReadObject([&] {
      Deserializer::ArrayState array;
      if (!in.BeginArray(array) || !in.Charge(array.length * kElementBytes + kEmptyBytes)) {
        return false;
      }
      sequence.clear();
      if constexpr (kIsBlock) sequence.reserve(array.length);
      return internal::ReadElements(in, array, [&](std::uint32_t) {
        if constexpr (std::is_same_v<typename T::reference, Element&>) {
          return Codec<Element>::Read(in, sequence.emplace_back());
        } else {  // std::vector<bool> has no objects to read into
          Element element;
          if (!Codec<Element>::Read(in, element)) return false;
          sequence.push_back(element);
          return true;
        }
      });
    });
  }

 private:
  static constexpr std::size_t kElementBytes = sizeof(Element) + (kIsBlock ? 0 : 24);
  // A std::deque has a first block of at least 512 bytes, however empty it is.
  static constexpr bool kIsDeque = !kIsBlock && requires(T & t) { t.shrink_to_fit(); };
  static constexpr std::size_t kEmptyBytes = kIsDeque ? 592 : 0;
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

// An Array, or a Uint8Array of bytes. Reading takes as many elements as there are, no more and no
// less.
template <class T, std::size_t kSize>
struct Codec<T[kSize], std::enable_if_t<!std::is_same_v<T, char>>> {
  using Parts = internal::TypeList<T>;
  static bool Write(Serializer& out, const T (&array)[kSize]) {
    return Codec<std::span<const T>>::Write(out, array);
  }
  static bool Read(Deserializer& in, T (&array)[kSize]) {
    return internal::ReadFixed(in, array, kSize);
  }
};
template <class T, std::size_t kSize>
struct Codec<std::array<T, kSize>> {
  using Parts = internal::TypeList<T>;
  static constexpr bool kTakesId = true;
  static constexpr bool kIdIsLast = internal::kIsByte<T>;
  static bool Write(Serializer& out, const std::array<T, kSize>& array) {
    return Codec<std::span<const T>>::Write(out, array);
  }
  static bool Read(Deserializer& in, std::array<T, kSize>& array) {
    return internal::ReadFixed(in, array.data(), kSize);
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
