#include "examples/sabre_hash/progress.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "examples/sabre_hash/progress_view.h"
#include "examples/sabre_hash/work_estimate.h"

namespace sabre_hash {
namespace {

// Speeds are averaged over about so many seconds.
constexpr double kMemory = 2.0;

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote <= 0) return;  // nobody to tell
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

Progress::Mode ModeOf(int fd, bool quiet) {
  if (quiet) return Progress::Mode::kNone;
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return isatty(fd) == 1 && !dumb ? Progress::Mode::kTerminal : Progress::Mode::kLines;
}

}  // namespace

Progress::Progress(int fd, bool quiet, Counters counters)
    : fd_(fd), counters_(std::move(counters)), mode_(ModeOf(fd, quiet)) {}

absl::Duration Progress::interval() const {
  return mode_ == Mode::kTerminal ? absl::Milliseconds(66) : absl::Seconds(3);
}

void Progress::Show(const Found& found) {
  if (mode_ == Mode::kNone) return;
  const ProgressState state = Measure(found);
  if (mode_ == Mode::kLines) {
    WriteAll(fd_, absl::StrCat("sabre-hash: ", DescribeProgress(state), "\n"));
    return;
  }
  // A terminal that was stopped (Ctrl-S) must not stop the event loop.
  pollfd ready{fd_, POLLOUT, 0};
  if (poll(&ready, 1, 0) == 0) return;
  winsize size = {};
  if (ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {24, 80, 0, 0};
  const std::vector<std::string> lines = DrawProgress(state, size.ws_col, size.ws_row);
  // Over the old lines, each cleared to its end, in one write: no flicker. The cursor stays hidden.
  std::string frame = "\x1b[?25l\r";
  if (drawn_ > 1) absl::StrAppend(&frame, "\x1b[", drawn_ - 1, "A");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    absl::StrAppend(&frame, i == 0 ? "" : "\n", lines[i], "\x1b[K");
  }
  frame += "\x1b[J";
  drawn_ = lines.size();
  WriteAll(fd_, frame);
}

void Progress::Erase() {
  if (drawn_ == 0) return;
  std::string text = "\r";
  if (drawn_ > 1) absl::StrAppend(&text, "\x1b[", drawn_ - 1, "A");
  text += "\x1b[J\x1b[?25h";
  drawn_ = 0;
  WriteAll(fd_, text);
}

void Progress::Message(std::string_view lines) {
  Erase();
  WriteAll(fd_, lines);
}

ProgressState Progress::Measure(const Found& found) {
  ProgressState state;
  const Counters::Row total = counters_.Total();
  state.walking = found.walking;
  state.files = total.files + total.failed;
  state.bytes = total.bytes;
  state.found_files = found.files;
  state.found_bytes = found.bytes;
  state.estimated = found.estimated;
  for (std::size_t i = 0; i < counters_.workers(); ++i) state.workers.push_back(counters_.Read(i));

  const Clock::time_point now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - last_time_).count();
  const double work = WorkOf(state.files, state.bytes);
  if (seconds > 0) {
    const double keep = last_work_ == 0 ? 0 : std::exp(-seconds / kMemory);
    const auto average = [&](double old, double done) {
      return keep * old + (1 - keep) * done / seconds;
    };
    bytes_per_second_ = average(bytes_per_second_, static_cast<double>(state.bytes - last_bytes_));
    work_per_second_ = average(work_per_second_, work - last_work_);
  }
  last_time_ = now;
  last_work_ = work;
  last_bytes_ = state.bytes;
  state.bytes_per_second = bytes_per_second_;
  if (work_per_second_ > 0) {
    state.seconds_left = std::max(0.0, WorkOf(found.files, found.bytes) - work) / work_per_second_;
  }
  return state;
}

}  // namespace sabre_hash
