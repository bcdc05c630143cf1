#include "lib/platform/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

namespace sabre::platform {

bool HasDescriptors() noexcept { return true; }

int DuplicateDescriptor(int fd, int& copy) noexcept {
  copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy != -1 ? 0 : errno;
}

// Not again after EINTR: Linux has closed it by then, and the number may be another's already.
void CloseDescriptor(int fd) noexcept { close(fd); }

}  // namespace sabre::platform
