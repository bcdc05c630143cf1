// lib/clone/node.h: what lies in the arena of a Graph.
#ifndef SABRE_LIB_CLONE_NODE_H_
#define SABRE_LIB_CLONE_NODE_H_

#include <cstddef>
#include <cstdint>

#include "sabre/clone/transferable.h"
#include "sabre/clone/value.h"
#include "sabre/memory/buffer_handle.h"

namespace sabre::internal {

// The beginning of every object.
struct Node {
  ValueKind kind;
  std::uint8_t flags;   // by kind
  std::uint16_t extra;  // by kind
  std::uint32_t index;  // among the nodes of the graph: a dense key for side arrays
};

// The keys of one or more objects: first those that are array indices, ascending, then the others in
// the order of insertion. A key is a string, or a number if it is an index.
struct KeyList {
  Value* keys = nullptr;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;
  std::uint32_t indexed = 0;      // how many keys are indices
  std::uint32_t hash_size = 0;    // slots of `hash`, a power of two, or 0
  std::uint32_t* hash = nullptr;  // position among the string keys + 1; 0 is free
  bool shape = false;             // a Shape, which objects share; else of one object alone
};

// Keys that objects have in common, none of them an index; see ShapeTree. Never changed once an
// object has it, but for what helps to find the next one.
struct Shape : KeyList {
  Shape* parent = nullptr;  // the same without the last key
  Shape* next = nullptr;    // that which followed last time: a guess
  Shape* inner = nullptr;   // the first one of an object that was the last key's value: a guess
  Shape* chain = nullptr;   // of the same slot in the tree's table
  // How the last key stands in serialized bytes, up to 16 of them, if it is short and of one byte a
  // unit; then how many these are, else 0.
  std::uint64_t words[2] = {};
  std::uint32_t token_size = 0;
  std::uint32_t hash_code = 0;  // of parent and last key
  std::uint32_t index = 0;      // among the shapes of the graph: a dense key for side arrays
};

// The properties of an object.
struct PropertyTable {
  KeyList* keys;  // never null
  Value* values;  // one for each key
  std::uint32_t capacity;

  std::uint32_t size() const noexcept { return keys->size; }
};

struct ObjectNode : Node {
  PropertyTable properties;
};

// Elements are values or, as long as all of them are numbers, plain doubles: half the memory, and
// nothing to look at one by one.
struct ArrayNode : Node {
  static constexpr std::uint8_t kPacked = 1;  // in flags: `numbers`
  union {
    Value* elements;  // [0, dense); a hole has ValueAccess::kHole
    double* numbers;
  };
  std::uint32_t dense;  // elements stored here
  std::uint32_t capacity;
  std::uint32_t length;       // of the array; at least `dense`
  PropertyTable* properties;  // elements from `dense` on, and other keys; may be null

  bool packed() const noexcept { return (flags & kPacked) != 0; }
  inline Value At(std::uint32_t position) const noexcept;  // below `dense`
};

// A Map (key and value in turn) or a Set.
struct CollectionNode : Node {
  Value* items;
  std::uint32_t size;  // entries
  std::uint32_t capacity;
  std::uint32_t* hash;      // position + 1 of entries; 0 is free
  std::uint32_t hash_size;  // a power of two, or 0: too few entries for a table
};

struct DateNode : Node {
  double milliseconds;
};

// A Number, BigInt or String object. A Boolean object keeps its value in `flags`.
struct BoxedNode : Node {
  Value primitive;
};

struct RegExpNode : Node {  // extra: flags
  Value source;
};

struct ErrorParts {
  Value message;
  Value stack;
  Value cause;
};
struct ErrorNode : Node {  // extra: the prototype's tag, 0 for Error
  static constexpr std::uint8_t kHasMessage = 1;
  static constexpr std::uint8_t kHasStack = 2;
  static constexpr std::uint8_t kHasCause = 4;
  ErrorParts* parts;  // may be null: none
};

// Has a destructor: the graph keeps a list of them.
struct BufferNode : Node {
  BufferHandle buffer;
  BufferNode* next = nullptr;
};

struct ViewNode : Node {                          // extra: ViewKind
  static constexpr std::uint8_t kTracking = 1;    // its length is that of the buffer
  static constexpr std::uint8_t kHost = 2;        // came with bytes of its own (Node's dialects)
  static constexpr std::uint8_t kNodeBuffer = 4;  // a Buffer of Node
  BufferNode* buffer;
  std::size_t byte_offset;
  std::size_t byte_length;
};

// Has a destructor, if received.
struct TransferNode : Node {
  const Transferable* object = nullptr;   // to be sent
  TransferredObject* received = nullptr;  // owned, until it is taken
  TransferNode* next = nullptr;
};

// An object of a class of the user's: see platform_object.h.
struct PlatformNode : Node {
  Value type;  // the name of its class
  Value data;
};

// The inside of Value.
struct ValueAccess {
  static constexpr std::uint8_t kTwoByte = 1;   // a string
  static constexpr std::uint8_t kNegative = 1;  // a BigInt
  static constexpr std::uint8_t kHole = 1;      // an undefined that is not there

  static Value Of(const Node* node) noexcept { return Value(node, 0, node->kind, 0); }
  static Value String(const void* characters, std::uint32_t units, bool two_byte) noexcept {
    return Value(characters, units, ValueKind::kString, two_byte ? kTwoByte : std::uint8_t{0});
  }
  static Value BigInt(const std::uint64_t* limbs, std::uint32_t count, bool negative) noexcept {
    return Value(limbs, count, ValueKind::kBigInt, negative ? kNegative : std::uint8_t{0});
  }
  static Value Hole() noexcept { return Value(nullptr, 0, ValueKind::kUndefined, kHole); }

  // Whether the value is a node, which has an id on the wire.
  static bool IsObject(Value value) noexcept { return value.kind_ >= ValueKind::kObject; }
  static bool IsHole(Value value) noexcept {
    return value.kind_ == ValueKind::kUndefined && value.flags_ == kHole;
  }
  static const void* pointer(Value value) noexcept { return value.pointer_; }
  static std::uint32_t size(Value value) noexcept { return value.size_; }
  static double number(Value value) noexcept { return value.number_; }
  static bool two_byte(Value value) noexcept { return (value.flags_ & kTwoByte) != 0; }
  static bool negative(Value value) noexcept { return (value.flags_ & kNegative) != 0; }
  static const std::uint8_t* one_byte(Value value) noexcept {
    return static_cast<const std::uint8_t*>(value.pointer_);
  }
  static const char16_t* units(Value value) noexcept {
    return static_cast<const char16_t*>(value.pointer_);
  }
  static const std::uint64_t* limbs(Value value) noexcept {
    return static_cast<const std::uint64_t*>(value.pointer_);
  }
  template <class T>
  static T* node(Value value) noexcept {
    return const_cast<T*>(static_cast<const T*>(static_cast<const Node*>(value.pointer_)));
  }
};

inline Value ArrayNode::At(std::uint32_t position) const noexcept {
  return packed() ? Value(numbers[position]) : elements[position];
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_NODE_H_
