#include "examples/sabre_hash/directory.h"

#include <fcntl.h>
#include <unistd.h>

namespace sabre_hash {

Directory::~Directory() {
  if (fd_ >= 0) close(fd_);
}

int Directory::OpenFile(const char* name, bool follow_symlinks) const {
  return Open(name,
              O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (follow_symlinks ? 0 : O_NOFOLLOW));
}

int Directory::OpenSubdirectory(const char* name, bool follow_symlinks) const {
  return Open(name, O_RDONLY | O_CLOEXEC | O_DIRECTORY | (follow_symlinks ? 0 : O_NOFOLLOW));
}

int Directory::Open(const char* name, int flags) const {
  if (closed()) return open((path_ + name).c_str(), flags);
  return openat(fd_, name, flags);
}

}  // namespace sabre_hash
