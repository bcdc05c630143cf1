// verify/costs.h: what an operation costs, counted in the steps of the execution that runs. For claims
// that nothing else would notice to be broken: "with nobody waiting it takes no lock".
#ifndef SABRE_VERIFY_COSTS_H_
#define SABRE_VERIFY_COSTS_H_

#include <cstddef>

#include "sabre/verify/trace.h"

// How many operations of this kind there have been so far.
inline std::size_t HowMany(sabre::verify::Op op) {
  std::size_t count = 0;
  for (const sabre::verify::Event& event : sabre::verify::internal::CurrentTrace()) {
    if (event.op == op) count += 1;
  }
  return count;
}
inline std::size_t Locks() { return HowMany(sabre::verify::Op::kLock); }

// How many steps of any kind there have been so far.
inline std::size_t Steps() { return sabre::verify::internal::CurrentTrace().size(); }

#endif  // SABRE_VERIFY_COSTS_H_
