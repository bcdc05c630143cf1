// lib/clone/reservation_budget.h: how much address space one message may ask for.
#ifndef SABRE_LIB_CLONE_RESERVATION_BUDGET_H_
#define SABRE_LIB_CLONE_RESERVATION_BUDGET_H_

#include <cstddef>
#include <cstdint>

#include "sabre/clone/options.h"

namespace sabre::internal {

// ReservationBudget
//
// A resizable buffer takes seven bytes of a message and reserves up to 4 GiB of addresses. They cost no
// memory, but there are only so many. Not for one's own messages. Thread-safety: none.
class ReservationBudget {
 public:
  static constexpr const char* kExceeded =
      "the resizable buffers of the message ask for more than 64 GiB of address space";

  explicit ReservationBudget(const DeserializeOptions& options) noexcept
      : left_(options.max_memory == SIZE_MAX ? UINT64_MAX : std::uint64_t{1} << 36) {}

  // Whether another buffer of this maximum, in bytes, may be made.
  bool Take(std::uint32_t max_byte_length) noexcept {
    if (max_byte_length > left_) return false;
    left_ -= max_byte_length;
    return true;
  }

  // What a resizable buffer takes of the memory at most, in bytes: small ones their maximum, others whole
  // pages, and a mapping of the system.
  static std::size_t MemoryOf(std::uint32_t byte_length, std::uint32_t max_byte_length) noexcept {
    constexpr std::size_t kPage = 4096;
    if (max_byte_length <= kPage) return max_byte_length;
    return (byte_length + kPage - 1) / kPage * kPage + kPage;
  }

 private:
  std::uint64_t left_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_RESERVATION_BUDGET_H_
