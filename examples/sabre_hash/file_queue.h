// The files that wait for a worker.
#ifndef SABRE_EXAMPLES_SABRE_HASH_FILE_QUEUE_H_
#define SABRE_EXAMPLES_SABRE_HASH_FILE_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "examples/sabre_hash/hash_batch.h"

namespace sabre_hash {

// FileQueue
//
// Gives out the largest file first, so that at the end no worker is left alone with a long one; the
// small files, which cannot do that, in batches in the order in which they turned up, which keeps
// neighbours of a directory together.
//
// Thread-safety: thread-compatible.
class FileQueue {
 public:
  struct Item {
    FileId id = 0;
    std::int64_t size = 0;  // bytes; FileHasher::kUnknownSize counts as small
  };

  // Files of this size and more travel alone.
  static constexpr std::int64_t kLarge = std::int64_t{512} * 1024;
  // What a batch of small files holds at most; bytes may exceed it by one file.
  static constexpr std::size_t kBatchFiles = 512;
  static constexpr std::int64_t kBatchBytes = std::int64_t{2} * 1024 * 1024;

  void Push(FileId id, std::int64_t size);

  bool empty() const { return large_.empty() && small_.empty(); }
  std::size_t files() const { return large_.size() + small_.size(); }
  std::int64_t bytes() const { return bytes_; }

  // Whether the next batch is a large file, or as many small ones as `limit`.
  bool HasBatch(std::size_t limit) const { return !large_.empty() || small_.size() >= limit; }

  // The next batch: a large file, or at most `limit` small ones. Empty only if the queue is.
  std::vector<Item> Take(std::size_t limit = kBatchFiles);

 private:
  std::vector<Item> large_;  // a heap by size
  std::deque<Item> small_;
  std::int64_t bytes_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_FILE_QUEUE_H_
