// lib/kernel/brief_mutex.h: a mutex that nobody holds for long.
#ifndef SABRE_LIB_KERNEL_BRIEF_MUTEX_H_
#define SABRE_LIB_KERNEL_BRIEF_MUTEX_H_

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// BriefMutex
//
// A mutex whose holders are through in less time than it takes to fall asleep and be woken: who wants it
// looks for it `kLooks` times before that.
template <BlockingPolicy S, int kLooks>
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
  typename S::Mutex mutex_;
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_BRIEF_MUTEX_H_
