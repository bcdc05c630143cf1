// lib/clone/serializer_tables.h: what a Serializer needs for some values only.
#ifndef SABRE_LIB_CLONE_SERIALIZER_TABLES_H_
#define SABRE_LIB_CLONE_SERIALIZER_TABLES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "sabre/clone/transferable.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/backing_store.h"
#include "sabre/memory/shared_array_buffer.h"

namespace sabre::internal {

struct SerializerTables {
  // An object: its address and the address that stands for its type.
  using Identity = std::pair<const void*, const void*>;

  absl::flat_hash_map<Identity, std::uint32_t> ids;
  // Those that have an id: a codec may have made one for the moment, and the next must not get its
  // address.
  std::vector<ArrayBuffer> buffers;

  std::vector<TransferItem> transfer;
  // From the identity of an entry of the list to its place among the entries of its kind.
  absl::flat_hash_map<const void*, std::uint32_t> transfer_index;
  std::size_t transferred_buffers = 0;  // how many entries of the list are buffers
  std::vector<BackingStore> immutable;  // the buffers that the value shares without a copy
  std::vector<SharedArrayBuffer> shared;
  std::size_t transferred_objects = 0;  // how many entries of the list are other objects
  std::vector<std::unique_ptr<TransferredObject>> clones;  // of objects that are not in the list

  // Of a conversion: the buffers and the objects by their indices; of each object one pointer is not null.
  struct ConvertedObject {
    const Transferable* borrowed;
    TransferredObject** received;
  };
  bool converting = false;
  std::vector<ArrayBuffer> converted_buffers;
  std::vector<ConvertedObject> converted_objects;

  absl::Status failure;
  std::string path;  // to where it happened
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_SERIALIZER_TABLES_H_
