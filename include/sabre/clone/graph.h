// sabre/clone/graph.h: the owner of values.
#ifndef SABRE_CLONE_GRAPH_H_
#define SABRE_CLONE_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/time/time.h"
#include "sabre/clone/big_int.h"
#include "sabre/clone/transferable.h"
#include "sabre/clone/value.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/typed_array.h"

namespace sabre {

namespace internal {
class GraphStorage;
}  // namespace internal

// ValueInit
//
// What a Graph makes a Value of, by conversion: a Value, a number, a boolean, nullptr, text (UTF-8
// or UTF-16), a buffer, a view, a BigInt, a time (a Date), a Transferable. Holds references: to be
// used at once, as an argument.
class ValueInit {
 public:
  ValueInit(Value value) : form_(Form::kValue), value_(value) {}
  ValueInit(std::nullptr_t) : form_(Form::kValue), value_(nullptr) {}
  template <class T>
  requires std::is_arithmetic_v<T> ValueInit(T value) : form_(Form::kValue), value_(value) {}
  ValueInit(const char* text) : form_(Form::kUtf8), utf8_(text) {}
  ValueInit(std::string_view text) : form_(Form::kUtf8), utf8_(text) {}
  ValueInit(const std::string& text) : form_(Form::kUtf8), utf8_(text) {}
  ValueInit(std::u16string_view text) : form_(Form::kUtf16), utf16_(text) {}
  ValueInit(const char16_t* text) : form_(Form::kUtf16), utf16_(text) {}
  ValueInit(const std::u16string& text) : form_(Form::kUtf16), utf16_(text) {}
  ValueInit(const BigInt& value) : form_(Form::kBigInt), big_int_(&value) {}
  ValueInit(absl::Time time) : form_(Form::kTime), time_(time) {}
  ValueInit(const ArrayBuffer& buffer) : form_(Form::kBuffer), view_{.buffer = buffer} {}
  ValueInit(const SharedArrayBuffer& buffer) : form_(Form::kBuffer), view_{.buffer = buffer} {}
  ValueInit(const ArrayBufferView& view) : form_(Form::kView), view_(view) {}
  template <Element T>
  ValueInit(const TypedArray<T>& array) : form_(Form::kView), view_(array.AsView()) {}
  ValueInit(const DataView& view) : form_(Form::kView), view_(view.AsView()) {}
  ValueInit(const Transferable& object) : form_(Form::kTransferable), object_(&object) {}

 private:
  friend class Graph;
  enum class Form : std::uint8_t {
    kValue,
    kUtf8,
    kUtf16,
    kBigInt,
    kTime,
    kBuffer,
    kView,
    kTransferable
  };
  Form form_;
  Value value_ = {};
  std::string_view utf8_ = {};
  std::u16string_view utf16_ = {};
  const BigInt* big_int_ = nullptr;
  absl::Time time_ = {};
  ArrayBufferView view_ = {};
  const Transferable* object_ = nullptr;
};

// A key and a value: `{"id", 7}` for objects, any key for Maps.
struct PropertyInit {
  std::string_view key;
  ValueInit value;
};
struct EntryInit {
  ValueInit key;
  ValueInit value;
};

// Graph
//
// Owns JavaScript values: builds them, changes them, frees all of them at once. Memory is taken
// from an arena and returned when the Graph goes: a Graph lives as long as a message, not as a
// program.
//
//   Graph graph;
//   Value frame = graph.Object({{"id", 7}, {"pixels", pixels}, {"tags", graph.Array({"a", "b"})}});
//   graph.SetProperty(frame, "self", frame);  // cycles are fine
//
// A Value given to a function of a Graph must belong to this Graph (or be undefined, null, a
// boolean or a number).
//
// Thread-safety: confined to one thread at a time, with all its values; may be moved to another
//   thread as a whole unless it holds an ArrayBuffer.
class Graph {
 public:
  Graph();
  Graph(Graph&& other) noexcept;
  Graph& operator=(Graph&& other) noexcept;
  ~Graph();

