#include "examples/sabre_hash/progress_view.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "examples/sabre_hash/units.h"

namespace sabre_hash {
namespace {

ProgressState State() {
  ProgressState state;
  state.files = 12;
  state.found_files = 345;
  state.bytes = 1'500'000;
  state.found_bytes = 3'000'000'000;
  state.bytes_per_second = 1.234e9;
  state.seconds_left = 2.4;
  state.workers.push_back({.batch_files = 1, .batch_bytes = 2000, .batch_done = 0.5});
  state.workers.push_back({});
  return state;
}

TEST_CASE("The summary says files, bytes, speed and time left") {
  CHECK(DescribeProgress(State()) == "12/345 files, 1.5 MB/3.0 GB, 1234 MB/s, 0:02 left");
}

TEST_CASE("While the walk goes on the totals are lower bounds") {
  ProgressState state = State();
  state.walking = true;
  CHECK(DescribeProgress(state) == "12/345+ files, 1.5 MB/3.0 GB+, 1234 MB/s, 0:02+ left");
}

TEST_CASE("An estimated total is marked") {
  ProgressState state = State();
  state.estimated = true;
  CHECK(DescribeProgress(state) == "12/345 files, 1.5 MB/~3.0 GB, 1234 MB/s, 0:02 left");
}

TEST_CASE("A worker with a batch of small files says how many they are") {
  ProgressState state = State();
  state.workers[0].batch_files = 512;
  CHECK(DrawProgress(state, 40, 24)[1] == "  0 [############...........] 512 files");
}

TEST_CASE("Each worker has a bar") {
  const std::vector<std::string> lines = DrawProgress(State(), 40, 24);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "  0 [############...........]    2.0 kB");
  CHECK(lines[2] == "  1 [.......................]      idle");
}

TEST_CASE("No line is as wide as the terminal and not more lines than rows are drawn") {
  ProgressState state = State();
  state.workers.resize(50);
  for (const std::size_t columns : {1, 2, 5, 10, 17, 18, 19, 80, 500}) {
    for (const std::size_t rows : {0, 1, 2, 3, 24, 100}) {
      const std::vector<std::string> lines = DrawProgress(state, columns, rows);
      CAPTURE(columns);
      CAPTURE(rows);
      CHECK(!lines.empty());
      if (rows >= 2) CHECK(lines.size() < rows);
      for (const std::string& line : lines) {
        if (columns > 1) CHECK(line.size() < columns);
      }
    }
  }
}

TEST_CASE("Bytes have a unit and a digit after the point") {
  CHECK(FormatBytes(0) == "0 B");
  CHECK(FormatBytes(999) == "999 B");
  CHECK(FormatBytes(1000) == "1.0 kB");
  CHECK(FormatBytes(999'949) == "999.9 kB");
  CHECK(FormatBytes(999'950) == "1.0 MB");
  CHECK(FormatBytes(2'147'483'648) == "2.1 GB");
}

TEST_CASE("Durations are read like a clock") {
  CHECK(FormatDuration(-1) == "0:00");
  CHECK(FormatDuration(59.4) == "0:59");
  CHECK(FormatDuration(754) == "12:34");
  CHECK(FormatDuration(3723) == "1:02:03");
}

}  // namespace
}  // namespace sabre_hash
