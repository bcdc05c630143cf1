// sabre/adapters/asio.h: Sabre inside an Asio io_context.
#ifndef SABRE_ADAPTERS_ASIO_H_
#define SABRE_ADAPTERS_ASIO_H_

#include <asio/async_result.hpp>
#include <asio/io_context.hpp>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "sabre/adapters/asio_core.h"
#include "sabre/adapters/asio_receive.h"
#include "sabre/memory/check.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"

namespace sabre {

// AsioLoop
//
// Puts the calling thread's event loop into an io_context that this thread runs, and it alone: message
// handlers, timers and posted work of Sabre run inside io_context::run, and async_receive works.
//
//   asio::io_context context;
//   absl::StatusOr<sabre::AsioLoop> sabre_loop = sabre::AsioLoop::Attach(context);
//   sabre::async_receive(port, [](std::error_code error, sabre::MessageEvent event) { … });
//   context.run();
//
// run goes on as long as a receive is pending or Sabre's loop is alive (an open port with a handler, a
// timer, a Ref). An exception of a handler leaves run, as that of any handler of Asio; the next message
// is handled when run is called again.
//
// Life: it is destroyed in its thread, before the io_context. Receives that are pending then complete
// with operation_aborted.
//
// Thread-safety: all from the loop's thread.
class AsioLoop {
 public:
  // Errors: kFailedPrecondition if the thread's event loop is in a foreign loop already; those of
  //   EventLoop::native_handle; kInternal with Asio's text. Blocking: no.
  static absl::StatusOr<AsioLoop> Attach(asio::io_context& context) {
    if (EventLoop::Current().has_alive_observer()) {
      return absl::FailedPreconditionError(
          "AsioLoop: the thread's event loop is in a loop already");
    }
    absl::StatusOr<int> fd = EventLoop::Current().native_handle();
    if (!fd.ok()) return std::move(fd).status();
    auto core = std::make_shared<internal::AsioCore>(context);
    if (const std::error_code error = core->Start(*fd); error) {
      return absl::InternalError(absl::StrCat("AsioLoop: ", error.message()));
    }
    return AsioLoop(std::move(core));
  }

  AsioLoop(AsioLoop&&) noexcept = default;
  AsioLoop& operator=(AsioLoop&& other) noexcept {
    AsioLoop moved(std::move(other));
    core_.swap(moved.core_);
    return *this;
  }
  ~AsioLoop() {
    if (core_ != nullptr) core_->Close();
  }

 private:
  explicit AsioLoop(std::shared_ptr<internal::AsioCore> core) noexcept : core_(std::move(core)) {}

  std::shared_ptr<internal::AsioCore> core_;
};

// Receives the next message of `port`, as co_await port.Next() does, for any completion token. The
// signature is void(std::error_code, MessageEvent): an error code first is what Asio's tokens make an
// exception or a tuple of.
//
//   error                        | when
//   asio::error::eof               | either end has closed the channel, and everything has been received
//   asio::error::operation_aborted | cancelled, the AsioLoop has ended, or a stop is requested of the agent
//   status_category()            | another status of MessagePort::Next; the value is its absl::StatusCode
//
// The handler runs on its associated executor (default: the io_context's), never inside this call; until
// it is submitted there is work for both executors. Its cancellation slot takes any type of cancellation, and is to
// be emitted on the loop's thread: a receive that is cancelled has taken no message, so the port can be
// received from again. The message is taken when the handler is submitted: on the io_context, which then runs it
// at once, nothing can be cancelled between.
//
// Thread-safety: the loop's thread, which has an AsioLoop (or the process is aborted).
// Memory ordering: everything before the PostMessage happens before the handler.
template <typename Token>
auto async_receive(MessagePort& port, Token&& token) {
  return asio::async_initiate<Token, void(std::error_code, MessageEvent)>(
      [](auto handler, MessagePort* from) {
        internal::AsioCore* const core = internal::AsioCore::current;
        if (core == nullptr) internal::CallerBug("async_receive: this thread has no AsioLoop");
        core->Receive(std::move(handler), *from);
      },
      token, &port);
}

}  // namespace sabre

#endif  // SABRE_ADAPTERS_ASIO_H_
