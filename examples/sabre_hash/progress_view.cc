#include "examples/sabre_hash/progress_view.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "examples/sabre_hash/units.h"

namespace sabre_hash {
namespace {

// "[#####.....]", `width` characters in all.
std::string Bar(double fraction, std::size_t width) {
  const std::size_t inside = width - 2;
  const auto full = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(inside)));
  return absl::StrCat("[", std::string(full, '#'), std::string(inside - full, '.'), "]");
}

std::string PadLeft(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

// What a worker is at.
std::string AmountOf(const Counters::Row& worker) {
  if (worker.batch_files == 0) return "idle";
  if (worker.batch_files == 1) return FormatBytes(worker.batch_bytes);
  return absl::StrCat(worker.batch_files, " files");
}

std::string WorkerLine(std::size_t index, const Counters::Row& worker, std::size_t width) {
  const std::string label = PadLeft(absl::StrCat(index), 3);
  const std::string amount = PadLeft(AmountOf(worker), 9);
  const std::size_t used = label.size() + amount.size() + 2;
  if (width < used + 4) return absl::StrCat(label, " ", amount).substr(0, width);
  const double done = worker.batch_files == 0 ? 0 : worker.batch_done;
  return absl::StrCat(label, " ", Bar(done, std::min<std::size_t>(width - used, 60)), " ", amount);
}

}  // namespace

std::string DescribeProgress(const ProgressState& state) {
  // While the walk goes on, what was found is a lower bound.
  const char* const more = state.walking ? "+" : "";
  std::string line =
      absl::StrCat(state.files, "/", state.found_files, more, " files, ", FormatBytes(state.bytes),
                   "/", state.estimated ? "~" : "", FormatBytes(state.found_bytes), more, ", ",
                   FormatNumber(state.bytes_per_second / 1e6, 0), " MB/s");
  if (state.seconds_left.has_value()) {
    absl::StrAppend(&line, ", ", FormatDuration(*state.seconds_left), more, " left");
  }
  return line;
}

std::vector<std::string> DrawProgress(const ProgressState& state, std::size_t columns,
                                      std::size_t rows) {
  const std::size_t width = std::max<std::size_t>(columns, 2) - 1;
  std::vector<std::string> lines;
  lines.push_back(DescribeProgress(state).substr(0, width));
  // One row is left for the cursor.
  const std::size_t bars = std::min(state.workers.size(), rows > 2 ? rows - 2 : 0);
  for (std::size_t i = 0; i < bars; ++i) lines.push_back(WorkerLine(i, state.workers[i], width));
  return lines;
}

}  // namespace sabre_hash
