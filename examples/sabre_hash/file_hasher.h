// SHA-256 of one file.
#ifndef SABRE_EXAMPLES_SABRE_HASH_FILE_HASHER_H_
#define SABRE_EXAMPLES_SABRE_HASH_FILE_HASHER_H_

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/function_ref.h"
#include "examples/sabre_hash/digest.h"

namespace sabre_hash {

// FileHasher
//
// Hashes one file after the other with the same EVP context and the same buffer.
//
// Thread-safety: thread-compatible; each thread has its own, see OfThisThread.
class FileHasher {
 public:
  // How much is read at once, in bytes: small enough for the second-level cache, where the hash finds
  // it again, and for a stop to be noticed soon; large enough for the system calls not to matter.
  static constexpr std::size_t kBlock = std::size_t{128} * 1024;

  // Called between blocks with the number of bytes read since the last call. Returns false to stop.
  using OnBlock = absl::FunctionRef<bool(std::size_t bytes)>;

  // The calling thread's; it ends with the thread.
  static FileHasher& OfThisThread();

  FileHasher();
  FileHasher(const FileHasher&) = delete;
  FileHasher& operator=(const FileHasher&) = delete;

  static constexpr std::int64_t kUnknownSize = -1;
  // A file of unknown size that turns out to have this many bytes or more is not hashed.
  static constexpr std::int64_t kTooLarge = 4 << 20;

  struct Result {
    // 0: hashed. ECANCELED: `on_block` said to stop. EFBIG: the size was unknown and is too large; only
    // `size` is set. Otherwise the errno of what went wrong (EINVAL: it is not a regular file; ENOTSUP:
    // OpenSSL has no SHA-256).
    int error = 0;
    std::int64_t size = 0;  // bytes
    Digest digest{};
  };

  // Reads the regular file `fd` from its position to its end. `expected_size` is the size it had when
  // it was found, or kUnknownSize.
  Result Hash(int fd, std::int64_t expected_size, OnBlock on_block);

 private:
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  struct FreeBuffer {
    void operator()(unsigned char* buffer) const;
  };

  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
  std::unique_ptr<unsigned char, FreeBuffer> buffer_;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_FILE_HASHER_H_
