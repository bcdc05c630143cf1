// sabre/clone/platform_object.h: your own types as cloneable objects with a tag of their own.
#ifndef SABRE_CLONE_PLATFORM_OBJECT_H_
#define SABRE_CLONE_PLATFORM_OBJECT_H_

#include <string_view>

#include "absl/status/status.h"
#include "sabre/clone/codec.h"

namespace sabre {

// PlatformType
//
// Names a class of platform objects: objects that are more than their properties, which HTML calls
// serializable. One constant for each class.
struct PlatformType {
  // The class's tag on the wire, the same in every program that reads it: "acme.Color". 1 to 255
  // printable ASCII characters. Names that begin with "sabre." are the library's own.
  const char* name;
};

// RegisterPlatformType()
//
// Makes a class known to Graphs, for the rest of the process. A reader that does not know the class of
// an object refuses the message: kDataLoss, with the name and the byte offset; a writer refuses with
// a DataCloneError. A Codec knows its own class and needs no registration.
//
// Errors: kInvalidArgument if the name is not as PlatformType says; kAlreadyExists if it belongs to
//   another constant. Registering the same constant again does nothing.
// Thread-safety: thread-safe. `type` must live as long as the process.
absl::Status RegisterPlatformType(const PlatformType& type);

// The same for the type of a PlatformCodec.
template <class T>
absl::Status RegisterPlatformType() {
  return RegisterPlatformType(Codec<T>::kType);
}

// The class that was registered under `name`, or null. Thread-safety: thread-safe.
const PlatformType* FindPlatformType(std::string_view name);

// PlatformCodec
//
// The base of the Codec of a cloneable class. The codec adds the class and two steps, which write
// and read the object's data as exactly one value (a number, a described struct, an array, …):
//
//   template <>
//   struct sabre::Codec<Color> : sabre::PlatformCodec<Color> {
//     static constexpr PlatformType kType{"acme.Color"};
//     static bool WriteData(Serializer& out, const Color& color) {
//       return Codec<std::uint32_t>::Write(out, color.rgb());
//     }
//     static bool ReadData(Deserializer& in, Color& color) {
//       std::uint32_t rgb;
//       if (!Codec<std::uint32_t>::Read(in, rgb)) return false;
//       if (rgb > 0xffffff) return in.FailValue("a color exceeds 0xffffff");
//       color = Color(rgb);
//       return true;
//     }
//   };
//
// On the wire: tag `\`, an index that no other writer of the format uses, the name, the data. Node
// refuses it. In a Graph such an object is a value of kind kPlatformObject; FromValue<Color> makes
// the C++ object of it.
//
// Spec: HTML serializable objects
//   (https://html.spec.whatwg.org/multipage/structured-data.html#serializable-objects).
template <class T>
struct PlatformCodec {
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const T& object) {
    const PlatformType& type = Codec<T>::kType;
    if (!out.BeginPlatformObject(type.name) || !out.CheckDepth()) return false;
    if (!Codec<T>::WriteData(out, object)) return out.FailPlatformObject(type.name);
    out.EndPlatformObject();
    return true;
  }
  static bool Read(Deserializer& in, T& object) {
    return in.ReadObject([&] {
      const PlatformType& type = Codec<T>::kType;
      return in.ReadPlatformObject(type.name) &&
             (Codec<T>::ReadData(in, object) || in.FailPlatformObject(type.name));
    });
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_PLATFORM_OBJECT_H_
