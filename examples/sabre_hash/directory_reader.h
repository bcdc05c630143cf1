// The entries of a directory, one by one.
#ifndef SABRE_EXAMPLES_SABRE_HASH_DIRECTORY_READER_H_
#define SABRE_EXAMPLES_SABRE_HASH_DIRECTORY_READER_H_

#include <cstddef>
#include <memory>
#include <string_view>

namespace sabre_hash {

// DirectoryReader
//
// Reads directories from descriptors that stay the caller's, with one buffer for all of them.
// (readdir would take the descriptor over and allocate a buffer each time.)
//
// Thread-safety: thread-compatible.
class DirectoryReader {
 public:
  DirectoryReader() : buffer_(std::make_unique_for_overwrite<char[]>(kBuffer)) {}

  // Begins with the directory `fd`, at its first entry.
  void Start(int fd) {
    fd_ = fd;
    next_ = end_ = 0;
  }

  struct Entry {
    std::string_view name;   // a NUL follows; until the next call of Next
    unsigned char type = 0;  // DT_REG and so on, as dirent.h has it
  };

  enum class Result { kEntry, kEnd, kError };

  // The next entry but for "." and "..". After kError, errno says why.
  Result Next(Entry& entry);

 private:
  static constexpr std::size_t kBuffer = std::size_t{32} * 1024;

  std::unique_ptr<char[]> buffer_;
  int fd_ = -1;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_DIRECTORY_READER_H_
