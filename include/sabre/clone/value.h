// sabre/clone/value.h: a JavaScript value, in a graph of them.
#ifndef SABRE_CLONE_VALUE_H_
#define SABRE_CLONE_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "sabre/clone/big_int.h"
#include "sabre/memory/array_buffer_view.h"

namespace sabre {

namespace internal {
struct Node;
struct ValueAccess;
}  // namespace internal

// What a Value is. Of objects: what JavaScript's structured clone tells apart.
enum class ValueKind : std::uint8_t {
  kUndefined,
  kNull,
  kBoolean,
  kNumber,
  kBigInt,
  kString,
  // From here on: objects, which have identity.
  kObject,
  kArray,
  kMap,
  kSet,
  kDate,
  kBooleanObject,
  kNumberObject,
  kBigIntObject,
  kStringObject,
  kRegExp,
  kError,
  kArrayBuffer,
  kSharedArrayBuffer,
  kView,
  kTransferable,
  kPlatformObject,
};

// "undefined", "Map", "ArrayBuffer", …
const char* ValueKindName(ValueKind kind) noexcept;

// Value
//
// A handle to a value of a Graph: 16 bytes, copied freely, good while the Graph lives (moving the
// Graph does not matter). Undefined, null, booleans and numbers need no Graph. A Value reads; the
// Graph writes.
//
// Functions that ask for a part (Get, At, …) give undefined if there is no such part or the value
// is of another kind, so that lookups can be chained; functions that convert (AsNumber, …) need the
// right kind, and abort otherwise: check it, for what a message holds is the sender's choice.
//
// Thread-safety: confined to the thread of its Graph.
class Value {
 public:
  // undefined
  constexpr Value() noexcept : pointer_(nullptr) {}
  constexpr Value(std::nullptr_t) noexcept : pointer_(nullptr), kind_(ValueKind::kNull) {}
  template <class T>
  requires std::is_same_v<T, bool>
  constexpr Value(T value) noexcept : pointer_(nullptr), size_(value), kind_(ValueKind::kBoolean) {}
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) constexpr Value(T value) noexcept
      : number_(static_cast<double>(value)), kind_(ValueKind::kNumber) {}

  ValueKind kind() const noexcept { return kind_; }
  bool is_undefined() const noexcept { return kind_ == ValueKind::kUndefined; }
  bool is_null() const noexcept { return kind_ == ValueKind::kNull; }
  bool is_boolean() const noexcept { return kind_ == ValueKind::kBoolean; }
  bool is_number() const noexcept { return kind_ == ValueKind::kNumber; }
  bool is_string() const noexcept { return kind_ == ValueKind::kString; }
  bool is_object() const noexcept { return kind_ == ValueKind::kObject; }
  bool is_array() const noexcept { return kind_ == ValueKind::kArray; }
  // Whether it is an object of any kind: something with identity.
  bool has_identity() const noexcept { return kind_ >= ValueKind::kObject; }
  // Whether both are the same object of a graph, or equal primitives (NaN equals NaN, -0 equals 0).
  // Spec: ECMA-262 SameValueZero.
  bool Same(Value other) const noexcept;

  // ---- Primitives, and the objects around them. ----
  bool AsBool() const noexcept;
  double AsNumber() const noexcept;  // of a Date: milliseconds since 1970, NaN if invalid
  double NumberOr(double fallback) const noexcept {
    return kind_ == ValueKind::kNumber ? number_ : fallback;
  }
  // UTF-8; lone surrogates become U+FFFD.
  std::string AsString() const;
  // UTF-16; lone surrogates are kept.
  std::u16string AsU16String() const;
  BigInt AsBigInt() const;
  // Whether it is a string with this UTF-8 text.
  bool IsText(std::string_view utf8) const noexcept;
  // For values that may be of another kind.
  bool BoolOr(bool fallback) const noexcept { return is_boolean() ? AsBool() : fallback; }
  std::string StringOr(std::string_view fallback) const {
    return is_string() ? AsString() : std::string(fallback);
  }
  // Of a Date; the invalid Date is absl::InfiniteFuture().
  absl::Time AsTime() const noexcept;
  // As Same, so that a Value can be compared with a literal: `value == 7`, `value == "text"`.
  friend bool operator==(Value a, Value b) noexcept { return a.Same(b); }
  template <class T>
  requires std::is_convertible_v<const T&, std::string_view>
  friend bool operator==(Value value, const T& utf8) noexcept { return value.IsText(utf8); }
  friend bool operator==(Value value, std::nullptr_t) noexcept { return value.is_null(); }

