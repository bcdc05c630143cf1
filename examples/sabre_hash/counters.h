// What the workers have done, as cells of shared memory.
#ifndef SABRE_EXAMPLES_SABRE_HASH_COUNTERS_H_
#define SABRE_EXAMPLES_SABRE_HASH_COUNTERS_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "sabre/memory/typed_array.h"

namespace sabre_hash {

// Counters
//
// 64-bit cells of a SharedArrayBuffer. Each worker adds to the cells of its own row, a cache line, with
// atomics::Add; the main thread reads all rows whenever it draws. So progress costs the workers no
// message and no contention.
//
// Copies name the same cells. Thread-safety: thread-safe.
class Counters {
 public:
  // One row a worker.
  static absl::StatusOr<Counters> Create(std::size_t workers);

  std::size_t workers() const { return workers_; }

  // For worker `worker`, in [0, workers()): it takes a batch of so many files and bytes (as far as
  // known); it has read `bytes` more of it; it is done with a file (not `ok`: it was unreadable).
  void BeginBatch(std::size_t worker, std::size_t files, std::int64_t bytes) const;
  void AddBytes(std::size_t worker, std::int64_t bytes) const;
  void AddFile(std::size_t worker, bool ok) const;
  void EndBatch(std::size_t worker) const;

  struct Row {
    std::int64_t files = 0;   // hashed
    std::int64_t failed = 0;  // unreadable
    std::int64_t bytes = 0;   // hashed
    // Of the batch at hand.
    std::int64_t batch_files = 0;  // 0 between batches
    std::int64_t batch_bytes = 0;
    double batch_done = 0;  // 0 to 1
  };
  Row Read(std::size_t worker) const;

  // The sum over all workers of files, failed and bytes.
  Row Total() const;

 private:
  // Cells of a row. Eight of them are a cache line, which no two workers share.
  enum Cell : std::size_t {
    kFiles,
    kFailed,
    kBytes,
    kBatchFiles,
    kBatchBytes,
    kFilesBefore,  // what kFiles + kFailed was when the batch began
    kBytesBefore,  // what kBytes was
    kCells = 8
  };

  Counters(sabre::BigInt64Array cells, std::size_t workers)
      : cells_(std::move(cells)), workers_(workers) {}

  sabre::BigInt64Array cells_;
  std::size_t workers_;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_COUNTERS_H_
