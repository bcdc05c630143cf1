#include "examples/sabre_hash/counters.h"

#include <algorithm>
#include <utility>

#include "examples/sabre_hash/work_estimate.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/shared_array_buffer.h"

namespace sabre_hash {

namespace atomics = sabre::atomics;

absl::StatusOr<Counters> Counters::Create(std::size_t workers) {
  absl::StatusOr<sabre::SharedArrayBuffer> buffer =
      sabre::SharedArrayBuffer::Create(workers * kCells * sizeof(std::int64_t));
  if (!buffer.ok()) return std::move(buffer).status();
  absl::StatusOr<sabre::BigInt64Array> cells = sabre::BigInt64Array::Over(*buffer);
  if (!cells.ok()) return std::move(cells).status();
  return Counters(*std::move(cells), workers);
}

void Counters::BeginBatch(std::size_t worker, std::size_t files, std::int64_t bytes) const {
  const std::size_t row = worker * kCells;
  atomics::Store(cells_, row + kFilesBefore,
                 atomics::Load(cells_, row + kFiles) + atomics::Load(cells_, row + kFailed));
  atomics::Store(cells_, row + kBytesBefore, atomics::Load(cells_, row + kBytes));
  atomics::Store(cells_, row + kBatchBytes, bytes);
  atomics::Store(cells_, row + kBatchFiles, static_cast<std::int64_t>(files));
}

void Counters::AddBytes(std::size_t worker, std::int64_t bytes) const {
  atomics::Add(cells_, worker * kCells + kBytes, bytes);
}

void Counters::AddFile(std::size_t worker, bool ok) const {
  atomics::Add(cells_, worker * kCells + (ok ? kFiles : kFailed), 1);
}

void Counters::EndBatch(std::size_t worker) const {
  atomics::Store(cells_, worker * kCells + kBatchFiles, 0);
}

Counters::Row Counters::Read(std::size_t worker) const {
  const std::size_t row = worker * kCells;
  Row result;
  result.files = atomics::Load(cells_, row + kFiles);
  result.failed = atomics::Load(cells_, row + kFailed);
  result.bytes = atomics::Load(cells_, row + kBytes);
  result.batch_files = atomics::Load(cells_, row + kBatchFiles);
  result.batch_bytes = atomics::Load(cells_, row + kBatchBytes);
  const std::int64_t files =
      result.files + result.failed - atomics::Load(cells_, row + kFilesBefore);
  const std::int64_t bytes = result.bytes - atomics::Load(cells_, row + kBytesBefore);
  // The cells are read one by one: a batch that begins meanwhile may make the figures odd.
  const double all = WorkOf(result.batch_files, result.batch_bytes);
  if (all > 0) result.batch_done = std::clamp(WorkOf(files, bytes) / all, 0.0, 1.0);
  return result;
}

Counters::Row Counters::Total() const {
  Row total;
  for (std::size_t worker = 0; worker < workers_; ++worker) {
    const Row row = Read(worker);
    total.files += row.files;
    total.failed += row.failed;
    total.bytes += row.bytes;
  }
  return total;
}

}  // namespace sabre_hash
