// A directory as the place from which its files are opened.
#ifndef SABRE_EXAMPLES_SABRE_HASH_DIRECTORY_H_
#define SABRE_EXAMPLES_SABRE_HASH_DIRECTORY_H_

#include <string>
#include <utility>

namespace sabre_hash {

// Directory
//
// An open directory and its path. Opening a file relative to it saves the kernel the way through the
// path, works for paths of any length, and cannot be led astray by a symbolic link that replaces one
// of the directories on the way.
//
// Immutable, hence thread-safe; batches of work share it, and the last of them closes it.
class Directory {
 public:
  // Takes `fd`, which may be AT_FDCWD. `path` is what stands before the names of its files when they
  // are shown: empty, or ending with a slash.
  Directory(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory();

  const std::string& path() const { return path_; }

  // Opens a file of this directory, for reading, in a way that never blocks: a file that has become a
  // named pipe since the walk saw it must not hold up a worker for ever. Returns a descriptor, or -1
  // with errno set.
  int OpenFile(const char* name, bool follow_symlinks) const;

  // Opens the directory `name` inside this one. Returns a descriptor, or -1 with errno set.
  int OpenSubdirectory(const char* name, bool follow_symlinks) const;

  // What the *at system calls want. Not while `closed()`.
  int fd() const { return fd_; }

  // Whether the descriptor was given back because the process has too many: files are then opened by
  // their paths.
  bool closed() const { return fd_ == kClosed; }

  static constexpr int kClosed = -1;

 private:
  int Open(const char* name, int flags) const;

  const std::string path_;
  const int fd_;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_DIRECTORY_H_
