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

constexpr std::uint32_t kLongestToken = PrefixMasks::kSize - 2;  // units

// How a short key of one byte a unit stands in serialized bytes; what is behind it is zero.
struct Token {
  std::uint64_t words[2] = {};
  std::uint32_t size = 0;  // 0: not a short key

  explicit Token(Value key) noexcept {
    const std::uint32_t units = ValueAccess::size(key);
    if (ValueAccess::two_byte(key) || units > kLongestToken) return;
    auto* const bytes = reinterpret_cast<std::uint8_t*>(words);
    bytes[0] = wire::kOneByteString;
    bytes[1] = static_cast<std::uint8_t>(units);
    if (units > 0) std::memcpy(bytes + 2, ValueAccess::pointer(key), units);
    size = units + 2;
  }
  explicit Token(const std::uint8_t* bytes) noexcept {
    if (bytes[0] != wire::kOneByteString || bytes[1] > kLongestToken) return;
    size = bytes[1] + 2u;
    std::memcpy(words, bytes, sizeof words);
    for (int i = 0; i < 2; ++i) words[i] &= kPrefixMasks.of[size][i];
  }
};

std::uint32_t HashOfToken(const Shape* parent, const Token& token) {
  return Scatter(absl::HashOf(parent, token.words[0], token.words[1]));
}

std::uint32_t HashOfStep(const Shape* parent, Value key) {
  const Token token(key);
  return token.size != 0 ? HashOfToken(parent, token)
                         : Scatter(absl::HashOf(parent, ViewOfText(key)));
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

Shape* ShapeTree::Find(Shape* parent, const std::uint8_t* bytes) noexcept {
  const Token token(bytes);
  if (token.size == 0) return nullptr;
  const std::uint32_t hash_code = slots_ > 1 ? HashOfToken(parent, token) : 0;
  for (Shape* shape = table_[hash_code & (slots_ - 1)]; shape != nullptr; shape = shape->chain) {
    if (shape->parent == parent && shape->words[0] == token.words[0] &&
        shape->words[1] == token.words[1]) {
      return parent->next = shape;
    }
  }
  return nullptr;
}

Shape* ShapeTree::Child(Shape* parent, Value key, bool& duplicate) noexcept {
  duplicate = false;
  std::uint32_t hash_code = slots_ > 1 ? HashOfStep(parent, key) : 0;
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
  if (count_ > std::max(slots_, kFewShapes)) {
    if (!GrowTable()) return nullptr;
    hash_code = HashOfStep(parent, key);  // in a chain alone shapes have none
  }
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
  const Token token(key);
  std::copy_n(token.words, 2, shape->words);
  shape->token_size = token.size;
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
