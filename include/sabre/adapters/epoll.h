// sabre/adapters/epoll.h: Sabre inside a loop of one's own over epoll.
#ifndef SABRE_ADAPTERS_EPOLL_H_
#define SABRE_ADAPTERS_EPOLL_H_

#include <errno.h>
#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/messaging/event_loop.h"

namespace sabre {

// EpollLoop
//
// Puts the calling thread's event loop into an epoll set: message handlers, timers and posted work of
// Sabre run when the program, told by the set, calls Run.
//
//   absl::StatusOr<sabre::EpollLoop> sabre_loop = sabre::EpollLoop::Attach(set, kSabre);
//   while (sabre_loop->alive() || sockets > 0) {
//     const int count = epoll_wait(set, events, kMaxEvents, -1);
//     for (int i = 0; i < count; ++i) {
//       if (events[i].data.u64 == kSabre) sabre_loop->Run();
//       else …
//     }
//   }
//
// Life: it leaves the set when it is destroyed. It ends before the set, in its thread; the event loop
// itself is the thread's and stays.
//
// Thread-safety: all from the loop's thread.
class EpollLoop {
 public:
  // Adds the loop to `set` (from epoll_create1), level-triggered; epoll_wait reports it with `data`.
  // Errors: those of EventLoop::native_handle, and what the system says of `set`.
  static absl::StatusOr<EpollLoop> Attach(int set, std::uint64_t data) {
    EventLoop& loop = EventLoop::Current();
    absl::StatusOr<int> fd = loop.native_handle();
    if (!fd.ok()) return std::move(fd).status();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = data;
    if (epoll_ctl(set, EPOLL_CTL_ADD, *fd, &event) != 0) {
      return absl::ErrnoToStatus(errno, "EpollLoop: the set does not take the loop's descriptor");
    }
    return EpollLoop(loop, set, *fd);
  }

  EpollLoop(EpollLoop&& other) noexcept
      : loop_(other.loop_), set_(std::exchange(other.set_, -1)), fd_(other.fd_) {}
  EpollLoop& operator=(EpollLoop&& other) noexcept {
    EpollLoop moved(std::move(other));
    std::swap(loop_, moved.loop_);
    std::swap(set_, moved.set_);
    std::swap(fd_, moved.fd_);
    return *this;
  }
  ~EpollLoop() {
    if (set_ != -1) epoll_ctl(set_, EPOLL_CTL_DEL, fd_, nullptr);
  }

  // Runs one turn of what is ready: call it when epoll_wait reports the loop. What a turn leaves for the
  // next is reported again, so other descriptors have their turn between. An exception of a handler
  // passes through. Returns how many pieces of work it ran.
  std::size_t Run() { return loop_->Poll(); }

  // Whether something keeps the loop going: see EventLoop::alive.
  bool alive() const noexcept { return loop_->alive(); }

 private:
  EpollLoop(EventLoop& loop, int set, int fd) noexcept : loop_(&loop), set_(set), fd_(fd) {}

  EventLoop* loop_;
  int set_;  // -1: moved from
  int fd_;
};

}  // namespace sabre

#endif  // SABRE_ADAPTERS_EPOLL_H_
