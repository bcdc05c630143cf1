// sabre/adapters/libuv.h: Sabre inside a libuv loop.
#ifndef SABRE_ADAPTERS_LIBUV_H_
#define SABRE_ADAPTERS_LIBUV_H_

#include <poll.h>
#include <uv.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sabre/messaging/event_loop.h"

namespace sabre {

// UvLoop
//
// Puts the calling thread's event loop into a libuv loop that this thread runs: message handlers,
// timers and posted work of Sabre run as callbacks of libuv. In a Node addon the loop is that of
// napi_get_uv_event_loop.
//
//   absl::StatusOr<sabre::UvLoop> sabre_loop = sabre::UvLoop::Attach(uv_default_loop());
//   port.OnMessage([](sabre::MessageEvent event) { … });
//   uv_run(uv_default_loop(), UV_RUN_DEFAULT);
//
// uv_run goes on as long as Sabre's loop is alive (an open port with a handler, a timer, a Ref), and is
// not kept by it otherwise: MessagePort::Unref does what uv_unref does to a handle.
//
// One callback runs one turn; libuv's timers and handles have theirs between. A handler must not throw:
// libuv's frames, which are C, lie between it and uv_run, so an exception ends the process.
//
// Life: it is destroyed in its thread, before uv_loop_close; as with every handle, libuv must run once
// more (uv_run) to give its memory back.
//
// Thread-safety: all from the loop's thread.
class UvLoop {
 public:
  // Adds the thread's event loop to `loop`.
  // Errors: kFailedPrecondition if it is in a foreign loop already; those of EventLoop::native_handle;
  //   kInternal with libuv's text. Blocking: no.
  static absl::StatusOr<UvLoop> Attach(uv_loop_t* loop) {
    EventLoop& sabre_loop = EventLoop::Current();
    if (sabre_loop.has_alive_observer()) {
      return absl::FailedPreconditionError("UvLoop: the thread's event loop is in a loop already");
    }
    absl::StatusOr<int> fd = sabre_loop.native_handle();
    if (!fd.ok()) return std::move(fd).status();
    auto watch = std::make_unique<Watch>();
    watch->loop = &sabre_loop;
    watch->poll.data = watch.get();
    // What is queued already is to run, whether it keeps the loop alive or not.
    pollfd queued{*fd, POLLIN, 0};
    watch->first_turn_due = poll(&queued, 1, 0) != 0;
    if (const int error = uv_poll_init(loop, &watch->poll, *fd); error != 0) {
      return Failure("uv_poll_init", error);
    }
    UvLoop attached(watch.release());  // from here on only its close callback may free it
    if (const int error = uv_poll_start(&attached.watch_->poll, UV_READABLE, &UvLoop::OnReadable);
        error != 0) {
      return Failure("uv_poll_start", error);
    }
    attached.watch_->SetRef();
    sabre_loop.set_alive_observer([watch = attached.watch_] { watch->SetRef(); });
    return attached;
  }

  UvLoop(UvLoop&& other) noexcept : watch_(std::exchange(other.watch_, nullptr)) {}
  UvLoop& operator=(UvLoop&& other) noexcept {
    UvLoop moved(std::move(other));
    std::swap(watch_, moved.watch_);
    return *this;
  }
  ~UvLoop() {
    if (watch_ == nullptr) return;
    watch_->loop->set_alive_observer(nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch_->poll), &UvLoop::OnClosed);
  }

 private:
  // Lives until libuv has closed the handle.
  struct Watch {
    uv_poll_t poll{};
    EventLoop* loop = nullptr;
    bool first_turn_due = false;

    void SetRef() {
      auto* const handle = reinterpret_cast<uv_handle_t*>(&poll);
      if (first_turn_due || loop->alive()) {
        uv_ref(handle);
      } else {
        uv_unref(handle);
      }
    }
  };

  explicit UvLoop(Watch* watch) noexcept : watch_(watch) {}

  static absl::Status Failure(const char* call, int error) {
    return absl::InternalError(absl::StrCat("UvLoop: ", call, ": ", uv_strerror(error)));
  }

  // noexcept: see the class.
  static void OnReadable(uv_poll_t* poll, int /*status*/, int /*events*/) noexcept {
    auto* const watch = static_cast<Watch*>(poll->data);
    watch->first_turn_due = false;
    watch->loop->Poll();
    // A handler may have destroyed the UvLoop; the handle lives until its close callback.
    if (uv_is_closing(reinterpret_cast<uv_handle_t*>(poll)) == 0) watch->SetRef();
  }
  static void OnClosed(uv_handle_t* poll) { delete static_cast<Watch*>(poll->data); }

  Watch* watch_;
};

}  // namespace sabre

#endif  // SABRE_ADAPTERS_LIBUV_H_
