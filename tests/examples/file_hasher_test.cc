#include "examples/sabre_hash/file_hasher.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sabre_hash {
namespace {

// A file in memory with `content`, at its start.
class TestFile {
 public:
  explicit TestFile(const std::string& content) : fd_(memfd_create("test", MFD_CLOEXEC)) {
    REQUIRE(write(fd_, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    lseek(fd_, 0, SEEK_SET);
  }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  ~TestFile() { close(fd_); }

  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::string HashOf(int fd, std::int64_t expected_size) {
  const FileHasher::Result result =
      FileHasher::OfThisThread().Hash(fd, expected_size, [](std::size_t) { return true; });
  if (result.error != 0) return "error " + std::to_string(result.error);
  std::string hex;
  AppendHex(result.digest, hex);
  return hex;
}

const std::string kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const std::string kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const std::string kMillionA = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST_CASE("The digests of FIPS 180-4's examples") {
  CHECK(HashOf(TestFile("").fd(), 0) == kEmpty);
  CHECK(HashOf(TestFile("abc").fd(), 3) == kAbc);
  CHECK(HashOf(TestFile(std::string(1'000'000, 'a')).fd(), 1'000'000) == kMillionA);
}

TEST_CASE("A file that is longer or shorter than it was when it was found is hashed as it is") {
  const std::int64_t unknown = FileHasher::kUnknownSize;
  for (const std::int64_t size : {unknown, std::int64_t{0}, std::int64_t{2}, std::int64_t{4}}) {
    CHECK(HashOf(TestFile("abc").fd(), size) == kAbc);
  }
  CHECK(HashOf(TestFile("").fd(), 10) == kEmpty);
  CHECK(HashOf(TestFile(std::string(1'000'000, 'a')).fd(), FileHasher::kBlock) == kMillionA);
}

TEST_CASE("What is not a regular file is refused") {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  CHECK(HashOf(null, 0) == "error " + std::to_string(EINVAL));
  close(null);
  const int directory = open(".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
  CHECK(HashOf(directory, 0) == "error " + std::to_string(EISDIR));
  close(directory);
  int pipe_ends[2];
  REQUIRE(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) == 0);
  CHECK(HashOf(pipe_ends[0], 5) == "error " + std::to_string(EINVAL));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_CASE("Between two blocks a job can be stopped") {
  const TestFile file(std::string(10 * FileHasher::kBlock, 'a'));
  std::size_t read = 0;
  const FileHasher::Result result = FileHasher::OfThisThread().Hash(
      file.fd(), 10 * static_cast<std::int64_t>(FileHasher::kBlock),
      [&](std::size_t bytes) { return (read += bytes) < 2 * FileHasher::kBlock; });
  CHECK(result.error == ECANCELED);
  CHECK(read == 2 * FileHasher::kBlock);
}

TEST_CASE("A file of unknown size is sent back, with its size, if it is large") {
  const std::string large(FileHasher::kTooLarge, 'a');
  const auto never = [](std::size_t) {
    FAIL_CHECK("nothing of it counts as read");
    return true;
  };
  const FileHasher::Result result =
      FileHasher::OfThisThread().Hash(TestFile(large).fd(), FileHasher::kUnknownSize, never);
  CHECK(result.error == EFBIG);
  CHECK(result.size == FileHasher::kTooLarge);
  // One byte less is small enough; and a size that is known is no reason.
  const std::string small = large.substr(1);
  CHECK(HashOf(TestFile(small).fd(), FileHasher::kUnknownSize) ==
        HashOf(TestFile(small).fd(), FileHasher::kTooLarge - 1));
  CHECK(HashOf(TestFile(large).fd(), FileHasher::kTooLarge).size() == 64);
}

}  // namespace
}  // namespace sabre_hash
