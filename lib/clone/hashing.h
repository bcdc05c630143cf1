// lib/clone/hashing.h: when two keys are the same key.
#ifndef SABRE_LIB_CLONE_HASHING_H_
#define SABRE_LIB_CLONE_HASHING_H_

#include <cstddef>
#include <cstdint>

#include "sabre/clone/value.h"

namespace sabre::internal {

// Equal for values that are Value::Same. Seeded for each process, so that a stranger cannot choose
// keys that collide.
std::uint32_t HashValue(Value value) noexcept;

// Tables are open-addressed, of a power of two of slots, at most two thirds full, and hold
// position + 1; 0 is a free slot.
constexpr std::uint32_t kSmallestHashed = 12;  // below, keys are compared one by one
constexpr std::uint32_t HashSize(std::uint32_t entries) noexcept {
  std::uint32_t size = 16;
  while (size < entries + entries / 2) size *= 2;
  return size;
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
