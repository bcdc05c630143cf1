// sabre/clone/describe.h: SABRE_DESCRIBE, one line that makes a struct cloneable.
#ifndef SABRE_CLONE_DESCRIBE_H_
#define SABRE_CLONE_DESCRIBE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sabre/clone/codec.h"
#include "sabre/clone/has_buffers.h"

// SABRE_DESCRIBE(Type, field, …)
//
// Makes a struct cloneable: on the wire it is an object with these properties. Stands in the
// namespace of the struct, behind its definition; up to 64 public fields of types that have a
// codec.
//
//   struct Frame { int id; sabre::ArrayBuffer pixels; std::optional<std::string> title; };
//   SABRE_DESCRIBE(Frame, id, pixels, title)
//
// Reading skips properties that are not fields. A field without a property is an error, unless it
// may be missing (std::optional, std::unique_ptr, std::shared_ptr): then it keeps what the
// constructor gave it. An empty std::optional is not written.
#define SABRE_DESCRIBE(Type, ...)                                                       \
  [[maybe_unused]] constexpr auto SabreDescribe(::sabre::internal::DescribeTag<Type>) { \
    using SabreType [[maybe_unused]] = Type;                                            \
    return ::sabre::internal::FieldList<Type __VA_OPT__(                                \
        SABRE_INTERNAL_EXPAND(SABRE_INTERNAL_FIELDS(__VA_ARGS__)))>{};                  \
  }

// One Field for each argument: a macro that names itself again, expanded 4^4 times.
#define SABRE_INTERNAL_FIELDS(name, ...)                          \
  , ::sabre::internal::Field<#name, &SabreType::name> __VA_OPT__( \
        SABRE_INTERNAL_AGAIN SABRE_INTERNAL_PAREN(__VA_ARGS__))
#define SABRE_INTERNAL_PAREN ()
#define SABRE_INTERNAL_AGAIN() SABRE_INTERNAL_FIELDS
#define SABRE_INTERNAL_EXPAND(...) \
  SABRE_INTERNAL_EXPAND3(          \
      SABRE_INTERNAL_EXPAND3(SABRE_INTERNAL_EXPAND3(SABRE_INTERNAL_EXPAND3(__VA_ARGS__))))
#define SABRE_INTERNAL_EXPAND3(...) \
  SABRE_INTERNAL_EXPAND2(           \
      SABRE_INTERNAL_EXPAND2(SABRE_INTERNAL_EXPAND2(SABRE_INTERNAL_EXPAND2(__VA_ARGS__))))
#define SABRE_INTERNAL_EXPAND2(...) \
  SABRE_INTERNAL_EXPAND1(           \
      SABRE_INTERNAL_EXPAND1(SABRE_INTERNAL_EXPAND1(SABRE_INTERNAL_EXPAND1(__VA_ARGS__))))
#define SABRE_INTERNAL_EXPAND1(...) __VA_ARGS__

namespace sabre {
namespace internal {

// Carries a type through argument-dependent lookup.
template <class T>
struct DescribeTag {};

template <std::size_t kSize>
struct FieldName {
  char text[kSize];
  consteval FieldName(const char (&name)[kSize]) {
    for (std::size_t i = 0; i < kSize; ++i) text[i] = name[i];
  }
};

// A key as it stands on the wire.
template <std::size_t kLength>
struct KeyBytes {
  std::uint8_t bytes[kLength + 2];
  consteval explicit KeyBytes(const char* name) : bytes{wire::kOneByteString, kLength} {
    for (std::size_t i = 0; i < kLength; ++i) bytes[i + 2] = static_cast<std::uint8_t>(name[i]);
  }
};

template <FieldName kText, auto kPointer>
struct Field {
  static constexpr std::size_t kLength = sizeof(kText.text) - 1;
  static_assert(kLength < 0x80, "a field's name is too long for SABRE_DESCRIBE");
  static constexpr std::string_view kName{kText.text, kLength};
  static constexpr KeyBytes<kLength> kKey{kText.text};
  static constexpr auto kMember = kPointer;
};

template <class T, class... Fields>
struct FieldList {
  static constexpr std::size_t kSize = sizeof...(Fields);
  static_assert(kSize <= 64, "SABRE_DESCRIBE takes up to 64 fields");
  using Parts = TypeList<std::remove_cvref_t<decltype(std::declval<T&>().*Fields::kMember)>...>;

