// sabre/verify/parker.h: a place for one thread to sleep, as the checker sees it.
#ifndef SABRE_VERIFY_PARKER_H_
#define SABRE_VERIFY_PARKER_H_

#include <cstdint>

#include "sabre/sync/time.h"
#include "sabre/verify/blocking.h"
#include "sabre/verify/execution.h"
#include "sabre/verify/relacy.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

// See sabre/sync/park.h. Unpark's last touch of the parker is the step in which it gives the token.
class Parker {
 public:
  Parker() : object_(internal::CurrentTrace().NewObject()) {}
  ~Parker() {
    alive_.Check(Site("", 0), object_);
    if (!sleepers_.empty()) {
      internal::Fail(FailureKind::kMutexMisuse, "a parker ended while a thread slept on it",
                     Site("", 0));
    }
  }
  Parker(const Parker&) = delete;
  Parker& operator=(const Parker&) = delete;

  bool Park(TimePoint deadline = kNever, Site site = Site()) {
    rl::ctx().sched();
    alive_.Check(site, object_);
    while (!token_) {
      internal::LogBlocking(Op::kPark, object_, site);
      if (sleepers_.Sleep(deadline != kNever, false, site) == rl::unpark_reason_timeout) {
        internal::LogBlocking(Op::kParkTimedOut, object_, site);
        return false;
      }
    }
    token_ = false;
    clock_.Acquire();
    internal::LogBlocking(Op::kParkTook, object_, site, given_);
    return true;
  }
  void Unpark(Site site = Site()) {
    rl::ctx().sched();
    alive_.Check(site, object_);
    given_ = internal::LogBlocking(Op::kUnpark, object_, site);
    clock_.Release();
    token_ = true;
    sleepers_.WakeOne(site);
  }

 private:
  bool token_ = false;
  std::uint32_t given_ = kNoEvent;  // the event that gave the token
  const std::uint32_t object_;
  internal::Clock clock_;
  internal::Sleepers sleepers_;
  internal::Alive alive_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_PARKER_H_
