// sabre/clone/codec_pointer.h: codecs of what may be absent, of one thing or another, or shared.
#ifndef SABRE_CLONE_CODEC_POINTER_H_
#define SABRE_CLONE_CODEC_POINTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "sabre/clone/codec.h"
#include "sabre/clone/codec_scalar.h"
#include "sabre/clone/has_buffers.h"

namespace sabre {

namespace internal {

// One address for each type: stands for "seen as a T" where identities are kept.
template <class T>
inline constexpr char kTypeAddress = 0;

// Whether a T always begins an object on the wire, so that it has an id of its own.
template <class T>
inline constexpr bool kTakesId = [] {
  if constexpr (requires { Codec<T>::kTakesId; }) {
    return Codec<T>::kTakesId;
  } else {
    return false;
  }
}();

inline bool IsNothing(std::uint8_t tag) { return tag == wire::kNull || tag == wire::kUndefined; }

}  // namespace internal

// undefined if empty; null is read as empty too. As a field of a described struct, left out if
// empty.
template <class T>
struct Codec<std::optional<T>> {
  using Parts = internal::TypeList<T>;
  static constexpr bool kMayBeMissing = true;
  static bool IsMissing(const std::optional<T>& value) { return !value.has_value(); }
  static bool Write(Serializer& out, const std::optional<T>& value) {
    if (value.has_value()) return Codec<T>::Write(out, *value);
    out.WriteUndefined();
    return true;
  }
  static bool Read(Deserializer& in, std::optional<T>& value) {
    if (internal::IsNothing(in.PeekTag())) {
      value.reset();
      return in.ReadNull();
    }
    return Codec<T>::Read(in, value.emplace());
  }
};

// null if empty, else the object.
template <class T, class Deleter>
struct Codec<std::unique_ptr<T, Deleter>> {
  using Parts = internal::TypeList<T>;
  static constexpr bool kMayBeMissing = true;
  static bool IsMissing(const std::unique_ptr<T, Deleter>&) { return false; }
  static bool Write(Serializer& out, const std::unique_ptr<T, Deleter>& pointer) {
    if (pointer != nullptr) return Codec<std::remove_const_t<T>>::Write(out, *pointer);
    out.WriteNull();
    return true;
  }
  static bool Read(Deserializer& in, std::unique_ptr<T, Deleter>& pointer) {
    if (internal::IsNothing(in.PeekTag())) {
      pointer.reset();
      return in.ReadNull();
    }
    if (!in.Charge(sizeof(T) + 16)) return false;
    auto object = std::make_unique<std::remove_const_t<T>>();
    if (!Codec<std::remove_const_t<T>>::Read(in, *object)) return false;
    pointer = std::move(object);
    return true;
  }
};

// null if empty. If T is an object on the wire (a struct, a container), pointers to one object are
// pointers to one object on the other side, cycles included; a cycle of shared_ptr leaks, as ever,
// unless somebody cuts it.
template <class T>
struct Codec<std::shared_ptr<T>> {
  using Object = std::remove_const_t<T>;
  using Parts = internal::TypeList<T>;
  static constexpr bool kMayBeMissing = true;
  static bool IsMissing(const std::shared_ptr<T>&) { return false; }

  static bool Write(Serializer& out, const std::shared_ptr<T>& pointer) {
    if (pointer == nullptr) {
      out.WriteNull();
      return true;
    }
    if constexpr (internal::kTakesId<Object>) {
      const void* const type = &internal::kTypeAddress<Object>;
      if (out.WriteReferenceIfKnown(pointer.get(), type)) return true;
      out.RegisterId(pointer.get(), type, out.next_id());
      out.EnterPointer();
      const bool written = out.CheckDepth() && Codec<Object>::Write(out, *pointer);
      out.LeavePointer();
      return written;
    }
    return Codec<Object>::Write(out, *pointer);
  }

  static bool Read(Deserializer& in, std::shared_ptr<T>& pointer) {
    if (internal::IsNothing(in.PeekTag())) {
      pointer.reset();
      return in.ReadNull();
    }
    if constexpr (internal::kTakesId<Object>) {
      const void* const type = &internal::kTypeAddress<Object>;
      std::shared_ptr<void> known;
      if (!in.FindObject(type, known)) return false;
      if (known != nullptr) {
        pointer = std::static_pointer_cast<Object>(std::move(known));
        return true;
      }
      return in.ReadObject([&] {
        if (!in.Charge(sizeof(Object) + 96)) return false;
        auto object = std::make_shared<Object>();
        in.RegisterObject(type, object);
        pointer = object;
        return Codec<Object>::Read(in, *object);
      });
    } else {
      if (!in.Charge(sizeof(Object) + 32)) return false;
      auto object = std::make_shared<Object>();
      if (!Codec<Object>::Read(in, *object)) return false;
      pointer = std::move(object);
      return true;
    }
  }
};

// An array of the index of the alternative and its value: [index, value]. Exact for any
// alternatives.
template <class... Ts>
struct Codec<std::variant<Ts...>> {
  using Variant = std::variant<Ts...>;
  using Parts = internal::TypeList<Ts...>;
  static constexpr bool kTakesId = true;

  static bool Write(Serializer& out, const Variant& variant) {
    if (variant.valueless_by_exception()) return out.FailDataClone("a std::variant is valueless");
    if (!out.BeginDenseArray(2) || !out.CheckDepth()) return false;
    out.WriteInt32(static_cast<std::int32_t>(variant.index()));
    const bool good = WriteAlternative(out, variant, std::index_sequence_for<Ts...>());
    if (!good) return out.PrependIndex(1), false;
    out.EndDenseArray(0, 2);
    return true;
  }

  static bool Read(Deserializer& in, Variant& variant) {
    return in.ReadObject([&] {
      Deserializer::ArrayState array;
      std::uint32_t index = 0;
      bool end = false;
      if (!in.BeginArray(array)) return false;
      if (array.length != 2) return in.FailExpected("[index, value] for a std::variant");
      if (!in.NextElement(array, end) || !Codec<std::uint32_t>::Read(in, index)) return false;
      if (index >= sizeof...(Ts)) return in.FailValue("an index is not one of the std::variant");
      if (!in.NextElement(array, end) ||
          !ReadAlternative(in, variant, index, std::index_sequence_for<Ts...>())) {
        return in.PrependIndex(1), false;
      }
      return in.NextElement(array, end);
    });
  }

 private:
  template <std::size_t... kIndex>
  static bool WriteAlternative(Serializer& out, const Variant& variant,
                               std::index_sequence<kIndex...>) {
    bool good = false;
    ((variant.index() == kIndex &&
      (good = Codec<std::variant_alternative_t<kIndex, Variant>>::Write(
           out, *std::get_if<kIndex>(&variant)))),
     ...);
    return good;
  }
  template <std::size_t... kIndex>
  static bool ReadAlternative(Deserializer& in, Variant& variant, std::uint32_t index,
                              std::index_sequence<kIndex...>) {
    bool good = false;
    ((index == kIndex && (good = Codec<std::variant_alternative_t<kIndex, Variant>>::Read(
                              in, variant.template emplace<kIndex>()))),
     ...);
    return good;
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_POINTER_H_
