#include "examples/sabre_hash/size_budget.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace sabre_hash {
namespace {

// How many of `files` files of `size` bytes each are asked for their size.
int Asked(SizeBudget& budget, int files, std::int64_t size) {
  int asked = 0;
  for (int i = 0; i < files; ++i) {
    if (!budget.Ask()) continue;
    ++asked;
    budget.Learn(size);
  }
  return asked;
}

TEST_CASE("Among large files every size is asked for") {
  SizeBudget budget;
  CHECK(Asked(budget, 10'000, 100'000) == 10'000);
}

TEST_CASE("Among small files few sizes are, and one large file changes that for a while") {
  SizeBudget budget;
  CHECK(Asked(budget, 100'000, 1'000) < 15'000);
  CHECK(Asked(budget, 80, 0) == 10);
  budget.Learn(1 << 30);
  CHECK(Asked(budget, 64, 0) == 64);
}

}  // namespace
}  // namespace sabre_hash
