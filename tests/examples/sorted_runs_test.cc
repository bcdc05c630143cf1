#include "examples/sabre_hash/sorted_runs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace sabre_hash {
namespace {

template <class T, class Less>
std::vector<T> Drain(SortedRuns<T, Less>& runs) {
  std::vector<T> values;
  while (auto value = runs.Next()) values.push_back(*value);
  return values;
}

TEST_CASE("Values come back sorted, whatever the length of the runs") {
  std::mt19937 random(7);
  for (const std::size_t run_length : {1, 2, 3, 100, 5000}) {
    for (const int count : {0, 1, 2, 3, 99, 100, 101, 2000}) {
      SortedRuns<unsigned, std::less<>> runs(run_length);
      std::vector<unsigned> expected;
      for (int i = 0; i < count; ++i) {
        expected.push_back(static_cast<unsigned>(random() % 500));
        runs.Add(expected.back());
      }
      runs.Seal();
      std::sort(expected.begin(), expected.end());
      CAPTURE(run_length);
      CAPTURE(count);
      CHECK(Drain(runs) == expected);
    }
  }
}

TEST_CASE("Among equal values of several runs the earlier run goes first") {
  struct ByFirst {
    bool operator()(const std::pair<int, int>& a, const std::pair<int, int>& b) const {
      return a.first < b.first;
    }
  };
  SortedRuns<std::pair<int, int>, ByFirst> runs(1);
  for (int i = 0; i < 20; ++i) runs.Add({i % 2, i});
  runs.Seal();
  const std::vector<std::pair<int, int>> values = Drain(runs);
  REQUIRE(values.size() == 20);
  CHECK(std::is_sorted(values.begin(), values.end()));
}

}  // namespace
}  // namespace sabre_hash