  // The value that the Graph was read for, or that SetRoot named; else undefined.
  Value root() const noexcept;
  void SetRoot(Value value) noexcept;

  // ---- Building. ----
  Value Make(const ValueInit& init);
  Value Object(std::initializer_list<PropertyInit> properties = {});
  Value Array(std::initializer_list<ValueInit> elements = {});
  Value Array(std::span<const Value> elements);
  Value Map(std::initializer_list<EntryInit> entries = {});
  Value Set(std::initializer_list<ValueInit> values = {});
  // Invalid UTF-8 becomes U+FFFD.
  Value String(std::string_view utf8);
  Value String(std::u16string_view utf16);
  Value BigInt(const ::sabre::BigInt& value);
  // Milliseconds since 1970, clipped as JavaScript does: whole, NaN beyond +-8.64e15.
  Value Date(double milliseconds);
  Value Date(absl::Time time);
  // The object around a boolean, number, BigInt or string; aborts for others.
  Value Boxed(Value primitive);
  // Not compiled. `source` as JavaScript's RegExp.prototype.source gives it; flags as in Value.
  Value RegExp(std::string_view source, std::uint32_t flags = 0);
  // `name` is that of one of the standard errors; any other becomes "Error".
  Value Error(std::string_view name, const ValueInit& message);
  void SetErrorStack(Value error, std::string_view stack);
  void SetErrorCause(Value error, const ValueInit& cause);
  Value Buffer(const ArrayBuffer& buffer);
  Value Buffer(const SharedArrayBuffer& buffer);
  Value View(const ArrayBufferView& view);
  // An object of the transfer list, or one that can be cloned; it must live until the value was sent.
  Value Transferred(const Transferable& object);
  // An object of the class that `type` names, with its data; see platform_object.h. ToValue makes one of
  // a C++ object.
  Value PlatformObject(std::string_view type, const ValueInit& data);

  // ---- Changing. A container of another kind than the function's is a caller bug and aborts. ----
  // Of objects and arrays. Replaces the value of a property that exists, else adds it.
  // An index before others, and deleting, take time linear in the size.
  void SetProperty(Value container, std::string_view key, const ValueInit& value);
  void SetIndex(Value container, std::uint32_t index, const ValueInit& value);
  // Returns whether there was one.
  bool DeleteProperty(Value container, std::string_view key);
  bool DeleteIndex(Value container, std::uint32_t index);  // in an array: leaves a hole
  void Append(Value array, const ValueInit& value);
  // Cuts the elements behind, or adds holes, which take no memory.
  void SetLength(Value array, std::uint32_t length);
  void MapSet(Value map, const ValueInit& key, const ValueInit& value);
  void SetAdd(Value set, const ValueInit& value);
  // Of a Map or a Set; returns whether it was there. Takes time linear in the size.
  bool MapDelete(Value map_or_set, Value key);

  // Takes the received state of a transferable object out of the graph. Null if `value` is not one,
  // of another type, or was taken before.
  std::unique_ptr<TransferredObject> TakeTransferred(Value value, const TransferType& type);

  // How many objects there are, and the bytes of the arena.
  std::size_t node_count() const noexcept;
  std::size_t memory_used() const noexcept;

  // For readers and writers of the library.
  internal::GraphStorage& storage() const noexcept { return *storage_; }
  // Whether nothing was built in it yet.
  bool untouched() const noexcept;

 private:
  std::unique_ptr<internal::GraphStorage> storage_;
};

namespace internal {
bool ReadGraph(Deserializer& in, Graph& graph);
}  // namespace internal

// A Graph is written as its root, and read as any value. As a field of a struct it is a world of
// its own: back references from it to values outside are refused.
template <>
struct Codec<Graph> {
  static constexpr bool kThreadConfined = true;
  static bool Write(Serializer& out, const Graph& graph) {
    return internal::WriteValue(out, graph.root());
  }
  static bool Read(Deserializer& in, Graph& graph) { return internal::ReadGraph(in, graph); }
};

}  // namespace sabre

#endif  // SABRE_CLONE_GRAPH_H_
