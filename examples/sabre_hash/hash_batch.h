// The unit of work that travels to a worker, and what comes back.
#ifndef SABRE_EXAMPLES_SABRE_HASH_HASH_BATCH_H_
#define SABRE_EXAMPLES_SABRE_HASH_HASH_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "examples/sabre_hash/counters.h"
#include "examples/sabre_hash/digest.h"
#include "examples/sabre_hash/directory.h"
#include "sabre/pool/worker_pool.h"

namespace sabre_hash {

// Names a file of a FileSource.
using FileId = std::uint32_t;

// HashBatch
//
// Files to hash: one large one, or many small ones, so that a hundred thousand of them are not
// dominated by the cost of messages. A batch holds all that a worker needs and nothing that another
// thread changes.
class HashBatch {
 public:
  explicit HashBatch(Counters counters) : counters_(std::move(counters)) {}

  // `size` is the file's size when it was found, in bytes, or FileHasher::kUnknownSize.
  void Add(FileId id, const std::shared_ptr<const Directory>& directory, std::string_view name,
           std::int64_t size, bool follow_symlinks);

  bool empty() const { return files_.empty(); }
  std::size_t files() const { return files_.size(); }
  // Without the files of unknown size.
  std::int64_t bytes() const { return bytes_; }

 private:
  friend struct HashedBatch HashFiles(const HashBatch&, std::size_t, absl::FunctionRef<bool()>);

  struct File {
    FileId id;
    bool follow_symlinks;
    std::uint32_t directory;  // index into directories_
    std::uint32_t name;       // where in names_ it begins; a NUL ends it
    std::int64_t size;
  };

  Counters counters_;
  std::vector<File> files_;
  std::vector<std::shared_ptr<const Directory>> directories_;
  std::string names_;
  std::int64_t bytes_ = 0;
};

struct HashedFile {
  FileId id = 0;
  int error =
      0;  // of FileHasher::Result, or of opening the file; the digest counts only if it is 0
  bool size_was_unknown = false;
  std::int64_t size = 0;
  Digest digest{};
};

struct HashedBatch {
  std::vector<HashedFile> files;
};

// Hashes the files in their order, as worker `worker` of the counters, until `stopped` returns true:
// the files that are left come back as ECANCELED.
HashedBatch HashFiles(const HashBatch& batch, std::size_t worker,
                      absl::FunctionRef<bool()> stopped);

// The function that the pool runs.
HashedBatch HashOnWorker(const HashBatch& batch, sabre::TaskContext& context);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_HASH_BATCH_H_
