// Showing how far the job is, on stderr.
#ifndef SABRE_EXAMPLES_SABRE_HASH_PROGRESS_H_
#define SABRE_EXAMPLES_SABRE_HASH_PROGRESS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "examples/sabre_hash/counters.h"

namespace sabre_hash {

// Progress
//
// On a terminal, a few lines that are drawn over and over; elsewhere, a line now and then. Messages go
// through it too, since they have to appear above the lines.
//
// Thread-safety: main thread.
class Progress {
 public:
  enum class Mode { kNone, kLines, kTerminal };

  // Progress on `fd`, in the mode that suits it, or (`quiet`) none.
  Progress(int fd, bool quiet, Counters counters);

  Mode mode() const { return mode_; }
  // How often Show is to be called.
  absl::Duration interval() const;

  // What the walk knows.
  struct Found {
    bool walking = false;
    std::int64_t files = 0;
    std::int64_t bytes = 0;
    bool estimated = false;  // bytes is, in part
  };
  void Show(const Found& found);

  // Takes the drawn lines away.
  void Erase();

  // Writes whole lines, above the progress if there is any.
  void Message(std::string_view lines);

 private:
  using Clock = std::chrono::steady_clock;

  struct ProgressState Measure(const Found& found);

  const int fd_;
  const Counters counters_;
  Mode mode_;
  std::size_t drawn_ = 0;  // lines on the screen
  Clock::time_point last_time_ = Clock::now();
  double last_work_ = 0;
  std::int64_t last_bytes_ = 0;
  double bytes_per_second_ = 0;
  double work_per_second_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_PROGRESS_H_
