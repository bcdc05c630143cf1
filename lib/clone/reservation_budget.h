// lib/clone/reservation_budget.h: how much address space one message may ask for.
#ifndef SABRE_LIB_CLONE_RESERVATION_BUDGET_H_
#define SABRE_LIB_CLONE_RESERVATION_BUDGET_H_

#include <cstddef>
#include <cstdint>

namespace sabre::internal {

// ReservationBudget
//
// A resizable buffer takes seven bytes of a message and reserves up to 4 GiB of addresses. They cost no
// memory, but there are only so many. Thread-safety: none.
class ReservationBudget {
 public:
  static constexpr const char* kExceeded =
      "the resizable buffers of the message ask for more than 64 GiB of address space";

  // Whether another buffer of this maximum, in bytes, may be made.
  bool Take(std::uint32_t max_byte_length) noexcept {
    if (max_byte_length > left_) return false;
    left_ -= max_byte_length;
    return true;
  }

 private:
  std::uint64_t left_ = std::uint64_t{1} << 36;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_RESERVATION_BUDGET_H_
