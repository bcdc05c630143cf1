#include "lib/memory/bulk_run.h"

namespace sabre::internal {

std::size_t CopyRun(std::byte*, const std::byte*, std::size_t) noexcept { return 0; }

std::size_t FillRun(std::byte*, std::uint64_t, std::size_t) noexcept { return 0; }

}  // namespace sabre::internal
