// lib/clone/graph_storage.h: the arena of a Graph and what is built in it.
#ifndef SABRE_LIB_CLONE_GRAPH_STORAGE_H_
#define SABRE_LIB_CLONE_GRAPH_STORAGE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>

#include "lib/clone/arena.h"
#include "lib/clone/node.h"
#include "lib/clone/shape_tree.h"
#include "sabre/clone/value.h"
#include "sabre/memory/check.h"

namespace sabre::internal {

// GraphStorage
//
// Makes nodes and keeps their invariants. While a budget is set (a reader's), functions that take
// memory return null or false when it is spent; without one they never do.
//
// Thread-safety: thread-compatible.
class GraphStorage {
 public:
  GraphStorage() = default;
  GraphStorage(const GraphStorage&) = delete;
  GraphStorage& operator=(const GraphStorage&) = delete;
  ~GraphStorage();

  Arena& arena() noexcept { return arena_; }
  const Arena& arena() const noexcept { return arena_; }
  ShapeTree& shapes() noexcept { return shapes_; }
  std::uint32_t node_count() const noexcept { return nodes_; }

  Value root;

  // A zeroed node of a type without destructor.
  template <class T>
  T* NewNode(ValueKind kind) noexcept {
    void* const memory = arena_.Allocate(sizeof(T));
    if (memory == nullptr) return nullptr;
    T* const node = new (memory) T();
    node->kind = kind;
    node->index = nodes_++;
    return node;
  }
  // An object without properties.
  ObjectNode* NewObject() noexcept {
    auto* const node = NewNode<ObjectNode>(ValueKind::kObject);
    if (node != nullptr) node->properties.keys = shapes_.root();
    return node;
  }
  // No properties, for an array.
  PropertyTable* NewProperties() noexcept;
  BufferNode* NewBuffer(BufferHandle buffer) noexcept;
  TransferNode* NewTransfer() noexcept;

  // Strings are kept in one byte a unit where that is possible, so that equal strings have equal
  // bytes. False if the budget is spent.
  bool MakeOneByte(const std::uint8_t* bytes, std::uint32_t units, Value& value) noexcept {
    void* const copy = arena_.Allocate(units, /*packed=*/true);
    if (copy == nullptr) return false;
    if (units > 0) std::memcpy(copy, bytes, units);
    value = ValueAccess::String(copy, units, false);
    return true;
  }
  // `bytes`: little-endian units, any alignment.
  bool MakeTwoByte(const std::uint8_t* bytes, std::uint32_t units, Value& value) noexcept;
  bool MakeUtf8(std::string_view utf8, Value& value) noexcept;  // U+FFFD for what is invalid
  bool MakeBigInt(bool negative, const std::uint8_t* bytes, std::uint32_t count,
                  Value& value) noexcept;

  // Turns a string that is an array index into that number.
  static Value NormalizeKey(Value key) noexcept;

  // Makes a table with keys of its own of `pairs` (keys and values in turn), which it may reorder.
  // `duplicate` says that a key was there twice; otherwise false means that the budget is spent.
  bool BuildTable(Value* pairs, std::uint32_t count, PropertyTable& table,
                  bool& duplicate) noexcept;
  // Makes packed elements, `capacity` of them, values.
  bool Unpack(ArrayNode& array) noexcept;
  // Makes a Map (stride 2) or Set (stride 1) of `items`; of equal keys the first keeps its place
  // and the last its value.
  bool BuildCollection(CollectionNode& node, const Value* items, std::uint32_t count) noexcept;
  // Fills the table of positions, which grows if needed.
  bool RebuildHash(CollectionNode& node) noexcept;

  // ---- For changes; no budget. The characters of a key may lie anywhere. ----
  void SetProperty(PropertyTable& table, Value key, Value value);
  bool DeleteProperty(PropertyTable& table, Value key);
  void SetElement(ArrayNode& array, std::uint32_t index, Value value);
  void SetLength(ArrayNode& array, std::uint32_t length);
  void Insert(CollectionNode& node, Value key, Value value);
  bool Erase(CollectionNode& node, Value key);

 private:
  void OwnKeys(PropertyTable& table);
  bool RebuildHash(KeyList& keys) noexcept;

  Arena arena_;
  ShapeTree shapes_{arena_};
  std::uint32_t nodes_ = 0;
  BufferNode* buffers_ = nullptr;
  TransferNode* transfers_ = nullptr;
};

// The value of `key` (normalized) in `table`, or null.
Value* FindProperty(const PropertyTable& table, Value key) noexcept;
// The position of `key` in a Map or Set, or -1.
std::int64_t FindKey(const CollectionNode& node, Value key) noexcept;

// Room for one more; what was there stays behind in the arena.
template <class T>
void GrowArray(Arena& arena, T*& items, std::uint32_t size, std::uint32_t& capacity,
               std::uint32_t stride) {
  if (size < capacity) return;
  if (capacity == 0xffffffff) CallerBug("Graph: more than 2^32 - 1 parts of a container");
  const std::uint32_t larger = capacity < 0x80000000 ? std::max(4u, capacity * 2) : 0xffffffff;
  T* const copy = arena.Array<T>(std::size_t{larger} * stride);
  std::copy_n(items, std::size_t{size} * stride, copy);
  items = copy;
  capacity = larger;
}

// Entries of a Map have two items, of a Set one.
inline std::uint32_t Stride(const CollectionNode& node) noexcept {
  return node.kind == ValueKind::kMap ? 2 : 1;
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_GRAPH_STORAGE_H_
