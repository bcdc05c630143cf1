#include "lib/memory/data_block.h"

#include <new>

#include "lib/platform/pages.h"

namespace sabre::internal {
namespace {

// Relaxed is enough for a number that nobody orders anything by.
StdSync::Atomic<std::uint64_t> next_block_id{1};

}  // namespace

DataBlock* DataBlock::Create(std::size_t byte_length) noexcept {
  const std::size_t page = platform::PageSize();
  if (byte_length > SIZE_MAX - 2 * page) return nullptr;
  const std::size_t reserved = page + (byte_length + page - 1) / page * page;
  void* const reservation = platform::ReservePages(reserved);
  if (reservation == nullptr) return nullptr;
  std::byte* const data = static_cast<std::byte*>(reservation) + page;
  if (platform::CommitPages(data, reserved - page)) {
    const std::uint64_t id = next_block_id.fetch_add(1, StdSync::kRelaxed);
    auto* const block = new (std::nothrow) DataBlock(reservation, reserved, data, byte_length, id);
    if (block != nullptr) return block;
  }
  platform::ReleasePages(reservation, reserved);
  return nullptr;
}

DataBlock::DataBlock(void* reservation, std::size_t reserved, std::byte* data,
                     std::size_t byte_length, std::uint64_t id) noexcept
    : BlockHeader(data, byte_length, /*shared=*/true),
      reservation_(reservation),
      reserved_(reserved),
      id_(id) {}

DataBlock::~DataBlock() {
  // Blocking waiters hold a reference; asynchronous ones do not.
  waiters_.CancelAll();
  platform::ReleasePages(reservation_, reserved_);
}

}  // namespace sabre::internal
