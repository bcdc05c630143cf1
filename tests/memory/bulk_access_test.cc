#include "sabre/memory/bulk_access.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "doctest/doctest.h"

namespace sabre::internal {
namespace {

std::vector<std::byte> Numbered(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
  return bytes;
}

// Moves within a vector, and compares all of it with what memmove makes of it.
bool MovesAsMemmove(std::size_t to, std::size_t from, std::size_t size) {
  std::vector<std::byte> bytes = Numbered(std::max(to, from) + size + 16);
  std::vector<std::byte> expected = bytes;
  std::memmove(expected.data() + to, expected.data() + from, size);
  MoveBytes(bytes.data() + to, bytes.data() + from, size);
  return bytes == expected;
}

TEST_CASE("Bytes are moved as memmove does, from and to every alignment, in every overlap") {
  for (std::size_t size = 0; size <= 80; ++size) {
    for (std::size_t to = 0; to < 48; ++to) {
      for (std::size_t from = 0; from < 48; ++from) {
        if (MovesAsMemmove(to, from, size)) continue;
        CAPTURE(size);
        CAPTURE(to);
        CAPTURE(from);
        FAIL("differs");
      }
    }
  }
  CHECK(MovesAsMemmove(0, 0, 0));
}

TEST_CASE("Long ranges are moved as memmove does") {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t size = random() % 5000;
    const std::size_t to = random() % 3000;
    // Every other time closely together.
    const std::size_t from = round % 2 == 0 ? random() % 3000 : to + random() % 140;
    CAPTURE(size);
    CAPTURE(to);
    CAPTURE(from);
    CHECK(MovesAsMemmove(to, from, size));
  }
}

TEST_CASE("Cells of every size are filled, and nothing beside them") {
  for (const std::size_t size : {1, 2, 4, 8}) {
    for (std::size_t begin = 0; begin < 16; begin += size) {
      for (const std::size_t count : {0, 1, 2, 3, 7, 8, 9, 31, 64, 100, 1000, 4099}) {
        std::vector<std::byte> bytes = Numbered(begin + count * size + 16);
        std::vector<std::byte> expected = bytes;
        const std::uint64_t bits = 0x8796a5b4c3d2e1f0;
        for (std::size_t i = 0; i < count; ++i) {
          // The low bytes of `bits`, in the machine's order.
          const std::uint8_t low1 = static_cast<std::uint8_t>(bits);
          const std::uint16_t low2 = static_cast<std::uint16_t>(bits);
          const std::uint32_t low4 = static_cast<std::uint32_t>(bits);
          const void* const from = size == 1   ? static_cast<const void*>(&low1)
                                   : size == 2 ? static_cast<const void*>(&low2)
                                   : size == 4 ? static_cast<const void*>(&low4)
                                               : static_cast<const void*>(&bits);
          std::memcpy(expected.data() + begin + i * size, from, size);
        }
        FillCells(bytes.data() + begin, bits, size, count);
        CAPTURE(size);
        CAPTURE(begin);
        CAPTURE(count);
        CHECK(bytes == expected);
      }
    }
  }
}

}  // namespace
}  // namespace sabre::internal
