// lib/clone/hashing.h: when two keys are the same key.
#ifndef SABRE_LIB_CLONE_HASHING_H_
#define SABRE_LIB_CLONE_HASHING_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "lib/clone/node.h"
#include "sabre/memory/check.h"

namespace sabre::internal {

// The bytes of a string's characters, one or two for each. Not the std type, which Abseil would hash
// without a seed.
inline absl::string_view ViewOfText(Value text) noexcept {
  return {static_cast<const char*>(ValueAccess::pointer(text)),
          std::size_t{ValueAccess::size(text)} << (ValueAccess::two_byte(text) ? 1 : 0)};
}
// Whether two strings are equal.
inline bool SameText(Value a, Value b) noexcept {
  return ValueAccess::size(a) == ValueAccess::size(b) &&
         ValueAccess::two_byte(a) == ValueAccess::two_byte(b) && ViewOfText(a) == ViewOfText(b);
}

// Spreads what tells hashes apart over the bits that choose a slot: Abseil's hashes of texts that differ
// in a digit lie close together, which probing one slot after the other does not bear.
inline std::uint32_t Scatter(std::uint64_t hash) noexcept {
  hash ^= hash >> 32;
  hash *= 0xd6e8feb86659fd93;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

// Equal for values that are Value::Same. Seeded for each process, so that a stranger cannot choose
// keys that collide.
std::uint32_t HashValue(Value value) noexcept;

// Tables are open-addressed, of a power of two of slots, at most two thirds full, and hold
// position + 1; 0 is a free slot.
constexpr std::uint32_t kSmallestHashed = 12;  // below, keys are compared one by one
constexpr std::uint32_t HashSize(std::uint32_t entries) noexcept {
  if (entries > 0x40000000) CallerBug("Graph: more than 2^30 keys of a container");
  std::uint32_t size = 16;
  while (size < entries + entries / 2) size *= 2;
  return size;
}
// What was allocated for as few as are hashed is kept while there are fewer: keys that come and go at
// the boundary take no more memory.
constexpr bool Unhashed(std::uint32_t entries, std::uint32_t hash_size) noexcept {
  return entries < kSmallestHashed && hash_size != HashSize(kSmallestHashed);
}

// The slot of `key` in `table`, or the free slot where it belongs. key_at(position) gives the keys.
template <class KeyAt>
std::uint32_t* FindSlot(std::uint32_t* table, std::uint32_t size, Value key, KeyAt&& key_at) {
  for (std::uint32_t i = HashValue(key);; ++i) {
    std::uint32_t* const slot = table + (i & (size - 1));
    if (*slot == 0 || key_at(*slot - 1).Same(key)) return slot;
  }
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_HASHING_H_
