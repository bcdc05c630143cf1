// lib/kernel/brief_mutex.h: a mutex that nobody holds for long.
#ifndef SABRE_LIB_KERNEL_BRIEF_MUTEX_H_
#define SABRE_LIB_KERNEL_BRIEF_MUTEX_H_

#include <type_traits>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// BriefMutex
//
// A mutex whose holders are through in less time than it takes to fall asleep and be woken: who wants it
// looks for it for a moment before that.
template <BlockingPolicy S>
class BriefMutex {
 public:
  void lock() {
    for (int i = 0; i < kLooks; ++i) {
      if (mutex_.try_lock()) return;
      S::SpinHint();
    }
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  // In a model each look would be one more place for a switch, of which nothing depends.
  static constexpr int kLooks = std::is_same_v<S, StdSync> ? 100 : 0;

  typename S::Mutex mutex_;
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_BRIEF_MUTEX_H_
