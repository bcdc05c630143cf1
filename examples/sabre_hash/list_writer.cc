#include "examples/sabre_hash/list_writer.h"

#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace sabre_hash {
namespace {

constexpr std::size_t kFilePiece = std::size_t{64} * 1024;
// A pipe that is ready takes so many bytes without blocking.
constexpr std::size_t kPipePiece = PIPE_BUF;

}  // namespace

ListWriter::ListWriter(int fd) : fd_(fd) {
  struct stat status;
  may_block_ = fstat(fd, &status) != 0 || !S_ISREG(status.st_mode);
}

ListWriter::Result ListWriter::Write() {
  if (pending() == 0) return Result::kDone;
  if (may_block_) {
    pollfd ready{fd_, POLLOUT, 0};
    // A signal that is pending ends poll with EINTR: it must be looked at before anything blocks.
    if (const int n = poll(&ready, 1, 0); n == 0 || (n < 0 && errno == EINTR))
      return Result::kWouldBlock;
  }
  const std::size_t piece = std::min(pending(), may_block_ ? kPipePiece : kFilePiece);
  const ssize_t wrote = write(fd_, text_.data() + written_, piece);
  if (wrote < 0) {
    if (errno == EINTR || errno == EAGAIN) return Result::kWouldBlock;
    text_.clear();
    written_ = 0;
    return Result::kFailed;
  }
  written_ += static_cast<std::size_t>(wrote);
  if (pending() > 0) return Result::kMore;
  text_.clear();
  written_ = 0;
  return Result::kDone;
}

}  // namespace sabre_hash
