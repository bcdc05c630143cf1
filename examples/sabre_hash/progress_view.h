// What the progress looks like.
#ifndef SABRE_EXAMPLES_SABRE_HASH_PROGRESS_VIEW_H_
#define SABRE_EXAMPLES_SABRE_HASH_PROGRESS_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "examples/sabre_hash/counters.h"

namespace sabre_hash {

// A moment of the job.
struct ProgressState {
  bool walking = false;          // more files may turn up
  std::int64_t files = 0;        // hashed or reported as unreadable
  std::int64_t bytes = 0;        // hashed
  std::int64_t found_files = 0;  // so far
  std::int64_t found_bytes = 0;  // so far
  bool estimated = false;        // found_bytes is, in part
  double bytes_per_second = 0;   // of late
  std::optional<double> seconds_left;
  std::vector<Counters::Row> workers;
};

// The lines of a terminal of `columns` columns and `rows` rows: a summary, then a bar for each worker
// as far as there is room. No line is longer than columns - 1, so that none wraps.
std::vector<std::string> DrawProgress(const ProgressState& state, std::size_t columns,
                                      std::size_t rows);

// The same as one line for a log.
std::string DescribeProgress(const ProgressState& state);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_PROGRESS_VIEW_H_
