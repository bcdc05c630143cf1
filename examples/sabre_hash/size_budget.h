// Whether it is worth while to ask the file system how large a file is.
#ifndef SABRE_EXAMPLES_SABRE_HASH_SIZE_BUDGET_H_
#define SABRE_EXAMPLES_SABRE_HASH_SIZE_BUDGET_H_

#include <algorithm>
#include <cstdint>

namespace sabre_hash {

// SizeBudget
//
// Sizes let the largest files start first, and are needed for that only where files are large. Asking
// costs as much as a seventh of opening, reading and hashing a small file. So asking is paid for: large
// files earn the questions about those after them, and every eighth question is free. A file whose size
// was not asked for travels with the small ones; the worker that finds it to be large sends it back.
//
// Thread-safety: thread-compatible.
class SizeBudget {
 public:
  // A file has turned up: whether to ask for its size.
  bool Ask() {
    credit_ = std::min(credit_ + kFree, kMostCredit);
    if (credit_ < 1) return false;
    credit_ -= 1;
    return true;
  }

  // The answer, in bytes.
  void Learn(std::int64_t size) { credit_ += static_cast<double>(size) / kWorthAQuestion; }

 private:
  // In questions.
  static constexpr double kFree = 0.125;
  static constexpr double kMostCredit = 64;
  // In bytes.
  static constexpr double kWorthAQuestion = 64 * 1024;

  double credit_ = kMostCredit;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_SIZE_BUDGET_H_
