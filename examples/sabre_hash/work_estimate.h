// How much work files are.
#ifndef SABRE_EXAMPLES_SABRE_HASH_WORK_ESTIMATE_H_
#define SABRE_EXAMPLES_SABRE_HASH_WORK_ESTIMATE_H_

#include <cstdint>

namespace sabre_hash {

// In the time in which a file is opened and closed, so many bytes of a large one are hashed.
inline constexpr std::int64_t kBytesPerFile = std::int64_t{8} * 1024;

// In bytes of a large file.
inline double WorkOf(std::int64_t files, std::int64_t bytes) {
  return static_cast<double>(bytes) + static_cast<double>(files) * kBytesPerFile;
}

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_WORK_ESTIMATE_H_
