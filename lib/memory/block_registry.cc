#include "lib/memory/block_registry.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>

#include "lib/memory/data_block.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {
namespace {

struct Blocks {
  StdSync::Mutex mutex;
  DataBlock* oldest = nullptr;  // [mutex]
  DataBlock* newest = nullptr;  // [mutex]
};

// Never destroyed: a block may end after the statics of this program.
Blocks& All() noexcept {
  alignas(Blocks) static std::byte storage[sizeof(Blocks)];
  static Blocks* const blocks = new (storage) Blocks;
  return *blocks;
}

// With all.mutex held.
void Append(Blocks& all, DataBlock& block) noexcept {
  block.links().before = all.newest;
  (all.newest != nullptr ? all.newest->links().after : all.oldest) = &block;
  all.newest = &block;
}

// Whether a byte may be in both. An empty block has a place of its own.
bool Overlap(const DataBlock& a, const DataBlock& b) noexcept {
  const auto a_begin = reinterpret_cast<std::uintptr_t>(a.data());
  const auto b_begin = reinterpret_cast<std::uintptr_t>(b.data());
  const std::size_t a_size = std::max<std::size_t>(a.max_byte_length(), 1);
  const std::size_t b_size = std::max<std::size_t>(b.max_byte_length(), 1);
  return a_begin < b_begin ? b_begin - a_begin < a_size : a_begin - b_begin < b_size;
}

}  // namespace

void BlockRegistry::Add(DataBlock& block) noexcept {
  Blocks& all = All();
  std::lock_guard<StdSync::Mutex> lock(all.mutex);
  Append(all, block);
}

bool BlockRegistry::TryAdd(DataBlock& block) noexcept {
  Blocks& all = All();
  std::lock_guard<StdSync::Mutex> lock(all.mutex);
  for (DataBlock* other = all.oldest; other != nullptr; other = other->links().after) {
    if (Overlap(*other, block)) return false;
  }
  Append(all, block);
  return true;
}

void BlockRegistry::Remove(DataBlock& block) noexcept {
  Blocks& all = All();
  std::lock_guard<StdSync::Mutex> lock(all.mutex);
  const Links links = block.links();
  (links.before != nullptr ? links.before->links().after : all.oldest) = links.after;
  (links.after != nullptr ? links.after->links().before : all.newest) = links.before;
}

void BlockRegistry::ForEach(void (*visit)(void* argument, DataBlock& block), void* argument) {
  Blocks& all = All();
  std::lock_guard<StdSync::Mutex> lock(all.mutex);
  for (DataBlock* block = all.oldest; block != nullptr; block = block->links().after) {
    visit(argument, *block);
  }
}

}  // namespace sabre::internal
