// sabre/adapters/asio_core.h: what lies behind AsioLoop, and what it holds of each async_receive.
#ifndef SABRE_ADAPTERS_ASIO_CORE_H_
#define SABRE_ADAPTERS_ASIO_CORE_H_

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <list>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_port.h"

namespace sabre {

// The category of error codes whose value is an absl::StatusCode. Thread-safety: thread-safe.
inline const std::error_category& status_category() noexcept {
  static const class final : public std::error_category {
    const char* name() const noexcept override { return "sabre.status"; }
    std::string message(int code) const override {
      return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
    }
  } category;
  return category;
}

namespace internal {

inline std::error_code AsioError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return {};
    case absl::StatusCode::kUnavailable:
      return asio::error::eof;
    case absl::StatusCode::kCancelled:
      return asio::error::operation_aborted;
    default:
      return {static_cast<int>(status.code()), status_category()};
  }
}

// AsioPending
//
// A receive that has not completed. The list of its core owns it.
class AsioPending {
 public:
  virtual ~AsioPending() = default;
  // Ends the wait, and completes with operation_aborted.
  virtual void Abort() = 0;
};

// AsioCore
//
// Waits, through an io_context, for the descriptor of this thread's event loop, as long as somebody
// wants something of the loop. Thread-safety: the loop's thread.
class AsioCore : public std::enable_shared_from_this<AsioCore> {
 public:
  // That of the calling thread; null if it has none.
  static inline thread_local AsioCore* current = nullptr;

  explicit AsioCore(asio::io_context& context)
      : context_(context), loop_(EventLoop::Current()), descriptor_(context) {}

  // Begins with a first turn, for what is queued already.
  std::error_code Start(int fd) {
    std::error_code error;
    descriptor_.assign(fd, error);
    if (error) return error;
    current = this;
    loop_.set_alive_observer([this] { Update(); });
    waiting_ = true;
    asio::post(context_, [self = shared_from_this()] { self->OnReadable({}); });
    return {};
  }

  void Close() {
    closed_ = true;
    if (current == this) current = nullptr;
    loop_.set_alive_observer(nullptr);
    while (!pending_.empty()) pending_.front()->Abort();
    descriptor_.release();  // it belongs to the event loop
  }

  template <typename Handler>
  void Receive(Handler handler, const MessagePort& port);

 private:
  template <typename Handler>
  class Receiving;
  using Pending = std::list<std::unique_ptr<AsioPending>>;

  // Waits, or stops waiting, as is needed now.
  void Update() {
    if (closed_ || polling_) return;
    const bool wanted = !pending_.empty() || loop_.alive();
    if (wanted && !waiting_) {
      waiting_ = true;
      descriptor_.async_wait(
          asio::posix::stream_descriptor::wait_read,
          [self = shared_from_this()](std::error_code error) { self->OnReadable(error); });
    } else if (!wanted && waiting_) {
      std::error_code ignored;
      descriptor_.cancel(ignored);
    }
  }

  void OnReadable(std::error_code error) {
    waiting_ = false;
    if (closed_) return;
    // Also if work throws.
    struct AfterTurn {
      AsioCore& core;
      ~AfterTurn() {
        core.polling_ = false;
        core.Update();
      }
    } after_turn{*this};
    polling_ = true;
    if (error) return;  // cancelled by Update, which may want to wait again
    loop_.Poll();
  }

  asio::io_context& context_;
  EventLoop& loop_;
  asio::posix::stream_descriptor descriptor_;
  Pending pending_;
  bool waiting_ = false;
  bool polling_ = false;
  bool closed_ = false;
};

}  // namespace internal
}  // namespace sabre

#endif  // SABRE_ADAPTERS_ASIO_CORE_H_
