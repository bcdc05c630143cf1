// lib/clone/shape_tree.h: which keys objects have in common.
#ifndef SABRE_LIB_CLONE_SHAPE_TREE_H_
#define SABRE_LIB_CLONE_SHAPE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/clone/arena.h"
#include "lib/clone/node.h"

namespace sabre::internal {

// For each number of bytes up to kSize: so many, the first ones, of two words.
struct PrefixMasks {
  static constexpr std::size_t kSize = 16;
  std::uint64_t of[kSize + 1][2] = {};
  constexpr PrefixMasks() {
    for (std::size_t size = 0; size <= kSize; ++size) {
      for (std::size_t i = 0; i < size; ++i) of[size][i / 8] |= std::uint64_t{0xff} << (i % 8 * 8);
    }
  }
};
inline constexpr PrefixMasks kPrefixMasks;

// Lets `text` have characters of its own. False if the budget is spent.
bool CopyCharacters(Arena& arena, Value& text) noexcept;

// ShapeTree
//
// Objects with the same keys in the same order share one list of them, a Shape. Shapes are a tree: a
// child has one key more. An object that is read goes down the tree key by key. A step that was taken
// before needs neither a copy of the key nor a look for a duplicate; the step taken last time is
// guessed, which two comparisons confirm, and others are found in a table by hash.
//
// Keys that are indices, and more than kMaxKeys, have lists of their own.
//
// Thread-safety: thread-compatible.
// Source: C. Chambers, D. Ungar, E. Lee, "An efficient implementation of SELF" (1989), maps.
class ShapeTree {
 public:
  static constexpr std::uint32_t kMaxKeys = 64;

  // Shapes and keys lie in `arena`.
  explicit ShapeTree(Arena& arena) noexcept : arena_(arena) { root_.shape = true; }
  ShapeTree(const ShapeTree&) = delete;
  ShapeTree& operator=(const ShapeTree&) = delete;
  ~ShapeTree();

  // No keys.
  Shape* root() noexcept { return &root_; }
  // Shapes have indices below.
  std::uint32_t shape_count() const noexcept { return count_; }

  // Whether the last key of `guess` (null: no guess) begins `bytes`, PrefixMasks::kSize of them or
  // more. It takes token_size of them.
  static bool Matches(const Shape* guess, const std::uint8_t* bytes) noexcept {
    if (guess == nullptr || guess->token_size == 0) return false;
    std::uint64_t words[2];
    std::memcpy(words, bytes, sizeof words);
    const std::uint64_t* const masks = kPrefixMasks.of[guess->token_size];
    return (((words[0] ^ guess->words[0]) & masks[0]) |
            ((words[1] ^ guess->words[1]) & masks[1])) == 0;
  }

  // The child of `parent` whose last key begins `bytes`, PrefixMasks::kSize of them or more. Null if
  // there is none, or the key is not a short one.
  Shape* Find(Shape* parent, const std::uint8_t* bytes) noexcept;

  // The child of `parent` with the last key `key`, a string that is no index, wherever its
  // characters lie; made if there is none. Null: the key is in `parent` already (`duplicate`), or
  // the budget of the arena is spent.
  Shape* Child(Shape* parent, Value key, bool& duplicate) noexcept;

 private:
  // Up to so many shapes are one chain, and nothing is hashed.
  static constexpr std::uint32_t kFewShapes = 8;
  Shape* Make(Shape* parent, Value key, std::uint32_t hash_code) noexcept;
  bool GrowTable() noexcept;

  Arena& arena_;
  Shape root_;
  std::uint32_t count_ = 1;
  std::uint32_t slots_ = 1;
  Shape* few_ = nullptr;
  Shape** table_ = &few_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_SHAPE_TREE_H_
