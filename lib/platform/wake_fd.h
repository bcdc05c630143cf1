// lib/platform/wake_fd.h: a descriptor that another loop can wait on.
#ifndef SABRE_LIB_PLATFORM_WAKE_FD_H_
#define SABRE_LIB_PLATFORM_WAKE_FD_H_

#include "sabre/sync/time.h"

namespace sabre::platform {

// WakeFd
//
// Readable after Ring, and from a set point in time on, until Clear.
//
// Thread-safety: Ring from any thread once Open has returned; the others from one.
class WakeFd {
 public:
  WakeFd() = default;
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;
  ~WakeFd();

  // Whether this system has such descriptors.
  static bool Supported() noexcept;
  // 0, or the errno of what failed; nothing is left open then.
  int Open() noexcept;
  // The descriptor; -1 before Open.
  int fd() const noexcept { return poll_fd_; }
  void Ring() noexcept;
  // kNever: no such point.
  void SetTimer(TimePoint when) noexcept;
  void Clear() noexcept;

 private:
  int poll_fd_ = -1;
  int event_fd_ = -1;
  int timer_fd_ = -1;
};

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_WAKE_FD_H_
