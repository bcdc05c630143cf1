#include "examples/sabre_hash/file_queue.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "examples/sabre_hash/file_hasher.h"

namespace sabre_hash {
namespace {

constexpr std::int64_t kLarge = FileQueue::kLarge;

TEST_CASE("Large files travel alone, the largest known first; small ones follow together") {
  FileQueue queue;
  queue.Push(0, 10);
  queue.Push(1, kLarge);
  queue.Push(2, kLarge * 3);
  queue.Push(3, FileHasher::kUnknownSize);
  queue.Push(4, kLarge * 2);
  queue.Push(5, kLarge * 3);
  CHECK(queue.files() == 6);
  CHECK(queue.bytes() == 10 + 9 * kLarge);
  for (const FileId expected : {2U, 5U, 4U, 1U}) {
    const std::vector<FileQueue::Item> batch = queue.Take();
    REQUIRE(batch.size() == 1);
    CHECK(batch[0].id == expected);
  }
  const std::vector<FileQueue::Item> small = queue.Take();
  REQUIRE(small.size() == 2);
  CHECK(small[0].id == 0);
  CHECK(small[1].id == 3);
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(queue.Take().empty());
}

TEST_CASE("A batch of small files is bounded in files and in bytes") {
  FileQueue queue;
  for (FileId id = 0; id < 2000; ++id) queue.Push(id, 1);
  CHECK(queue.HasBatch(2000));
  CHECK_FALSE(queue.HasBatch(2001));
  CHECK(queue.Take().size() == FileQueue::kBatchFiles);
  CHECK(queue.Take(16).size() == 16);

  FileQueue heavy;
  for (FileId id = 0; id < 100; ++id) heavy.Push(id, kLarge - 1);
  const auto most = static_cast<std::size_t>(FileQueue::kBatchBytes / (kLarge - 1) + 1);
  CHECK(heavy.Take().size() <= most);
  heavy.Push(100, kLarge);
  CHECK(heavy.HasBatch(2000));
}

TEST_CASE("Every file is given out exactly once") {
  FileQueue queue;
  std::vector<int> taken(5000);
  for (FileId id = 0; id < taken.size(); ++id)
    queue.Push(id, std::int64_t{id} * 7919 % (2 * kLarge));
  while (!queue.empty()) {
    for (const FileQueue::Item& item : queue.Take()) ++taken[item.id];
  }
  CHECK(taken == std::vector<int>(5000, 1));
}

}  // namespace
}  // namespace sabre_hash
