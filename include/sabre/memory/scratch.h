// sabre/memory/scratch.h: private memory for as long as a method runs.
#ifndef SABRE_MEMORY_SCRATCH_H_
#define SABRE_MEMORY_SCRATCH_H_

#include <cstddef>
#include <memory>
#include <new>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace sabre::internal {

// Room for `count` elements. Errors: kResourceExhausted if the system has not so much memory.
template <class T>
absl::StatusOr<std::unique_ptr<T[]>> NewScratch(std::size_t count) {
  std::unique_ptr<T[]> scratch(new (std::nothrow) T[count]);
  if (scratch == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for a copy of ", count * sizeof(T), " bytes"));
  }
  return scratch;
}

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_SCRATCH_H_
