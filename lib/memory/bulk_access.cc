#include "sabre/memory/bulk_access.h"

#include <algorithm>
#include <bit>

#include "lib/memory/bulk_run.h"
#include "sabre/memory/cell_access.h"

namespace sabre::internal {
namespace {

using Bytes = CellAccess<std::uint8_t>;
using Words = CellAccess<std::uint64_t>;

constexpr std::size_t kWord = sizeof(std::uint64_t);

// How far `address` is past a multiple of a word.
std::size_t Offset(const std::byte* address) noexcept {
  return reinterpret_cast<std::uintptr_t>(address) % kWord;
}

// A source that is not aligned as its target is read word by word all the same, and what is stored
// is put together from two of them: no access is misaligned, and none touches a byte outside the
// ranges.

// How far up in a word the cell of `unit` bytes is that comes `i` bytes after it in memory.
constexpr std::size_t Shift(std::size_t i, std::size_t unit) noexcept {
  return 8 * (std::endian::native == std::endian::little ? i : kWord - unit - i);
}
// The word that begins `offset` bytes into `low`, in [1, 7], and ends in `high`, which follows it.
std::uint64_t Join(std::uint64_t low, std::uint64_t high, std::size_t offset) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    return low >> 8 * offset | high << 8 * (kWord - offset);
  } else {
    return low << 8 * offset | high >> 8 * (kWord - offset);
  }
}

std::uint64_t GetCell(std::byte* from, std::size_t unit) noexcept {
  switch (unit) {
    case 1:
      return Bytes::Get(from);
    case 2:
      return CellAccess<std::uint16_t>::Get(from);
    case 4:
      return CellAccess<std::uint32_t>::Get(from);
    default:
      return Words::Get(from);
  }
}
void SetCell(std::byte* to, std::uint64_t bits, std::size_t unit) noexcept {
  switch (unit) {
    case 1:
      return Bytes::Set(to, static_cast<std::uint8_t>(bits));
    case 2:
      return CellAccess<std::uint16_t>::Set(to, static_cast<std::uint16_t>(bits));
    case 4:
      return CellAccess<std::uint32_t>::Set(to, static_cast<std::uint32_t>(bits));
    default:
      return Words::Set(to, bits);
  }
}

// The size of the largest cell at both addresses of at most `size` bytes: elements of that size are
// not torn. If the addresses are the ends of ranges, it is that of a cell before them.
std::size_t Unit(const std::byte* a, const std::byte* b, std::size_t size) noexcept {
  std::size_t unit = kWord;
  while (unit > size || (Offset(a) | Offset(b)) % unit != 0) unit /= 2;
  return unit;
}

// The word at `address`, aligned, as far as it lies in [begin, end); the other bytes are anything.
std::uint64_t PartOfWord(std::byte* address, std::size_t begin, std::size_t end) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = begin; i < end;) {
    const std::size_t unit = Unit(address + i, address + i, end - i);
    word |= GetCell(address + i, unit) << Shift(i, unit);
    i += unit;
  }
  return word;
}

// Four in one step, all read before the first is written.
void CopyFourWords(std::byte* to, std::byte* from) noexcept {
  const std::uint64_t a = Words::Get(from);
  const std::uint64_t b = Words::Get(from + kWord);
  const std::uint64_t c = Words::Get(from + 2 * kWord);
  const std::uint64_t d = Words::Get(from + 3 * kWord);
  Words::Set(to, a);
  Words::Set(to + kWord, b);
  Words::Set(to + 2 * kWord, c);
  Words::Set(to + 3 * kWord, d);
}

