// lib/clone/graph_storage_properties.cc: properties of objects, elements of arrays.
#include <algorithm>
#include <new>
#include <utility>

#include "lib/clone/graph_storage.h"
#include "lib/clone/hashing.h"

namespace sabre::internal {
namespace {

std::uint32_t IndexOf(Value key) noexcept {
  return static_cast<std::uint32_t>(ValueAccess::number(key));
}

// The first of the index keys that is not below `index`.
std::uint32_t LowerBound(const KeyList& keys, std::uint32_t index) noexcept {
  std::uint32_t low = 0, high = keys.indexed;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (IndexOf(keys.keys[middle]) < index) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::uint32_t* SlotOf(const KeyList& keys, Value key) {
  return FindSlot(keys.hash, keys.hash_size, key,
                  [&](std::uint32_t at) { return keys.keys[keys.indexed + at]; });
}

}  // namespace

PropertyTable* GraphStorage::NewProperties() noexcept {
  void* const memory = arena_.Allocate(sizeof(PropertyTable));
  return memory != nullptr ? new (memory) PropertyTable{shapes_.root(), nullptr, 0} : nullptr;
}

Value GraphStorage::NormalizeKey(Value key) noexcept {
  const std::uint32_t units = ValueAccess::size(key);
  if (key.kind() != ValueKind::kString || ValueAccess::two_byte(key) || units == 0 || units > 10) {
    return key;
  }
  const std::uint8_t* const text = ValueAccess::one_byte(key);
  if (text[0] == '0' && units > 1) return key;
  std::uint64_t index = 0;
  for (std::uint32_t i = 0; i < units; ++i) {
    if (text[i] < '0' || text[i] > '9') return key;
    index = index * 10 + (text[i] - '0');
  }
  return index <= 0xfffffffe ? Value(static_cast<double>(index)) : key;
}

bool GraphStorage::RebuildHash(KeyList& keys) noexcept {
  const std::uint32_t strings = keys.size - keys.indexed;
  if (Unhashed(strings, keys.hash_size)) {
    keys.hash_size = 0;
    return true;
  }
  const std::uint32_t needed = HashSize(strings);
  if (keys.hash_size < needed) {
    keys.hash = arena_.Array<std::uint32_t>(needed);
    if (keys.hash == nullptr) return !(keys.hash_size = 0);
    keys.hash_size = needed;
  }
  std::fill_n(keys.hash, keys.hash_size, 0u);
  for (std::uint32_t i = 0; i < strings; ++i) *SlotOf(keys, keys.keys[keys.indexed + i]) = i + 1;
  return true;
}

bool GraphStorage::BuildTable(Value* pairs, std::uint32_t count, PropertyTable& table,
                              bool& duplicate) noexcept {
  duplicate = false;
  table = {shapes_.root(), nullptr, 0};
  if (count == 0) return true;
  void* const memory = arena_.Allocate(sizeof(KeyList));
  auto* const keys = arena_.Array<Value>(count);
  table.values = arena_.Array<Value>(count);
  if (memory == nullptr || keys == nullptr || table.values == nullptr) return false;
  auto& list = *new (memory) KeyList{.keys = keys, .size = count, .capacity = count};
  table.keys = &list;
  table.capacity = count;
  for (std::uint32_t i = 0; i < count; ++i) list.indexed += pairs[2 * std::size_t{i}].is_number();
  // Indices go to the front, to be sorted.
  static_assert(sizeof(Value::Entry) == 2 * sizeof(Value));
  auto* const entries = reinterpret_cast<Value::Entry*>(pairs);
  std::uint32_t indices = 0, next = list.indexed;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (entries[i].key.is_number()) {
      entries[indices++] = entries[i];
    } else {
      keys[next] = entries[i].key;
      table.values[next++] = entries[i].value;
    }
  }
  const auto before = [](const Value::Entry& a, const Value::Entry& b) {
    return ValueAccess::number(a.key) < ValueAccess::number(b.key);
  };
  if (!std::is_sorted(entries, entries + indices, before)) {
    std::sort(entries, entries + indices, before);
  }
  for (std::uint32_t i = 0; i < indices; ++i) {
    keys[i] = entries[i].key;
    table.values[i] = entries[i].value;
    if (i > 0 && IndexOf(keys[i - 1]) == IndexOf(keys[i])) return !(duplicate = true);
  }
  if (count - indices < kSmallestHashed) {
    for (std::uint32_t i = indices; i < count; ++i) {
      for (std::uint32_t k = indices; k < i; ++k) {
        if (SameText(keys[k], keys[i])) return !(duplicate = true);
      }
    }
    return true;
  }
  list.hash_size = HashSize(count - indices);
  list.hash = arena_.Array<std::uint32_t>(list.hash_size);
  if (list.hash == nullptr) return !(list.hash_size = 0);
  std::fill_n(list.hash, list.hash_size, 0u);
  for (std::uint32_t i = indices; i < count; ++i) {
    std::uint32_t* const slot = SlotOf(list, keys[i]);
    if (*slot != 0) return !(duplicate = true);
    *slot = i - indices + 1;
  }
  return true;
}

// A list of keys that no other object has.
void GraphStorage::OwnKeys(PropertyTable& table) {
  if (!table.keys->shape) return;
  auto* const list = new (arena_.Allocate(sizeof(KeyList))) KeyList();
  list->size = table.size();
  list->capacity = std::max(table.capacity, list->size);
  list->keys = arena_.Array<Value>(list->capacity);
  std::copy_n(table.keys->keys, list->size, list->keys);
  table.keys = list;
  RebuildHash(*list);
}

void GraphStorage::SetProperty(PropertyTable& table, Value key, Value value) {
  if (Value* const found = FindProperty(table, key)) {
    *found = value;
    return;
  }
  std::uint32_t at = table.size();
  GrowArray(arena_, table.values, at, table.capacity, 1);
  if (table.keys->shape && !key.is_number() && at < ShapeTree::kMaxKeys) {
    bool duplicate;
    table.keys = shapes_.Child(static_cast<Shape*>(table.keys), key, duplicate);
    table.values[at] = value;
    return;
  }
  OwnKeys(table);
  KeyList& list = *table.keys;
  GrowArray(arena_, list.keys, list.size, list.capacity, 1);
  if (key.is_number()) {
    at = LowerBound(list, IndexOf(key));
    std::copy_backward(list.keys + at, list.keys + list.size, list.keys + list.size + 1);
    std::copy_backward(table.values + at, table.values + list.size, table.values + list.size + 1);
    ++list.indexed;  // the table of positions, which are counted from there, holds
  } else {
    CopyCharacters(arena_, key);
  }
  list.keys[at] = key;
  table.values[at] = value;
  ++list.size;
  if (key.is_number()) return;
  const std::uint32_t strings = list.size - list.indexed;
  if (list.hash_size != 0 && HashSize(strings) <= list.hash_size) {
    *SlotOf(list, key) = strings;
  } else {
    RebuildHash(list);
  }
}

bool GraphStorage::DeleteProperty(PropertyTable& table, Value key) {
  const Value* const found = FindProperty(table, key);
  if (found == nullptr) return false;
  const auto at = static_cast<std::uint32_t>(found - table.values);
  OwnKeys(table);
  KeyList& list = *table.keys;
  std::copy(list.keys + at + 1, list.keys + list.size, list.keys + at);
  std::copy(table.values + at + 1, table.values + list.size, table.values + at);
  --list.size;
  if (key.is_number()) {
    --list.indexed;
  } else {
    RebuildHash(list);
  }
  return true;
}

bool GraphStorage::Unpack(ArrayNode& array) noexcept {
  if (!array.packed()) return true;
  const std::uint8_t* const numbers = reinterpret_cast<const std::uint8_t*>(array.numbers);
  const std::size_t size = array.capacity * sizeof(double);
  // What was just read is the last in the arena, and grows where it is.
  const bool in_place = arena_.TryExtend(array.numbers, size, array.capacity * sizeof(Value));
  Value* const elements =
      in_place ? reinterpret_cast<Value*>(array.numbers) : arena_.Array<Value>(array.capacity);
  if (elements == nullptr) return false;
  for (std::uint32_t i = array.dense; i-- > 0;) {
    double number;
    std::memcpy(&number, numbers + i * sizeof(double), sizeof number);
    elements[i] = Value(number);
  }
  array.elements = elements;
  array.flags &= static_cast<std::uint8_t>(~ArrayNode::kPacked);
  return true;
}

void GraphStorage::SetElement(ArrayNode& array, std::uint32_t index, Value value) {
  // A little behind the end, holes in between are cheaper than a table.
  constexpr std::uint32_t kFewHoles = 8;
  const bool table_has_indices =
      array.properties != nullptr && array.properties->keys->indexed != 0;
  array.length = std::max(array.length, index + 1);
  if (index >= array.dense && (table_has_indices || index - array.dense > kFewHoles)) {
    if (array.properties == nullptr) array.properties = NewProperties();
    SetProperty(*array.properties, Value(index), value);
    return;
  }
  if (array.capacity == 0 && index == 0 && value.is_number()) array.flags |= ArrayNode::kPacked;
  if (array.packed() && (index > array.dense || !value.is_number())) Unpack(array);
  if (array.packed()) {
    if (index == array.dense) GrowArray(arena_, array.numbers, array.dense++, array.capacity, 1);
    array.numbers[index] = ValueAccess::number(value);
    return;
  }
  while (array.dense <= index) {
    GrowArray(arena_, array.elements, array.dense, array.capacity, 1);
    array.elements[array.dense++] = ValueAccess::Hole();
  }
  array.elements[index] = value;
}

void GraphStorage::SetLength(ArrayNode& array, std::uint32_t length) {
  array.dense = std::min(array.dense, length);
  array.length = length;
  if (array.properties == nullptr) return;
  PropertyTable& table = *array.properties;
  const std::uint32_t kept = LowerBound(*table.keys, length);
  if (kept == table.keys->indexed) return;  // shapes have no indices: the list is its own
  KeyList& list = *table.keys;
  std::copy(list.keys + list.indexed, list.keys + list.size, list.keys + kept);
  std::copy(table.values + list.indexed, table.values + list.size, table.values + kept);
  list.size -= list.indexed - kept;
  list.indexed = kept;
}

Value* FindProperty(const PropertyTable& table, Value key) noexcept {
  const KeyList& list = *table.keys;
  if (key.is_number()) {
    const std::uint32_t at = LowerBound(list, IndexOf(key));
    const bool found = at < list.indexed && IndexOf(list.keys[at]) == IndexOf(key);
    return found ? table.values + at : nullptr;
  }
  if (list.hash_size != 0) {
    const std::uint32_t slot = *SlotOf(list, key);
    return slot != 0 ? table.values + list.indexed + (slot - 1) : nullptr;
  }
  for (std::uint32_t i = list.indexed; i < list.size; ++i) {
    if (SameText(list.keys[i], key)) return table.values + i;
  }
  return nullptr;
}

}  // namespace sabre::internal
