// lib/clone/graph_storage.cc
#include "lib/clone/graph_storage.h"

#include <algorithm>
#include <utility>

#include "lib/clone/hashing.h"
#include "lib/clone/text.h"

namespace sabre::internal {
namespace {

// Room for one more; what was there stays behind in the arena.
template <class T>
void Grow(Arena& arena, T*& items, std::uint32_t size, std::uint32_t& capacity,
          std::uint32_t stride) {
  if (size < capacity) return;
  const std::uint32_t larger = std::max(4u, capacity * 2);
  T* const copy = arena.Array<T>(std::size_t{larger} * stride);
  std::copy_n(items, std::size_t{size} * stride, copy);
  items = copy;
  capacity = larger;
}

std::uint32_t IndexOf(Value key) noexcept {
  return static_cast<std::uint32_t>(ValueAccess::number(key));
}

// The first of the index keys that is not below `index`.
std::uint32_t LowerBound(const PropertyTable& table, std::uint32_t index) noexcept {
  std::uint32_t low = 0, high = table.indexed;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (IndexOf(table.entries[middle].key) < index) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

GraphStorage::~GraphStorage() {
  for (BufferNode* node = buffers_; node != nullptr;) {
    BufferNode* const next = node->next;
    node->~BufferNode();
    node = next;
  }
  for (TransferNode* node = transfers_; node != nullptr; node = node->next) delete node->received;
}

BufferNode* GraphStorage::NewBuffer(BufferHandle buffer) noexcept {
  BufferNode* const node = NewNode<BufferNode>(buffer.shared() ? ValueKind::kSharedArrayBuffer
                                                               : ValueKind::kArrayBuffer);
  if (node == nullptr) return nullptr;
  node->buffer = std::move(buffer);
  node->next = std::exchange(buffers_, node);
  return node;
}

TransferNode* GraphStorage::NewTransfer() noexcept {
  TransferNode* const node = NewNode<TransferNode>(ValueKind::kTransferable);
  if (node != nullptr) node->next = std::exchange(transfers_, node);
  return node;
}

bool GraphStorage::MakeTwoByte(const std::uint8_t* bytes, std::uint32_t units,
                               Value& value) noexcept {
  std::uint8_t high = 0;
  for (std::uint32_t i = 0; i < units; ++i) high |= bytes[2 * std::size_t{i} + 1];
  if (high == 0) {
    auto* const copy = static_cast<std::uint8_t*>(arena_.Allocate(units, /*packed=*/true));
    if (copy == nullptr) return false;
    for (std::uint32_t i = 0; i < units; ++i) copy[i] = bytes[2 * std::size_t{i}];
    value = ValueAccess::String(copy, units, false);
    return true;
  }
  char16_t* const copy = arena_.Array<char16_t>(units);
  if (copy == nullptr) return false;
  std::memcpy(copy, bytes, std::size_t{units} * 2);
  value = ValueAccess::String(copy, units, true);
  return true;
}

bool GraphStorage::MakeUtf8(std::string_view utf8, Value& value) noexcept {
  if (IsAscii(utf8.data(), utf8.size())) {
    return MakeOneByte(reinterpret_cast<const std::uint8_t*>(utf8.data()),
                       static_cast<std::uint32_t>(utf8.size()), value);
  }
  const Utf8Extent extent = MeasureUtf8(utf8);
  const std::uint32_t units = static_cast<std::uint32_t>(extent.units);
  void* const copy = extent.one_byte && extent.valid ? arena_.Allocate(units, /*packed=*/true)
                                                     : arena_.Array<char16_t>(units);
  if (copy == nullptr) return false;
  const bool two_byte = !(extent.one_byte && extent.valid);
  if (two_byte) {
    Utf8ToUtf16(utf8, static_cast<std::uint8_t*>(copy));
  } else {
    Utf8ToLatin1(utf8, static_cast<std::uint8_t*>(copy));
  }
  value = ValueAccess::String(copy, units, two_byte);
  return true;
}

bool GraphStorage::MakeBigInt(bool negative, const std::uint8_t* bytes, std::uint32_t count,
                              Value& value) noexcept {
  while (count > 0 && bytes[count - 1] == 0) --count;
  const std::uint32_t size = (count + 7) / 8;
  std::uint64_t* const limbs = arena_.Array<std::uint64_t>(size);
  if (limbs == nullptr) return false;
  if (size > 0) limbs[size - 1] = 0;
  if (count > 0) std::memcpy(limbs, bytes, count);
  value = ValueAccess::BigInt(limbs, size, negative && size > 0);
  return true;
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

bool GraphStorage::RebuildHash(PropertyTable& table) noexcept {
  const std::uint32_t strings = table.size - table.indexed;
  if (strings < kSmallestHashed) {
    table.hash_size = 0;
    return true;
  }
  const std::uint32_t needed = HashSize(std::max(strings, table.capacity - table.indexed));
  if (table.hash_size < needed) {
    table.hash = arena_.Array<std::uint32_t>(needed);
    if (table.hash == nullptr) return !(table.hash_size = 0);
    table.hash_size = needed;
  }
  std::fill_n(table.hash, table.hash_size, 0u);
  for (std::uint32_t i = table.indexed; i < table.size; ++i) {
    *FindSlot(table.hash, table.hash_size, table.entries[i].key,
              [&](std::uint32_t at) { return table.entries[at].key; }) = i + 1;
  }
  return true;
}

bool GraphStorage::BuildTable(Value* pairs, std::uint32_t count, PropertyTable& table,
                              bool& duplicate) noexcept {
  duplicate = false;
  table = {};
  if (count == 0) return true;
  table.entries = arena_.Array<Value::Entry>(count);
  if (table.entries == nullptr) return false;
  table.size = table.capacity = count;
  for (std::uint32_t i = 0; i < count; ++i) {
    table.indexed += pairs[2 * std::size_t{i}].is_number() ? 1 : 0;
  }
  std::uint32_t next_index = 0, next_string = table.indexed;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value key = pairs[2 * std::size_t{i}];
    table.entries[key.is_number() ? next_index++ : next_string++] = {key,
                                                                     pairs[2 * std::size_t{i} + 1]};
  }
  const auto before = [](const Value::Entry& a, const Value::Entry& b) {
    return ValueAccess::number(a.key) < ValueAccess::number(b.key);
  };
  Value::Entry* const indices_end = table.entries + table.indexed;
  if (!std::is_sorted(table.entries, indices_end, before)) {
    std::sort(table.entries, indices_end, before);
  }
  for (std::uint32_t i = 1; i < table.indexed; ++i) {
    if (IndexOf(table.entries[i - 1].key) == IndexOf(table.entries[i].key)) {
      return !(duplicate = true);
    }
  }
  const std::uint32_t strings = count - table.indexed;
  if (strings < kSmallestHashed) {
    for (std::uint32_t i = table.indexed; i < count; ++i) {
      for (std::uint32_t k = table.indexed; k < i; ++k) {
        if (table.entries[k].key.Same(table.entries[i].key)) return !(duplicate = true);
      }
    }
    return true;
  }
  table.hash_size = HashSize(strings);
  table.hash = arena_.Array<std::uint32_t>(table.hash_size);
  if (table.hash == nullptr) return !(table.hash_size = 0);
  std::fill_n(table.hash, table.hash_size, 0u);
  for (std::uint32_t i = table.indexed; i < count; ++i) {
    std::uint32_t* const slot = FindSlot(table.hash, table.hash_size, table.entries[i].key,
                                         [&](std::uint32_t at) { return table.entries[at].key; });
    if (*slot != 0) return !(duplicate = true);
    *slot = i + 1;
  }
  return true;
}

bool GraphStorage::RebuildHash(CollectionNode& node) noexcept {
  if (node.size < kSmallestHashed) {
    node.hash_size = 0;
    return true;
  }
  const std::uint32_t needed = HashSize(std::max(node.size, node.capacity));
  if (node.hash_size < needed) {
    node.hash = arena_.Array<std::uint32_t>(needed);
    if (node.hash == nullptr) return !(node.hash_size = 0);
    node.hash_size = needed;
  }
  std::fill_n(node.hash, node.hash_size, 0u);
  const std::uint32_t stride = Stride(node);
  for (std::uint32_t i = 0; i < node.size; ++i) {
    *FindSlot(node.hash, node.hash_size, node.items[std::size_t{i} * stride],
              [&](std::uint32_t at) { return node.items[std::size_t{at} * stride]; }) = i + 1;
  }
  return true;
}

bool GraphStorage::BuildCollection(CollectionNode& node, Value* items,
                                   std::uint32_t count) noexcept {
  const std::uint32_t stride = Stride(node);
  node.items = arena_.Array<Value>(std::size_t{count} * stride);
  if (node.items == nullptr) return false;
  node.capacity = count;
  if (count >= kSmallestHashed) {
    node.hash_size = HashSize(count);
    node.hash = arena_.Array<std::uint32_t>(node.hash_size);
    if (node.hash == nullptr) return !(node.hash_size = 0);
    std::fill_n(node.hash, node.hash_size, 0u);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    Value key = items[std::size_t{i} * stride];
    if (key.is_number()) key = Value(ValueAccess::number(key) + 0.0);  // -0 to +0
    std::int64_t at = -1;
    std::uint32_t* slot = nullptr;
    if (node.hash_size != 0) {
      slot = FindSlot(node.hash, node.hash_size, key, [&](std::uint32_t position) {
        return node.items[std::size_t{position} * stride];
      });
      at = static_cast<std::int64_t>(*slot) - 1;
    } else {
      at = FindKey(node, key);
    }
    if (at < 0) {
      at = node.size++;
      node.items[static_cast<std::size_t>(at) * stride] = key;
      if (slot != nullptr) *slot = static_cast<std::uint32_t>(at + 1);
    }
    if (stride == 2)
      node.items[static_cast<std::size_t>(at) * 2 + 1] = items[std::size_t{i} * 2 + 1];
  }
  return true;
}

void GraphStorage::SetProperty(PropertyTable& table, Value key, Value value) {
  if (Value::Entry* const entry = FindProperty(table, key)) {
    entry->value = value;
    return;
  }
  Grow(arena_, table.entries, table.size, table.capacity, 1);
  std::uint32_t at = table.size;
  if (key.is_number()) {
    at = LowerBound(table, IndexOf(key));
    std::copy_backward(table.entries + at, table.entries + table.size,
                       table.entries + table.size + 1);
    ++table.indexed;
  }
  table.entries[at] = {key, value};
  ++table.size;
  // The table of positions holds while keys are added at the end and there is room.
  if (at + 1 == table.size && !key.is_number() && table.hash_size != 0 &&
      HashSize(table.size - table.indexed) <= table.hash_size) {
    *FindSlot(table.hash, table.hash_size, key,
              [&](std::uint32_t position) { return table.entries[position].key; }) = at + 1;
  } else {
    RebuildHash(table);
  }
}

bool GraphStorage::DeleteProperty(PropertyTable& table, Value key) {
  Value::Entry* const entry = FindProperty(table, key);
  if (entry == nullptr) return false;
  std::copy(entry + 1, table.entries + table.size, entry);
  --table.size;
  if (key.is_number()) --table.indexed;
  RebuildHash(table);
  return true;
}

void GraphStorage::SetElement(ArrayNode& array, std::uint32_t index, Value value) {
  if (index < array.dense) {
    array.elements[index] = value;
    return;
  }
  // A little behind the end, holes in between are cheaper than a table.
  constexpr std::uint32_t kFewHoles = 8;
  const bool table_has_indices = array.properties != nullptr && array.properties->indexed != 0;
  if (index - array.dense <= kFewHoles && !table_has_indices) {
    while (array.dense < index) {
      Grow(arena_, array.elements, array.dense, array.capacity, 1);
      array.elements[array.dense++] = ValueAccess::Hole();
    }
    Grow(arena_, array.elements, array.dense, array.capacity, 1);
    array.elements[array.dense++] = value;
  } else {
    if (array.properties == nullptr) {
      array.properties = new (arena_.Allocate(sizeof(PropertyTable))) PropertyTable();
    }
    SetProperty(*array.properties, Value(index), value);
  }
  array.length = std::max(array.length, index + 1);
}

void GraphStorage::SetLength(ArrayNode& array, std::uint32_t length) {
  array.dense = std::min(array.dense, length);
  if (array.properties != nullptr) {
    PropertyTable& table = *array.properties;
    const std::uint32_t kept = LowerBound(table, length);
    if (kept < table.indexed) {
      std::copy(table.entries + table.indexed, table.entries + table.size, table.entries + kept);
      table.size -= table.indexed - kept;
      table.indexed = kept;
      RebuildHash(table);
    }
  }
  array.length = length;
}

void GraphStorage::Insert(CollectionNode& node, Value key, Value value) {
  const std::uint32_t stride = Stride(node);
  if (key.is_number()) key = Value(ValueAccess::number(key) + 0.0);
  std::int64_t at = FindKey(node, key);
  if (at < 0) {
    Grow(arena_, node.items, node.size, node.capacity, stride);
    at = node.size++;
    node.items[static_cast<std::size_t>(at) * stride] = key;
    if (node.hash_size != 0 && HashSize(node.size) <= node.hash_size) {
      *FindSlot(node.hash, node.hash_size, key, [&](std::uint32_t position) {
        return node.items[std::size_t{position} * stride];
      }) = node.size;
    } else {
      RebuildHash(node);
    }
  }
  if (stride == 2) node.items[static_cast<std::size_t>(at) * 2 + 1] = value;
}

bool GraphStorage::Erase(CollectionNode& node, Value key) {
  const std::int64_t at = FindKey(node, key);
  if (at < 0) return false;
  const std::uint32_t stride = Stride(node);
  std::copy(node.items + (static_cast<std::size_t>(at) + 1) * stride,
            node.items + std::size_t{node.size} * stride,
            node.items + static_cast<std::size_t>(at) * stride);
  --node.size;
  RebuildHash(node);
  return true;
}

Value::Entry* FindProperty(const PropertyTable& table, Value key) noexcept {
  if (key.is_number()) {
    const std::uint32_t at = LowerBound(table, IndexOf(key));
    return at < table.indexed && IndexOf(table.entries[at].key) == IndexOf(key) ? table.entries + at
                                                                                : nullptr;
  }
  if (table.hash_size != 0) {
    const std::uint32_t* const slot = FindSlot(
        table.hash, table.hash_size, key, [&](std::uint32_t at) { return table.entries[at].key; });
    return *slot != 0 ? table.entries + (*slot - 1) : nullptr;
  }
  for (std::uint32_t i = table.indexed; i < table.size; ++i) {
    if (table.entries[i].key.Same(key)) return table.entries + i;
  }
  return nullptr;
}

std::int64_t FindKey(const CollectionNode& node, Value key) noexcept {
  const std::uint32_t stride = Stride(node);
  if (node.hash_size != 0) {
    return static_cast<std::int64_t>(
               *FindSlot(node.hash, node.hash_size, key,
                         [&](std::uint32_t at) { return node.items[std::size_t{at} * stride]; })) -
           1;
  }
  for (std::uint32_t i = 0; i < node.size; ++i) {
    if (node.items[std::size_t{i} * stride].Same(key)) return i;
  }
  return -1;
}

}  // namespace sabre::internal
