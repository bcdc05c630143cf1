// lib/clone/deserializer_tables.h: what a Deserializer needs for some values only.
#ifndef SABRE_LIB_CLONE_DESERIALIZER_TABLES_H_
#define SABRE_LIB_CLONE_DESERIALIZER_TABLES_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/clone/reservation_budget.h"
#include "lib/clone/wire_scanner.h"
#include "sabre/clone/byte_buffer.h"
#include "sabre/memory/buffer_handle.h"

namespace sabre::internal {

struct DeserializerTables {
  ~DeserializerTables() {
    if (failure.ok()) return;
    // Nobody gets what was read, so nobody will cut the cycles in it.
    for (auto& [place, entry] : objects) entry.clear(entry.object.get());
  }

  // Things are found by where they stand in the bytes, so that nobody counts ids until a back
  // reference is met; then the scanner catches up.
  absl::flat_hash_map<std::size_t, BufferHandle> buffers;
  struct Object {
    std::shared_ptr<void> object;
    void (*clear)(void*);
  };
  absl::flat_hash_map<std::pair<std::size_t, const void*>, Object> objects;
  std::optional<ReservationBudget> reservations;
  std::optional<WireScanner> scanner;
  WireScanner::IdKind followed = WireScanner::IdKind::kObject;  // by the last back reference

  absl::Status failure;
  std::size_t failure_offset = 0;
  std::string path;  // to where it happened

  std::unique_ptr<DeserializerTables> first;  // in the second reading: how the first one failed
  ByteBuffer rewritten;                       // bytes of version 0 as version 15
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_DESERIALIZER_TABLES_H_