// Towards higher addresses, for a target below its source or apart from it.
void MoveForward(std::byte* to, std::byte* from, std::size_t size) noexcept {
  std::size_t i = 0;
  const auto cells = [&](std::size_t end) {
    while (i < end) {
      const std::size_t unit = Unit(to + i, from + i, end - i);
      SetCell(to + i, GetCell(from + i, unit), unit);
      i += unit;
    }
  };
  cells(std::min(size, (kWord - Offset(to)) % kWord));
  i += kWord * CopyRun(to + i, from + i, (size - i) / kWord);
  const std::size_t offset = Offset(from + i);
  if (offset == 0) {
    for (; i + 4 * kWord <= size; i += 4 * kWord) CopyFourWords(to + i, from + i);
    for (; i + kWord <= size; i += kWord) Words::Set(to + i, Words::Get(from + i));
  } else if (i + 2 * kWord - offset <= size) {
    std::uint64_t low = PartOfWord(from + i - offset, offset, kWord);
    for (; i + 2 * kWord - offset <= size; i += kWord) {
      const std::uint64_t high = Words::Get(from + i - offset + kWord);
      Words::Set(to + i, Join(low, high, offset));
      low = high;
    }
  }
  cells(size);
}

// Towards lower addresses, for a target that begins inside its source.
void MoveBackward(std::byte* to, std::byte* from, std::size_t size) noexcept {
  std::size_t i = size;  // what is left
  const auto cells = [&](std::size_t begin) {
    while (i > begin) {
      const std::size_t unit = Unit(to + i, from + i, i - begin);
      i -= unit;
      SetCell(to + i, GetCell(from + i, unit), unit);
    }
  };
  cells(size - std::min(size, Offset(to + size)));
  const std::size_t offset = Offset(from + i);
  if (offset == 0) {
    for (; i >= 4 * kWord; i -= 4 * kWord) CopyFourWords(to + i - 4 * kWord, from + i - 4 * kWord);
    for (; i >= kWord; i -= kWord) Words::Set(to + i - kWord, Words::Get(from + i - kWord));
  } else if (i >= offset + kWord) {
    std::uint64_t high = PartOfWord(from + i - offset, 0, offset);
    for (; i >= offset + kWord; i -= kWord) {
      const std::uint64_t low = Words::Get(from + i - offset - kWord);
      Words::Set(to + i - kWord, Join(low, high, offset));
      high = low;
    }
  }
  cells(0);
}

// A word that is full of the low `size` bytes of `bits`.
std::uint64_t Repeated(std::uint64_t bits, std::size_t size) noexcept {
  switch (size) {
    case 1:
      return (bits & 0xff) * 0x0101010101010101u;
    case 2:
      return (bits & 0xffff) * 0x0001000100010001u;
    case 4:
      return (bits & 0xffffffff) * 0x0000000100000001u;
    default:
      return bits;
  }
}

}  // namespace

void MoveBytes(std::byte* to, const std::byte* from, std::size_t size) noexcept {
  auto* const source = const_cast<std::byte*>(from);
  const auto distance =
      reinterpret_cast<std::uintptr_t>(to) - reinterpret_cast<std::uintptr_t>(from);
  // Unsigned: also true if `to` lies before `from`.
  if (distance >= size) return MoveForward(to, source, size);
  if (distance != 0) MoveBackward(to, source, size);
}

void FillCells(std::byte* to, std::uint64_t bits, std::size_t size, std::size_t count) noexcept {
  const std::uint64_t word = Repeated(bits, size);
  const std::size_t bytes = size * count;
  std::size_t i = 0;
  for (; i < bytes && Offset(to + i) != 0; i += size) SetCell(to + i, word, size);
  i += kWord * FillRun(to + i, word, (bytes - i) / kWord);
  for (; i + 4 * kWord <= bytes; i += 4 * kWord) {
    Words::Set(to + i, word);
    Words::Set(to + i + kWord, word);
    Words::Set(to + i + 2 * kWord, word);
    Words::Set(to + i + 3 * kWord, word);
  }
  for (; i + kWord <= bytes; i += kWord) Words::Set(to + i, word);
  for (; i < bytes; i += size) SetCell(to + i, word, size);
}

}  // namespace sabre::internal
