#include "lib/memory/block_registry.h"

#include <cstddef>
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

}  // namespace

void BlockRegistry::Add(DataBlock& block) noexcept {
  Blocks& all = All();
  std::lock_guard<StdSync::Mutex> lock(all.mutex);
  block.links().before = all.newest;
  (all.newest != nullptr ? all.newest->links().after : all.oldest) = &block;
  all.newest = &block;
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
