// lib/clone/graph_storage.cc
#include "lib/clone/graph_storage.h"

#include <algorithm>
#include <utility>

#include "lib/clone/hashing.h"
#include "lib/clone/text.h"

namespace sabre::internal {

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
  if (IsLatin1(bytes, units)) {
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

bool GraphStorage::RebuildHash(CollectionNode& node) noexcept {
  if (Unhashed(node.size, node.hash_size)) {
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

bool GraphStorage::BuildCollection(CollectionNode& node, const Value* items,
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

void GraphStorage::Insert(CollectionNode& node, Value key, Value value) {
  const std::uint32_t stride = Stride(node);
  if (key.is_number()) key = Value(ValueAccess::number(key) + 0.0);
  std::int64_t at = FindKey(node, key);
  if (at < 0) {
    GrowArray(arena_, node.items, node.size, node.capacity, stride);
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
