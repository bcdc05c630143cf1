// sabre/clone/codec_pointer.h: codecs of what may be absent or shared.
#ifndef SABRE_CLONE_CODEC_POINTER_H_
#define SABRE_CLONE_CODEC_POINTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

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

// Of those, whether it is the last id that writing takes: a view's, after that of its buffer.
template <class T>
inline constexpr bool kIdIsLast = [] {
  if constexpr (requires { Codec<T>::kIdIsLast; }) {
    return Codec<T>::kIdIsLast;
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
    if (!in.Charge(sizeof(T) + 24)) return false;
    auto object = std::make_unique<std::remove_const_t<T>>();
    if (!Codec<std::remove_const_t<T>>::Read(in, *object)) return false;
    pointer = std::move(object);
    return true;
  }
};

// null if empty. If T is an object on the wire (a struct, a container), pointers to one object are
// pointers to one object on the other side, cycles included; a cycle of shared_ptr leaks, as ever,
// unless somebody cuts it (but a failed Decode leaves none). Numbers, text and BigInts are values in
// JavaScript: there each pointer gets a copy.
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
    const void* const type = &internal::kTypeAddress<Object>;
    if constexpr (internal::kIdIsLast<Object>) {
      if (out.WriteReferenceIfKnown(pointer.get(), type)) return true;
      if (!Codec<Object>::Write(out, *pointer)) return false;
      out.RegisterId(pointer.get(), type, out.next_id() - 1);
      return true;
    } else if constexpr (internal::kTakesId<Object>) {
      if (out.WriteReferenceIfKnown(pointer.get(), type)) return true;
      out.RegisterId(pointer.get(), type, out.next_id());
      out.EnterPointer();
      const bool written = out.CheckDepth() && Codec<Object>::Write(out, *pointer);
      out.LeavePointer();
      return written;
    } else {
      return Codec<Object>::Write(out, *pointer);
    }
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
      const auto read = [&] {
        if (!in.Charge(sizeof(Object) + 176)) return false;
        auto object = std::make_shared<Object>();
        in.RegisterObject(type, object, &Clear);
        pointer = object;
        return Codec<Object>::Read(in, *object);
      };
      // A reference to a view leads to its buffer, from where only the codec finds the view.
      if constexpr (internal::kIdIsLast<Object>) return read();
      return in.ReadObject(read);
    } else {
      if (!in.Charge(sizeof(Object) + 32)) return false;
      auto object = std::make_shared<Object>();
      if (!Codec<Object>::Read(in, *object)) return false;
      pointer = std::move(object);
      return true;
    }
  }

 private:
  // Drops what an object holds, and so any cycle through it.
  static void Clear(void* object) { *static_cast<Object*>(object) = Object(); }
};

// As a shared_ptr; null if the object is gone. After reading it is gone, too, unless a shared_ptr of
// the value holds the object.
template <class T>
struct Codec<std::weak_ptr<T>> {
  using Shared = std::shared_ptr<T>;
  using Parts = internal::TypeList<T>;
  static constexpr bool kMayBeMissing = true;
  static bool IsMissing(const std::weak_ptr<T>&) { return false; }
  static bool Write(Serializer& out, const std::weak_ptr<T>& pointer) {
    return Codec<Shared>::Write(out, pointer.lock());
  }
  static bool Read(Deserializer& in, std::weak_ptr<T>& pointer) {
    static_assert(internal::kTakesId<std::remove_const_t<T>>, "nothing else could hold the object");
    Shared shared;
    if (!Codec<Shared>::Read(in, shared)) return false;
    pointer = shared;
    return true;
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_POINTER_H_
