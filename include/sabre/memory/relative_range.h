// sabre/memory/relative_range.h: positions that count from the end if they are negative.
#ifndef SABRE_MEMORY_RELATIVE_RANGE_H_
#define SABRE_MEMORY_RELATIVE_RANGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sabre::internal {

// The position in [0, length] that `relative` means. Spec: the relativeStart of ECMA-262's slices.
constexpr std::size_t ClampRelative(std::int64_t relative, std::size_t length) noexcept {
  if (relative < 0) {
    const std::uint64_t from_end = 0 - static_cast<std::uint64_t>(relative);
    return from_end > length ? 0 : length - static_cast<std::size_t>(from_end);
  }
  return static_cast<std::uint64_t>(relative) > length ? length
                                                       : static_cast<std::size_t>(relative);
}

// [begin, end), with begin <= end.
struct Range {
  std::size_t begin;
  std::size_t end;
  constexpr std::size_t size() const noexcept { return end - begin; }
};
constexpr Range ClampRelative(std::int64_t start, std::optional<std::int64_t> end,
                              std::size_t length) noexcept {
  const std::size_t begin = ClampRelative(start, length);
  const std::size_t stop = end.has_value() ? ClampRelative(*end, length) : length;
  return {begin, stop < begin ? begin : stop};
}

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_RELATIVE_RANGE_H_
