#include "lib/memory/data_block.h"

#include <cstring>
#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/kernel/grow_length.h"
#include "lib/memory/byte_length.h"
#include "lib/platform/pages.h"

namespace sabre::internal {
namespace {

// Relaxed is enough for a number that nobody orders anything by.
StdSync::Atomic<std::uint64_t> next_block_id{1};

}  // namespace

absl::StatusOr<DataBlock*> DataBlock::Create(std::size_t byte_length,
                                             std::optional<std::size_t> max_byte_length) {
  const std::size_t max = max_byte_length.value_or(byte_length);
  const std::size_t page = platform::PageSize();
  const Reservation reservation = [&] {
    const std::size_t size = page + platform::RoundUpToPages(max);
    return Reservation{platform::ReservePages(size), size};
  }();
  if (reservation.address == nullptr) {
    return NoMemory("SharedArrayBuffer",
                    max_byte_length.has_value() ? "max_byte_length" : "byte_length", max);
  }
  std::byte* const data = static_cast<std::byte*>(reservation.address) + page;
  if (platform::CommitPages(data, platform::RoundUpToPages(byte_length))) {
    auto* const block =
        new (std::nothrow) DataBlock(data, byte_length, max_byte_length, reservation);
    if (block != nullptr) {
      BlockRegistry::Add(*block);
      return block;
    }
  }
  platform::ReleasePages(reservation.address, reservation.size);
  return NoMemory("SharedArrayBuffer", "byte_length", byte_length);
}

absl::StatusOr<DataBlock*> DataBlock::Adopt(std::byte* data, std::size_t byte_length,
                                            std::optional<std::size_t> max_byte_length,
                                            Deleter deleter) {
  auto* const block =
      new (std::nothrow) DataBlock(data, byte_length, max_byte_length, Reservation());
  if (block == nullptr) return NoMemory("SharedArrayBuffer", "byte_length", byte_length);
  const std::size_t max = block->max_byte_length();
  if (!BlockRegistry::TryAdd(*block)) {
    delete block;
    return absl::AlreadyExistsError(
        absl::StrCat("SharedArrayBuffer: some of the ", max,
                     " bytes at data are in another block already: two blocks over the same bytes ",
                     "would not wake each other's waiters"));
  }
  block->deleter_ = std::move(deleter);
  // Here, not in Grow: there another thread may use them already.
  if (max > byte_length) std::memset(data + byte_length, 0, max - byte_length);
  return block;
}

DataBlock::DataBlock(std::byte* data, std::size_t byte_length,
                     std::optional<std::size_t> max_byte_length, Reservation reservation) noexcept
    : BlockHeader(data, byte_length, Kind::kShared),
      reservation_(reservation),
      max_byte_length_(max_byte_length.value_or(byte_length)),
      growable_(max_byte_length.has_value()),
      id_(next_block_id.fetch_add(1, StdSync::kRelaxed)) {}

void DataBlock::End() noexcept {
  // Before the bytes go: they may be in another block as soon as they have.
  BlockRegistry::Remove(*this);
  if (reservation_.address != nullptr) {
    platform::ReleasePages(reservation_.address, reservation_.size);
  } else if (deleter_) {
    std::move(deleter_)(data(), max_byte_length_);
  }
}

absl::Status DataBlock::Grow(std::size_t byte_length) {
  const auto commit = [this](std::size_t from, std::size_t to) {
    if (reservation_.address == nullptr) return true;
    const std::size_t committed = platform::RoundUpToPages(from);
    return platform::CommitPages(data() + committed, platform::RoundUpToPages(to) - committed);
  };
  switch (kernel::GrowLength<StdSync>(length_word(), byte_length, commit)) {
    case kernel::GrowOutcome::kGrown:
      return absl::OkStatus();
    case kernel::GrowOutcome::kShrinks:
      return absl::OutOfRangeError(absl::StrCat("SharedArrayBuffer: byte_length ", byte_length,
                                                " is less than the length, ", this->byte_length(),
                                                ": it never shrinks"));
    case kernel::GrowOutcome::kRefused:
      return NoMemory("SharedArrayBuffer", "byte_length", byte_length);
  }
  StdSync::Unreachable("GrowOutcome");
}

}  // namespace sabre::internal