  // ---- Containers. ----
  // Properties of an object, length of an array, entries of a Map, values of a Set, units of a
  // string, else 0.
  std::size_t size() const noexcept;
  // The property `key` (UTF-8) of an object or array.
  Value Get(std::string_view key) const noexcept;
  bool Has(std::string_view key) const noexcept;
  // The same for a key that is a string or an index, as entries() gives it.
  Value Get(Value key) const noexcept;
  bool Has(Value key) const noexcept;
  // Element `index` of an array, or property `index` of an object. A hole is undefined.
  Value At(std::size_t index) const noexcept;
  bool HasIndex(std::size_t index) const noexcept;
  // The value of `key` in a Map; for strings, of the key with this UTF-8 text.
  Value MapGet(Value key) const noexcept;
  Value MapGet(std::string_view key) const noexcept;
  // Whether a Map or a Set has `key`.
  bool MapHas(Value key) const noexcept;

  // A key and a value, in order: of a Map; of an object or array (array indices ascending, then the
  // other keys in the order of insertion; a key that is an index is a number).
  struct Entry;
  class EntryIterator;
  class EntryRange;
  EntryRange entries() const noexcept;
  // The elements of an array, from 0 to its length, and the values of a Set, in order. A hole is
  // undefined; of an array from a stranger, who may claim any length, entries() has no holes.
  class ElementIterator;
  class ElementRange;
  ElementRange elements() const noexcept;
  // Entry `position` of an object, Map or Set (whose entries have the value as key and value).
  Entry EntryAt(std::size_t position) const noexcept;

  // ---- Other objects. ----
  // Source as the engine escaped it, and V8's bits: g 1, i 2, m 4, y 8, u 16, s 32, d 128, v 256.
  Value regexp_source() const noexcept;
  std::uint32_t regexp_flags() const noexcept;
  // "Error", "RangeError", …; a message, stack or cause that is not there is undefined.
  const char* error_name() const noexcept;
  Value error_message() const noexcept;
  Value error_stack() const noexcept;
  Value error_cause() const noexcept;
  bool error_has_cause() const noexcept;
  // The name of a platform object's class, and what its codec wrote; see platform_object.h.
  Value platform_type() const noexcept;
  Value platform_data() const noexcept;
  // A null handle if it is of another kind.
  ArrayBuffer array_buffer() const noexcept;
  SharedArrayBuffer shared_array_buffer() const noexcept;
  // The view; a view over no buffer if it is of another kind.
  ArrayBufferView view() const noexcept;
  // The buffer of a view as a value.
  Value view_buffer() const noexcept;
  // How far a resizable buffer can grow, in bytes; its length if it cannot.
  std::size_t max_byte_length() const noexcept;
  bool resizable() const noexcept;

  // Text for people: at most `max_length` bytes, cycles and great depth cut.
  std::string ToDebugString(std::size_t max_length = 2000) const;

 private:
  friend struct internal::ValueAccess;
  // Entries by their place in memory, where an array has holes.
  std::size_t PlacesEnd() const noexcept;
  std::size_t SkipHoles(std::size_t place) const noexcept;
  Entry EntryAtPlace(std::size_t place) const noexcept;

  constexpr Value(const void* pointer, std::uint32_t size, ValueKind kind,
                  std::uint8_t flags) noexcept
      : pointer_(pointer), size_(size), kind_(kind), flags_(flags) {}

  union {
    double number_;
    const void* pointer_;  // characters, digits, or the node
  };
  std::uint32_t size_ = 0;  // units of a string, limbs of a BigInt, a boolean
  ValueKind kind_ = ValueKind::kUndefined;
  std::uint8_t flags_ = 0;  // see internal::ValueAccess
  // Compilers copy 14 bytes as two overlapping words, and reading them back has to wait.
  std::uint16_t unused_ = 0;
};
static_assert(sizeof(Value) == 16 && std::is_trivially_copyable_v<Value>);

// Whether two values, of one graph or two, look alike all the way down, cycles included. Properties
// are compared by name, whatever their order; Map and Set in their order. Numbers by SameValue (NaN
// equals NaN, -0 differs from 0). Shared memory is equal if it is the same block.
bool DeepEquals(Value a, Value b);

namespace internal {
bool WriteValue(Serializer& out, Value value);
}  // namespace internal

// A Value is written with all it refers to. To read one, read a Graph: somebody must own it.
template <>
struct Codec<Value> {
  static constexpr bool kThreadConfined = true;
  static bool Write(Serializer& out, Value value) { return internal::WriteValue(out, value); }
};

}  // namespace sabre

#include "sabre/clone/value_range.h"  // IWYU pragma: export

#endif  // SABRE_CLONE_VALUE_H_
