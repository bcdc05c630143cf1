#include "examples/sabre_hash/file_hasher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

namespace sabre_hash {
namespace {

constexpr std::align_val_t kPage{4096};

struct FreeAlgorithm {
  void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
};

// Finding the algorithm is slow, since OpenSSL reads its configuration and asks its providers: it is
// done once, by the first worker that needs it, while the main thread walks on.
EVP_MD* Algorithm() {
  static const std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return algorithm.get();
}

ssize_t ReadBlock(int fd, unsigned char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t got = read(fd, buffer, size);
    if (got >= 0 || errno != EINTR) return got;
  }
}

// The size of a regular file; -1 if it is none.
std::int64_t RegularSize(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : -1;
}

}  // namespace

FileHasher& FileHasher::OfThisThread() {
  thread_local FileHasher hasher;
  return hasher;
}

FileHasher::FileHasher()
    : context_(EVP_MD_CTX_new()),
      buffer_(static_cast<unsigned char*>(::operator new(kBlock, kPage))) {}

void FileHasher::FreeBuffer::operator()(unsigned char* buffer) const {
  ::operator delete(buffer, kPage);
}

FileHasher::Result FileHasher::Hash(int fd, std::int64_t expected_size, OnBlock on_block) {
  Result result;
  EVP_MD* const algorithm = Algorithm();
  if (algorithm == nullptr || EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) != 1) {
    result.error = ENOTSUP;
    return result;
  }
  for (;;) {
    const ssize_t got = ReadBlock(fd, buffer_.get(), kBlock);
    if (got < 0) {
      // A pipe without a writer, opened without blocking, has nothing to say.
      result.error = errno == EAGAIN ? EINVAL : errno;
      return result;
    }
    if (got == 0) break;
    const bool full = static_cast<std::size_t>(got) == kBlock;
    if (full && result.size == 0 && expected_size == kUnknownSize) {
      expected_size = RegularSize(fd);
      if (expected_size >= kTooLarge) {
        result.error = EFBIG;
        result.size = expected_size;
        return result;
      }
    }
    if (EVP_DigestUpdate(context_.get(), buffer_.get(), static_cast<std::size_t>(got)) != 1) {
      result.error = ENOTSUP;
      return result;
    }
    result.size += got;
    if (!on_block(static_cast<std::size_t>(got))) {
      result.error = ECANCELED;
      return result;
    }
    // The read that came short and ends where the file ended is the last one: another, only to be
    // told 0, would cost a small file a tenth of its time.
    if (!full && result.size == expected_size) break;
  }
  // It is a regular file if it is as long as the regular file that was found. Files whose size is
  // unknown were regular when they were found, and only a pipe or a device is read as empty.
  const bool as_found =
      expected_size == kUnknownSize ? result.size > 0 : result.size == expected_size;
  if ((!as_found || result.size == 0) && RegularSize(fd) < 0) {
    result.error = EINVAL;
  } else if (EVP_DigestFinal_ex(context_.get(), result.digest.data(), nullptr) != 1) {
    result.error = ENOTSUP;
  }
  return result;
}

}  // namespace sabre_hash
