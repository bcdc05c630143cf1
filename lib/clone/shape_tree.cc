// lib/clone/shape_tree.cc
#include "lib/clone/shape_tree.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "absl/hash/hash.h"
#include "lib/clone/hashing.h"
#include "sabre/clone/wire_tag.h"
#include "sabre/memory/check.h"

namespace sabre::internal {
namespace {

std::uint32_t HashOfStep(const Shape* parent, Value key) {
  return Scatter(absl::HashOf(parent, ViewOfText(key)));
}

}  // namespace

bool CopyCharacters(Arena& arena, Value& text) noexcept {
  const absl::string_view bytes = ViewOfText(text);
  const bool two_byte = ValueAccess::two_byte(text);
  void* const copy = arena.Allocate(bytes.size(), !two_byte);
  if (copy == nullptr) return false;
  if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
  text = ValueAccess::String(copy, ValueAccess::size(text), two_byte);
  return true;
}

ShapeTree::~ShapeTree() {
  if (table_ != &few_) std::free(table_);
}

Shape* ShapeTree::Child(Shape* parent, Value key, bool& duplicate) noexcept {
  duplicate = false;
  const std::uint32_t hash_code = slots_ > 1 ? HashOfStep(parent, key) : 0;
  for (Shape* shape = table_[hash_code & (slots_ - 1)]; shape != nullptr; shape = shape->chain) {
    if (shape->parent == parent && shape->hash_code == hash_code &&
        SameText(shape->keys[shape->size - 1], key)) {
      return parent->next = shape;
    }
  }
  for (std::uint32_t i = 0; i < parent->size; ++i) {
    if (SameText(parent->keys[i], key)) {
      duplicate = true;
      return nullptr;
    }
  }
  if (count_ > std::max(slots_, kFewShapes) && !GrowTable()) return nullptr;
  return Make(parent, key, hash_code);
}

Shape* ShapeTree::Make(Shape* parent, Value key, std::uint32_t hash_code) noexcept {
  void* const memory = arena_.Allocate(sizeof(Shape));
  if (memory == nullptr || !CopyCharacters(arena_, key)) return nullptr;
  // The first child goes on in its parent's list, where there is room; others need another.
  const std::uint32_t size = parent->size + 1;
  const bool room = parent->capacity > parent->size;
  std::uint32_t capacity = parent->capacity;
  Value* keys = parent->keys;
  if (!room) {
    capacity = parent->next == nullptr ? std::max(size, parent->size * 2) : size;
    keys = arena_.Array<Value>(capacity);
    if (keys == nullptr) return nullptr;
    std::copy_n(parent->keys, parent->size, keys);
  }
  parent->capacity = parent->size;
  keys[size - 1] = key;

  auto* const shape = new (memory) Shape();
  shape->keys = keys;
  shape->size = size;
  shape->capacity = capacity;
  shape->shape = true;
  shape->parent = parent;
  shape->hash_code = hash_code;
  shape->index = count_++;
  const std::uint32_t units = ValueAccess::size(key);
  if (!ValueAccess::two_byte(key) && units <= PrefixMasks::kSize - 2) {
    auto* const token = reinterpret_cast<std::uint8_t*>(shape->words);
    token[0] = wire::kOneByteString;
    token[1] = static_cast<std::uint8_t>(units);
    if (units > 0) std::memcpy(token + 2, ValueAccess::pointer(key), units);
    shape->token_size = units + 2;
  }
  Shape*& slot = table_[hash_code & (slots_ - 1)];
  shape->chain = slot;
  slot = shape;
  return parent->next = shape;
}

bool ShapeTree::GrowTable() noexcept {
  const std::uint32_t larger = std::max(slots_, kFewShapes) * 2;
  if (!arena_.Charge(larger * sizeof(Shape*))) return false;
  auto** const table = static_cast<Shape**>(std::calloc(larger, sizeof(Shape*)));
  if (table == nullptr) CallerBug("Graph: out of memory");
  for (std::uint32_t i = 0; i < slots_; ++i) {
    for (Shape* shape = table_[i]; shape != nullptr;) {
      Shape* const next = shape->chain;
      if (slots_ == 1) shape->hash_code = HashOfStep(shape->parent, shape->keys[shape->size - 1]);
      Shape*& slot = table[shape->hash_code & (larger - 1)];
      shape->chain = slot;
      slot = shape;
      shape = next;
    }
  }
  if (table_ != &few_) {
    std::free(table_);
    arena_.Refund(slots_ * sizeof(Shape*));
  }
  table_ = table;
  slots_ = larger;
  return true;
}

}  // namespace sabre::internal
