// sabre/sync/park.h, in the place of the real one: a Parker of the seeded scheduler.
#ifndef SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_PARK_H_
#define SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_PARK_H_

#include "sabre/sync/time.h"
#include "tests/seeded/scheduler.h"

namespace sabre {

// The contract of the real Parker, its lifetime included.
class Parker {
 public:
  Parker() = default;
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  bool Park(TimePoint deadline = kNever,
            seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    seeded::Point();
    while (!token_) {
      if (deadline <= seeded::Now()) {
        seeded::Note("park: too late", this, place);
        return false;
      }
      seeded::Sleep("park", this, place, deadline);
    }
    token_ = false;
    seeded::Note("park: has the token", this, place);
    return true;
  }
  void Unpark(seeded::Place place = {__builtin_FILE(), __builtin_LINE()}) noexcept {
    seeded::Point();
    seeded::Note("unpark", this, place);
    token_ = true;
    seeded::WakeAll(this);
    // The parker may be gone from here on: whoever parked runs, and this thread is still in the call.
    seeded::Point();
  }
  static bool WouldSpin() noexcept { return seeded::Chance(4); }

 private:
  bool token_ = false;
};

}  // namespace sabre

#endif  // SABRE_TESTS_SEEDED_INCLUDE_SABRE_SYNC_PARK_H_
