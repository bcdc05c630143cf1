// tests/faults/faults.h: a system that refuses, for programs linked with the --wrap options of meson.build.
//
// The library's calls of the system go through here. A Refusal makes those of one kind fail; what the
// library holds is counted all the time.
#ifndef SABRE_TESTS_FAULTS_FAULTS_H_
#define SABRE_TESTS_FAULTS_FAULTS_H_

#include <cstddef>
#include <cstdint>
#include <ostream>

namespace sabre::test {

enum class Call : std::uint8_t {
  kReserve,    // mmap of new address space
  kDecommit,   // mmap over what is there
  kAdvise,     // madvise
  kCommit,     // mprotect
  kThread,     // pthread_create
  kFutexWait,  // FUTEX_WAIT_BITSET
  kCalloc,
  kMalloc,
  kRealloc,
  kNothrowNew,
  kNew,  // operator new; only of the thread that made the Refusal, and by the library's own code
  kSetAffinity,  // pthread_setaffinity_np
  kSetPriority,  // setpriority
};
inline constexpr std::size_t kCalls = 13;

// Refusal
//
// While it lives, calls of the kind return as if the system had failed with `error` (FutexWait with
// error 0: as if woken), except the first `after`, and at most `times`. One at a time for each kind.
//
// Thread-safety: the calls may come from any thread.
class Refusal {
 public:
  explicit Refusal(Call call, int error, int after = 0, int times = INT32_MAX);
  ~Refusal();
  Refusal(const Refusal&) = delete;
  Refusal& operator=(const Refusal&) = delete;

  // How many calls have been refused so far.
  int refused() const;

 private:
  const Call call_;
};

// What the process holds of the system through the library, and how many descriptors in all.
struct Holdings {
  std::size_t mappings = 0;
  std::size_t mapped_bytes = 0;
  std::size_t threads = 0;  // neither joined nor detached
  std::size_t descriptors = 0;

  static Holdings Now();
  friend bool operator==(const Holdings&, const Holdings&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Holdings& h) {
    return out << h.mappings << " mappings of " << h.mapped_bytes << " bytes, " << h.threads
               << " threads, " << h.descriptors << " descriptors";
  }
};

// How many of the library's futex waits a signal has ended.
int InterruptedWaits();

}  // namespace sabre::test

#endif  // SABRE_TESTS_FAULTS_FAULTS_H_
