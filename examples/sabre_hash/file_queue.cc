#include "examples/sabre_hash/file_queue.h"

#include <algorithm>

namespace sabre_hash {
namespace {

// The order of a heap whose top is the largest, and among equals the first that turned up.
bool Before(const FileQueue::Item& a, const FileQueue::Item& b) {
  return a.size != b.size ? a.size < b.size : a.id > b.id;
}

}  // namespace

void FileQueue::Push(FileId id, std::int64_t size) {
  bytes_ += std::max<std::int64_t>(size, 0);
  if (size < kLarge) {
    small_.push_back({id, size});
  } else {
    large_.push_back({id, size});
    std::push_heap(large_.begin(), large_.end(), Before);
  }
}

std::vector<FileQueue::Item> FileQueue::Take(std::size_t limit) {
  std::vector<Item> batch;
  std::int64_t bytes = 0;
  if (!large_.empty()) {
    std::pop_heap(large_.begin(), large_.end(), Before);
    batch.push_back(large_.back());
    bytes = large_.back().size;
    large_.pop_back();
  } else {
    batch.reserve(std::min(limit, small_.size()));
    while (!small_.empty() && batch.size() < limit && bytes < kBatchBytes) {
      batch.push_back(small_.front());
      bytes += std::max<std::int64_t>(small_.front().size, 0);
      small_.pop_front();
    }
  }
  bytes_ -= bytes;
  return batch;
}

}  // namespace sabre_hash