  static bool Write(Serializer& out, const T& value) {
    out.BeginObject();
    if (!out.CheckDepth()) return false;
    std::uint32_t count = 0;
    if (!(WriteField<Fields>(out, value, count) && ...)) return false;
    out.EndObject(count);
    return true;
  }

  static bool Read(Deserializer& in, T& value) {
    return in.ReadObject([&] {
      State state{in, value};
      if (!in.ReadBegin(wire::kBeginObject, "an object")) return false;
      std::size_t index = 0;
      // First the way the fields are written; what is not in that order is found by name.
      if (!(ReadInOrder<Fields>(state, index) && ...)) return false;
      return ReadRest(state);
    });
  }

 private:
  template <class F>
  using Type = std::remove_cvref_t<decltype(std::declval<T&>().*F::kMember)>;
  template <class F>
  static constexpr bool kMayBeMissing = [] {
    if constexpr (requires { Codec<Type<F>>::kMayBeMissing; }) {
      return Codec<Type<F>>::kMayBeMissing;
    } else {
      return false;
    }
  }();

  struct State {
    Deserializer& in;
    T& value;
    std::uint64_t seen = 0;   // a bit for each field
    std::uint32_t count = 0;  // properties read
    bool in_order = true;
  };

  template <class F>
  static bool WriteField(Serializer& out, const T& value, std::uint32_t& count) {
    if constexpr (kMayBeMissing<F>) {
      if (Codec<Type<F>>::IsMissing(value.*F::kMember)) return true;
    }
    ++count;
    out.WriteConstant(F::kKey.bytes);
    if (Codec<Type<F>>::Write(out, value.*F::kMember)) [[likely]]
      return true;
    out.PrependKey(F::kName);
    return false;
  }

  template <class F>
  static bool ReadField(State& state, std::size_t index) {
    state.seen |= std::uint64_t{1} << index;
    ++state.count;
    if (Codec<Type<F>>::Read(state.in, state.value.*F::kMember)) [[likely]]
      return true;
    state.in.PrependKey(F::kName);
    return false;
  }

  template <class F>
  static bool ReadInOrder(State& state, std::size_t& index) {
    const std::size_t field = index++;
    if (!state.in_order) return true;
    if (state.in.TryConstant(F::kKey.bytes)) [[likely]]
      return ReadField<F>(state, field);
    state.in_order = kMayBeMissing<F>;
    return true;
  }

  static bool ReadRest(State& state) {
    Deserializer& in = state.in;
    std::string key;
    for (;;) {
      bool end;
      if (!in.ReadKeyOrEnd(key, end, state.count)) return false;
      if (end) break;
      std::size_t index = 0, found = kSize;
      ((Fields::kName == key ? (found = index, ++index) : ++index), ...);
      if (found == kSize) {
        ++state.count;
        if (!in.SkipValue()) return in.PrependKey(key), false;
        continue;
      }
      if ((state.seen >> found) & 1) return in.FailValue("a property is there twice: " + key);
      bool good = true;
      index = 0;
      ((index++ == found && (good = ReadField<Fields>(state, found))), ...);
      if (!good) return false;
    }
    std::size_t index = 0;
    const std::string_view* missing = nullptr;
    ((((state.seen >> index++) & 1) == 0 && !kMayBeMissing<Fields> && missing == nullptr
          ? void(missing = &Fields::kName)
          : void()),
     ...);
    if (missing != nullptr) return in.FailExpected("a property '" + std::string(*missing) + "'");
    return true;
  }
};

}  // namespace internal

template <class T>
struct Codec<T, std::void_t<decltype(SabreDescribe(internal::DescribeTag<T>{}))>> {
  using Fields = decltype(SabreDescribe(internal::DescribeTag<T>{}));
  using Parts = typename Fields::Parts;
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const T& value) { return Fields::Write(out, value); }
  static bool Read(Deserializer& in, T& value) { return Fields::Read(in, value); }
};

}  // namespace sabre

#endif  // SABRE_CLONE_DESCRIBE_H_
