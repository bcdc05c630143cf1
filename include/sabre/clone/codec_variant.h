// sabre/clone/codec_variant.h: the codec of std::variant.
#ifndef SABRE_CLONE_CODEC_VARIANT_H_
#define SABRE_CLONE_CODEC_VARIANT_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "sabre/clone/codec.h"
#include "sabre/clone/codec_scalar.h"
#include "sabre/clone/has_buffers.h"

namespace sabre {

namespace internal {
// Says that [0] is not below `count`, or what else was wrong with it.
bool FailAlternative(Deserializer& in, std::uint32_t index, std::size_t count);
}  // namespace internal

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
      if (!in.NextElement(array, end)) return false;
      if (!Codec<std::uint32_t>::Read(in, index) || index >= sizeof...(Ts)) {
        return internal::FailAlternative(in, index, sizeof...(Ts));
      }
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

#endif  // SABRE_CLONE_CODEC_VARIANT_H_
