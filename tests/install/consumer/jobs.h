// A header of the consumer, which includes Sabre's as a user's header does.
#ifndef SABRE_TESTS_INSTALL_CONSUMER_JOBS_H_
#define SABRE_TESTS_INSTALL_CONSUMER_JOBS_H_

#include <optional>

#include "sabre/sabre.h"

// A queue that sleeps while it is empty: a part that is headers only, and one that links the library.
class Jobs {
 public:
  bool Add(int job) {
    if (!ring_.TryPush(job)) return false;
    added_.NotifyOne();
    return true;
  }
  int Take() {
    for (;;) {
      if (const std::optional<int> job = ring_.TryPop()) return *job;
      const auto key = added_.PrepareWait();
      if (ring_.empty()) {
        added_.CommitWait(key);
      } else {
        added_.CancelWait();
      }
    }
  }

 private:
  sabre::MpmcRing<int> ring_{64};
  sabre::EventCount<> added_;
};

#endif  // SABRE_TESTS_INSTALL_CONSUMER_JOBS_H_
