#include "examples/sabre_hash/directory_reader.h"

#include <dirent.h>
#include <sys/types.h>

#include <cstring>

namespace sabre_hash {

DirectoryReader::Result DirectoryReader::Next(Entry& entry) {
  for (;;) {
    if (next_ == end_) {
      const ssize_t got = getdents64(fd_, buffer_.get(), kBuffer);
      if (got < 0) return Result::kError;
      if (got == 0) return Result::kEnd;
      next_ = 0;
      end_ = static_cast<std::size_t>(got);
    }
    const auto* const found = reinterpret_cast<const dirent64*>(buffer_.get() + next_);
    next_ += found->d_reclen;
    entry.name = std::string_view(found->d_name);
    entry.type = found->d_type;
    if (entry.name != "." && entry.name != "..") return Result::kEntry;
  }
}

}  // namespace sabre_hash
