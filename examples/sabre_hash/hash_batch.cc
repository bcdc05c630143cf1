#include "examples/sabre_hash/hash_batch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stop_token>

#include "examples/sabre_hash/file_hasher.h"

namespace sabre_hash {

void HashBatch::Add(FileId id, const std::shared_ptr<const Directory>& directory,
                    std::string_view name, std::int64_t size, bool follow_symlinks) {
  // Files of one directory follow each other.
  if (directories_.empty() || directories_.back() != directory) directories_.push_back(directory);
  files_.push_back({id, follow_symlinks, static_cast<std::uint32_t>(directories_.size() - 1),
                    static_cast<std::uint32_t>(names_.size()), size});
  names_.append(name);
  names_ += '\0';
  bytes_ += std::max<std::int64_t>(size, 0);
}

HashedBatch HashFiles(const HashBatch& batch, std::size_t worker,
                      absl::FunctionRef<bool()> stopped) {
  // A file this long is worth telling the kernel that it is read from front to back.
  constexpr std::int64_t kLong = 1 << 20;

  FileHasher& hasher = FileHasher::OfThisThread();
  const Counters& counters = batch.counters_;
  const auto on_block = [&](std::size_t bytes) {
    counters.AddBytes(worker, static_cast<std::int64_t>(bytes));
    return !stopped();
  };
  HashedBatch result;
  result.files.reserve(batch.files());
  counters.BeginBatch(worker, batch.files(), batch.bytes());
  for (const HashBatch::File& file : batch.files_) {
    HashedFile& hashed = result.files.emplace_back();
    hashed.id = file.id;
    hashed.size_was_unknown = file.size == FileHasher::kUnknownSize;
    if (stopped()) {
      hashed.error = ECANCELED;
      continue;
    }
    const int fd = batch.directories_[file.directory]->OpenFile(batch.names_.data() + file.name,
                                                                file.follow_symlinks);
    if (fd < 0) {
      hashed.error = errno;
    } else {
      if (file.size >= kLong) posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
      const FileHasher::Result hash = hasher.Hash(fd, file.size, on_block);
      hashed.error = hash.error;
      hashed.size = hash.size;
      hashed.digest = hash.digest;
      close(fd);
    }
    const bool done = hashed.error != ECANCELED && hashed.error != EFBIG;
    if (done) counters.AddFile(worker, hashed.error == 0);
  }
  counters.EndBatch(worker);
  return result;
}

HashedBatch HashOnWorker(const HashBatch& batch, sabre::TaskContext& context) {
  const std::stop_token& stop = context.stop_token();
  return HashFiles(batch, context.worker_index(), [&] { return stop.stop_requested(); });
}

}  // namespace sabre_hash
