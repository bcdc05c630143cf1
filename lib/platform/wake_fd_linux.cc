#include "lib/platform/wake_fd.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace sabre::platform {
namespace {

void CloseIfOpen(int& fd) noexcept {
  if (fd != -1) close(fd);
  fd = -1;
}

bool Watch(int poll_fd, int fd) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  return epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Drain(int fd) noexcept {
  uint64_t count;
  // EAGAIN: there was nothing.
  while (read(fd, &count, sizeof count) == -1 && errno == EINTR) {
  }
}

}  // namespace

WakeFd::~WakeFd() {
  CloseIfOpen(timer_fd_);
  CloseIfOpen(event_fd_);
  CloseIfOpen(poll_fd_);
}

bool WakeFd::Supported() noexcept { return true; }

int WakeFd::Open() noexcept {
  poll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  if (poll_fd_ != -1) event_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd_ != -1) timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer_fd_ != -1 && Watch(poll_fd_, event_fd_) && Watch(poll_fd_, timer_fd_)) return 0;
  const int error = errno;
  CloseIfOpen(timer_fd_);
  CloseIfOpen(event_fd_);
  CloseIfOpen(poll_fd_);
  return error;
}

void WakeFd::Ring() noexcept {
  const uint64_t one = 1;
  // EAGAIN: the counter is full, so the descriptor is readable.
  while (write(event_fd_, &one, sizeof one) == -1 && errno == EINTR) {
  }
}

void WakeFd::SetTimer(TimePoint when) noexcept {
  itimerspec spec{};
  if (when != kNever) {
    const int64_t ns = when.time_since_epoch().count();
    spec.it_value.tv_sec = ns > 0 ? static_cast<time_t>(ns / 1'000'000'000) : 0;
    // Zero would mean no timer.
    spec.it_value.tv_nsec = ns > 0 ? static_cast<long>(ns % 1'000'000'000) : 1;
  }
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void WakeFd::Clear() noexcept {
  Drain(event_fd_);
  Drain(timer_fd_);
}

}  // namespace sabre::platform
