// sabre/clone/describe.h: SABRE_DESCRIBE, one line that makes a struct cloneable.
#ifndef SABRE_CLONE_DESCRIBE_H_
#define SABRE_CLONE_DESCRIBE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sabre/clone/codec.h"
#include "sabre/clone/has_buffers.h"

// SABRE_DESCRIBE(Type, field, …)
//
// Makes a struct cloneable: on the wire it is an object with these properties, in this order. Stands
// in the namespace of the struct, behind its definition; takes up to 64 fields of types that have a
// codec.
//
//   struct Frame { int id; sabre::ArrayBuffer pixels; std::optional<std::string> title; };
//   SABRE_DESCRIBE(Frame, id, pixels, title)
//
// A property may have another name than the field. A class with private fields says it inside, as a
// friend, and so does a template:
//
//   template <class T>
//   class Sample {
//    public:
//     …
//     friend SABRE_DESCRIBE(Sample, (value_, "value"), (when_, "when"))
//    private:
//     T value_;
//     absl::Time when_;
//   };
//
// Reading takes the properties in any order and skips those that are not fields. A field without a
// property is an error, unless it may be missing (std::optional, the smart pointers): then it keeps
// what the constructor gave it. A property that is there twice is an error, as in V8. Writing leaves
// out an empty std::optional.
#define SABRE_DESCRIBE(Type, ...)                                                        \
  constexpr auto SabreDescribe [[maybe_unused]] (::sabre::internal::DescribeTag<Type>) { \
    using SabreType [[maybe_unused]] = Type;                                             \
    return ::sabre::internal::FieldList<Type __VA_OPT__(                                 \
        SABRE_INTERNAL_EXPAND(SABRE_INTERNAL_FIELDS(__VA_ARGS__)))>{};                   \
  }

// One Field for each argument: a macro that names itself again, expanded 4^4 times.
#define SABRE_INTERNAL_FIELDS(field, ...) \
  , SABRE_INTERNAL_FIELD(field) __VA_OPT__(SABRE_INTERNAL_AGAIN SABRE_INTERNAL_PAREN(__VA_ARGS__))
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

// An argument in parentheses is a field and its name: it makes a macro call of what stands before it.
#define SABRE_INTERNAL_FIELD(field)                                                          \
  SABRE_INTERNAL_SECOND(SABRE_INTERNAL_IS_PAIR field, SABRE_INTERNAL_PLAIN, SABRE_INTERNAL_) \
  (field)
#define SABRE_INTERNAL_IS_PAIR(...) SABRE_INTERNAL_, SABRE_INTERNAL_PAIR
#define SABRE_INTERNAL_SECOND(first, ...) SABRE_INTERNAL_SECOND1(first, __VA_ARGS__)
#define SABRE_INTERNAL_SECOND1(first, second, ...) second
#define SABRE_INTERNAL_PLAIN(field) ::sabre::internal::Field<#field, &SabreType::field>
#define SABRE_INTERNAL_PAIR(pair) SABRE_INTERNAL_NAMED pair
#define SABRE_INTERNAL_NAMED(field, name) ::sabre::internal::Field<name, &SabreType::field>

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

// Whether a name is written as a string of one byte a character. Array indices are numbers there.
consteval bool IsPlainName(std::string_view name) {
  for (const char c : name) {
    if (c < 0) return false;
  }
  return name.empty() || name[0] < '0' || name[0] > '9';
}

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
  static_assert(kLength < 0x80, "a name is too long for SABRE_DESCRIBE");
  static_assert(IsPlainName({kText.text, kLength}),
                "SABRE_DESCRIBE takes names of ASCII that are no indices");
  static constexpr std::string_view kName{kText.text, kLength};
  static constexpr KeyBytes<kLength> kKey{kText.text};
  static constexpr auto kMember = kPointer;
};

// What reading in any order needs to know of a field.
struct FieldEntry {
  std::string_view name;
  bool may_be_missing;
  bool (*read)(Deserializer& in, void* object);
};

// Reads the properties of an object up to its end. `seen` has a bit for each field that was read
// already, `count` is how many properties were.
bool ReadFieldsByName(Deserializer& in, void* object, std::span<const FieldEntry> fields,
                      std::uint64_t seen, std::uint32_t count);

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
      if (!in.ReadBegin(wire::kBeginObject, "an object")) return false;
      // First in the order in which the fields are written; the rest is found by name.
      State state{in, value};
      std::size_t index = 0;
      static_cast<void>((ReadInOrder<Fields>(state, index++) && ...));
      if (state.failed) return false;
      if (state.count == kSize && in.TryConstant(kEnd)) return true;
      return ReadFieldsByName(in, &value, kEntries, state.seen, state.count);
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
  static constexpr std::uint8_t kEnd[] = {wire::kEndObject, kSize};

  struct State {
    Deserializer& in;
    T& value;
    std::uint64_t seen = 0;
    std::uint32_t count = 0;
    bool failed = false;
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

  // Whether to go on with the next field.
  template <class F>
  static bool ReadInOrder(State& state, std::size_t index) {
    if (!state.in.TryConstant(F::kKey.bytes)) [[unlikely]]
      return kMayBeMissing<F>;
    state.seen |= std::uint64_t{1} << index;
    ++state.count;
    if (Codec<Type<F>>::Read(state.in, state.value.*F::kMember)) [[likely]]
      return true;
    state.in.PrependKey(F::kName);
    state.failed = true;
    return false;
  }

  template <class F>
  static bool ReadByName(Deserializer& in, void* object) {
    return Codec<Type<F>>::Read(in, static_cast<T*>(object)->*F::kMember);
  }
  static constexpr std::array<FieldEntry, kSize> kEntries = {
      FieldEntry{Fields::kName, kMayBeMissing<Fields>, &ReadByName<Fields>}...};
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
