// lib/memory/block_registry.h: the shared blocks of this process.
#ifndef SABRE_LIB_MEMORY_BLOCK_REGISTRY_H_
#define SABRE_LIB_MEMORY_BLOCK_REGISTRY_H_

namespace sabre::internal {

class DataBlock;

// BlockRegistry
//
// Knows all blocks that have not ended: for those who look at the whole process (DumpWaiters), and so that no
// byte gets into two of them, which would be two lists of waiters. Intrusive: it allocates nothing.
//
// Thread-safety: any thread. Lock order: the registry's, then that of a block's waiters.
class BlockRegistry {
 public:
  // The links of a block. The registry's.
  struct Links {
    DataBlock* before = nullptr;
    DataBlock* after = nullptr;
  };

  // A block over memory of its own.
  static void Add(DataBlock& block) noexcept;
  // A block over foreign memory. False, and not added, if some of its bytes up to max_byte_length belong
  // to another one. Linear in the number of blocks.
  static bool TryAdd(DataBlock& block) noexcept;
  static void Remove(DataBlock& block) noexcept;

  // Calls `visit(argument, block)` with each, oldest first. None of them ends meanwhile, none begins: it
  // must be short.
  static void ForEach(void (*visit)(void* argument, DataBlock& block), void* argument);
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_MEMORY_BLOCK_REGISTRY_H_
